"""A catalogue for many readers at once: what it was asked before, it answers from memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from catalogs.database import FILE_NAME
from catalogs.store import Catalogue
from v2m.types import Track

MOST_CONDITIONS = 256
"""Conditions whose tracks are kept; then all are forgotten."""


class Snapshot(Catalogue):
    """Keeps the tracks and conditions it was asked for, since opening the file costs 20 ms.

    Whoever holds one looks at ``stamp`` and takes a new one when the catalogue has changed. Threads
    may share it: the worst they do to each other is to ask the file twice.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._state: tuple[int, ...] | None = None
        self._tracks: dict[str, Track] = {}
        self._conditions: dict[tuple[str | None, str], pa.ChunkedArray] = {}

    @contextmanager
    def together(self) -> Iterator[None]:
        """Open nothing: most of a block is answered from memory, and threads take no turns."""
        yield

    def state(self) -> tuple[int, ...]:
        """Return the state the catalogue was in when this was first asked."""
        if self._state is None:
            self._state = super().state()
        return self._state

    def tracks(self, where: str | None = None, ids: Sequence[str] | None = None) -> list[Track]:
        """Return tracks by title; those asked for by id are kept."""
        if where or ids is None:
            return super().tracks(where, ids)
        missing = [track_id for track_id in ids if track_id not in self._tracks]
        if missing:
            self._tracks |= {track.track_id: track for track in super().tracks(ids=missing)}
        found = [self._tracks[track_id] for track_id in set(ids) if track_id in self._tracks]
        return sorted(found, key=lambda track: (track.title.lower(), track.track_id))

    def matching_ids(self, where: str | None, also: str = "") -> pa.ChunkedArray:
        """Return the ids of tracks that meet a condition, kept from the first time on."""
        if (where, also) not in self._conditions:
            if len(self._conditions) >= MOST_CONDITIONS:
                self._conditions = {}
            self._conditions[where, also] = super().matching_ids(where, also)
        return self._conditions[where, also]


def stamp(folder: Path) -> tuple[int, ...]:
    """Return what changes whenever something is written to the catalogue in a folder."""
    try:
        state = (folder / FILE_NAME).stat()
    except OSError:
        return ()
    return state.st_ino, state.st_size, state.st_mtime_ns
