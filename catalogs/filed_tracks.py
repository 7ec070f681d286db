"""Keeps the rows of tracks in files beside DuckDB, for images of the catalogue.

Each row goes with a hash that DuckDB made of it. Where the hash is as it was, what is told of a
track is taken over from the last files, whoever wrote to the catalogue meanwhile; the others are
read. They go into a small file beside the large one, until they are many.
"""

import hashlib
import logging
from bisect import bisect
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress, pairwise
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catalogs.columns import COLUMNS
from catalogs.image import FiledTracks, joined_tracks, open_tracks
from catalogs.image_files import Facts, Parts, found_or_kept, kept_part, latest_stamps, most_apart
from catalogs.image_paths import added_file, rows_file
from v2m.errors import StateError
from v2m.vectors.mapped import Array, Chunks, Mapped

Numbers = npt.NDArray[np.integer]
Hashes = npt.NDArray[np.uint64]

BARS_WEIGHT = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that hashes of bar lines and of rows do not cancel out."""

KEY = "hash(track_id)"
ROW = f"hash({', '.join(f'tracks.{name}' for name in COLUMNS)})"
ONE_HASH = "two ids have one hash"

CHUNK = 100_000
"""Tracks whose texts lie in one piece when they are read: their places there have 32 bits."""

TOLD = (("tracks", "track_ends", np.dtype(np.uint8)), ("bars", "bar_ends", np.dtype(np.float64)))
"""What is told of tracks: name, name of where each one's ends, kind of numbers."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewed:
    """The rows of tracks as they are now, and what became of the last ones.

    Attributes:
        filed: as they are now.
        before: stamp of the state they were taken over from; "" for none.
        moved: int32, the number now of each track of that state; -1 where it is gone.
    """

    filed: FiledTracks
    before: str
    moved: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _State:
    """Rows as DuckDB has them, by rising hash of their ids."""

    keys: Hashes
    rows: npt.NDArray[np.int64]
    hashes: Hashes


class _Last:
    """Tracks as they were in an earlier state.

    Attributes:
        stamp: of that state; "" for none.
        filed: the tracks.
        keys: hashes of their ids.
        hashes: of their rows.
        order: their places by rising hash of the id.
    """

    def __init__(self, stamp: str, filed: FiledTracks) -> None:
        self.stamp, self.filed = stamp, filed
        self.keys: Hashes = filed.part.arrays["keys"].view(np.uint64)
        self.hashes: Hashes = filed.part.arrays["hashes"].view(np.uint64)
        self.order = np.argsort(self.keys)

    @property
    def told(self) -> list[Mapping[str, Array]]:
        """What is told of tracks, in the order that places are counted in."""
        held = [self.filed.base, self.filed.added] if self.filed.added else [self.filed.base]
        return [one.arrays for one in held if one]

    def numbers(self, keys: Hashes) -> npt.NDArray[np.int64]:
        """Return which track has each of these hashes of an id, -1 for none."""
        at = _places(self.keys[self.order], keys)
        numbers = np.full(len(at), -1, np.int64)
        numbers[at >= 0] = self.order[at[at >= 0]]
        return numbers


@dataclass(frozen=True, slots=True)
class _Narrow:
    """What is held of each track beside what is told of it, in the order of numbers.

    ``places`` are of rows in the old files, then in what was read.
    """

    ids: list[str]
    keys: Hashes
    hashes: Hashes
    generated: npt.NDArray[np.bool_]
    places: npt.NDArray[np.int64]


