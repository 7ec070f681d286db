import numpy as np
import numpy.typing as npt
import pytest

from v2m.audio.tempo import TEMPI, pick_tempo, tempo_curve

FRAMES_PER_SECOND = 43.066


def _pulse(bpm: float, seconds: float = 30.0) -> npt.NDArray[np.float64]:
    envelope = np.zeros(round(seconds * FRAMES_PER_SECOND))
    beats = np.arange(0, seconds, 60 / bpm) * FRAMES_PER_SECOND
    envelope[beats[beats < len(envelope) - 1].round().astype(int)] = 1
    return np.convolve(envelope, [0.2, 1, 0.5], "same")


@pytest.mark.parametrize("bpm", [70, 90, 104, 120, 140])
def test_a_steady_pulse_tells_its_tempo(bpm: float) -> None:
    assert pick_tempo(tempo_curve(_pulse(bpm), FRAMES_PER_SECOND)) == pytest.approx(bpm, rel=0.015)


def test_loudness_of_the_pulse_does_not_matter() -> None:
    quiet = tempo_curve(0.01 * _pulse(100), FRAMES_PER_SECOND)

    np.testing.assert_allclose(quiet, tempo_curve(_pulse(100), FRAMES_PER_SECOND), rtol=1e-4)


def test_the_curve_has_a_value_for_every_tempo() -> None:
    curve = tempo_curve(_pulse(100), FRAMES_PER_SECOND)

    assert curve.shape == TEMPI.shape == (720,)
    assert curve.dtype == np.float32
    assert (TEMPI[0], TEMPI[-1]) == (40, 219.75)


def test_how_the_music_feels_settles_the_octave() -> None:
    both = np.zeros(720, np.float32)
    slow, fast = int(np.argmin(abs(TEMPI - 75))), int(np.argmin(abs(TEMPI - 150)))
    both[[slow, fast]] = 1

    assert pick_tempo(both, feel=-1.5) == 75
    assert pick_tempo(both, feel=1.5) == 150


@pytest.mark.parametrize("level", [0.5, 1, 2])
def test_beats_at_any_metrical_level_lead_to_the_same_tempo(level: float) -> None:
    curve = tempo_curve(_pulse(110), FRAMES_PER_SECOND)

    assert pick_tempo(curve, pulse_bpm=110.4 * level) == pytest.approx(110.4)


def test_beats_overrule_a_curve_that_peaks_at_two_thirds() -> None:
    curve = np.zeros(720, np.float32)
    curve[np.argmin(abs(TEMPI - 100))] = 1.0
    curve[np.argmin(abs(TEMPI - 150))] = 0.6

    assert pick_tempo(curve) == 100
    assert pick_tempo(curve, pulse_bpm=150) == 150


@pytest.mark.parametrize("n", [0, 5, 80])
def test_too_short_a_sound_has_no_tempo(n: int) -> None:
    curve = tempo_curve(np.ones(n), FRAMES_PER_SECOND)

    assert not curve.any()
    assert pick_tempo(curve) == 0


def test_a_sound_without_onsets_has_no_tempo() -> None:
    curve = tempo_curve(np.zeros(2000), FRAMES_PER_SECOND)

    assert curve.shape == (720,)
    assert pick_tempo(curve) == 0
