import numpy as np
import pytest

from v2m.audio.spectra import hann, magnitudes, mel_filters


def test_a_hann_window_is_periodic() -> None:
    window = hann(8)

    np.testing.assert_allclose(window, 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(8) / 8), atol=1e-7)
    np.testing.assert_allclose(window + np.roll(window, 4), np.ones(8), atol=1e-7)


@pytest.mark.parametrize("n_fft", [4, 64, 68, 83, 1411, 2048])
def test_magnitudes_are_those_of_a_fourier_transform_frame_by_frame(n_fft: int) -> None:
    mono = np.random.default_rng(0).normal(size=700).astype(np.float32)
    before, padded = mono.copy(), np.pad(mono, n_fft // 2)

    found = magnitudes(mono, n_fft, 16)

    assert found.shape == (1 + (2 * (n_fft // 2) + 700 - n_fft) // 16, n_fft // 2 + 1)
    for t in (0, 1, 20, len(found) - 1):
        frame = padded[16 * t : 16 * t + n_fft] * hann(n_fft)
        np.testing.assert_allclose(found[t], np.abs(np.fft.rfft(frame)), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(mono, before)


def test_a_frame_is_centred_on_its_sample() -> None:
    mono = np.zeros(1000, np.float32)
    mono[480] = 1

    energy = (magnitudes(mono, 64, 16) ** 2).sum(axis=1)

    assert int(np.argmax(energy)) == 30


@pytest.mark.parametrize("n", [0, 1, 63])
def test_a_sound_shorter_than_a_window_has_frames(n: int) -> None:
    found = magnitudes(np.ones(n, np.float32), 64, 16)

    assert len(found) == 1 + n // 16
    assert bool(found.any()) == bool(n)


def test_long_sounds_are_done_in_steps_without_a_seam() -> None:
    n_fft = 1 << 16  # 64 frames a step
    mono = np.random.default_rng(0).normal(size=150 * 64).astype(np.float32)
    padded = np.pad(mono, n_fft // 2)

    found = magnitudes(mono, n_fft, 64)

    assert len(found) == 151
    for t in (63, 64, 127, 128, 150):
        frame = padded[64 * t : 64 * t + n_fft] * hann(n_fft)
        np.testing.assert_allclose(found[t], np.abs(np.fft.rfft(frame)), rtol=1e-3, atol=1e-3)


def test_mel_filters_have_unit_area() -> None:
    filters = mel_filters(22050, 8192, 40)

    assert filters.shape == (40, 4097)
    assert (filters >= 0).all()
    np.testing.assert_allclose(filters.sum(axis=1) * 22050 / 8192, 1, rtol=0.01)


def test_mel_filters_lie_evenly_below_one_kilohertz_and_in_ratios_above() -> None:
    hertz = np.fft.rfftfreq(1 << 15, 1 / 22050)
    centres = hertz[np.argmax(mel_filters(22050, 1 << 15, 40), axis=1)]

    below, above = centres[centres < 900], centres[centres > 1200]

    np.testing.assert_allclose(np.diff(below), np.diff(below).mean(), atol=2)
    ratios = above[1:] / above[:-1]
    np.testing.assert_allclose(ratios, ratios.mean(), atol=2e-3)


def test_the_slaney_scale_is_used() -> None:
    hertz = np.fft.rfftfreq(1 << 15, 1 / 22050)

    centres = hertz[np.argmax(mel_filters(22050, 1 << 15, 4), axis=1)]

    # 50 mel lie at 11025 Hz; a fifth of that, 9.98 mel, at 665 Hz
    top = 15 + np.log(11.025) / (np.log(6.4) / 27)
    expected = [top / 5 * 200 / 3] + [1000 * 6.4 ** ((top * n / 5 - 15) / 27) for n in (2, 3, 4)]
    np.testing.assert_allclose(centres, expected, rtol=2e-3)


def test_a_tone_below_one_kilohertz_lands_in_its_filter_at_low_rates() -> None:
    filters = mel_filters(1600, 512, 8)

    hertz = np.fft.rfftfreq(512, 1 / 1600)
    centres = hertz[np.argmax(filters, axis=1)]

    np.testing.assert_allclose(centres, 800 / 9 * np.arange(1, 9), atol=4)