def read_tracks(con: duckdb.DuckDBPyConnection, folder: Path, now: str, facts: Facts) -> Renewed:
    """Return the rows of tracks as they are now, and keep them in files.

    Args:
        con: the catalogue, open for reading.
        folder: where the files lie.
        now: the stamp of the catalogue's state, "" where it has none.
        facts: what else goes into the file of a state.
    """
    state = _state(con)
    try:
        last = _last(folder)
        if _twice(state.keys) or _twice(last.keys[last.order]):
            raise StateError(ONE_HASH)  # noqa: TRY301
        narrow, moved, rows = _compared(con, state, last)
    except (StateError, KeyError) as reason:
        log.info("all tracks are read: %s", reason)
        last = _Last("", _nothing())
        narrow, moved, rows = _compared(con, state, last)
    places, base, added = _filed(folder, narrow, last.filed, [*last.told, *_told(rows)])
    arrays: Parts = {
        "ids": np.frombuffer("\n".join(narrow.ids).encode(), np.uint8),
        "keys": narrow.keys.view(np.int64),
        "hashes": narrow.hashes.view(np.int64),
        "generated": narrow.generated,
        "places": places,
    }
    names = {"rows": base[0], "added": added[0] if added else ""}
    said = kept_part(folder, now, arrays, {**facts, **names})
    filed = joined_tracks(said, base[1], added[1] if added else None, narrow.ids)
    return Renewed(filed, last.stamp, moved)


def unchanged(filed: FiledTracks, now: str) -> Renewed:
    """Return rows of tracks that were found as they are now."""
    return Renewed(filed, now, np.arange(len(filed.part.arrays["places"]), dtype=np.int32))


def _compared(
    con: duckdb.DuckDBPyConnection, state: _State, last: _Last
) -> tuple[_Narrow, npt.NDArray[np.int32], pa.Table]:
    """Take over the tracks that are as they were and read the others.

    Returns:
        What is held of each track now, the number now of each of the last ones, what was read.

    Raises:
        StateError: an id has the hash of another one that was there: of a million tracks, in one of
            37 million libraries.
    """
    at = np.empty(len(last.keys), np.int64)
    at[last.order] = _places(state.keys, last.keys[last.order])
    known = at >= 0
    same = known.copy()
    same[known] = state.hashes[at[known]] == last.hashes[known]
    unread = np.ones(len(state.keys), np.bool_)
    unread[at[same]] = False
    rows = _read(con, None if unread.all() else state.rows[unread])
    read = np.asarray(rows["key"].to_numpy(), np.uint64)
    track_ids = rows["track_id"].to_pylist()
    was = last.numbers(read)
    if [last.filed.ids[n] for n in was[was >= 0]] != list(compress(track_ids, was >= 0)):
        raise StateError(ONE_HASH)
    ids, moved, numbers = _numbered(last.filed.ids, known, track_ids, was)
    n_told = sum(len(part["track_ends"]) for part in last.told)

    def over(old: Array, new: Array, kind: npt.DTypeLike) -> Array:
        whole = np.empty(len(ids), kind)
        whole[moved[known]], whole[numbers] = old[known], new
        return whole

    arrays = last.filed.part.arrays
    narrow = _Narrow(
        ids,
        over(last.keys, read, np.uint64),
        over(last.hashes, _hashes(rows), np.uint64),
        over(arrays["generated"], rows["generated"].to_numpy(), np.bool_),
        over(arrays["places"], n_told + np.arange(len(read)), np.int64),
    )
    return narrow, moved, rows


