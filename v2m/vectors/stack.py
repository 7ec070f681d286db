"""Rows of vectors that lie in two files, of which some are gone: numbered as if they were one."""

import numpy as np
import numpy.typing as npt

from v2m.types import Vectors

Places = npt.NDArray[np.integer]
"""Integers, shape (n,), from 0."""


class Stack:
    """The rows that are left of a large piece, and of a small one after it.

    Attributes:
        shape: number of rows, length of a row.
    """

    def __init__(
        self, base: Vectors, added: Vectors | None = None, places: Places | None = None
    ) -> None:
        """Make one; nothing is copied.

        Args:
            base: float32, shape (m, dim).
            added: float32, shape (k, dim); numbered from m.
            places: shape (n,), the rows that are left; None means all of ``base`` and no other.
        """
        self._base = base
        self._added = np.empty((0, base.shape[1]), np.float32) if added is None else added
        self._places = places
        self.shape = (len(base) if places is None else len(places), base.shape[1])

    @classmethod
    def of(cls, rows: "Vectors | Stack") -> "Stack":
        """Return rows as a stack."""
        return rows if isinstance(rows, Stack) else cls(np.ascontiguousarray(rows, np.float32))

    def __len__(self) -> int:
        """Number of rows."""
        return self.shape[0]

    def take(self, rows: Places) -> Vectors:
        """Return copies of some rows, in the order asked for."""
        if self._places is None:
            return self._base.take(rows, axis=0)
        places = self._places[rows]
        old = places < len(self._base)
        taken = np.empty((len(places), self.shape[1]), np.float32)
        taken[old] = self._base.take(places[old], axis=0)
        taken[~old] = self._added.take(places[~old] - len(self._base), axis=0)
        return taken

    def between(self, start: int, stop: int) -> Vectors:
        """Return the rows from one to before another; a copy only where they are not in a piece."""
        if self._places is None:
            return self._base[start:stop]
        return self.take(np.arange(start, min(stop, len(self))))

    def every(self, step: int) -> Vectors:
        """Return each row whose number is a multiple of a step."""
        if self._places is None:
            return self._base[::step]
        return self.take(np.arange(0, len(self), step))

    def first(self, n: int) -> "Stack":
        """Return the first rows, without a copy."""
        if self._places is None:
            return Stack(self._base[:n])
        return Stack(self._base, self._added, self._places[:n])

    def products(self, queries: Vectors) -> Vectors:
        """Return the inner products with queries (q, dim): float32, shape (q, n)."""
        if self._places is None:
            return queries @ self._base.T
        both = np.concatenate([queries @ self._base.T, queries @ self._added.T], axis=1)
        return both.take(self._places, axis=1)
