"""Keeps the vectors of one space and kind in files beside DuckDB, for images of the catalogue.

A row id stands for the same vector for ever, so vectors stay in the last files as far as those have
them. Newer ones come from DuckDB, a chunk at a time, so that memory never holds all, into a small
file beside the large one; when that grows, or much of the large one is gone, both become one.

Ids come again where somebody puts an older file in the catalogue's place and adds to that. So a row
is taken for the same only where its mark is: a hash of its id, track and stretch.
"""

import hashlib
import logging
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from catalogs.filed_tracks import Renewed
from catalogs.image import FiledRows, joined_rows, open_part, open_rows
from catalogs.image_files import Parts, clear, kept, kept_part, most_apart
from catalogs.image_paths import Table, added_file, part_file, rows_file, table_folder
from catalogs.vector_rows import vectors_between, vectors_of
from v2m.errors import StateError
from v2m.types import Ids, Vectors
from v2m.vectors.mapped import Array, Chunks, Mapped, read_arrays
from v2m.vectors.stack import Stack

CHUNK = 20_000
"""Vectors held in memory at once."""

SAMPLED = 8
"""Vectors by which a file is known to be of this catalogue, and no other with the same rows."""

MARK = "hash(row_id, track_id, start_seconds, end_seconds, dim)"

log = logging.getLogger(__name__)


Marks = npt.NDArray[np.int64]
"""int64, shape (n,), a hash for each row."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows by rising id.

    Attributes:
        ids: of the rows.
        marks: of the rows.
    """

    ids: Ids
    marks: Marks

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> "_Rows":
        """Return the rows that a file has."""
        return cls(arrays["ids"], arrays["marks"])

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, which: npt.NDArray[np.bool_] | slice) -> "_Rows":
        return _Rows(self.ids[which], self.marks[which])

    def among(self, others: "_Rows") -> npt.NDArray[np.bool_]:
        """Tell of each row whether it is one of others."""
        if not len(others):
            return np.zeros(len(self), np.bool_)
        at = np.minimum(np.searchsorted(others.ids, self.ids), len(others) - 1)
        same = (others.ids[at] == self.ids) & (others.marks[at] == self.marks)
        return np.asarray(same, np.bool_)

    def digest(self) -> str:
        """Return a text that no other rows have."""
        whole = self.ids.tobytes() + self.marks.tobytes()
        return hashlib.blake2b(whole, digest_size=10).hexdigest()


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The vectors of some rows.

    Attributes:
        base: the large file.
        added: the small one; None where there is none.
        places: int32, of each row in the one and then the other; None for all of the large one.
    """

    base: Path
    added: Path | None
    places: npt.NDArray[np.int32] | None
    stack: Stack


def read_rows(
    con: duckdb.DuckDBPyConnection, files: Path, now: str, table: Table, tracks: Renewed
) -> FiledRows:
    """Return the vectors of a space and kind; what is missing of their files is made.

    Args:
        con: the catalogue, open for reading.
        files: the folder of all files.
        now: the stamp of the catalogue's state, "" where it has none.
        table: space and kind.
        tracks: the tracks of that state.

    Raises:
        StateError: the vectors are of several lengths.
    """
    try:
        return open_rows(files, now, table)
    except StateError as reason:
        log.info("reading the vectors of %s again: %s", " ".join(table), reason)
    folder = table_folder(files, table)
    rows = _rows(con, table)
    try:
        narrow, dim = _moved(con, folder, table, rows, tracks)
    except (StateError, KeyError) as reason:
        log.info("asking for the tracks of all vectors: %s", reason)
        narrow, dim = _places(con, table)
    held = _vectors(con, folder, table, rows, dim)
    wide = {"places": held.places} if held.places is not None else {}
    arrays: Parts = {"ids": rows.ids, "marks": rows.marks, **narrow, **wide}
    facts = {"rows": _name(held.base), "added": _name(held.added), "dim": str(dim)}
    said = kept_part(folder, now, arrays, facts)
    if now:
        clear(folder, {part_file(folder, now), held.base, *([held.added] if held.added else [])})
    return joined_rows(said.arrays, held.stack)


def _name(path: Path | None) -> str:
    """Return the digest in a file's name."""
    return path.stem.partition("-")[2] if path else ""


# ---- which track, and what stretch of it -------------------------------------------------------