def _numbered(
    old: list[str], known: npt.NDArray[np.bool_], read: list[str], was: npt.NDArray[np.int64]
) -> tuple[list[str], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Number tracks by their ids.

    Args:
        old: the ids of the last tracks, rising.
        known: bool, one for each of them: still there, whatever it is like.
        read: ids of tracks that are new or changed, rising.
        was: which of the last ones each of those was; -1 for none.

    Returns:
        All ids now, rising; the number of each of the last ones, -1 where it is gone; and of each
        that was read.
    """
    kept = old if known.all() else list(compress(old, known))
    added = list(compress(read, was < 0))
    spots = [bisect(kept, one) for one in added]
    is_new = np.zeros(len(kept) + len(added), np.bool_)
    is_new[np.array(spots, np.int64) + np.arange(len(added))] = True
    moved = np.full(len(old), -1, np.int32)
    moved[known] = np.flatnonzero(~is_new)
    numbers = np.empty(len(read), np.int64)
    numbers[was < 0], numbers[was >= 0] = np.flatnonzero(is_new), moved[was[was >= 0]]
    return _merged(kept, added, spots), moved, numbers


def _merged(kept: list[str], added: list[str], spots: Sequence[int]) -> list[str]:
    """Put texts before places of a list."""
    if not added:
        return kept
    merged = kept[: spots[0]]
    for text, (start, stop) in zip(added, pairwise([*spots, len(kept)]), strict=True):
        merged.append(text)
        merged += kept[start:stop]
    return merged


def _twice(keys: Hashes) -> bool:
    return bool((keys[1:] == keys[:-1]).any())


def _state(con: duckdb.DuckDBPyConnection) -> _State:
    """Hash every row; DuckDB's hashes have 64 bits."""
    found = con.execute(
        f"SELECT rowid AS row, {KEY} AS key, {ROW} AS hash FROM tracks"  # noqa: S608 - our own names
    ).fetchnumpy()
    order = np.argsort(found["key"])
    keys, hashes = np.asarray(found["key"])[order], np.asarray(found["hash"])[order]
    bars = con.execute(
        f"SELECT {KEY} AS key, hash(bars_seconds) AS hash FROM structures"  # noqa: S608 - our own names
    ).fetchnumpy()
    order_of_bars = np.argsort(bars["key"])
    at = _places(keys, np.asarray(bars["key"])[order_of_bars])
    of_bars = np.asarray(bars["hash"])[order_of_bars][at >= 0]
    hashes[at[at >= 0]] += of_bars * BARS_WEIGHT
    return _State(keys, np.asarray(found["row"], np.int64)[order], hashes)


def _places(keys: Hashes, wanted: Hashes) -> npt.NDArray[np.int64]:
    """Return the place of each wanted one among rising keys, -1 where it is not.

    Many that rise are found several times as fast as others.
    """
    if not len(keys):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def _last(folder: Path) -> _Last:
    """Return the last state whose files are whole.

    Raises:
        StateError: there is none.
    """
    for stamp in latest_stamps(folder):
        with suppress(StateError, KeyError):
            return _Last(stamp, open_tracks(folder, stamp))
    raise StateError("there are none of an earlier state")


def _nothing() -> FiledTracks:
    """Return no tracks."""
    nothing: dict[str, Array] = {
        "ids": np.empty(0, np.uint8),
        "keys": np.empty(0, np.int64),
        "hashes": np.empty(0, np.int64),
        "generated": np.empty(0, np.bool_),
        "places": np.empty(0, np.int32),
    }
    told: dict[str, Array] = {}
    for name, ends, kind in TOLD:
        told |= {name: np.empty(0, kind), ends: np.empty(0, np.int64)}
    return FiledTracks(Mapped(nothing, {}), Mapped(told, {}), None)


def _read(con: duckdb.DuckDBPyConnection, rows: npt.NDArray[np.int64] | None) -> pa.Table:
    """Read tracks, by id: those in some rows of DuckDB's, None for all."""
    columns = ", ".join(f"{name} := tracks.{name}" for name in COLUMNS)
    which = "" if rows is None else " WHERE tracks.rowid IN (SELECT unnest(?::BIGINT[]))"
    return con.sql(
        f"SELECT track_id, {KEY} AS key, origin = 'generated' AS generated,"  # noqa: S608 - our own names
        f" {ROW} AS hash, if(bars_seconds IS NULL, 0, hash(bars_seconds)) AS hash_of_bars,"
        f" CAST(to_json(struct_pack({columns})) AS VARCHAR) AS track,"
        " coalesce(bars_seconds, []) AS bars"
        f" FROM tracks LEFT JOIN structures USING (track_id){which} ORDER BY track_id",
        params=None if rows is None else [rows.tolist()],
    ).to_arrow_table(CHUNK)


def _hashes(rows: pa.Table) -> Hashes:
    """Return the hash of each row that was read, with its bar lines."""
    of_rows = np.asarray(rows["hash"].to_numpy(), np.uint64)
    of_bars = np.asarray(rows["hash_of_bars"].to_numpy(), np.uint64)
    return np.asarray(of_rows + of_bars * BARS_WEIGHT)


Named = tuple[str, Mapped]
"""A file of what is told of tracks, with its digest."""


def _filed(
    folder: Path, narrow: _Narrow, last: FiledTracks, sources: Sequence[Mapping[str, Array]]
) -> tuple[npt.NDArray[np.int32], Named, Named | None]:
    """Keep what is told of tracks: where it lies of each, the large file, and the small one.

    Args:
        folder: of the files.
        narrow: what is held of each track.
        last: the last tracks.
        sources: what is told of tracks, the last large file first.
    """
    places, n_base = narrow.places, len(last.base.arrays["track_ends"])
    apart = np.flatnonzero(places >= n_base)
    gone = n_base - (len(places) - len(apart))
    if max(len(apart), gone) > most_apart(n_base) or not n_base:
        digest = _digest(narrow.keys, narrow.hashes)
        whole = found_or_kept(rows_file(folder, digest), lambda: _gathered(sources, places))
        return np.arange(len(places), dtype=np.int32), (digest, whole), None
    base = (last.part.facts["rows"], last.base)
    filed = places.astype(np.int32)
    if not len(apart):
        return filed, base, None
    apart = apart[np.argsort(places[apart])]
    filed[apart] = n_base + np.arange(len(apart))
    digest = _digest(narrow.keys[apart], narrow.hashes[apart])
    path = added_file(folder, digest)
    return filed, base, (digest, found_or_kept(path, lambda: _gathered(sources, places[apart])))


def _digest(keys: Hashes, hashes: Hashes) -> str:
    return hashlib.blake2b(keys.tobytes() + hashes.tobytes(), digest_size=10).hexdigest()


def _gathered(sources: Sequence[Mapping[str, Array]], places: npt.NDArray[np.int64]) -> Parts:
    """Copy what is told of tracks, whose places are counted through all sources."""
    firsts = np.cumsum([0, *(len(source["track_ends"]) for source in sources)])
    broken = (np.diff(places) != 1) | np.isin(places[1:], firsts)
    starts = np.concatenate([np.zeros(min(1, len(places)), np.int64), np.flatnonzero(broken) + 1])
    stops = np.concatenate([starts[1:], np.full(len(starts[:1]), len(places))])
    held = np.searchsorted(firsts, places[starts], side="right") - 1
    begins = places[starts] - firsts[held]
    runs = list(zip(held.tolist(), begins.tolist(), (stops - starts).tolist(), strict=True))
    parts: dict[str, Array | Chunks] = {}
    for name, ends, kind in TOLD:
        pieces: list[Array] = []
        lengths = [np.zeros(0, np.int64)]
        for source, begin, n in runs:
            first = sources[source][ends][begin - 1] if begin else 0
            of_run = sources[source][ends][begin : begin + n]
            pieces.append(sources[source][name][first : of_run[-1]])
            lengths.append(np.diff(of_run, prepend=first))
        size = sum(len(piece) for piece in pieces)
        parts |= {name: Chunks((size,), kind, pieces), ends: np.cumsum(np.concatenate(lengths))}
    return parts


def _told(rows: pa.Table) -> list[Mapping[str, Array]]:
    """Return what was read of tracks as the files have it, without a copy."""
    parts: list[Mapping[str, Array]] = []
    for batch in rows.select(["track", "bars"]).to_batches():
        texts = batch.column("track")
        _, offsets, text = texts.buffers()
        at = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        at = at.astype(np.int64)
        bars = batch.column("bars")
        stops = np.asarray(bars.offsets.to_numpy(), np.int64)
        told: dict[str, Array] = {
            "tracks": np.frombuffer(text or b"", np.uint8)[at[0] : at[-1]],
            "track_ends": at[1:] - at[0],
            "bars": np.asarray(bars.values.to_numpy(), np.float64)[stops[0] : stops[-1]],
            "bar_ends": stops[1:] - stops[0],
        }
        parts.append(told)
    return parts
