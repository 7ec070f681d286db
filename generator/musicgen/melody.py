"""A melody as MusicGen's melody models hear it: the strongest pitch class of every moment."""

from typing import Any

import numpy as np
import soxr
import torch

from v2m.types import Audio

N_FFT, HOP = 16384, 4096


def chroma(melody: Audio, sample_rate: int, n_chroma: int, *, offset_seconds: float = 0) -> Any:
    """Return which pitch class is strongest, moment by moment.

    The same as MusicgenMelodyFeatureExtractor of transformers computes; that one needs torchaudio,
    which exists for few builds of torch.

    Args:
        melody: any length; shorter ones repeat in the model.
        sample_rate: Hz the model hears.
        n_chroma: pitch classes of the model.
        offset_seconds: start so far into the (repeating) melody, for a window of a longer piece.

    Returns:
        torch float32, shape (1, moments, n_chroma), one 1 per moment, moments 4096 samples apart.
    """
    from transformers.audio_utils import chroma_filter_bank

    heard = np.asarray(soxr.resample(melody.mono(), melody.sample_rate, sample_rate), np.float32)
    if len(heard) < N_FFT:
        heard = np.resize(heard, N_FFT) if len(heard) else np.zeros(N_FFT, np.float32)
    window = torch.hann_window(N_FFT)
    spectrum = torch.stft(
        torch.from_numpy(heard), N_FFT, HOP, window=window, return_complex=True
    ).abs().pow(2) / window.pow(2).sum()  # fmt: skip
    filters = chroma_filter_bank(
        num_frequency_bins=N_FFT, num_chroma=n_chroma, sampling_rate=sample_rate, tuning=0
    )
    strength = torch.from_numpy(filters).float() @ spectrum  # (n_chroma, moments)
    strongest = torch.nn.functional.normalize(strength, p=float("inf"), dim=0, eps=1e-6).argmax(0)
    strongest = strongest.roll(-round(offset_seconds * sample_rate / HOP))
    return torch.nn.functional.one_hot(strongest, n_chroma).float()[None]
