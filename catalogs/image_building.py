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

from catalogs.duplicates import recordings
from catalogs.filed_rows import read_rows
from catalogs.filed_tracks import Renewed, read_tracks, unchanged
from catalogs.image import Image, open_image, open_tracks
from catalogs.image_files import clear
from catalogs.image_paths import FOLDER, TRACKS, Table, added_file, part_file, rows_file
from catalogs.stamp import stamp
from catalogs.store import Catalogue
from v2m.errors import StateError
from v2m.progress import Advance

UNHEARD = "NOT has_audio AND track_id NOT IN (SELECT track_id FROM vectors WHERE kind = 'track')"
"""Tracks known by words alone; those of a bucket were heard there, and have no sound here."""

log = logging.getLogger(__name__)


def read_image(
    catalogue: Catalogue, tables: Iterable[Table], advance: Advance = lambda _n: None
) -> Image:
    """Return the image of a catalogue as it is now; what is missing of it is made.

    Args:
        catalogue: what is searched.
        tables: spaces and kinds of the vectors that are wanted.
        advance: is told of each part that is there: the tracks, and each of the tables.

    Raises:
        StateError: vectors of one space are of several lengths.
        BackendError: the catalogue was written to for too long.
    """
    wanted = list(tables)
    with suppress(StateError):
        image = open_image(catalogue.folder, stamp(catalogue.folder), wanted)
        advance(1 + len(wanted))
        return image
    with catalogue.reading() as con:
        now, files = stamp(catalogue.folder), catalogue.folder / FOLDER
        tracks = _tracks(con, catalogue, files, now)
        advance(1)
        made = {}
        for table in wanted:
            made[table] = read_rows(con, files, now, table, tracks)
            advance(1)
        if now:  # not before all tables know which number a track has now
            clear(files / TRACKS, _files_of(files / TRACKS, now, tracks))
        return Image(files, now, tracks.filed, made)


def forget_image(folder: Path) -> None:
    """Remove every file of a catalogue's images; the next search makes them anew."""
    for path in (folder / FOLDER).glob("*/*.safetensors"):
        with suppress(OSError):
            path.unlink()


def _tracks(con: duckdb.DuckDBPyConnection, catalogue: Catalogue, files: Path, now: str) -> Renewed:
    folder = files / TRACKS
    try:
        return unchanged(open_tracks(folder, now), now)
    except StateError as reason:
        log.info("reading the tracks again: %s", reason)
    silent = catalogue.lacks_audio()
    facts = {
        "unheard": str(len(catalogue.filter_ids(None, UNHEARD)) if silent else 0),
        "notes": json.dumps(catalogue.notes()),
        "recordings": json.dumps(
            [
                [[c.track_id, c.likeness, c.decision] for c in group.copies]
                for group in recordings(catalogue)
            ]
        ),
    }
    return read_tracks(con, folder, now, facts)


def _files_of(folder: Path, now: str, tracks: Renewed) -> set[Path]:
    facts = tracks.filed.part.facts
    return {
        part_file(folder, now),
        rows_file(folder, facts["rows"]),
        added_file(folder, facts["added"]),
    }
