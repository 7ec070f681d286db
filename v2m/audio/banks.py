"""Banks of filters over the lines of spectra, each filter with few lines that are not zero."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from v2m.audio.spectra import magnitude_blocks, mel_filters
from v2m.types import Mono

TOGETHER = 16
"""Filters of one product: neighbours share most of their lines."""


class Bank:
    """Filters in the order of their lines; multiplied a few at a time, without the zeros between.

    Args:
        filters: float32, shape (filters, lines).
    """

    def __init__(self, filters: npt.NDArray[np.float32]) -> None:
        self._n = len(filters)
        starts = range(0, self._n, TOGETHER)
        self._parts = [_Part(start, filters[start : start + TOGETHER]) for start in starts]

    def through(self, spectrum: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return what passes each filter, (frames, lines) -> (frames, filters).

        Lines above the highest filter may be left out of the filters.
        """
        out = np.empty((len(spectrum), self._n), np.float32)
        for part in self._parts:
            np.matmul(spectrum[:, part.lines], part.weights, out=out[:, part.filters])
        return out

    def through_sound(self, mono: Mono, n_fft: int, hop: int) -> npt.NDArray[np.float32]:
        """Return what passes each filter of ``magnitudes``, without holding all of these."""
        blocks = magnitude_blocks(mono, n_fft, hop)
        return np.concatenate([self.through(block) for block in blocks])


class _Part:
    """Neighbouring filters and the lines that any of them has."""

    def __init__(self, start: int, filters: npt.NDArray[np.float32]) -> None:
        used = np.flatnonzero(filters.any(axis=0))
        first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
        self.filters = slice(start, start + len(filters))
        self.lines = slice(first, last + 1)
        self.weights = np.ascontiguousarray(filters[:, self.lines].T)


@lru_cache
def mel_bank(sample_rate: int, n_fft: int, n_mels: int) -> Bank:
    """Return the filters of ``mel_filters`` as a bank."""
    return Bank(mel_filters(sample_rate, n_fft, n_mels))
