import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from v2m.audio.loudness import integrated_lufs, true_peak_dbtp
from v2m.audio.measure import measure
from v2m.soundtrack.limiter import Mastering, find_mastering, limiting_gains, mastered
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


def _master(
    samples: Samples, target: float, ceiling: float, block: int = 100_000
) -> tuple[Samples, Mastering]:
    made = find_mastering(measure([samples], RATE), target, ceiling)
    blocks = [samples[:, n : n + block] for n in range(0, samples.shape[1], block)]
    return np.concatenate([samples[:, :0], *mastered(blocks, RATE, made)], axis=1), made


def _limit(samples: Samples, ceiling: float) -> Samples:
    peaks = measure([samples], RATE).frame_peaks
    made = Mastering(0.0, limiting_gains(peaks, ceiling), 0.0)
    return np.concatenate(list(mastered([samples], RATE, made)), axis=1)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.floats(-20, -0.1), st.floats(0.5, 8), st.integers(1, 6000))
def test_the_limiter_lets_no_sample_through(seed: int, ceiling: float, gain: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    samples = (gain * rng.normal(0, 0.3, (2, n))).astype(np.float32)

    limited = _limit(samples, ceiling)

    assert limited.shape == samples.shape
    assert 20 * np.log10(np.abs(limited).max()) <= ceiling + 1e-4
    # gain that changes within a peak's oversampled neighbourhood lets a trace through
    assert true_peak_dbtp(limited, RATE) <= ceiling + 0.05


@pytest.mark.parametrize("ceiling", [-12.0, -1.0])
def test_a_peak_between_the_samples_is_limited_too(ceiling: float) -> None:
    limited = _limit(_tone(6, 12000), ceiling)

    assert ceiling - 0.5 < true_peak_dbtp(limited, RATE) <= ceiling + 0.01


def test_sound_under_the_ceiling_stays_as_it_is_to_the_bit() -> None:
    sound = _tone(-6)

    np.testing.assert_array_equal(_limit(sound, -1), sound)


def test_sound_far_from_a_peak_stays_as_it_is_to_the_bit() -> None:
    sound = _tone(-20)
    sound[:, RATE] = 1

    limited = _limit(sound, -6)

    far = np.abs(np.arange(sound.shape[1]) - RATE) > 0.05 * RATE
    np.testing.assert_array_equal(limited[:, far], sound[:, far])
    assert np.abs(limited[:, RATE]).max() < 0.51


def test_both_channels_are_turned_down_alike() -> None:
    sound = _tone(-12)
    sound[0] *= 4

    limited = _limit(sound, -3)

    loud = np.abs(sound[1]) > 0.05
    ratio = limited[:, loud] / sound[:, loud]
    np.testing.assert_allclose(ratio[0], ratio[1], rtol=1e-5)
    assert ratio.max() < 1


def test_the_gain_moves_slowly() -> None:
    peaks = np.full(500, 0.1, np.float32)
    peaks[250] = 4

    gains = limiting_gains(peaks, 0)

    assert gains[250] == pytest.approx(0.25, abs=1e-3)
    assert gains[0] == gains[-1] == 1
    assert np.abs(np.diff(gains)).max() < 0.2 * 0.75  # it takes 10 ms and more


def test_no_sound_needs_no_gain() -> None:
    assert limiting_gains(np.empty(0, np.float32), -1).shape == (0,)
    assert limiting_gains(np.full(9, 0.5, np.float32), -1).tolist() == [1] * 9


@pytest.mark.parametrize("target", [-24.0, -16.0, -14.0])
def test_mastering_reaches_loudness_and_ceiling(target: float) -> None:
    sound, made = _master(_bursts(), target, -1)

    assert integrated_lufs(sound, RATE) == pytest.approx(target, abs=0.2)
    assert integrated_lufs(sound, RATE) == pytest.approx(made.lufs, abs=0.2)
    assert true_peak_dbtp(sound, RATE) <= -0.95


def test_mastering_that_needs_no_limiting_is_a_gain_and_nothing_else() -> None:
    sound = _tone(-12)

    mastered_sound, made = _master(sound, -23, -1)

    assert made.limited_db == 0
    np.testing.assert_allclose(mastered_sound, sound * 10 ** (made.gain_db / 20), rtol=1e-5)
    assert made.gain_db == pytest.approx(-23 - integrated_lufs(sound, RATE), abs=0.02)


def test_mastering_says_how_far_peaks_were_turned_down() -> None:
    _, made = _master(_bursts(), -10, -1)

    expected = true_peak_dbtp(_bursts(), RATE) + made.gain_db + 1
    assert made.limited_db == pytest.approx(expected, abs=0.5)


def test_mastering_does_not_depend_on_the_length_of_the_blocks() -> None:
    whole, _ = _master(_bursts(), -10, -1)

    for block in (1000, 4801):
        np.testing.assert_array_equal(_master(_bursts(), -10, -1, block)[0], whole)


def test_a_lone_click_ends_as_near_as_it_can_under_the_ceiling() -> None:
    sound = np.zeros((2, RATE), np.float32)
    sound[:, RATE // 2] = 0.5

    out, made = _master(sound, -5, -1)

    assert true_peak_dbtp(out, RATE) <= -0.95
    assert -70 < made.lufs < -20
    assert np.isfinite(out).all()


@pytest.mark.parametrize("n", [0, 10, RATE])
def test_silence_stays_silent(n: int) -> None:
    silence = np.zeros((2, n), np.float32)

    out, made = _master(silence, -14, -1)

    np.testing.assert_array_equal(out, silence)
    assert (made.lufs, made.gain_db, made.limited_db) == (-70, 0, 0)
