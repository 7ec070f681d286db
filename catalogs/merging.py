"""Folds rows of shards into a catalogue: each track once, and a second time nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from catalogs.fingerprints import put_fingerprints
from catalogs.rows import Failure, IndexedFile, SeenFile
from catalogs.shards import AWAY, Place, ShardRow
from catalogs.store import Catalogue
from v2m.audio.decode import WHOLE_SECONDS
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.files import path_to_text, text_to_path
from v2m.types import VectorRow

NOT_HERE = "its sound was known where it was indexed and is not in this library; index it again"

State = tuple[int, int]
"""Size in bytes and time of writing of a file."""


@dataclass(slots=True)
class Merged:
    """What became of rows of shards; every row is counted once.

    Attributes:
        added: tracks that are new.
        updated: tracks that were measured by another version, had no sound here, or lacked the
            vectors of a model.
        unchanged: files that were in the catalogue as they are.
        long: of those added or updated, how many were too long to be heard as a whole.
        placed: files that carry a track of another file, or were written anew with the same sound.
        known: files whose sound the catalogue that asked had already.
        failed: files that cannot be used, with the reason.
        away: files that went away while they were read.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    long: int = 0
    placed: int = 0
    known: list[SeenFile] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)
    away: list[Path] = field(default_factory=list)

    def add(self, other: "Merged") -> None:
        """Count another part of the same work."""
        self.added += other.added
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.long += other.long
        self.placed += other.placed
        self.known += other.known
        self.failed += other.failed
        self.away += other.away


def merge_rows(catalogue: Catalogue, rows: Sequence[ShardRow], music: Path | None = None) -> Merged:
    """Fold rows into a catalogue; after a kill they are folded again.

    Args:
        catalogue: where they go.
        rows: of one shard or of several.
        music: the folder where that what lies below the rows' roots lies on this machine; None
            leaves places as they are.
    """
    rows = _one_a_file([_on_this_machine(row, music) for row in rows] if music else rows)
    stored = _stored(catalogue, rows)
    merged = Merged()
    fresh: dict[str, ShardRow] = {}
    lacking: dict[str, ShardRow] = {}
    placed, failed = [], []
    for row in rows:
        if row.reason == AWAY:
            merged.away.append(text_to_path(row.place.path))
        elif row.reason or (row.record is None and row.track_id not in stored.versions):
            failed.append(row if row.reason else replace(row, reason=NOT_HERE))
        elif row.track_id not in fresh and stored.gains(row):
            fresh[row.track_id] = row
        elif not (row.track_id in fresh or row.track_id in lacking) and stored.lacking(row):
            lacking[row.track_id] = row
        elif stored.holds(row.place):
            merged.unchanged += 1
        elif row.record is None:
            merged.known.append(_seen(row))
        else:
            placed.append(row)
    merged.added = sum(track_id not in stored.versions for track_id in fresh)
    merged.updated = len(fresh) - merged.added + len(lacking)
    merged.long = sum(map(_long, (*fresh.values(), *lacking.values())))
    merged.placed = len(placed)
    merged.failed = [(text_to_path(row.place.path), row.reason) for row in failed]
    _write_tracks(catalogue, list(fresh.values()))
    _write_columns(catalogue, lacking.values(), stored)
    catalogue.touch_files([_seen(row) for row in (*lacking.values(), *placed)])
    _write_failures(catalogue, failed, stored)
    return merged


def _long(row: ShardRow) -> bool:
    return row.record is not None and row.record.track.duration_seconds > WHOLE_SECONDS


def _one_a_file(rows: Sequence[ShardRow]) -> list[ShardRow]:
    """Keep one row of a file that work lost and repeated has left in two shards: the fuller one."""
    best: dict[str, ShardRow] = {}
    for row in rows:
        if row.place.path not in best or row.record is not None:
            best[row.place.path] = row
    return list(best.values())


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the catalogue knows of the tracks and files of some rows."""

    versions: dict[str, str]
    silent: set[str]
    spaces: set[tuple[str, str]]
    files: dict[str, State]
    failures: dict[str, State]

    def gains(self, row: ShardRow) -> bool:
        """Whether a row brings a track that is new, has sound at last, or is measured anew."""
        if row.record is None:
            return False
        if row.track_id in self.silent and row.record.track.has_audio:
            return True
        measured, version = self.versions.get(row.track_id), row.record.analysis_version
        return measured is None or (measured != version and version == ANALYSIS_VERSION)

    def lacking(self, row: ShardRow) -> list[VectorRow]:
        """Return a row's vectors of spaces in which its track has none."""
        vectors = row.record.vectors if row.record else ()
        return [vector for vector in vectors if (row.track_id, vector.space) not in self.spaces]

    def holds(self, place: Place) -> bool:
        """Whether a file is in the catalogue as it is."""
        return self.files.get(place.path) == (place.size_bytes, place.mtime_ns)