def _rows(con: duckdb.DuckDBPyConnection, table: Table) -> _Rows:
    found = con.execute(
        f"SELECT row_id, {MARK} AS mark FROM vectors WHERE space = ? AND kind = ?",  # noqa: S608 - our own words
        list(table),
    ).fetchnumpy()
    ids = np.asarray(found["row_id"], np.int64)
    marks = np.asarray(found["mark"], np.uint64).view(np.int64)
    if (np.diff(ids) > 0).all():
        return _Rows(ids, marks)
    order = np.argsort(ids)
    return _Rows(ids[order], marks[order])


def _places(con: duckdb.DuckDBPyConnection, table: Table) -> tuple[dict[str, Array], int]:
    """Return which track and stretch each row stands for, and the length of a vector."""
    found = con.execute(
        "SELECT row_id, coalesce(number, -1) AS number, start_seconds, end_seconds, dim"
        " FROM vectors LEFT JOIN (SELECT track_id, row_number() OVER (ORDER BY track_id) - 1"
        " AS number FROM tracks) USING (track_id) WHERE space = ? AND kind = ? ORDER BY row_id",
        list(table),
    ).fetchnumpy()
    numbers = np.asarray(found["number"], np.int32)
    narrow: dict[str, Array] = {
        "numbers": numbers,
        "starts": np.asarray(found["start_seconds"], np.float64),
        "ends": np.asarray(found["end_seconds"], np.float64),
        "by_track": np.argsort(numbers, kind="stable").astype(np.int32),
    }
    return narrow, _one_length(np.unique(found["dim"]).tolist())


def _moved(
    con: duckdb.DuckDBPyConnection, folder: Path, table: Table, rows: _Rows, tracks: Renewed
) -> tuple[dict[str, Array], int]:
    """Return what ``_places`` does, by what the last state said of the rows that are left.

    Raises:
        StateError: that does not help: there is none of the same tracks, much is newer, a row has
            no track, or row ids came back.
    """
    last = open_part(folder, tracks.before)
    old = last.arrays
    kept = _Rows.of(old).among(rows)
    n_kept = int(np.count_nonzero(kept))
    highest = int(old["ids"][-1]) if len(old["ids"]) else 0
    n_newer = len(rows) - int(np.searchsorted(rows.ids, highest, side="right"))
    if n_kept + n_newer != len(rows):
        raise StateError("rows came back")
    if n_newer > most_apart(len(old["ids"])):
        raise StateError("many rows are newer")
    found = con.execute(
        "SELECT track_id, start_seconds, end_seconds, dim FROM vectors"
        " WHERE space = ? AND kind = ? AND row_id > ? ORDER BY row_id",
        [*table, highest],
    ).fetchnumpy()
    dim = _one_length({*map(int, found["dim"]), *([int(last.facts["dim"])] if n_kept else [])})
    added = _numbers(tracks.filed.ids, found["track_id"])
    numbers = np.concatenate([tracks.moved[old["numbers"][kept]], added])
    if (numbers < 0).any() or (old["numbers"][kept] < 0).any():
        raise StateError("rows of no track")
    narrow: dict[str, Array] = {
        "numbers": numbers,
        "starts": np.concatenate([old["starts"][kept], found["start_seconds"]]),
        "ends": np.concatenate([old["ends"][kept], found["end_seconds"]]),
        "by_track": _by_track(old["by_track"], kept, numbers),
    }
    return narrow, dim


def _numbers(ids: Sequence[str], wanted: Iterable[str]) -> npt.NDArray[np.int32]:
    """Return the place of texts among rising ones, -1 where it is not there."""
    places = [(bisect_left(ids, text), text) for text in wanted]
    return np.array(
        [place if place < len(ids) and ids[place] == text else -1 for place, text in places],
        np.int32,
    )


