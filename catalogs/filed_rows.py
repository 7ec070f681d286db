"""Keeps the vectors of one space and kind in a file beside DuckDB, for images of the catalogue.

A row id stands for the same vector for ever, so vectors are copied from the last file as far as it
has them; what is newer comes from DuckDB, a chunk at a time, so that memory never holds all.
"""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np

from catalogs.image import FiledRows, joined_rows, open_rows
from catalogs.image_files import Parts, clear, kept, kept_part
from catalogs.image_paths import Table, part_file, rows_file, table_folder
from catalogs.vector_rows import vectors_between, vectors_of
from v2m.errors import StateError
from v2m.types import Ids, Vectors
from v2m.vectors.mapped import Chunks, Mapped, read_arrays

CHUNK = 20_000
"""Vectors held in memory at once."""

SAMPLED = 8
"""Rows by which a file is known to be of this catalogue, and no other with the same row ids."""

log = logging.getLogger(__name__)


def read_rows(con: duckdb.DuckDBPyConnection, files: Path, now: str, table: Table) -> FiledRows:
    """Return the vectors of a space and kind; what is missing of their files is made.

    Args:
        con: the catalogue, open for reading.
        files: the folder of all files.
        now: the stamp of the catalogue's state, "" where it has none.
        table: space and kind.

    Raises:
        StateError: the vectors are of several lengths.
    """
    try:
        return open_rows(files, now, table)
    except StateError as reason:
        log.info("reading the vectors of %s again: %s", " ".join(table), reason)
    folder = table_folder(files, table)
    ids, dim, places = _places(con, table)
    digest = hashlib.blake2b(ids.tobytes(), digest_size=10).hexdigest()
    stored = _stored(con, rows_file(folder, digest), table, ids, dim)
    said = kept_part(folder, now, places, {"rows": digest})
    clear(folder, {part_file(folder, now), rows_file(folder, digest)})
    return joined_rows(said.arrays, stored.arrays)


def _places(con: duckdb.DuckDBPyConnection, table: Table) -> tuple[Ids, int, Parts]:
    """Return row ids, the length of a vector, and which track and stretch each row stands for."""
    found = con.execute(
        "SELECT row_id, coalesce(number, -1) AS number, start_seconds, end_seconds, dim"
        " FROM vectors LEFT JOIN (SELECT track_id, row_number() OVER (ORDER BY track_id) - 1"
        " AS number FROM tracks) USING (track_id) WHERE space = ? AND kind = ? ORDER BY row_id",
        list(table),
    ).fetchnumpy()
    dims = np.unique(found["dim"]).tolist()
    if len(dims) > 1:
        raise StateError(f"vectors of several lengths in one space: {dims}")
    numbers = np.asarray(found["number"], np.int32)
    places: Parts = {
        "numbers": numbers,
        "starts": np.asarray(found["start_seconds"], np.float64),
        "ends": np.asarray(found["end_seconds"], np.float64),
        "by_track": np.argsort(numbers, kind="stable").astype(np.int32),
    }
    return np.asarray(found["row_id"], np.int64), int(dims[0]) if dims else 0, places


def _stored(con: duckdb.DuckDBPyConnection, path: Path, table: Table, ids: Ids, dim: int) -> Mapped:
    """Return row ids and vectors, from their file, else copied from an older one and DuckDB."""
    old_ids, old = np.empty(0, np.int64), np.empty((0, dim), np.float32)
    for file in path.parent.glob("rows-*.safetensors"):
        try:
            stored = read_arrays(file)
            there, vectors = stored.arrays["ids"], stored.arrays["vectors"]
            _check_sample(con, table, there, vectors)
        except (StateError, KeyError) as reason:
            log.info("%s: not used: %s", file.name, reason)
            continue
        if file == path:
            return stored
        if len(there) > len(old_ids) and vectors.shape[1] == dim:
            old_ids, old = there, vectors

    def whole() -> Parts:
        pieces = _pieces(con, table, ids, old_ids, old)
        return {"ids": ids, "vectors": Chunks((len(ids), dim), np.float32, pieces)}

    return kept(path, whole, {"space": table[0], "kind": table[1]})


def _check_sample(con: duckdb.DuckDBPyConnection, table: Table, ids: Ids, vectors: Vectors) -> None:
    """Compare some rows of a file with the catalogue, as far as it still has them.

    Raises:
        StateError: they are of another catalogue.
    """
    sample = ids[:: max(1, len(ids) // SAMPLED)]
    there, truth = vectors_of(con, *table, sample.tolist())
    places = np.searchsorted(ids, there)
    if len(there) and not np.array_equal(vectors[places], truth):
        raise StateError("vectors of another catalogue")


def _pieces(
    con: duckdb.DuckDBPyConnection, table: Table, ids: Ids, old_ids: Ids, old: Vectors
) -> Iterator[Vectors]:
    """Yield the vectors of row ids, a chunk at a time."""
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        known = np.isin(chunk, old_ids, assume_unique=True)
        piece = np.empty((len(chunk), old.shape[1]), np.float32)
        piece[known] = old[np.searchsorted(old_ids, chunk[known])]
        newer = chunk[~known]
        if len(newer):
            there, vectors = vectors_between(con, *table, int(newer[0]), int(newer[-1]))
            piece[~known] = vectors[np.searchsorted(there, newer)]
        yield piece
