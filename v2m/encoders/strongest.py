"""Where a filter answers strongest across the bands, frame by frame, without keeping its answers.

A convolution of one channel whose answers are only looked at for their maximum over frequency is
most of what musicnn computes. Laid out as products of large matrices it takes less than half the
time of a general convolution on one core, and gives the same to rounding.
"""

import numpy as np
import torch
from torch.nn import functional

FILTERS_AT_ONCE = 12
"""Few enough that their answers stay in the cache of one core until they are looked at."""

BLOCK_FRAMES = 17
"""Frames answered by one product; musicnn's patches of 187 frames are eleven of them."""


class WideFilters:
    """Filters of a few frames and many bands, laid over all places where they fit.

    Across the bands the convolution is cyclic with the length of the spectrum: where a filter fits
    it never wraps, so that a product of spectra stands for it.

    Args:
        kernel: shape (filters, 1, frames, bands); an odd number of frames.
        n_bands: of what they are laid over.
        sign: shape (filters,), 1 where the largest answer is wanted, -1 where the smallest is.
    """

    def __init__(self, kernel: torch.Tensor, n_bands: int, sign: torch.Tensor) -> None:
        _, _, self._frames, width = kernel.shape
        self._sign = sign
        self._to_spectrum, back = _fourier(n_bands)
        self._back = back[: n_bands - width + 1]
        spectrum = torch.fft.rfft(kernel[:, 0] * sign[:, None, None], n_bands).conj()
        spectrum = spectrum.permute(2, 0, 1)  # (lines, filters, frames)
        self._products = [_products(some) for some in spectrum.split(FILTERS_AT_ONCE, dim=1)]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(n, frames, bands) -> the strongest answer (n, filters, frames), silence around."""
        reach = self._frames // 2
        padded = functional.pad(x, (0, 0, reach, reach))
        return torch.stack([self._patch(patch) for patch in padded]) * self._sign[:, None]

    def _patch(self, padded: torch.Tensor) -> torch.Tensor:
        n = len(padded) - self._frames + 1
        lines = (self._to_spectrum @ padded.T).view(-1, 2, len(padded))
        windows = lines.unfold(2, n, 1).reshape(len(lines), -1, n)  # (lines, 2 * frames, n)
        strongest = []
        for products in self._products:
            answers = self._back @ torch.bmm(products, windows).view(2 * len(lines), -1)
            strongest.append(answers.amax(dim=0).view(-1, n))
        return torch.cat(strongest)


class LongFilters:
    """Filters of many frames and one band, laid over every band.

    Args:
        kernel: shape (filters, 1, frames, 1).
        sign: as for ``WideFilters``.
    """

    def __init__(self, kernel: torch.Tensor, sign: torch.Tensor) -> None:
        n, _, self._frames, _ = kernel.shape
        self._sign = sign
        signed = kernel[:, 0, :, 0] * sign[:, None]
        shifted = torch.zeros(n, BLOCK_FRAMES, BLOCK_FRAMES + self._frames - 1)
        for frame in range(BLOCK_FRAMES):
            shifted[:, frame, frame : frame + self._frames] = signed
        self._shifted = shifted.flatten(0, 1)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(n, frames, bands) -> the strongest answer (n, filters, frames), silence around."""
        frames = x.shape[1]
        after = self._frames // 2 + -frames % BLOCK_FRAMES
        padded = functional.pad(x, (0, 0, (self._frames - 1) // 2, after))
        strongest = torch.stack([self._patch(patch) for patch in padded])
        return strongest[:, :, :frames] * self._sign[:, None]

    def _patch(self, padded: torch.Tensor) -> torch.Tensor:
        windows = padded.unfold(0, self._shifted.shape[1], BLOCK_FRAMES)  # (blocks, bands, w)
        blocks, bands, width = windows.shape
        answers = self._shifted @ windows.permute(2, 0, 1).reshape(width, -1)
        strongest = answers.view(-1, BLOCK_FRAMES, blocks, bands).amax(dim=3)
        return strongest.transpose(1, 2).flatten(1)


def _products(spectrum: torch.Tensor) -> torch.Tensor:
    """Return complex (lines, filters, frames) as real (lines, 2 * filters, 2 * frames)."""
    real = torch.cat([spectrum.real, -spectrum.imag], dim=2)
    imaginary = torch.cat([spectrum.imag, spectrum.real], dim=2)
    return torch.cat([real, imaginary], dim=1).contiguous()


def _fourier(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the real transform of length n and its inverse as matrices, (n + 2, n) and (n, n + 2).

    Rows are the real and the imaginary part of line after line; n is even.
    """
    angle = 2 * np.pi * np.outer(np.arange(n // 2 + 1), np.arange(n)) / n
    there = np.stack([np.cos(angle), -np.sin(angle)], axis=1).reshape(n + 2, n)
    weight = np.full(n // 2 + 1, 2.0)
    weight[[0, -1]] = 1
    back = there.T * np.repeat(weight, 2) / n
    return torch.from_numpy(there.astype(np.float32)), torch.from_numpy(back.astype(np.float32))
