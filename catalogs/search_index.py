"""Searches the vectors of an image: all of them while they are few, else by short codes first.

The codes lie in a FAISS file that can be thrown away at any time (decision 26). It carries a
manifest (space, length, number of rows, the highest row id, digests of some rows). Rows added since
are searched exactly and merged, rows may be gone since, for a row's id stands for the same vector
for ever; a file of other rows, or a damaged one, is built again.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from catalogs.image import Image
from catalogs.image_paths import Table, table_folder
from v2m.errors import BackendError, InputError, SpaceError, StateError
from v2m.files import replacing
from v2m.types import Hits, Vectors
from v2m.vectors.flat import FlatIndex, best

if TYPE_CHECKING:
    from v2m.vectors.coarse import CoarseIndex

FORMAT = "v2m-vectors/2"

GATHERED = 0.3
"""Share of rows up to which copying them out is faster than comparing with all (100,000 rows)."""

COARSE_ROWS = 30_000
"""Rows beyond which codes choose candidates: comparing with all takes three times as long."""

FIRST_ROWS = 250_000
"""Rows that a first query is compared with: FAISS is imported and its file read for later ones."""

NEWER = 10_000
"""Rows beyond a large file, or a tenth of it, after which it is built again."""

SAMPLED = 64
"""Rows from first to last whose digests tell that a file is of this catalogue and no other with the
same row ids; some of the newest are taken besides."""

log = logging.getLogger(__name__)


class SearchIndex:
    """The rows of one space and kind, with the index that finds them.

    Attributes:
        rows: what is searched, as the image holds it.
        folder: where the files of the index lie.
    """

    def __init__(
        self, image: Image, table: Table, *, lasting: bool = False, coarse_rows: int | None = None
    ) -> None:
        """Make one.

        Args:
            image: of a catalogue.
            table: space and kind.
            lasting: many queries will come, so that the first one need not be the fastest.
            coarse_rows: stands for COARSE_ROWS where given.
        """
        self.rows = image.rows(table)
        self.folder = table_folder(image.folder, table)
        self._space, self._kind = table
        self._asked = lasting or coarse_rows is not None
        self._coarse_rows = COARSE_ROWS if coarse_rows is None else coarse_rows

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
                stored=f"{self._space} ({self.rows.vectors.shape[1]})",
                asked=f"{self._space} ({queries.shape[1]})",
            )
        if not self._by_codes():
            return self._among(queries, k, None if allowed is None else np.flatnonzero(allowed))
        filed, newer = self._parts
        if allowed is None:
            return _merged([part.search(queries, k) for part in (filed, newer) if len(part)], k)
        n = len(filed)
        found = filed.search(queries, k, allowed[:n])
        return _merged([found, self._among(queries, k, n + np.flatnonzero(allowed[n:]))], k)

    def prepare(self) -> None:
        """Write the file where there are enough rows for one and none is there that fits."""
        if not self._large:
            return
        from v2m.vectors.coarse import MOST_GONE

        dim = self.rows.vectors.shape[1]
        try:
            n, encoded = self._filed(dim)
        except StateError as reason:
            log.info("making the index of %s %s: %s", self._space, self._kind, reason)
        else:
            if n >= (1 - MOST_GONE) * encoded:
                return
        self._built(dim)

    def rebuild(self) -> None:
        """Write the file anew, whatever it was like, where there are enough rows for one."""
        if self._large:
            self._built(self.rows.vectors.shape[1])

    def _by_codes(self) -> bool:
        """Whether codes are worth their loading for this query; called once for each."""
        first, self._asked = not self._asked, True
        return self._large and not (first and len(self.rows.ids) <= FIRST_ROWS)

    def _among(self, queries: Vectors, k: int, places: npt.NDArray[np.int64] | None) -> Hits:
        """Compare with some rows only (None means all): gather few, pass over the rest of many."""
        vectors, ids = self.rows.vectors, self.rows.ids
        if places is None:
            scores = vectors.products(queries)
        elif len(places) < GATHERED * len(ids):
            scores, ids = queries @ vectors.take(places).T, ids[places]
        else:
            scores, ids = vectors.products(queries)[:, places], ids[places]
        return best(np.broadcast_to(ids, scores.shape), scores, k)

    @cached_property
    def _large(self) -> bool:
        """Whether codes choose candidates, instead of comparing with every row."""
        return len(self.rows.ids) > self._coarse_rows

    @cached_property
    def _parts(self) -> "tuple[CoarseIndex, FlatIndex]":
        """The index in the file, and an exact one over the rows that came after it."""
        from v2m.vectors.coarse import CoarseIndex

        dim = self.rows.vectors.shape[1]
        newer = FlatIndex(self._space, dim)
        try:
            n, _ = self._filed(dim)
            ids, vectors = self.rows.ids[:n], self.rows.vectors.first(n)
            filed = CoarseIndex.load(self.folder, self._space, ids, vectors)
        except StateError as reason:
            log.info("building the index of %s %s again: %s", self._space, self._kind, reason)
            return self._built(dim), newer
        newer.add(self.rows.ids[n:], self.rows.vectors.between(n, len(self.rows.ids)))
        return filed, newer

    def _filed(self, dim: int) -> tuple[int, int]:
        """Return how many rows are in the file, and how many were when it was written.

        Raises:
            StateError: there is no file, many rows are newer, or it is not of this catalogue.
        """
        last, encoded = self._usable_manifest(dim)
        n = int(np.searchsorted(self.rows.ids, last, side="right"))
        if len(self.rows.ids) - n > max(NEWER, n // 10):
            raise StateError("many rows are newer")
        return n, encoded

    def _usable_manifest(self, dim: int) -> tuple[int, int]:
        """Return the highest row id in the file, and how many rows it is of.

        Raises:
            StateError: there is no file, or it is not of this state of the catalogue.
        """
        try:
            manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as err:
            raise StateError(f"no manifest: {err}") from err
        if not isinstance(manifest, dict):
            raise StateError("manifest is no object")
        for name, value in self._facts(dim).items():
            if manifest.get(name) != value:
                raise StateError(f"manifest is of another {name}")
        if not self._knows(manifest.get("rows")):
            raise StateError("manifest is of other rows")
        return int(manifest["last_row_id"]), int(manifest["count"])

    def _facts(self, dim: int) -> dict[str, object]:
        from v2m.vectors.coarse import factory_of

        return {"format": FORMAT, "space": self._space, "dim": dim, "factory": factory_of(dim)}

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
            str(row): self._digest(place)
            for row, place in places.items()
            if place < len(self.rows.ids) and self.rows.ids[place] == row
        }

    def _digest(self, place: int) -> str:
        row = self.rows.vectors.take(np.array([place]))
        return hashlib.blake2b(row.tobytes(), digest_size=8).hexdigest()

    def _built(self, dim: int) -> "CoarseIndex":
        from v2m.vectors.coarse import CoarseIndex

        index = CoarseIndex(self._space, dim)
        index.add(self.rows.ids, self.rows.vectors)
        try:
            self._write(index, dim)
        except (InputError, BackendError) as err:
            log.info("the index stays in memory only: %s", err)
        return index

    def _write(self, index: "CoarseIndex", dim: int) -> None:
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
                **self._facts(dim),
                "count": len(index),
                "last_row_id": int(self.rows.ids[-1]),
                "rows": self._digests(self.rows.ids[_sample(len(self.rows.ids))].tolist()),
            }
            temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _sample(n_rows: int) -> npt.NDArray[np.int64]:
    """Return places of rows from first to last, the closer together the newer they are.

    Where an older catalogue is put in a newer one's place, the highest ids come again.
    """
    even = np.linspace(0, n_rows - 1, SAMPLED).astype(np.int64)
    behind = n_rows - 2 ** np.arange(n_rows.bit_length())
    return np.unique(np.concatenate([even, behind]))


def _merged(found: Sequence[Hits], k: int) -> Hits:
    """Return the k best of several answers to the same queries."""
    return best(
        np.concatenate([hits.ids for hits in found], axis=1),
        np.concatenate([hits.scores for hits in found], axis=1),
        k,
    )
