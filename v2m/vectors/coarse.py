"""Scans short codes of every row, then compares the best candidates exactly.

Each pair of components, in short vectors each component, becomes four bits (product quantization:
Jegou, Douze and Schmid, 2011), and a query is compared with all codes at once, so that no small
cluster of rows can be passed over as an inverted file or a graph does. The codes only choose
candidates; the scores are exact.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from v2m.errors import StateError
from v2m.types import Hits, Ids, Vectors
from v2m.vectors.faiss_file import read_index, write_index
from v2m.vectors.flat import best, check_queries, check_rows
from v2m.vectors.stack import Stack

TRAINED_ON = 20_000
"""Rows the code book is learned from."""

CHUNK = 20_000
"""Rows encoded at once."""

GATHERED = 0.025
"""Share of allowed rows below which copying them out costs less than scanning all codes."""

MOST_GONE = 0.1
"""Share of encoded rows that may be gone before all are encoded anew."""

Mask = npt.NDArray[np.bool_]


def depth(n_rows: int, k: int) -> int:
    """Return how many candidates are compared exactly.

    In large clusters 1,000 of 100,000 rows found .992 of the best ten, 3,162 of 1,000,000 .990
    (benchmarks/vectors.py): little to spare, so this takes the square root through 1,414 and 4,472.
    """
    return max(500, 20 * k, math.isqrt(20 * n_rows))


def factory_of(dim: int) -> str:
    """Return FAISS's name of the codes, in one list; vectors under 256 get four bits a component.

    With four bits for two of 12 components .978 of the best ten were found, too few.
    """
    return f"IVF1,PQ{dim // 2 if dim % 2 == 0 and dim >= 256 else dim}x4fs"


class CoarseIndex:
    """Finds candidates by codes and orders them by inner product with the rows themselves.

    Up to exact_up_to rows (at least 15) there are no codes and all rows are compared.

    Attributes:
        space: identity of the vector space.
        dim: length of a vector.
        factory: FAISS's description of the codes.
    """

    def __init__(self, space: str, dim: int, *, exact_up_to: int = 0) -> None:
        self.space = space
        self.dim = dim
        self.factory = factory_of(dim)
        self._exact_up_to = max(exact_up_to, 15)  # four bits need sixteen rows to learn from
        self._ids: Ids = np.empty(0, np.int64)
        self._rows = Stack(np.empty((0, dim), np.float32))
        self._index = _empty(dim, self.factory)
        self._codes: Ids | None = None  # place of each row's code, where codes of gone rows remain

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._ids)

    def add(self, ids: Ids, vectors: Vectors | Stack) -> None:
        """Add rows; the first ones are kept without a copy.

        Raises:
            ValueError: shapes do not fit together or an id is there already.
        """
        check_rows(ids, vectors, self.dim, self._ids)
        rows = Stack.of(vectors)
        if self._codes is not None:
            self._index, self._codes = _empty(self.dim, self.factory), None
        self._ids = np.concatenate([self._ids, np.asarray(ids, np.int64)])
        if len(self._rows):
            rows = Stack(
                np.concatenate([part.between(0, len(part)) for part in (self._rows, rows)])
            )
        self._rows = rows
        if len(self) > self._exact_up_to:
            self._encode()

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> Hits:
        """Return the k best rows of each query, padded with -1 and -inf.

        Args:
            queries: shape (n, dim).
            k: places in the answer.
            allowed: bool, one per row in the order they were added; None means all.
        """
        check_queries(queries, self.dim)
        n = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if not self._index.ntotal or (allowed is not None and n < GATHERED * len(self)):
            places = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
            all_ = allowed is None
            scores = self._rows.products(queries) if all_ else queries @ self._rows.take(places).T
            return best(np.broadcast_to(self._ids[places], scores.shape), scores, k)
        found = [self._rescored(query, k, n, allowed) for query in queries]
        empty = Hits(np.empty((0, k), np.int64), np.empty((0, k), np.float32))
        return Hits(
            np.concatenate([empty.ids, *(hits.ids for hits in found)]),
            np.concatenate([empty.scores, *(hits.scores for hits in found)]),
        )

    def save(self, folder: Path) -> None:
        """Write the codes, not the rows, as ``rows.faiss``; it appears by rename."""
        write_index(self._index, folder)

    @classmethod
    def load(cls, folder: Path, space: str, ids: Ids, rows: Vectors | Stack) -> "CoarseIndex":
        """Read codes that ``save`` wrote and put them before the rows they were made of.

        Up to a tenth of the rows may be gone since; their codes stay and are passed over.

        Raises:
            StateError: the file is missing, damaged, or of other rows.
        """
        stored = read_index(folder, rows.shape[1])
        index = cls(space, rows.shape[1])
        if not isinstance(faiss.downcast_index(stored.index), faiss.IndexIVFPQFastScan):
            raise StateError("codes of another sort")
        encoded = faiss.vector_to_array(stored.id_map)
        if not np.array_equal(encoded, ids):
            index._codes = _places_of(ids, encoded)
        index._index, index._ids, index._rows = stored, ids, Stack.of(rows)
        return index

    def _encode(self) -> None:
        """Learn the code book from a sample, once, and encode the rows that have no code yet."""
        with _one_thread():
            if not self._index.is_trained:
                chosen = np.random.default_rng(0).permutation(len(self))[:TRAINED_ON]
                self._index.train(self._rows.take(np.sort(chosen)))
            for start in range(self._index.ntotal, len(self), CHUNK):
                stop = start + CHUNK
                self._index.add_with_ids(self._rows.between(start, stop), self._ids[start:stop])

    def _rescored(
        self, query: npt.NDArray[np.float32], k: int, n: int, allowed: Mask | None
    ) -> Hits:
        """Search for one query among n rows."""
        options: dict[str, Any] = {}
        codes = self._codes
        if codes is not None:
            of_rows = codes if allowed is None else codes[allowed]
            coded: Mask = np.zeros(self._index.ntotal, np.bool_)
            coded[of_rows] = True
            allowed = coded
        if allowed is not None:
            select: Any = faiss.IDSelectorBitmap  # its stubs know neither arrays
            make: Any = faiss.SearchParametersIVF  # nor the selector
            selector = select(np.packbits(allowed, bitorder="little"))
            options["params"] = make(sel=selector, nprobe=1)
        search: Any = faiss.downcast_index(self._index.index).search
        _, places = search(np.ascontiguousarray(query[None], np.float32), depth(n, k), **options)
        places = places[0][places[0] >= 0]
        if codes is not None:
            places = np.searchsorted(codes, places)
        return best(self._ids[places][None], (self._rows.take(places) @ query)[None], k)


def _places_of(ids: Ids, encoded: Ids) -> Ids:
    """Return where the codes of rows stand among all that were encoded; both rise.

    Raises:
        StateError: a row has no code, or many codes have no row.
    """
    places = np.minimum(np.searchsorted(encoded, ids), len(encoded) - 1)
    if not len(encoded) or not np.array_equal(encoded[places], ids):
        raise StateError("codes of other rows")
    if len(ids) < (1 - MOST_GONE) * len(encoded):
        raise StateError("many rows are gone")
    return np.asarray(places, np.int64)


def _empty(dim: int, factory: str) -> Any:
    inner: Any = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
    inner.cp.min_points_per_centroid = inner.pq.cp.min_points_per_centroid = 1  # warns otherwise
    return faiss.IndexIDMap(inner)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Learn on one thread: shared, the short loops took 16 times as long on a busy machine."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
