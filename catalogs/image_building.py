"""Makes the image of a catalogue (``catalogs.image``): what fits is kept, the rest is read anew.

An image is made while the catalogue is open for reading, so that nobody can write: all of it is of
one state.
"""

import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from catalogs.columns import COLUMNS
from catalogs.duplicates import recordings
from catalogs.filed_rows import read_rows
from catalogs.image import Image, open_image, open_part
from catalogs.image_files import clear, kept_part
from catalogs.image_paths import FOLDER, TRACKS, Table, part_file
from catalogs.stamp import stamp
from catalogs.store import Catalogue
from v2m.errors import StateError
from v2m.vectors.mapped import Array, Chunks, Mapped

UNHEARD = "NOT has_audio AND track_id NOT IN (SELECT track_id FROM vectors WHERE kind = 'track')"
"""Tracks known by words alone; those of a bucket were heard there, and have no sound here."""

log = logging.getLogger(__name__)


def read_image(catalogue: Catalogue, tables: Iterable[Table]) -> Image:
    """Return the image of a catalogue as it is now; what is missing of it is made.

    Args:
        catalogue: what is searched.
        tables: spaces and kinds of the vectors that are wanted.

    Raises:
        StateError: vectors of one space are of several lengths.
        BackendError: the catalogue was written to for too long.
    """
    wanted = list(tables)
    with suppress(StateError):
        return open_image(catalogue.folder, stamp(catalogue.folder), wanted)
    with catalogue.reading() as con:
        now, files = stamp(catalogue.folder), catalogue.folder / FOLDER
        made = {one: read_rows(con, files, now, one) for one in wanted}
        return Image(files, now, _tracks(con, catalogue, files, now), made)


def forget_image(folder: Path) -> None:
    """Remove every file of a catalogue's images; the next search makes them anew."""
    for path in (folder / FOLDER).glob("*/*.safetensors"):
        with suppress(OSError):
            path.unlink()


def _tracks(con: duckdb.DuckDBPyConnection, catalogue: Catalogue, files: Path, now: str) -> Mapped:
    folder = files / TRACKS
    try:
        return open_part(folder, now)
    except StateError as reason:
        log.info("reading the tracks again: %s", reason)
    columns = ", ".join(f"{name} := tracks.{name}" for name in COLUMNS)
    rows = con.sql(
        f"SELECT track_id, CAST(to_json(struct_pack({columns})) AS VARCHAR) AS track,"  # noqa: S608 - our own names
        " origin = 'generated' AS generated, coalesce(bars_seconds, []) AS bars"
        " FROM tracks LEFT JOIN structures USING (track_id) ORDER BY track_id"
    ).to_arrow_table()
    arrays = {
        "ids": np.frombuffer("\n".join(rows["track_id"].to_pylist()).encode(), np.uint8),
        "generated": np.asarray(rows["generated"].to_numpy(), np.bool_),
        **_texts("tracks", "track_ends", rows["track"]),
        **_lists("bars", "bar_ends", rows["bars"]),
    }
    facts = {
        "unheard": str(len(catalogue.filter_ids(None, UNHEARD))),
        "notes": json.dumps(catalogue.notes()),
        "recordings": json.dumps(
            [
                [[c.track_id, c.likeness, c.decision] for c in group.copies]
                for group in recordings(catalogue)
            ]
        ),
    }
    part = kept_part(folder, now, arrays, facts)
    clear(folder, {part_file(folder, now)})
    return part


def _texts(name: str, ends: str, column: pa.ChunkedArray) -> dict[str, Array | Chunks]:
    """Return texts one after the other, and where each ends."""
    chunks = [chunk.cast(pa.large_string()) for chunk in column.chunks]
    pieces = []
    lengths = [np.zeros(0, np.int64)]
    for chunk in chunks:
        _, offsets, text = chunk.buffers()
        at = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
        pieces.append(np.frombuffer(text or b"", np.uint8)[at[0] : at[-1]])
        lengths.append(np.diff(at))
    size = sum(len(piece) for piece in pieces)
    return {name: Chunks((size,), np.uint8, pieces), ends: np.cumsum(np.concatenate(lengths))}


def _lists(name: str, ends: str, column: pa.ChunkedArray) -> dict[str, Array | Chunks]:
    """Return numbers of lists one after the other, and where each list ends."""
    pieces = []
    lengths = [np.zeros(0, np.int64)]
    for chunk in column.chunks:
        at = np.asarray(chunk.offsets.to_numpy(), np.int64)
        pieces.append(np.asarray(chunk.values.to_numpy(), np.float64)[at[0] : at[-1]])
        lengths.append(np.diff(at))
    size = sum(len(piece) for piece in pieces)
    return {name: Chunks((size,), np.float64, pieces), ends: np.cumsum(np.concatenate(lengths))}
