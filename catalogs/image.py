"""A catalogue as a search sees it: arrays in files beside it, mapped into memory.

DuckDB is the truth. What is here was read from it in one state, whose stamp (``catalogs.stamp``) is
part of a file's name, so that a file of another state is never opened; damaged files are noticed,
and ``catalogs.image_building`` writes all of it again. With a current image, a query by words needs
neither DuckDB nor a look at more rows than it compares.

    vectors/tracks/of-STAMP.safetensors         rows of tracks as JSON, bar lines, notes, recordings
    vectors/SPACE-KIND/of-STAMP.safetensors     which track a vector belongs to, and what stretch
    vectors/SPACE-KIND/rows-DIGEST.safetensors  row ids and vectors, kept as long as they are right
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogs.columns import track_of
from catalogs.image_paths import FOLDER, TRACKS, Table, part_file, rows_file, table_folder
from catalogs.recording import Copy, Recording
from catalogs.stamp import stamp
from v2m.errors import StateError
from v2m.types import Ids, Track, Vectors
from v2m.vectors.mapped import Mapped, read_arrays

log = logging.getLogger(__name__)

FORMAT = "v2m-image/1"

SCHEMA = 7
"""Migrations of a catalogue that an image is made from."""


@dataclass(frozen=True, slots=True)
class FiledRows:
    """Vectors of one space and kind, ordered by row id, with numbers in place of track ids.

    Attributes:
        ids: int64, shape (n,), never used again for another row.
        numbers: int32, shape (n,), which track; -1 for one that is not there.
        starts: float64, shape (n,), seconds.
        ends: float64, shape (n,), seconds.
        by_track: int32, shape (n,), places of the rows in the order of their numbers.
        vectors: float32, shape (n, dim), unit rows; (0, 0) where there are none.
    """

    ids: Ids
    numbers: npt.NDArray[np.int32]
    starts: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]
    by_track: npt.NDArray[np.int32]
    vectors: Vectors


class Image:
    """Everything a search reads, of one state; tracks have numbers from 0, by the order of ids.

    Attributes:
        folder: where files made from vectors lie.
        stamp: of the state; "" where it has none that could be relied on.
        n_tracks: number of tracks.
        n_unheard: tracks that are known by words alone.
        generated: bool, shape (n_tracks,), which were composed here.
    """

    def __init__(
        self, folder: Path, stamp: str, tracks: Mapped, tables: Mapping[Table, FiledRows]
    ) -> None:
        self.folder = folder
        self.stamp = stamp
        self._arrays = tracks.arrays
        self._facts = tracks.facts
        self._tables = tables
        self.generated: npt.NDArray[np.bool_] = tracks.arrays["generated"]
        self.n_tracks = len(self.generated)
        self.n_unheard = int(tracks.facts["unheard"])

    @cached_property
    def ids(self) -> list[str]:
        """The ids of all tracks, sorted."""
        return bytes(self._arrays["ids"]).decode().split("\n") if self.n_tracks else []

    def rows(self, table: Table) -> FiledRows:
        """Return the vectors of a space and kind that this image was made with."""
        return self._tables[table]

    def tracks(self, numbers: Iterable[int]) -> list[Track]:
        """Return tracks by their numbers, in that order."""
        text, ends = self._arrays["tracks"], self._arrays["track_ends"]
        lines = (bytes(text[_start(ends, n) : int(ends[n])]) for n in numbers)
        return [track_of(json.loads(line)) for line in lines]

    def bars_seconds(self, number: int) -> npt.NDArray[np.float64]:
        """Return the bar lines of a track; none where its structure was not measured."""
        ends = self._arrays["bar_ends"]
        return np.asarray(self._arrays["bars"][_start(ends, number) : int(ends[number])])

    @property
    def recordings(self) -> list[Recording]:
        """Every recording with more than one track."""
        groups = json.loads(self._facts["recordings"])
        return [Recording(tuple(Copy(*copy) for copy in group)) for group in groups]

    def note(self, name: str) -> str | None:
        """Return what the catalogue keeps under a name; None where there is nothing."""
        notes: dict[str, str] = json.loads(self._facts["notes"])
        return notes.get(name)


def open_image(folder: Path, now: str, tables: Iterable[Table]) -> Image:
    """Map the image of a catalogue in the state of a stamp.

    Args:
        folder: of the catalogue.
        now: stamp of its state.
        tables: the vectors that are wanted.

    Raises:
        StateError: there is none, it lacks one of the tables, or it is damaged.
    """
    if not now:
        raise StateError("there is none, or it is being written to")
    files = folder / FOLDER
    tracks = open_part(files / TRACKS, now)
    return Image(files, now, tracks, {one: open_rows(files, now, one) for one in tables})


def current_image(folder: Path, tables: Iterable[Table] = ()) -> Image | None:
    """Return the image of a catalogue as it is now; None where it would have to be made."""
    try:
        return open_image(folder, stamp(folder), tables)
    except StateError as reason:
        log.info("the catalogue itself is asked: %s", reason)
        return None


def open_part(folder: Path, now: str) -> Mapped:
    """Map one file of an image.

    Raises:
        StateError: it is missing, damaged, or of another version.
    """
    part = read_arrays(part_file(folder, now))
    if part.facts.get("format") != FORMAT or part.facts.get("schema") != str(SCHEMA):
        raise StateError("of another version of v2m")
    return part


def open_rows(files: Path, now: str, table: Table) -> FiledRows:
    """Map the vectors of a space and kind.

    Raises:
        StateError: a file is missing, damaged, or of another version.
    """
    folder = table_folder(files, table)
    part = open_part(folder, now)
    stored = read_arrays(rows_file(folder, part.facts["rows"]))
    return joined_rows(part.arrays, stored.arrays)


def joined_rows(part: Mapping[str, Any], stored: Mapping[str, Any]) -> FiledRows:
    """Put together what an image says of rows and the rows.

    Raises:
        StateError: they do not fit together.
    """
    rows = FiledRows(
        ids=stored["ids"],
        vectors=stored["vectors"],
        **{name: part[name] for name in ("numbers", "starts", "ends", "by_track")},
    )
    if len({len(rows.ids), len(rows.vectors), len(rows.numbers), len(rows.by_track)}) > 1:
        raise StateError("rows and what is said of them do not fit together")
    return rows


def _start(ends: npt.NDArray[np.int64], place: int) -> int:
    return int(ends[place - 1]) if place else 0
