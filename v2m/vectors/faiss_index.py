"""FAISS behind the same protocol as the plain index."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from v2m.errors import StateError, printable
from v2m.files import replacing
from v2m.types import Hits, Ids, Vectors
from v2m.vectors.flat import check_queries, check_rows

FILE_NAME = "rows.faiss"


class FaissIndex:
    """Inner product over unit rows, exact by default.

    Attributes:
        space: identity of the vector space.
        dim: length of a vector.
        factory: FAISS's description of the inner index, such as "Flat" or "HNSW32".
    """

    def __init__(self, space: str, dim: int, *, factory: str = "Flat") -> None:
        self.space = space
        self.dim = dim
        self.factory = factory
        inner = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
        self._index = faiss.IndexIDMap2(inner)

    def __len__(self) -> int:
        """Number of rows."""
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows.

        Raises:
            ValueError: shapes do not fit together or an id is there already.
        """
        check_rows(ids, vectors, self.dim, self.ids())
        if len(ids):
            self._index.add_with_ids(
                np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64)
            )

    def ids(self) -> Ids:
        """Return the ids of all rows, shape (n,)."""
        return np.asarray(faiss.vector_to_array(self._index.id_map), np.int64)

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> Hits:
        """Return the k best rows of each query, padded with -1 and -inf.

        Args:
            queries: shape (n, dim).
            k: places in the answer.
            allowed: only rows with these ids are considered; None means all.
        """
        check_queries(queries, self.dim)
        options: dict[str, Any] = {}
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.asarray(allowed, np.int64))
            make: Any = faiss.SearchParameters  # its stubs do not know the selector
            options["params"] = make(sel=selector)
        search: Any = self._index.search
        scores, ids = search(np.ascontiguousarray(queries, np.float32), k, **options)
        scores[ids < 0] = -np.inf
        return Hits(np.asarray(ids, np.int64), np.asarray(scores, np.float32))

    def save(self, folder: Path) -> None:
        """Write the index as ``rows.faiss``; it appears by rename."""
        write_index(self._index, folder)

    @classmethod
    def load(cls, folder: Path, space: str, dim: int) -> "FaissIndex":
        """Read an index that ``save`` wrote.

        Raises:
            StateError: the file is missing, damaged or of another length of vector.
        """
        inner = read_index(folder, dim)
        index = cls(space, dim)
        index._index = inner
        return index


def write_index(index: Any, folder: Path) -> None:
    """Write FAISS's own form as ``rows.faiss``; it appears by rename."""
    with replacing(folder / FILE_NAME) as temporary:
        temporary.write_bytes(faiss.serialize_index(index).tobytes())


def read_index(folder: Path, dim: int) -> Any:
    """Read what ``write_index`` wrote.

    Raises:
        StateError: the file is missing, damaged or of another length of vector.
    """
    path = folder / FILE_NAME
    try:
        index: Any = faiss.deserialize_index(np.frombuffer(path.read_bytes(), np.uint8))
    except (OSError, RuntimeError) as err:
        raise StateError(f"{printable(path)}: not an index: {err}") from err
    if index.d != dim:
        raise StateError(f"{printable(path)}: vectors of length {index.d}, expected {dim}")
    return index