def _stored(catalogue: Catalogue, rows: Sequence[ShardRow]) -> _Stored:
    ids = [[row.track_id for row in rows]]
    paths = [[row.place.path for row in rows]]
    of_these = "IN (SELECT unnest(?::VARCHAR[]))"
    with catalogue.reading():  # one opening for all
        tracks = catalogue.fetch(
            f"SELECT track_id, analysis_version, has_audio FROM tracks WHERE track_id {of_these}",  # noqa: S608
            ids,
        )
        spaces = catalogue.fetch(
            f"SELECT DISTINCT track_id, space FROM vectors WHERE track_id {of_these}",  # noqa: S608
            ids,
        )
        files, failures = (
            catalogue.fetch(
                f"SELECT path, size_bytes, mtime_ns FROM {table} WHERE path {of_these}",  # noqa: S608
                paths,
            )
            for table in ("files", "failures")
        )
    return _Stored(
        {track_id: version for track_id, version, _ in tracks},
        {track_id for track_id, _, heard in tracks if not heard},
        {(track_id, space) for track_id, space in spaces},
        {path: (size, written) for path, size, written in files},
        {path: (size, written) for path, size, written in failures},
    )


def _write_tracks(catalogue: Catalogue, rows: Sequence[ShardRow]) -> None:
    if not rows:
        return
    files = [
        IndexedFile(
            text_to_path(row.place.path),
            row.place.size_bytes,
            row.place.mtime_ns,
            text_to_path(row.place.root),
            row.record,
        )
        for row in rows
        if row.record
    ]
    catalogue.write_batch(files)
    prints = {row.track_id: row.fingerprint for row in rows if row.fingerprint is not None}
    if prints:
        put_fingerprints(catalogue, prints)


def _write_columns(catalogue: Catalogue, rows: Iterable[ShardRow], stored: _Stored) -> None:
    by_space: dict[str, list[tuple[str, VectorRow]]] = {}
    for row in rows:
        for vector in stored.lacking(row):
            by_space.setdefault(vector.space, []).append((row.track_id, vector))
    for vectors in by_space.values():
        catalogue.put_column(vectors, sorted({vector.kind for _, vector in vectors}))


def _write_failures(catalogue: Catalogue, rows: Sequence[ShardRow], stored: _Stored) -> None:
    """Remember failures, but for files that are known to fail, or that could be read here."""
    new = [
        Failure(text_to_path(place.path), place.size_bytes, place.mtime_ns, row.reason)
        for row in rows
        if (place := row.place)
        and row.reason != NOT_HERE
        and stored.failures.get(place.path) != (place.size_bytes, place.mtime_ns)
        and not stored.holds(place)
    ]
    if new:
        catalogue.record_failures(new)


def _seen(row: ShardRow) -> SeenFile:
    place = row.place
    path, root = text_to_path(place.path), text_to_path(place.root)
    return SeenFile(path, place.size_bytes, place.mtime_ns, root, row.track_id)


def _on_this_machine(row: ShardRow, music: Path) -> ShardRow:
    """Return a row with its file's place here; one that is not here stays as it is."""
    root = row.place.root.rstrip("/")
    here = music / row.place.path.removeprefix(root).lstrip("/")
    if not row.place.path.startswith(f"{root}/") or not here.is_file():
        return row
    place = Place(
        path_to_text(here), path_to_text(music), row.place.size_bytes, here.stat().st_mtime_ns
    )
    if row.record is None:
        return replace(row, place=place)
    track = replace(row.record.track, path=here, has_audio=True)
    return replace(row, place=place, record=replace(row.record, track=track))
