"""Keeps acoustic fingerprints, and finds the tracks whose fingerprints share codes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from catalogs.database import Database
from v2m.audio.fingerprint import VERSION, Codes
from v2m.files import text_to_path

SAMPLED = 4
"""One code in so many is looked up, chosen by its value so that offsets do not matter."""

MOST_TRACKS = 100
"""A code that more tracks hold is silence or a drone and tells nothing."""


def lacking_fingerprint(database: Database) -> list[tuple[str, Path]]:
    """Return the ids and files of tracks without a fingerprint of this version."""
    rows = database.fetch(
        "SELECT track_id, path FROM tracks WHERE has_audio AND track_id NOT IN"
        " (SELECT track_id FROM fingerprints WHERE version = ?) ORDER BY track_id",
        [VERSION],
    )
    return [(track_id, text_to_path(path)) for track_id, path in rows]


def put_fingerprints(database: Database, codes: Mapping[str, Codes]) -> None:
    """Keep fingerprints by track id; an empty one says that there is nothing to compare."""
    if codes:
        with database.writing() as con:
            insert_fingerprints(con, codes)


def insert_fingerprints(
    con: duckdb.DuckDBPyConnection, codes: Mapping[str, Codes], *, lacking: bool = False
) -> None:
    """Keep fingerprints within the caller's transaction.

    Args:
        con: of the transaction.
        codes: fingerprints by track id.
        lacking: leave those that are there in this version; they may have been compared.
    """
    con.executemany(
        "INSERT OR REPLACE INTO fingerprints (track_id, version, codes, compared)"
        " SELECT ?, ?, ?::UINTEGER[], false WHERE ? IN (SELECT track_id FROM tracks)"
        " AND NOT (? AND ? IN (SELECT track_id FROM fingerprints WHERE version = ?))",
        [
            [track, VERSION, found.tolist(), track, lacking, track, VERSION]
            for track, found in codes.items()
        ],
    )


def uncompared(database: Database) -> list[str]:
    """Return the tracks whose fingerprints have not been compared with the others yet."""
    rows = database.fetch(
        "SELECT track_id FROM fingerprints WHERE version = ? AND NOT compared", [VERSION]
    )
    return [track_id for (track_id,) in rows]


def sharing_codes(database: Database, track_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of one of these tracks and another one that share a sampled code."""
    rows = database.fetch(
        """
        WITH sampled AS (
            SELECT DISTINCT track_id, code
            FROM (SELECT track_id, unnest(codes) AS code FROM fingerprints WHERE version = ?)
            WHERE hash(code) % ? = 0
        ), telling AS (
            SELECT code FROM sampled GROUP BY code HAVING count(*) BETWEEN 2 AND ?
        ), asked AS (SELECT unnest(?::VARCHAR[]) AS track_id)
        SELECT DISTINCT least(a.track_id, b.track_id), greatest(a.track_id, b.track_id)
        FROM sampled a JOIN telling USING (code) JOIN sampled b USING (code)
        WHERE a.track_id IN (SELECT track_id FROM asked) AND a.track_id <> b.track_id
        """,
        [VERSION, SAMPLED, MOST_TRACKS, list(track_ids)],
    )
    return [(one, other) for one, other in rows]


def fingerprints_of(database: Database, track_ids: Sequence[str]) -> dict[str, Codes]:
    """Return the fingerprints of tracks."""
    rows = database.fetch(
        "SELECT track_id, codes FROM fingerprints WHERE list_contains(?, track_id)",
        [list(track_ids)],
    )
    return {track_id: np.array(codes, np.uint32) for track_id, codes in rows}
