"""The exact index in plain NumPy: the oracle of every faster one, and good enough for new rows."""

from pathlib import Path

import numpy as np

from v2m.files import replacing
from v2m.types import Hits, Ids, Vectors
from v2m.vectors.stack import Stack

EMPTY_ID = -1
"""Fills places of an answer for which there is no row; their score is -inf."""


class FlatIndex:
    """Compares a query with every row.

    Attributes:
        space: identity of the vector space.
        dim: length of a vector.
    """

    def __init__(self, space: str, dim: int) -> None:
        self.space = space
        self.dim = dim
        self._ids: Ids = np.empty(0, np.int64)
        self._rows: Vectors = np.empty((0, dim), np.float32)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._ids)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows.

        Raises:
            ValueError: shapes do not fit together or an id is there already.
        """
        check_rows(ids, vectors, self.dim, self._ids)
        self._ids = np.concatenate([self._ids, np.asarray(ids, np.int64)])
        self._rows = np.concatenate([self._rows, np.asarray(vectors, np.float32)])

    def search(self, queries: Vectors, k: int) -> Hits:
        """Return the k best rows of each query, padded with -1 and -inf."""
        check_queries(queries, self.dim)
        scores = queries @ self._rows.T
        return best(np.broadcast_to(self._ids, scores.shape), scores, k)

    def save(self, folder: Path) -> None:
        """Write ids and rows as ``flat.npz``."""
        with replacing(folder / "flat.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, ids=self._ids, rows=self._rows)


def best(ids: Ids, scores: Vectors, k: int) -> Hits:
    """Return the k best of each row of scores; equal scores keep their order.

    Args:
        ids: int64, shape (queries, n).
        scores: float32, shape (queries, n).
        k: places in the answer; those without a row are filled with -1 and -inf.
    """
    order = _order(scores, k)
    out = Hits(
        np.full((len(scores), k), EMPTY_ID, np.int64),
        np.full((len(scores), k), -np.inf, np.float32),
    )
    out.ids[:, : order.shape[1]] = np.take_along_axis(ids, order, axis=1)
    out.scores[:, : order.shape[1]] = np.take_along_axis(scores, order, axis=1)
    return out


def _order(scores: Vectors, k: int) -> Ids:
    """Return the places of the k highest scores of each row, highest first, equal ones in order."""
    if scores.shape[1] <= 4 * k:
        return np.argsort(-scores, axis=1, kind="stable")[:, :k]
    order = np.empty((len(scores), k), np.int64)
    for row, values in enumerate(scores):
        kth = np.partition(values, len(values) - k)[len(values) - k]
        near = np.flatnonzero(values >= kth)
        order[row] = near[np.argsort(-values[near], kind="stable")[:k]]
    return order


def check_rows(ids: Ids, vectors: Vectors | Stack, dim: int, there: Ids) -> None:
    """Refuse rows that do not fit an index, which holds some already.

    Raises:
        ValueError: a shape is wrong, or an id is given twice or there already.
    """
    if vectors.shape != (len(ids), dim):
        raise ValueError(
            f"{len(ids)} ids need vectors of shape ({len(ids)}, {dim}), got {vectors.shape}"
        )
    if len(np.unique(ids)) != len(ids):
        raise ValueError("an id is given twice")
    if np.isin(ids, there).any():
        raise ValueError("an id is there already")


def check_queries(queries: Vectors, dim: int) -> None:
    """Refuse queries of another shape.

    Raises:
        ValueError: queries are not 2-D or of another length.
    """
    if queries.ndim != 2 or queries.shape[1] != dim:
        raise ValueError(f"queries must have shape (n, {dim}), got {queries.shape}")
