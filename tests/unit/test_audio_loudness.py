from typing import Any

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfilt

from v2m.audio import loudness
from v2m.audio.loudness import (
    integrated_lufs,
    peak_envelope,
    short_term_lufs,
    true_peak_dbtp,
)
from v2m.types import Samples


def _sine(
    hertz: float, seconds: float, *, dbfs: float = 0.0, rate: int = 48000, phase: float = 0.0
) -> Samples:
    angle = 2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate + phase
    tone = (10 ** (dbfs / 20) * np.sin(angle)).astype(np.float32)
    return np.stack([tone, tone])


def _restless(seconds: float, rate: int, channels: int = 2) -> Samples:
    rng = np.random.default_rng(rate)
    n = round(seconds * rate)
    swell = 0.02 + 0.3 * np.abs(np.sin(np.arange(n) / rate)) ** 3
    noise = rng.normal(0, 1, (channels, n))
    noise[:, 1:] += 0.9 * noise[:, :-1]
    return (swell * noise / 3).astype(np.float32)


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_agrees_with_pyloudnorm(rate: int, channels: int) -> None:
    samples = _restless(6.3, rate, channels)

    expected = pyloudnorm.Meter(rate).integrated_loudness(samples.T.astype(np.float64))

    assert integrated_lufs(samples, rate) == pytest.approx(expected, abs=0.1)


def test_a_full_scale_tone_on_one_channel_has_the_loudness_of_the_standard() -> None:
    tone = _sine(997, 5)[:1]

    assert integrated_lufs(tone, 48000) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("rate", [32000, 44100, 48000, 96000])
def test_loudness_does_not_depend_on_the_rate(rate: int) -> None:
    assert integrated_lufs(_sine(1000, 3, dbfs=-23, rate=rate), rate) == pytest.approx(-23, abs=0.1)


def test_quiet_stretches_do_not_count() -> None:
    around, middle = _sine(1000, 4, dbfs=-36), _sine(1000, 24, dbfs=-23)  # EBU Tech 3341, case 3

    assert integrated_lufs(np.hstack([around, middle, around]), 48000) == pytest.approx(
        -23, abs=0.1
    )


def test_silence_between_tones_does_not_count() -> None:
    tone, silence = _sine(1000, 8, dbfs=-20), np.zeros((2, 48000 * 8), np.float32)

    assert integrated_lufs(np.hstack([tone, silence]), 48000) == pytest.approx(-20, abs=0.1)


@settings(deadline=None)
@given(st.floats(-25, 6))
def test_loudness_follows_gain(gain_db: float) -> None:
    samples = _restless(1.5, 16000)

    louder = samples * np.float32(10 ** (gain_db / 20))

    rise = integrated_lufs(louder, 16000) - integrated_lufs(samples, 16000)
    assert rise == pytest.approx(gain_db, abs=0.01)


@pytest.mark.parametrize("n", [0, 1, 100, 48000])
def test_silence_of_any_length_measures_the_gate(n: int) -> None:
    assert integrated_lufs(np.zeros((2, n), np.float32), 48000) == -70


def test_a_whisper_under_the_gate_measures_the_gate() -> None:
    assert integrated_lufs(_sine(1000, 2, dbfs=-75), 48000) == -70


def test_a_sound_shorter_than_a_block_is_measured_as_a_whole() -> None:
    assert integrated_lufs(_sine(1000, 0.2, dbfs=-12), 48000) == pytest.approx(-12, abs=0.2)


def test_short_term_loudness_follows_the_sound() -> None:
    quiet, loud = _sine(1000, 5, dbfs=-40), _sine(1000, 5, dbfs=-10)

    curve = short_term_lufs(np.hstack([quiet, loud]), 48000)

    assert len(curve) == 8
    assert curve[:3] == pytest.approx([-40] * 3, abs=0.1)
    assert curve[-3:] == pytest.approx([-10] * 3, abs=0.1)


def test_short_term_loudness_of_little_or_nothing_is_one_value() -> None:
    assert short_term_lufs(np.zeros((2, 10), np.float32), 48000).tolist() == [-70]
    assert short_term_lufs(np.zeros((2, 0), np.float32), 48000).tolist() == [-70]
    assert short_term_lufs(_sine(1000, 1, dbfs=-9), 48000) == pytest.approx([-9], abs=0.1)


@pytest.mark.parametrize("dbfs", [-20.0, -6.0, 0.0])
def test_true_peak_finds_what_lies_between_the_samples(dbfs: float) -> None:
    tone = _sine(12000, 1, dbfs=dbfs, phase=np.pi / 4)[:, 100:-100]

    assert 20 * np.log10(np.abs(tone).max()) == pytest.approx(dbfs - 3.01, abs=0.01)
    middle = peak_envelope(tone)[1000:-1000]  # away from where the tone is cut off
    assert 20 * np.log10(middle.max()) == pytest.approx(dbfs, abs=0.1)
    assert true_peak_dbtp(tone, 48000) >= dbfs - 0.1


@pytest.mark.parametrize("n", [0, 1, 500])
def test_the_true_peak_of_silence_is_the_floor(n: int) -> None:
    assert true_peak_dbtp(np.zeros((2, n), np.float32), 48000) == -120


def test_an_empty_sound_has_an_empty_envelope() -> None:
    assert peak_envelope(np.zeros((2, 0), np.float32)).shape == (0,)


@given(st.integers(1, 400), st.integers(0, 9))
def test_the_envelope_never_lies_under_the_samples(n: int, seed: int) -> None:
    samples = np.random.default_rng(seed).normal(0, 0.3, (2, n)).astype(np.float32)

    envelope = peak_envelope(samples)

    assert envelope.shape == (n,)
    assert (envelope >= np.abs(samples).max(axis=0)).all()
    assert true_peak_dbtp(samples, 48000) == pytest.approx(20 * np.log10(envelope.max()))


def test_the_envelope_takes_the_louder_channel() -> None:
    samples = np.zeros((2, 300), np.float32)
    samples[0, 100], samples[1, 200] = 0.5, -0.25

    envelope = peak_envelope(samples)

    assert envelope[[100, 200]] == pytest.approx([0.5, 0.25], abs=1e-4)
    assert envelope[150] < 0.01


def test_working_in_chunks_does_not_change_the_envelope(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(3).normal(0, 0.3, (2, 5000)).astype(np.float32)
    whole = peak_envelope(samples)

    monkeypatch.setattr(loudness, "CHUNK", 700)

    np.testing.assert_allclose(peak_envelope(samples), whole, atol=1e-6)


def test_a_long_sound_is_weighted_as_if_at_once() -> None:
    samples = _restless(8.4, 22050)

    squares, _ = loudness.k_squares(samples, 22050)
    steps = squares[: 84 * 2205].reshape(84, 2205).mean(axis=1, dtype=np.float64)

    at_once = loudness.gated_lufs(loudness.over_blocks(steps, 4))
    assert integrated_lufs(samples, 22050) == pytest.approx(at_once, abs=1e-6)


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_products_weight_a_sound_as_the_filter_does_sample_by_sample(rate: int) -> None:
    samples = _restless(2.01, rate)

    squares, _ = loudness.k_squares(samples, rate)

    one_by_one: Any = sosfilt(loudness._k_weighting(rate), samples.astype(np.float64), axis=-1)
    np.testing.assert_allclose(squares, (one_by_one**2).sum(axis=0), atol=1e-5)
