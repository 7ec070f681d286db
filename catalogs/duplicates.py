"""Tracks that are the same recording: proposed by their sound, decided by a person, reversible."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from catalogs.database import Database
from catalogs.recording import Copy, Decision, Recording
from v2m.errors import InputError
from v2m.files import text_to_path


def recordings(database: Database) -> list[Recording]:
    """Return every recording with more than one track."""
    rows = database.fetch(
        "SELECT d.recording, d.track_id, d.likeness, d.decision"
        " FROM duplicates d JOIN tracks t USING (track_id) WHERE d.decision <> 'apart'"
        " ORDER BY d.recording, d.decision = 'kept' DESC, t.duration_seconds DESC, track_id"
    )
    groups: dict[str, list[Copy]] = {}
    for recording, *copy in rows:
        groups.setdefault(recording, []).append(Copy(*copy))
    return [Recording(tuple(copies)) for copies in groups.values() if len(copies) > 1]


def propose(
    database: Database,
    pairs: Iterable[tuple[str, str, float]],
    *,
    compared: Sequence[str] = (),
) -> None:
    """Record pairs of tracks that sound alike; what a person has decided stays decided.

    Args:
        database: the catalogue.
        pairs: two track ids and their likeness, 0 to 1.
        compared: tracks whose fingerprints these are all the pairs of.
    """
    alike = list(pairs)
    if not alike and not compared:
        return
    with database.writing() as con:
        there = con.execute("SELECT track_id, recording, decision FROM duplicates").fetchall()
        apart = {track for track, _, decision in there if decision == "apart"}
        groups = {track: recording for track, recording, _ in there}
        nearest: dict[str, float] = {}
        for one, other, likeness in alike:
            if one in apart or other in apart:
                continue
            _join(groups, one, other)
            for track in (one, other):
                nearest[track] = max(nearest.get(track, 0.0), likeness)
        if nearest:
            _write(con, groups, nearest)
        con.execute(
            "UPDATE fingerprints SET compared = true WHERE list_contains(?, track_id)",
            [list(compared)],
        )


def _join(groups: dict[str, str], one: str, other: str) -> None:
    """Bring two tracks into one group, with everything that was with them."""
    group, old = groups.setdefault(one, one), groups.get(other)
    groups[other] = group
    if old is not None and old != group:
        for track, name in groups.items():
            if name == old:
                groups[track] = group


def _write(
    con: duckdb.DuckDBPyConnection, groups: dict[str, str], nearest: dict[str, float]
) -> None:
    con.executemany(
        "UPDATE duplicates SET recording = ? WHERE track_id = ?",
        [[group, track] for track, group in groups.items()],
    )
    con.executemany(
        "INSERT INTO duplicates VALUES (?, ?, ?, 'proposed') ON CONFLICT (track_id)"
        " DO UPDATE SET likeness = greatest(likeness, excluded.likeness)",
        [[track, groups[track], likeness] for track, likeness in nearest.items()],
    )


def keep(database: Database, track_id: str) -> int:
    """Show this copy of its recording from now on and hide the others; no row is removed.

    Returns:
        How many are hidden behind it.

    Raises:
        InputError: the track is no copy of another one.
    """
    return _decide(database, track_id, same="kept", others="hidden") - 1


def undo(database: Database, track_id: str) -> int:
    """Take back what was decided about a recording; returns how many copies it has.

    Raises:
        InputError: the track is no copy of another one.
    """
    return _decide(database, track_id, same="proposed", others="proposed")


def set_apart(database: Database, track_id: str) -> None:
    """Say that a track is a recording of its own; it is not proposed again until ``undo``.

    Raises:
        InputError: the track is no copy of another one.
    """
    _decide(database, track_id, same="apart", others=None)


def _decide(database: Database, track_id: str, *, same: Decision, others: Decision | None) -> int:
    with database.writing() as con:
        found = con.execute(
            "SELECT recording FROM duplicates WHERE track_id = ?", [track_id]
        ).fetchone()
        if found is None:
            raise InputError(
                f"{track_id[:12]} is no copy of another track; see 'v2m tracks duplicates'"
            )
        con.execute("UPDATE duplicates SET decision = ? WHERE track_id = ?", [same, track_id])
        if others is not None:
            con.execute(
                "UPDATE duplicates SET decision = ? WHERE recording = ? AND track_id <> ?"
                " AND (decision <> 'apart' OR ? = 'proposed')",
                [others, found[0], track_id, others],
            )
        count = con.execute(
            "SELECT count(*) FROM duplicates WHERE recording = ?", [found[0]]
        ).fetchone()
    return int(count[0]) if count else 0


def copies_of_files(database: Database) -> dict[str, list[Path]]:
    """Return the paths of each track whose very same sound lies in several files."""
    rows = database.fetch(
        "SELECT track_id, list(path ORDER BY path) FROM files GROUP BY track_id"
        " HAVING count(*) > 1 ORDER BY track_id"
    )
    return {track_id: [text_to_path(path) for path in paths] for track_id, paths in rows}
