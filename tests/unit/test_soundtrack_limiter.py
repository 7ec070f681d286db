import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from v2m.audio.loudness import integrated_lufs, peak_envelope, true_peak_dbtp
from v2m.soundtrack.limiter import limiting_gain, master, true_peak_limit
from v2m.types import Samples

RATE = 48000


def _bursts(seconds: float = 3.0, seed: int = 0) -> Samples:
    """Noise at -30 dB with a loud burst every half second."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    level = 0.03 + 0.9 * np.exp(-60 * (time % 0.5))
    return (level * rng.uniform(-1, 1, (2, len(time)))).astype(np.float32)


def _tone(dbfs: float, hertz: float = 1000.0, seconds: float = 2.0) -> Samples:
    angle = 2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE
    tone = (10 ** (dbfs / 20) * np.sin(angle + 0.7)).astype(np.float32)
    return np.stack([tone, tone])


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.floats(-20, -0.1), st.floats(0.5, 8), st.integers(1, 6000))
def test_the_limiter_never_lets_a_peak_through(
    seed: int, ceiling: float, gain: float, n: int
) -> None:
    rng = np.random.default_rng(seed)
    samples = (gain * rng.normal(0, 0.3, (2, n))).astype(np.float32)

    limited, peak = true_peak_limit(samples, RATE, ceiling)

    assert limited.shape == samples.shape
    assert peak == true_peak_dbtp(limited, RATE) <= ceiling


@pytest.mark.parametrize("ceiling", [-12.0, -1.0])
def test_a_peak_between_the_samples_is_limited_too(ceiling: float) -> None:
    tone = _tone(6, 12000)

    limited, peak = true_peak_limit(tone, RATE, ceiling)

    assert ceiling - 0.5 < true_peak_dbtp(limited, RATE) <= ceiling
    assert peak == true_peak_dbtp(limited, RATE)


def test_sound_under_the_ceiling_stays_as_it_is_to_the_bit() -> None:
    sound = _tone(-6)

    np.testing.assert_array_equal(true_peak_limit(sound, RATE, -1)[0], sound)


def test_sound_far_from_a_peak_stays_as_it_is_to_the_bit() -> None:
    sound = _tone(-20)
    sound[:, RATE] = 1

    limited, _ = true_peak_limit(sound, RATE, -6)

    far = np.abs(np.arange(sound.shape[1]) - RATE) > 0.05 * RATE
    np.testing.assert_array_equal(limited[:, far], sound[:, far])
    assert np.abs(limited[:, RATE]).max() < 0.51


def test_a_known_envelope_is_not_measured_again() -> None:
    sound = _bursts(0.5)

    limited, peak = true_peak_limit(sound, RATE, -6, peak_envelope(sound))

    expected, expected_peak = true_peak_limit(sound, RATE, -6)
    np.testing.assert_array_equal(limited, expected)
    assert peak == expected_peak


def test_both_channels_are_turned_down_alike() -> None:
    sound = _tone(-12)
    sound[0] *= 4

    limited, _ = true_peak_limit(sound, RATE, -3)

    loud = np.abs(sound[1]) > 0.05
    ratio = limited[:, loud] / sound[:, loud]
    np.testing.assert_allclose(ratio[0], ratio[1], rtol=1e-5)
    assert ratio.max() < 1


def test_the_gain_moves_slowly() -> None:
    envelope = np.full(RATE, 0.1, np.float32)
    envelope[RATE // 2] = 4

    gain = limiting_gain(envelope, RATE, 0)

    assert gain[RATE // 2] == pytest.approx(0.25, abs=1e-3)
    assert gain[0] == gain[-1] == 1
    assert np.abs(np.diff(gain)).max() < 2 * 0.75 / (0.02 * RATE)


def test_no_sound_needs_no_gain() -> None:
    assert limiting_gain(np.empty(0, np.float32), RATE, -1).shape == (0,)
    assert limiting_gain(np.full(9, 0.5, np.float32), RATE, -1).tolist() == [1] * 9


@pytest.mark.parametrize("target", [-24.0, -16.0, -14.0])
def test_mastering_reaches_loudness_and_ceiling(target: float) -> None:
    made = master(_bursts(), RATE, target, -1)

    assert made.lufs == pytest.approx(target, abs=0.2)
    assert made.true_peak_dbtp <= -1
    assert made.lufs == integrated_lufs(made.samples, RATE)
    assert made.true_peak_dbtp == true_peak_dbtp(made.samples, RATE)


def test_mastering_that_needs_no_limiting_is_a_gain_and_nothing_else() -> None:
    sound = _tone(-12)

    made = master(sound, RATE, -23, -1)

    assert made.limited_db == 0
    np.testing.assert_allclose(made.samples, sound * 10 ** (made.gain_db / 20), rtol=1e-5)
    assert made.gain_db == pytest.approx(-23 - integrated_lufs(sound, RATE), abs=0.06)


def test_mastering_says_how_far_peaks_were_turned_down() -> None:
    made = master(_bursts(), RATE, -10, -1)

    expected = true_peak_dbtp(_bursts(), RATE) + made.gain_db + 1
    assert made.limited_db == pytest.approx(expected, abs=0.5)


def test_a_lone_click_ends_as_near_as_it_can_under_the_ceiling() -> None:
    sound = np.zeros((2, RATE), np.float32)
    sound[:, RATE // 2] = 0.5

    made = master(sound, RATE, -5, -1)

    assert made.true_peak_dbtp <= -1
    assert -70 < made.lufs < -20
    assert np.isfinite(made.samples).all()


@pytest.mark.parametrize("n", [0, 10, RATE])
def test_silence_stays_silent(n: int) -> None:
    silence = np.zeros((2, n), np.float32)

    made = master(silence, RATE, -14, -1)

    np.testing.assert_array_equal(made.samples, silence)
    assert (made.lufs, made.true_peak_dbtp, made.gain_db, made.limited_db) == (-70, -120, 0, 0)
