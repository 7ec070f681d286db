"""Where a filter answers strongest across the bands, frame by frame, without keeping its answers.

A convolution of one channel whose answers are only looked at for their maximum over frequency is
most of what musicnn computes. Laid out as products of large matrices it takes less than half the
time of a general convolution on one core, and gives the same to rounding.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Array = npt.NDArray[np.float32]

FILTERS_AT_ONCE = 12
"""Few enough that their answers stay in the cache of one core until they are looked at."""

ALIGNED_FRAMES = 16
"""Single-precision numbers in a line of the cache; products of rows that begin there are faster."""

BLOCK_FRAMES = 17
"""Frames answered by one product; musicnn's patches of 187 frames are eleven of them."""


class WideFilters:
    """Filters of a few frames and many bands, laid over all places where they fit.

    Across the bands the convolution is cyclic with the length of the spectrum: where a filter fits
    it never wraps, so that a product of spectra stands for it. Places are counted from the middle
    one: the answers at m and at -m are the sum and the difference of an even and an odd part, and
    the stronger of the two is the even part plus the size of the odd one. So half of the places
    are computed.

    Args:
        kernel: shape (filters, 1, frames, bands); an odd number of frames.
        n_bands: of what they are laid over, even.
        sign: shape (filters,), 1 where the largest answer is wanted, -1 where the smallest is.
    """

    def __init__(self, kernel: Array, n_bands: int, sign: Array) -> None:
        _, _, self._frames, width = kernel.shape
        self._sign = sign
        self._to_spectrum = _fourier(n_bands)
        self._even, self._odd = _halves(n_bands, n_bands - width + 1)
        middle = (n_bands - width) / 2
        turned = np.exp(2j * np.pi * middle / n_bands * np.arange(n_bands // 2 + 1))
        signed = kernel[:, 0].astype(np.float64) * sign[:, None, None]
        spectrum = (np.fft.rfft(signed, n_bands).conj() * turned).transpose(2, 0, 1)
        self._products = [_products(some) for some in _in_equal_parts(spectrum)]

    def __call__(self, x: Array) -> Array:
        """(n, frames, bands) -> the strongest answer (n, filters, frames), silence around."""
        frames, reach = x.shape[1], self._frames // 2
        padded = np.pad(x, ((0, 0), (reach, reach + -frames % ALIGNED_FRAMES), (0, 0)))
        strongest = np.stack([self._patch(patch) for patch in padded])
        return strongest[:, : len(self._sign), :frames] * self._sign[:, None]

    def _patch(self, padded: Array) -> Array:
        n = len(padded) - self._frames + 1
        lines = (self._to_spectrum @ padded.T).reshape(-1, 2, len(padded))
        windows = sliding_window_view(lines, n, axis=2).reshape(len(lines), -1, n)
        # fresh memory costs more than the products: all parts write over the same
        answers = np.empty((len(lines), self._products[0].shape[1], n), np.float32)
        real, imaginary = np.moveaxis(answers.reshape(len(lines), 2, -1), 1, 0)
        even, odd = np.empty((2, len(self._even), real.shape[1]), np.float32)
        strongest = np.empty((len(self._products), real.shape[1]), np.float32)
        for products, largest in zip(self._products, strongest, strict=True):
            np.matmul(products, windows, out=answers)
            np.matmul(self._even, real, out=even)
            np.matmul(self._odd, imaginary, out=odd)
            np.abs(odd, out=odd)
            np.add(even, odd, out=even)
            np.max(even, axis=0, out=largest)
        return strongest.reshape(-1, n)


class LongFilters:
    """Filters of many frames and one band, laid over every band.

    Args:
        kernel: shape (filters, 1, frames, 1).
        sign: as for ``WideFilters``.
    """

    def __init__(self, kernel: Array, sign: Array) -> None:
        n, _, self._frames, _ = kernel.shape
        self._sign = sign
        signed = kernel[:, 0, :, 0] * sign[:, None]
        shifted = np.zeros((n, BLOCK_FRAMES, BLOCK_FRAMES + self._frames - 1), np.float32)
        for frame in range(BLOCK_FRAMES):
            shifted[:, frame, frame : frame + self._frames] = signed
        self._shifted = shifted.reshape(n * BLOCK_FRAMES, -1)

    def __call__(self, x: Array) -> Array:
        """(n, frames, bands) -> the strongest answer (n, filters, frames), silence around."""
        frames = x.shape[1]
        after = self._frames // 2 + -frames % BLOCK_FRAMES
        padded = np.pad(x, ((0, 0), ((self._frames - 1) // 2, after), (0, 0)))
        strongest = np.stack([self._patch(patch) for patch in padded])
        return strongest[:, :, :frames] * self._sign[:, None]

    def _patch(self, padded: Array) -> Array:
        windows = sliding_window_view(padded, self._shifted.shape[1], axis=0)[::BLOCK_FRAMES]
        blocks, bands, width = windows.shape
        answers = self._shifted @ windows.transpose(2, 0, 1).reshape(width, -1)
        strongest = answers.reshape(-1, BLOCK_FRAMES, blocks, bands).max(axis=3)
        return np.asarray(strongest.transpose(0, 2, 1).reshape(len(strongest), -1), np.float32)


def _in_equal_parts(spectrum: npt.NDArray[np.complex128]) -> list[Any]:
    """Split (lines, filters, frames) by filters; those that are missing in the last part are 0."""
    lines, n, frames = spectrum.shape
    n_parts = max(1, -(-n // FILTERS_AT_ONCE))
    size = max(1, -(-n // n_parts))
    filled = np.zeros((lines, n_parts * size, frames), complex)
    filled[:, :n] = spectrum
    return np.split(filled, n_parts, axis=1)


def _products(spectrum: npt.NDArray[np.complex128]) -> Array:
    """Return complex (lines, filters, frames) as real (lines, 2 * filters, 2 * frames)."""
    real = np.concatenate([spectrum.real, -spectrum.imag], axis=2)
    imaginary = np.concatenate([spectrum.imag, spectrum.real], axis=2)
    return np.concatenate([real, imaginary], axis=1).astype(np.float32)


def _fourier(n: int) -> Array:
    """Return the real transform of even length n as a matrix, (n + 2, n).

    Rows are the real and the imaginary part of line after line.
    """
    angle = 2 * np.pi * np.outer(np.arange(n // 2 + 1), np.arange(n)) / n
    there = np.stack([np.cos(angle), -np.sin(angle)], axis=1).reshape(n + 2, n)
    return there.astype(np.float32)


def _halves(n: int, places: int) -> tuple[Array, Array]:
    """Return what makes the even part out of the real lines and the odd part out of the others.

    Both of shape (places from the middle one on, n // 2 + 1): the inverse transform of length n,
    its places counted from the middle of so many.
    """
    lines = np.arange(n // 2 + 1)
    weight = np.where((lines == 0) | (lines == n // 2), 1, 2) / n
    from_middle = np.arange(places // 2, places) - (places - 1) / 2
    angle = 2 * np.pi * np.outer(from_middle, lines) / n
    even, odd = np.cos(angle) * weight, -np.sin(angle) * weight
    return even.astype(np.float32), odd.astype(np.float32)
