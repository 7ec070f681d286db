"""A catalogue as a search sees it: arrays in files beside it, mapped into memory.

DuckDB is the truth. What is here was read from it in one state, whose stamp (``catalogs.stamp``) is
part of a file's name, so that a file of another state is never opened; damaged files are noticed,
and ``catalogs.image_building`` writes all of it again. With a current image, a query by words needs
neither DuckDB nor a look at more rows than it compares.

    vectors/tracks/of-STAMP                which tracks there are, notes, recordings
    vectors/tracks/rows-DIGEST             rows of tracks as JSON, bar lines
    vectors/SPACE-KIND/of-STAMP            which track a vector belongs to, and what stretch
    vectors/SPACE-KIND/rows-DIGEST         row ids and vectors
    vectors/*/added-DIGEST                 the same of what came later

all of them with the suffix ".safetensors". Files of a state name the others, and which of the rows
in them are there: what is wide is written again only when much of it has changed.
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
from catalogs.image_paths import (
    FOLDER,
    TRACKS,
    Table,
    added_file,
    part_file,
    rows_file,
    table_folder,
)
from catalogs.recording import Copy, Recording
from catalogs.stamp import stamp
from v2m.errors import StateError
from v2m.types import Ids, Track
from v2m.vectors.mapped import Mapped, read_arrays
from v2m.vectors.stack import Stack

log = logging.getLogger(__name__)

FORMAT = "v2m-image/2"

SCHEMA = 7
"""Migrations of a catalogue that an image is made from."""


@dataclass(frozen=True, slots=True)
class FiledRows:
    """Vectors of one space and kind, ordered by row id, with numbers in place of track ids.

    Attributes:
        ids: int64, shape (n,), rising; none is given again, unless an older catalogue is put back.
        numbers: int32, shape (n,), which track; -1 for one that is not there.
        starts: float64, shape (n,), seconds.
        ends: float64, shape (n,), seconds.
        by_track: int32, shape (n,), places of the rows in the order of their numbers.
        vectors: shape (n, dim), unit rows; (0, 0) where there are none.
    """

    ids: Ids
    numbers: npt.NDArray[np.int32]
    starts: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]
    by_track: npt.NDArray[np.int32]
    vectors: Stack


@dataclass(frozen=True)
class FiledTracks:
    """The rows of tracks, numbered by the order of their ids.

    Attributes:
        part: which there are: ids, "keys" and "hashes" (int64, of id and of row), "generated",
            and "places", int32: of what is told of each in ``base``, and beyond that in ``added``.
        base: "tracks" and "bars", one after the other, and where each ends.
        added: the same of those that are newer.
        known_ids: the ids, where somebody has them at hand.
    """

    part: Mapped
    base: Mapped
    added: Mapped | None
    known_ids: list[str] | None = None

    @cached_property
    def ids(self) -> list[str]:
        """The ids of all tracks, sorted."""
        if self.known_ids is not None:
            return self.known_ids
        text = self.part.arrays["ids"]
        return bytes(text).decode().split("\n") if len(text) else []

    def values(self, name: str, ends: str, number: int) -> npt.NDArray[Any]:
        """Return what is told of a track under a name."""
        place, held = int(self.part.arrays["places"][number]), self.base
        if place >= (first_added := len(held.arrays[ends])):
            assert self.added is not None
            place, held = place - first_added, self.added
        stops = held.arrays[ends]
        return held.arrays[name][int(stops[place - 1]) if place else 0 : int(stops[place])]


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
        self, folder: Path, stamp: str, tracks: FiledTracks, tables: Mapping[Table, FiledRows]
    ) -> None:
        self.folder = folder
        self.stamp = stamp
        self._tracks = tracks
        self._tables = tables
        self.generated: npt.NDArray[np.bool_] = tracks.part.arrays["generated"]
        self.n_tracks = len(self.generated)
        self.n_unheard = int(tracks.part.facts["unheard"])

    @property
    def ids(self) -> list[str]:
        """The ids of all tracks, sorted."""
        return self._tracks.ids

    def rows(self, table: Table) -> FiledRows:
        """Return the vectors of a space and kind that this image was made with."""
        return self._tables[table]

    def tracks(self, numbers: Iterable[int]) -> list[Track]:
        """Return tracks by their numbers, in that order."""
        lines = (self._tracks.values("tracks", "track_ends", number) for number in numbers)
        return [track_of(json.loads(bytes(line))) for line in lines]

    def bars_seconds(self, number: int) -> npt.NDArray[np.float64]:
        """Return the bar lines of a track; none where its structure was not measured."""
        return np.asarray(self._tracks.values("bars", "bar_ends", number))

    @property
    def recordings(self) -> list[Recording]:
        """Every recording with more than one track."""
        groups = json.loads(self._tracks.part.facts["recordings"])
        return [Recording(tuple(Copy(*copy) for copy in group)) for group in groups]

    def note(self, name: str) -> str | None:
        """Return what the catalogue keeps under a name; None where there is nothing."""
        notes: dict[str, str] = json.loads(self._tracks.part.facts["notes"])
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
    tracks = open_tracks(files / TRACKS, now)
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


def open_tracks(folder: Path, now: str) -> FiledTracks:
    """Map the rows of tracks.

    Raises:
        StateError: a file is missing, damaged, or of another version.
    """
    part = open_part(folder, now)
    return joined_tracks(part, *open_wide(folder, part))


def joined_tracks(
    part: Mapped, base: Mapped, added: Mapped | None, ids: list[str] | None = None
) -> FiledTracks:
    """Put together which tracks there are and what is told of them.

    Args:
        part: which there are.
        base: what is told of most.
        added: what is told of the others.
        ids: their ids, by who has them at hand.

    Raises:
        StateError: they do not fit together.
    """
    n, places = len(part.arrays["generated"]), part.arrays["places"]
    told = len(base.arrays["track_ends"]) + (len(added.arrays["track_ends"]) if added else 0)
    if len(places) != n or (n and int(places.max()) >= told):
        raise StateError("tracks and what is told of them do not fit together")
    return FiledTracks(part, base, added, ids)


def open_rows(files: Path, now: str, table: Table) -> FiledRows:
    """Map the vectors of a space and kind.

    Raises:
        StateError: a file is missing, damaged, or of another version.
    """
    folder = table_folder(files, table)
    part = open_part(folder, now)
    base, added = open_wide(folder, part)
    places = part.arrays.get("places")
    newer = added.arrays["vectors"] if added else None
    vectors = Stack(base.arrays["vectors"], newer, places)
    return joined_rows(part.arrays, vectors)


def open_wide(folder: Path, part: Mapped) -> tuple[Mapped, Mapped | None]:
    """Map the wide files that a file of a state names.

    Raises:
        StateError: one is missing or damaged.
    """
    added = part.facts["added"]
    return (
        read_arrays(rows_file(folder, part.facts["rows"])),
        read_arrays(added_file(folder, added)) if added else None,
    )


def joined_rows(part: Mapping[str, Any], vectors: Stack) -> FiledRows:
    """Put together what an image says of rows and the rows.

    Raises:
        StateError: they do not fit together.
    """
    narrow = {name: part[name] for name in ("ids", "numbers", "starts", "ends", "by_track")}
    if {len(array) for array in narrow.values()} != {len(vectors)}:
        raise StateError("rows and what is said of them do not fit together")
    return FiledRows(**narrow, vectors=vectors)
