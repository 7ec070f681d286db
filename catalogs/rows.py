"""The rows that go in and out of the catalogue, besides the track itself."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from v2m.types import Ids, Track, TrackRecord, VectorRow, Vectors


@dataclass(frozen=True, slots=True)
class FileState:
    """What the catalogue knows of a file it has read.

    Attributes:
        track_id: the track it carries.
        size_bytes: its size when it was read.
        mtime_ns: its time of writing then, nanoseconds since 1970.
    """

    track_id: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be used, as it was then."""

    path: Path
    size_bytes: int
    mtime_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file that was read, with the track it carries."""

    path: Path
    size_bytes: int
    mtime_ns: int
    root: Path
    record: TrackRecord


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file whose sound the catalogue knows already.

    Attributes:
        path: where it lies now.
        size_bytes: its size.
        mtime_ns: its time of writing.
        root: the folder it was found below.
        track_id: the track it carries.
        track: the track with its new place and words; None leaves the track as it is.
        text_vectors: replace the track's vectors of title and description, with ``track``.
    """

    path: Path
    size_bytes: int
    mtime_ns: int
    root: Path
    track_id: str
    track: Track | None = None
    text_vectors: tuple[VectorRow, ...] = ()


@dataclass(frozen=True, slots=True)
class VectorTable:
    """Vectors of one space, ordered by row id.

    Attributes:
        ids: int64, shape (n,), never used again for another row.
        track_ids: n track ids.
        kinds: n kinds, such as "track" or "section".
        starts: float64, shape (n,), seconds.
        ends: float64, shape (n,), seconds.
        vectors: float32, shape (n, dim), unit rows; (0, 0) where there are none.
    """

    ids: Ids
    track_ids: list[str]
    kinds: list[str]
    starts: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]
    vectors: Vectors