def _by_track(
    old: npt.NDArray[np.int32], kept: npt.NDArray[np.bool_], numbers: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Return the places of rows in the order of their tracks, which rows that stay never change.

    Args:
        old: places of the last rows in that order.
        kept: bool, one for each of those: which are left, first in the new order.
        numbers: the tracks of all rows now.
    """
    place = np.cumsum(kept, dtype=np.int32) - 1
    left = place[old[kept[old]]]
    added = len(left) + np.argsort(numbers[len(left) :], kind="stable").astype(np.int32)
    spots = np.searchsorted(numbers[left], numbers[added], side="right")
    return np.insert(left, spots, added)


def _one_length(dims: Iterable[int]) -> int:
    """Return the one length of all vectors, 0 where there are none.

    Raises:
        StateError: there are several.
    """
    found = sorted(dims)
    if len(found) > 1:
        raise StateError(f"vectors of several lengths in one space: {found}")
    return found[0] if found else 0


# ---- the vectors -------------------------------------------------------------------------------


def _vectors(
    con: duckdb.DuckDBPyConnection, folder: Path, table: Table, rows: _Rows, dim: int
) -> _Vectors:
    """Return the vectors of rows, from their files as far as those have them."""
    bases = dict(_usable(con, folder.glob("rows-*.safetensors"), table, rows, dim))
    added = dict(_usable(con, folder.glob("added-*.safetensors"), table, rows, dim))
    sources = bases | added

    def whole(wanted: _Rows) -> Parts:
        pieces = _pieces(con, table, wanted, dim, [file.arrays for file in sources.values()])
        vectors = Chunks((len(wanted), dim), np.float32, pieces)
        return {"ids": wanted.ids, "marks": wanted.marks, "vectors": vectors}

    def filed(path: Path, wanted: _Rows) -> Vectors:
        facts = {"space": table[0], "kind": table[1]}
        file = sources.get(path) or kept(path, lambda: whole(wanted), facts)
        return file.arrays["vectors"]

    if bases:
        path = max(bases, key=lambda one: len(bases[one].arrays["ids"]))
        base, vectors = _Rows.of(bases[path].arrays), bases[path].arrays["vectors"]
        known = rows.among(base)
        gone, apart = len(base) - int(np.count_nonzero(known)), rows[~known]
        if not gone and not len(apart):
            return _Vectors(path, None, None, Stack(vectors))
        if max(gone, len(apart)) <= most_apart(len(base)):
            places = np.empty(len(rows), np.int32)
            places[known] = np.searchsorted(base.ids, rows.ids[known])
            places[~known] = len(base) + np.arange(len(apart))
            if not len(apart):
                return _Vectors(path, None, places, Stack(vectors, None, places))
            beside = added_file(folder, apart.digest())
            return _Vectors(path, beside, places, Stack(vectors, filed(beside, apart), places))
    path = rows_file(folder, rows.digest())
    return _Vectors(path, None, None, Stack(filed(path, rows)))


def _usable(
    con: duckdb.DuckDBPyConnection, paths: Iterable[Path], table: Table, rows: _Rows, dim: int
) -> Iterator[tuple[Path, Mapped]]:
    """Yield the files whose vectors are of this catalogue."""
    for path in paths:
        try:
            file = read_arrays(path)
            if len(file.arrays["ids"]) and file.arrays["vectors"].shape[1] == dim:
                _check_sample(con, table, file, rows)
                yield path, file
        except (StateError, KeyError) as reason:
            log.info("%s: not used: %s", path.name, reason)


def _check_sample(con: duckdb.DuckDBPyConnection, table: Table, file: Mapped, rows: _Rows) -> None:
    """Compare some vectors of a file with the catalogue, the newest that both have among them.

    Raises:
        StateError: they are of another catalogue.
    """
    theirs = _Rows.of(file.arrays)
    common = np.flatnonzero(theirs.among(rows))
    if not len(common):
        return
    sample = common[np.unique(np.linspace(0, len(common) - 1, SAMPLED).astype(np.int64))]
    there, truth = vectors_of(con, *table, theirs.ids[sample].tolist())
    if len(there) != len(sample) or not np.array_equal(file.arrays["vectors"][sample], truth):
        raise StateError("vectors of another catalogue")


def _pieces(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    rows: _Rows,
    dim: int,
    sources: Sequence[dict[str, Array]],
) -> Iterator[Vectors]:
    """Yield the vectors of rows, a chunk at a time."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        piece = np.empty((len(chunk), dim), np.float32)
        unread = np.ones(len(chunk), np.bool_)
        for source in sources:
            known = unread & chunk.among(_Rows.of(source))
            piece[known] = source["vectors"][np.searchsorted(source["ids"], chunk.ids[known])]
            unread &= ~known
        newer = chunk.ids[unread]
        if len(newer):
            there, vectors = vectors_between(con, *table, int(newer[0]), int(newer[-1]))
            piece[unread] = vectors[np.searchsorted(there, newer)]
        yield piece
