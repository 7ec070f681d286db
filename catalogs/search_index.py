"""Searches the catalogue's vectors through a FAISS file that can be thrown away at any time.

DuckDB is the truth. The file carries a manifest (space, length, number of rows, the catalogue's
generation, the highest row id, digests of some rows). Rows added since are searched exactly and
merged; a file of another generation, or a damaged one, is built again. Large libraries are searched
by codes and then exactly (decision 26); there rows may be gone since, for a row's id stands for the
same vector for ever.
"""

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogs.rows import VectorTable
from catalogs.store import Catalogue
from v2m.errors import BackendError, InputError, SpaceError, StateError
from v2m.files import replacing
from v2m.types import Hits, Vectors
from v2m.vectors.flat import FlatIndex, best

FORMAT = "v2m-vectors/1"

GATHERED = 0.3
"""Share of rows up to which copying them out is faster than comparing with all (100,000 rows)."""

EXACT_ROWS = 10_000
"""Rows up to which all are compared without FAISS: its import takes longer than a few of those."""

COARSE_ROWS = 30_000
"""Rows beyond which codes choose candidates: comparing with all takes three times as long."""

NEWER = 10_000
"""Rows beyond a large file, or a tenth of it, after which it is built again."""

SAMPLED = 64
"""Rows whose digests tell that a file is of this catalogue and no other with the same row ids."""

log = logging.getLogger(__name__)


