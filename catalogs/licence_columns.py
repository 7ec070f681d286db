"""What a track's licence allows, as columns: a million tracks are filtered by SQL, not by reading.

A track's words about its licence stay as its source wrote them. What they were read as stands
beside them, together with the version of the reading; a catalogue read by older rules is read again
when it is opened.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from catalogs.licence_rules import READING

if TYPE_CHECKING:
    from catalogs.licences import Licence

LICENCE_COLUMNS = (
    "licence_id", "licence_known", "sync_ok", "commercial_ok", "share_alike",
    "attribution_required",
)  # fmt: skip


def licence_values(licence: "Licence") -> list[Any]:
    """Return what the columns hold, in the order of ``LICENCE_COLUMNS``."""
    return [
        licence.name,
        licence.known,
        licence.sync_ok,
        licence.commercial_ok,
        licence.share_alike,
        licence.attribution_required,
    ]


def add_licence_columns(con: duckdb.DuckDBPyConnection) -> None:
    """Add the columns; they are filled by ``read_licences``."""
    con.execute("ALTER TABLE tracks ADD COLUMN licence_id VARCHAR DEFAULT ''")
    for column in LICENCE_COLUMNS[1:]:
        con.execute(f"ALTER TABLE tracks ADD COLUMN {column} BOOLEAN DEFAULT false")


def are_read(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether all licences were read by the rules of this program."""
    row = con.execute("SELECT value FROM meta WHERE name = 'licence_reading'").fetchone()
    return row is not None and row[0] == READING


def read_licences(con: duckdb.DuckDBPyConnection, track_ids: Sequence[str] | None = None) -> None:
    """Read the licences of these tracks, each wording once; None means all tracks."""
    from catalogs.generated_terms import terms_of

    some = "true" if track_ids is None else "list_contains($ids, track_id)"
    ids = {} if track_ids is None else {"ids": list(track_ids)}
    wordings = con.execute(
        f"SELECT DISTINCT licence, licence_url FROM tracks WHERE {some}",  # noqa: S608
        ids,
    ).fetchall()
    changes = ", ".join(f"{name} = ${name}" for name in LICENCE_COLUMNS)
    for licence, url in wordings:
        values = dict(zip(LICENCE_COLUMNS, licence_values(terms_of(licence, url)), strict=True))
        con.execute(
            f"UPDATE tracks SET {changes} WHERE licence = $licence AND licence_url = $url"  # noqa: S608
            f" AND {some}",
            {**values, **ids, "licence": licence, "url": url},
        )
    con.execute("INSERT OR REPLACE INTO meta VALUES ('licence_reading', ?)", [READING])
