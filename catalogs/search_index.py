"""Searches the catalogue's vectors through a FAISS file that can be thrown away at any time.

DuckDB is the truth. The file carries a manifest (space, length, number of rows, the catalogue's
generation, the highest row id). Rows added since are searched exactly and merged; a file of another
generation, or a damaged one, is built again.
"""

import json
import logging
import re
from collections.abc import Sequence
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

log = logging.getLogger(__name__)


class SearchIndex:
    """The rows of one space and some kinds, with the index that finds them.

    What it has read, it keeps: rows written later are found by a new one.

    Attributes:
        space: identity of the vector space.
        kinds: kinds of rows, such as "track".
    """

    def __init__(self, catalogue: Catalogue, space: str, kinds: Sequence[str]) -> None:
        self._catalogue = catalogue
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
        if allowed is not None:
            return self._among(queries, k, np.flatnonzero(allowed))
        if len(self.rows.ids) <= EXACT_ROWS:
            return self._among(queries, k, np.arange(len(self.rows.ids)))
        filed, newer = self._parts
        found = [part.search(queries, k) for part in (filed, newer) if len(part)]
        return best(
            np.concatenate([hits.ids for hits in found], axis=1),
            np.concatenate([hits.scores for hits in found], axis=1),
            k,
        )

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
    def _parts(self) -> "tuple[Any, FlatIndex]":
        """The index in the file, and an exact one over the rows that came after it."""
        from v2m.vectors.faiss_index import FaissIndex

        dim = self.rows.vectors.shape[1]
        newer = FlatIndex(self.space, dim)
        try:
            last = self._usable_manifest(dim)
            filed = FaissIndex.load(self.folder, self.space, dim)
        except StateError as reason:
            log.info("building the index of %s %s again: %s", self.space, self.kinds, reason)
            return self._built(dim), newer
        if len(filed) != int((self.rows.ids <= last).sum()):
            log.info("building the index of %s %s again: rows are gone", self.space, self.kinds)
            return self._built(dim), newer
        fresh = self.rows.ids > last
        newer.add(self.rows.ids[fresh], self.rows.vectors[fresh])
        return filed, newer

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
            "generation": self._catalogue.generation(),
        }
        for name, value in expected.items():
            if not isinstance(manifest, dict) or manifest.get(name) != value:
                raise StateError(f"manifest is of another {name}")
        return int(manifest["last_row_id"])

    def _built(self, dim: int) -> Any:
        from v2m.vectors.faiss_index import FaissIndex

        index = FaissIndex(self.space, dim)
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
            }
            temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
