import numpy as np
import pytest
from scipy.ndimage import median_filter

from v2m.audio import descriptors
from v2m.audio.descriptors import LONGEST_SECONDS, N_FFT, RATE, measure, middle
from v2m.audio.tempo import pick_tempo
from v2m.types import Audio, Mono


def _audio(mono: Mono, rate: int = RATE) -> Audio:
    return Audio(np.stack([mono, mono]).astype(np.float32), rate)


def _tone(hertz: float, seconds: float, rate: int = RATE) -> Mono:
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def _clicks(per_second: float, seconds: float) -> Mono:
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).normal(0, 0.3, len(time))
    return (noise * np.exp(-80 * (time % (1 / per_second)))).astype(np.float32)


def _chord(seconds: float) -> Mono:
    return sum(
        (_tone(hertz, seconds) for hertz in (261.63, 329.63, 392.0)), np.zeros(1, np.float32)
    )


@pytest.mark.parametrize("n", [0, 1, 10 * RATE])
def test_silence_measures_neutral(n: int) -> None:
    facts = measure(_audio(np.zeros(n, np.float32)))

    assert facts.loudness_lufs == -70
    assert (facts.key, facts.mode, facts.majorness) == ("", "", 0)
    assert facts.centroid_hz == facts.onsets_per_second == facts.loudness_range_db == 0
    assert facts.percussive_share == facts.harmonic_share == 0
    assert facts.tempo_curve.shape == (720,)
    assert not facts.tempo_curve.any()


@pytest.mark.parametrize("hertz", [300.0, 1200.0, 5000.0])
@pytest.mark.parametrize("rate", [RATE, 48000])
def test_the_centroid_of_a_tone_is_its_pitch(hertz: float, rate: int) -> None:
    facts = measure(_audio(_tone(hertz, 3, rate), rate))

    assert facts.centroid_hz == pytest.approx(hertz, rel=0.03)


@pytest.mark.parametrize("per_second", [1.0, 2.0, 4.0])
def test_onsets_are_counted(per_second: float) -> None:
    facts = measure(_audio(_clicks(per_second, 12)))

    assert facts.onsets_per_second == pytest.approx(per_second, rel=0.15)


def test_clicks_are_percussive_and_chords_harmonic() -> None:
    clicks, chord = measure(_audio(_clicks(2, 6))), measure(_audio(_chord(6)))

    assert min(clicks.percussive_share, chord.harmonic_share) > 0.8
    assert max(clicks.harmonic_share, chord.percussive_share) < 0.2


def test_a_pulsing_chord_tells_key_and_tempo() -> None:
    time = np.arange(20 * RATE) / RATE
    facts = measure(_audio(_chord(20) * np.exp(-6 * (time % 0.5)).astype(np.float32)))

    assert (facts.key, facts.mode) == ("C", "major")
    assert facts.majorness > 0
    assert pick_tempo(facts.tempo_curve) == pytest.approx(120, rel=0.02)


def test_a_section_is_measured_without_key_and_tempo() -> None:
    whole, section = measure(_audio(_chord(5))), measure(_audio(_chord(5)), pitched=False)

    assert (section.key, section.mode) == ("", "")
    assert not section.tempo_curve.any()
    assert section.centroid_hz == whole.centroid_hz
    assert section.loudness_lufs == whole.loudness_lufs


def test_the_loudness_range_is_that_of_the_levels() -> None:
    tone = np.concatenate([0.1 * _tone(500, 12), _tone(500, 12)])

    assert measure(_audio(tone)).loudness_range_db == pytest.approx(20, abs=0.5)
    assert measure(_audio(_tone(500, 12))).loudness_range_db < 0.1


@pytest.mark.parametrize("rate", [8000, RATE])
def test_a_long_track_is_judged_by_its_middle(rate: int) -> None:
    parts = [np.zeros(30 * rate), np.full(round(LONGEST_SECONDS) * rate, 0.5), np.zeros(30 * rate)]

    mono = middle(_audio(np.concatenate(parts).astype(np.float32), rate))

    assert len(mono) == LONGEST_SECONDS * RATE
    np.testing.assert_allclose(mono[500:-500], 0.5, atol=0.01)


def test_the_shortest_track_fills_a_window() -> None:
    assert middle(_audio(np.ones(1, np.float32))).shape == (N_FFT,)
    assert middle(_audio(np.ones(0, np.float32), 48000)).shape == (N_FFT,)


@pytest.mark.parametrize("frames", [4, 100])
def test_medians_of_rows_are_those_of_a_filter_of_two_dimensions(frames: int) -> None:
    rows = np.random.default_rng(frames).random((frames, 64)).astype(np.float32)

    along, across = descriptors._medians(rows.T, 31).T, descriptors._medians(rows, 11)

    np.testing.assert_array_equal(along, median_filter(rows, (31, 1)))
    np.testing.assert_array_equal(across, median_filter(rows, (1, 11)))