class SearchIndex:
    """The rows of one space and some kinds, with the index that finds them.

    What it has read, it keeps: rows written later are found by a new one.

    Attributes:
        space: identity of the vector space.
        kinds: kinds of rows, such as "track".
    """

    def __init__(
        self,
        catalogue: Catalogue,
        space: str,
        kinds: Sequence[str],
        *,
        coarse_rows: int | None = None,
    ) -> None:
        """Make one; coarse_rows stands for COARSE_ROWS where given."""
        self._catalogue = catalogue
        self._coarse_rows = coarse_rows
        self.space = space
        self.kinds = tuple(sorted(kinds))
        slug = re.sub(r"[^a-z0-9]+", "-", f"{space}-{'-'.join(self.kinds)}".lower())
        self.folder = catalogue.folder / "vectors" / slug

    @cached_property
    def rows(self) -> VectorTable:
        """All rows, as the catalogue holds them."""
        return self._catalogue.vector_table(self.space, self.kinds)

    def search(
        self, queries: Vectors, k: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> Hits:
        """Return the k best rows of each query, padded with -1 and -inf.

        Args:
            queries: shape (n, dim), unit rows of this space.
            k: places in the answer.
            allowed: bool, one per row: which rows may be found; None means all.

        Raises:
            SpaceError: the queries are of another length than the rows.
        """
        if not len(self.rows.ids):
            return best(
                np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32), k
            )
        if queries.shape[1] != self.rows.vectors.shape[1]:
            raise SpaceError(
                stored=f"{self.space} ({self.rows.vectors.shape[1]})",
                asked=f"{self.space} ({queries.shape[1]})",
            )
        if allowed is None and not self._large and len(self.rows.ids) <= EXACT_ROWS:
            return self._among(queries, k, np.arange(len(self.rows.ids)))
        if allowed is None:
            filed, newer = self._parts
            return _merged([part.search(queries, k) for part in (filed, newer) if len(part)], k)
        if not self._large:
            return self._among(queries, k, np.flatnonzero(allowed))
        filed, _ = self._parts
        n = len(filed)
        found = filed.search(queries, k, allowed[:n])
        return _merged([found, self._among(queries, k, n + np.flatnonzero(allowed[n:]))], k)

    def rebuild(self) -> None:
        """Write the file anew, whatever it was like."""
        if len(self.rows.ids):
            self._built(self.rows.vectors.shape[1])

    def _among(self, queries: Vectors, k: int, places: npt.NDArray[np.int64]) -> Hits:
        """Compare with some rows only: gather a few, or pass over the rest of many."""
        if len(places) < GATHERED * len(self.rows.ids):
            scores = queries @ self.rows.vectors[places].T
        else:
            scores = (queries @ self.rows.vectors.T)[:, places]
        return best(np.broadcast_to(self.rows.ids[places], scores.shape), scores, k)

    @cached_property
    def _large(self) -> bool:
        """Whether codes choose candidates, instead of comparing with every row."""
        limit = COARSE_ROWS if self._coarse_rows is None else self._coarse_rows
        return len(self.rows.ids) > limit

    @cached_property
    def _parts(self) -> "tuple[Any, FlatIndex]":
        """The index in the file, and an exact one over the rows that came after it."""
        dim = self.rows.vectors.shape[1]
        newer = FlatIndex(self.space, dim)
        try:
            n = int((self.rows.ids <= self._usable_manifest(dim)).sum())
            if self._large and len(self.rows.ids) - n > max(NEWER, n // 10):
                raise StateError("many rows are newer")  # noqa: TRY301
            filed = self._loaded(dim, n)
        except StateError as reason:
            log.info("building the index of %s %s again: %s", self.space, self.kinds, reason)
            return self._built(dim), newer
        newer.add(self.rows.ids[n:], self.rows.vectors[n:])
        return filed, newer

    def _loaded(self, dim: int, n: int) -> Any:
        """Read the file of the first n rows.

        Raises:
            StateError: it is damaged, or of other rows.
        """
        from v2m.vectors.coarse import CoarseIndex
        from v2m.vectors.faiss_index import FaissIndex

        if self._large:
            ids, vectors = self.rows.ids[:n], self.rows.vectors[:n]
            return CoarseIndex.load(self.folder, self.space, ids, vectors)
        filed = FaissIndex.load(self.folder, self.space, dim)
        if len(filed) != n:
            raise StateError("rows are gone")
        return filed

    def _empty(self, dim: int) -> Any:
        """An index without rows, of the sort that their number asks for."""
        from v2m.vectors.coarse import CoarseIndex
        from v2m.vectors.faiss_index import FaissIndex

        if self._large:
            return CoarseIndex(self.space, dim)
        return FaissIndex(self.space, dim)

    def _usable_manifest(self, dim: int) -> int:
        """Return the highest row id in the file.

        Raises:
            StateError: there is no file, or it is not of this state of the catalogue.
        """
        try:
            manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as err:
            raise StateError(f"no manifest: {err}") from err
        expected = {
            "format": FORMAT,
            "space": self.space,
            "dim": dim,
            "factory": self._empty(dim).factory,
            "generation": self._catalogue.generation(),
        }
        if not isinstance(manifest, dict):
            raise StateError("manifest is no object")
        if self._large and self._knows(manifest.get("rows")):
            del expected["generation"]
        for name, value in expected.items():
            if manifest.get(name) != value:
                raise StateError(f"manifest is of another {name}")
        return int(manifest["last_row_id"])

    def _knows(self, sampled: object) -> bool:
        """Whether digests by row id are of this catalogue, as far as its rows remain."""
        if not isinstance(sampled, dict) or not sampled:
            return False
        there = self._digests(map(int, sampled))
        return bool(there) and all(sampled[row] == digest for row, digest in there.items())

    def _digests(self, row_ids: Iterable[int]) -> dict[str, str]:
        """Return digests of the rows that are there, by row id in digits, as JSON has them."""
        places = {row: int(np.searchsorted(self.rows.ids, row)) for row in row_ids}
        return {
            str(row): hashlib.blake2b(self.rows.vectors[place].tobytes(), digest_size=8).hexdigest()
            for row, place in places.items()
            if place < len(self.rows.ids) and self.rows.ids[place] == row
        }

    def _built(self, dim: int) -> Any:
        index = self._empty(dim)
        index.add(self.rows.ids, self.rows.vectors)
        try:
            self._write(index, dim)
        except (InputError, BackendError) as err:
            log.info("the index stays in memory only: %s", err)
        return index

    def _write(self, index: Any, dim: int) -> None:
        """Write file, then manifest: a manifest never speaks of a file that is not there yet."""
        manifest = self.folder / "manifest.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            manifest.unlink(missing_ok=True)
        except OSError as err:
            raise InputError(f"{self.folder}: {err.strerror}") from err
        index.save(self.folder)
        with replacing(Path(manifest)) as temporary:
            facts = {
                "format": FORMAT,
                "space": self.space,
                "dim": dim,
                "count": len(index),
                "factory": index.factory,
                "generation": self._catalogue.generation(),
                "last_row_id": int(self.rows.ids[-1]),
                "rows": self._digests(self.rows.ids[:: len(self.rows.ids) // SAMPLED + 1].tolist()),
            }
            temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _merged(found: Sequence[Hits], k: int) -> Hits:
    """Return the k best of several answers to the same queries."""
    return best(
        np.concatenate([hits.ids for hits in found], axis=1),
        np.concatenate([hits.scores for hits in found], axis=1),
        k,
    )
