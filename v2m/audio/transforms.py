"""Magnitudes of Fourier transforms, by what is fastest for their length."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

LARGE_PRIME = 40
"""From a prime factor as large on, libraries take longer than products of matrices."""

ON_ONE_THREAD = 1 << 16
"""OpenCV shares more samples than these among threads, which take more time than they save."""

Rows = npt.NDArray[np.float32]


def magnitudes_of_rows(rows: Rows) -> Rows:
    """Return the magnitudes of the Fourier transform of each row, (n, length) -> (n, lines).

    OpenCV takes half the time of SciPy for powers of two.

    Args:
        rows: they are used up.
    """
    length = rows.shape[1]
    prime = largest_prime(length)
    if prime >= LARGE_PRIME:
        return _products(length // prime, prime).magnitudes(rows)
    if prime > 2:
        import scipy.fft

        lines: Any = scipy.fft.rfft(rows, axis=1)
        return np.asarray(np.abs(lines), np.float32)
    import cv2

    step = max(1, ON_ONE_THREAD // length)
    for first in range(0, len(rows), step):
        some = rows[first : first + step]
        cv2.dft(some, some, cv2.DFT_ROWS)
    out = np.empty((len(rows), length // 2 + 1), np.float32)
    np.abs(rows[:, :: length - 1], out=out[:, :: length // 2])  # the outer lines are real
    np.abs(rows[:, 1:-1].view(np.complex64), out=out[:, 1:-1])
    return out


class Products:
    """The Fourier transform of real rows of a length a * b, b odd, as products of matrices.

    One step of J. W. Cooley and J. W. Tukey, "An algorithm for the machine calculation of complex
    Fourier series" (1965). Sample i + a j and line k + b l: first a transform of length b for each
    i, then one of length a for each k, which has the factors between both in its matrix. Since the
    samples are real, half of the k will do, and sums and differences of the samples at j and b - j.
    """

    def __init__(self, a: int, b: int) -> None:
        half = np.arange(b // 2 + 1)
        angles = 2 * np.pi * np.outer(half, half) / b
        self._first = np.stack([np.cos(angles), -np.sin(angles)]).astype(np.float32)
        k, line, i = np.ix_(half, b * np.arange(a), np.arange(a))
        turns = 2 * np.pi * i * (k + line) / (a * b)
        cos, sin = np.cos(turns), np.sin(turns)
        self._second = np.block([[cos, sin], [-sin, cos]]).astype(np.float32)
        lines = (k + line).ravel()
        self._order = np.unique(np.minimum(lines, a * b - lines), return_index=True)[1]

    def magnitudes(self, rows: Rows) -> Rows:
        """Return the magnitudes of each row's transform, (n, a * b) -> (n, a * b // 2 + 1)."""
        import cv2

        n, n_half, a = len(rows), len(self._second), self._second.shape[1] // 2
        samples = np.asarray(cv2.transpose(rows), np.float32).reshape(-1, a, n)
        ahead, behind = samples[1:n_half], samples[: n_half - 1 : -1]
        folded = np.empty((2, n_half, a, n), np.float32)
        folded[:, 0] = samples[0], np.zeros_like(samples[0])
        np.add(ahead, behind, out=folded[0, 1:])
        np.subtract(ahead, behind, out=folded[1, 1:])
        between = np.empty((n_half, 2, a, n), np.float32)
        by_k = between.transpose(1, 2, 0, 3)
        np.matmul(self._first[:, None], folded.transpose(0, 2, 1, 3), out=by_k)
        lines = np.matmul(self._second, between.reshape(n_half, 2 * a, n))
        real, imaginary = np.split(np.square(lines, out=lines), 2, axis=1)
        found: Rows = np.add(real, imaginary)  # OpenCV's magnitudes vary with alignment
        return np.asarray(np.sqrt(found, out=found).reshape(-1, n)[self._order].T, np.float32)


@lru_cache
def _products(a: int, b: int) -> Products:
    return Products(a, b)


def largest_prime(n: int) -> int:
    """Return the largest prime factor of a number above 1."""
    factor = 2
    while factor * factor <= n:
        if n % factor:
            factor += 1
        else:
            n //= factor
    return n
