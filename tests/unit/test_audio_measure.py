import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from v2m.audio import measure as measure_module
from v2m.audio.loudness import integrated_lufs, true_peak_dbtp
from v2m.audio.measure import FRAMES_PER_SECOND, gauge, measure
from v2m.types import Samples

RATE = 48000


def _noise(n: int, seed: int = 0) -> Samples:
    swell = 0.02 + 0.3 * np.abs(np.sin(np.arange(n) / RATE)) ** 3
    return (swell * np.random.default_rng(seed).normal(0, 0.3, (2, n))).astype(np.float32)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 150_000), st.integers(1, 70_000), st.integers(0, 99))
def test_a_sound_in_blocks_measures_as_in_one_piece(n: int, block: int, seed: int) -> None:
    sound = _noise(n, seed)

    found = measure((sound[:, a : a + block] for a in range(0, n, block)), RATE)

    assert found.lufs() == pytest.approx(integrated_lufs(sound, RATE), abs=1e-4)
    assert found.true_peak_dbtp == pytest.approx(true_peak_dbtp(sound, RATE), abs=1e-4)
    assert (found.n, found.duration_seconds) == (n, n / RATE)


def test_peaks_between_two_blocks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = _noise(30_000)
    whole = measure([sound], RATE)

    monkeypatch.setattr(measure_module, "CHUNK", 960)

    np.testing.assert_allclose(measure([sound], RATE).frame_peaks, whole.frame_peaks, atol=1e-6)


def test_the_loudness_of_a_gain_is_told_without_the_sound() -> None:
    sound = _noise(4 * RATE)
    gains = np.linspace(1, 0.2, 4 * FRAMES_PER_SECOND)

    told = measure([sound], RATE).lufs(gains)

    applied = (sound * np.repeat(gains, RATE // FRAMES_PER_SECOND)).astype(np.float32)
    assert told == pytest.approx(integrated_lufs(applied, RATE), abs=0.01)


def test_a_stretch_has_a_loudness_of_its_own() -> None:
    sound = _noise(6 * RATE)
    sound[:, : 3 * RATE] *= 0.1

    found = measure([sound], RATE)

    last = integrated_lufs(sound[:, 3 * RATE :], RATE)
    assert found.span(3, 6).lufs() == pytest.approx(last, abs=0.05)
    assert found.span(7, 9).lufs() == -70


def test_a_rate_without_whole_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="22050 Hz is not a multiple of 500"):
        measure([], 22050)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 150_000), st.integers(1, 70_000), st.integers(0, 99))
def test_gauging_a_sound_gives_the_sums_of_measuring_it(n: int, block: int, seed: int) -> None:
    sound = _noise(n, seed)

    found = gauge((sound[:, a : a + block] for a in range(0, n, block)), RATE)

    kept = measure([sound], RATE)
    assert found.lufs == pytest.approx(kept.lufs(), abs=1e-4)
    assert found.true_peak_dbtp == pytest.approx(kept.true_peak_dbtp, abs=1e-4)
    assert found.duration_seconds == kept.duration_seconds
