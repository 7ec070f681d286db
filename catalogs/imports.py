"""What sources say about tracks, kept apart from the tracks: applied when a file is found.

A row of a source makes a track without audio, at once. When a file arrives whose path ends like the
row says, the track of that file takes over words and vectors. Words that must be encoded wait in a
queue; a run that is stopped goes on with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from catalogs.arrow import registered
from catalogs.database import Database
from catalogs.licence_columns import LICENCE_COLUMNS, read_licences
from catalogs.writing import TEXT_KINDS
from v2m.types import Vectors

WORDS = (
    "title", "artist", "album", "description", "instrumental", "licence", "licence_url",
    "attribution", "source_url", "retrieved_at",
)  # fmt: skip
"""Columns that a source fills; in ``imports`` and ``tracks`` alike."""

UNSURE = ("instrumental", "retrieved_at")
"""Columns that a file's sound or tags may fill too, and better."""

KEPT = ("source", "key", "track_id", "digest", "audio_name", "audio_url", "duration_seconds")

CLOSE_SECONDS, CLOSE_SHARE = 3.0, 0.05
"""A file is the one a row means if its length is that near; sources round, encoders pad."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of a batch."""

    imported: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Attached:
    """Files that were recognised.

    Attributes:
        tracks: rows that have their audio now.
        copies: rows whose sound another row has already.
        unclear: files that several rows mean, or that are of another length, with the reason.
    """

    tracks: int = 0
    copies: int = 0
    unclear: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sound file that a source offers and that is not here yet."""

    source: str
    key: str
    audio_name: str
    audio_url: str


def put_imports(database: Database, rows: pa.Table, texts: pa.Table, space: str) -> Counts:
    """Write a batch of rows, in one transaction.

    Args:
        database: the catalogue.
        rows: columns of ``KEPT``, ``WORDS`` and ``LICENCE_COLUMNS``; ``track_id`` is what a new
            track is called.
        texts: track_id, kind and text of all words to be encoded.
        space: in which they are encoded.
    """
    with database.writing() as con, registered(con, given=rows, given_texts=texts):
        con.execute(
            "CREATE TEMP TABLE batch AS SELECT given.* REPLACE (coalesce(i.track_id,"
            " given.track_id) AS track_id), i.digest IS NULL AS is_new,"
            " i.digest IS DISTINCT FROM given.digest AS is_changed"
            " FROM given LEFT JOIN imports i USING (source, key)"
        )
        con.execute("DELETE FROM batch WHERE NOT is_changed")
        new, changed = _count(con, "batch WHERE is_new"), _count(con, "batch WHERE NOT is_new")
        _add_tracks(con)
        _renew_tracks(con)
        kept = ", ".join((*KEPT, *WORDS))
        renewed = ", ".join(f"{name} = excluded.{name}" for name in (*KEPT[3:], *WORDS))
        con.execute(
            f"INSERT INTO imports ({kept}) SELECT {kept} FROM batch"  # noqa: S608 - our own names
            f" ON CONFLICT (source, key) DO UPDATE SET {renewed}"
        )
        con.execute(
            "INSERT INTO text_queue SELECT b.track_id, ?, t.kind, t.text FROM batch b"
            " JOIN given g USING (source, key) JOIN given_texts t ON t.track_id = g.track_id",
            [space],
        )
        con.execute("DROP TABLE batch")
    return Counts(new, changed, rows.num_rows - new - changed)


def _add_tracks(con: duckdb.DuckDBPyConnection) -> None:
    filled = ("track_id", "duration_seconds", *WORDS, *LICENCE_COLUMNS)
    names = ", ".join(filled)
    con.execute(
        f"INSERT INTO tracks ({names}, path, summary, origin, tempo_bpm, key, mode,"  # noqa: S608
        " loudness_lufs, tags, analysis_version, has_audio)"
        f" SELECT {names}, '', '', 'imported', 0, '', '', -70, [], '', false FROM batch"
        " WHERE is_new"
    )


def _renew_tracks(con: duckdb.DuckDBPyConnection) -> None:
    """Give tracks that are known their new words; their old text vectors and queue go."""
    changes = ", ".join(f"{name} = b.{name}" for name in (*WORDS, *LICENCE_COLUMNS))
    con.execute(
        f"UPDATE tracks SET {changes}, updated_at = current_localtimestamp()"  # noqa: S608
        " FROM batch b WHERE b.track_id = tracks.track_id AND NOT b.is_new"
    )
    _drop_texts(con, "SELECT track_id FROM batch WHERE NOT is_new")


def _drop_texts(con: duckdb.DuckDBPyConnection, ids: str) -> None:
    """Drop the text vectors, done and waiting, of the tracks that a query names."""
    kinds = ", ".join(f"'{kind}'" for kind in TEXT_KINDS)
    con.execute(f"DELETE FROM vectors WHERE kind IN ({kinds}) AND track_id IN ({ids})")  # noqa: S608
    con.execute(f"DELETE FROM text_queue WHERE track_id IN ({ids})")  # noqa: S608


# ---- words that wait to be encoded -------------------------------------------------------------


def unread_words(database: Database, space: str) -> list[tuple[str, str, str]]:
    """Return track, title and description of what has no audio and no vector of a space."""
    return database.fetch(
        "SELECT track_id, title, description FROM tracks WHERE NOT has_audio"
        " AND track_id NOT IN (SELECT track_id FROM vectors WHERE space = ?)"
        " AND track_id NOT IN (SELECT track_id FROM text_queue WHERE space = ?)",
        [space, space],
    )


def queue_texts(database: Database, texts: pa.Table, space: str) -> None:
    """Let texts of tracks wait to be encoded: track_id, kind and text."""
    with database.writing() as con, registered(con, given_texts=texts):
        con.execute(
            "INSERT INTO text_queue SELECT track_id, ?, kind, text FROM given_texts", [space]
        )


def waiting_texts(database: Database, space: str) -> int:
    """Return how many different texts wait to be encoded."""
    sql = "SELECT count(DISTINCT text) FROM text_queue WHERE space = ?"
    return int(database.fetch(sql, [space])[0][0])


def next_texts(database: Database, space: str, most: int) -> list[str]:
    """Return some of the texts that wait, of like length, since an encoder pads to the longest."""
    rows = database.fetch(
        "SELECT DISTINCT text FROM text_queue WHERE space = ? ORDER BY length(text), text LIMIT ?",
        [space, most],
    )
    return [text for (text,) in rows]


def put_texts(database: Database, space: str, texts: Sequence[str], vectors: Vectors) -> int:
    """Give every track that waits for one of these texts its vector; return how many."""
    lengths = np.arange(len(texts) + 1, dtype=np.int32) * vectors.shape[1]
    encoded = pa.table(
        {
            "text": pa.array(list(texts), pa.string()),
            "vector": pa.ListArray.from_arrays(lengths, vectors.reshape(-1)),
        }
    )
    with database.writing() as con, registered(con, encoded=encoded):
        done = con.execute(
            "INSERT INTO vectors SELECT nextval('vector_rows'), q.track_id, q.space, q.kind, 0,"
            " t.duration_seconds, ?, e.vector FROM text_queue q JOIN encoded e USING (text)"
            " JOIN tracks t USING (track_id) WHERE q.space = ? RETURNING 1",
            [vectors.shape[1], space],
        ).fetchall()
        con.execute(
            "DELETE FROM text_queue WHERE space = ? AND text IN (SELECT text FROM encoded)", [space]
        )
    return len(done)


# ---- files that belong to rows -----------------------------------------------------------------

LEAF = "string_split({0}, '/')[-1]"

# our own constants, no words of anybody
MEANT = f"""
    CREATE TEMP TABLE meant AS
    SELECT i.source, i.key, i.track_id AS row_id, t.track_id, f.path,
        i.duration_seconds = 0 OR abs(i.duration_seconds - t.duration_seconds)
            <= greatest({CLOSE_SECONDS}, {CLOSE_SHARE} * i.duration_seconds) AS is_close,
        count(DISTINCT t.track_id) OVER (PARTITION BY i.source, i.key) AS n_tracks,
        count(DISTINCT (i.source, i.key)) OVER (PARTITION BY f.path) AS n_rows,
        EXISTS (FROM imports x WHERE x.track_id = t.track_id) AS is_copy
    FROM imports i JOIN tracks o ON o.track_id = i.track_id AND NOT o.has_audio
    JOIN files f ON {LEAF.format("f.path")} = {LEAF.format("i.audio_name")}
        AND ends_with('/' || f.path, '/' || i.audio_name)
    JOIN tracks t ON t.track_id = f.track_id AND t.has_audio
    WHERE i.audio_name <> ''
"""  # noqa: S608


def attach_files(database: Database) -> Attached:
    """Give rows without audio the files whose paths end as the rows say.

    A row is attached if one track only answers to it, if no other row means the same file, and if
    the length fits. The file's track takes the row's words; the row's own track goes.
    """
    if not database.fetch("SELECT 1 FROM tracks WHERE NOT has_audio LIMIT 1"):
        return Attached()
    with database.writing() as con:
        con.execute(MEANT)
        unclear = con.execute(
            "SELECT DISTINCT path, CASE WHEN n_rows > 1 THEN 'several rows mean this file'"
            " WHEN n_tracks > 1 THEN 'several files answer to row ' || key"
            " ELSE 'not as long as row ' || key || ' says' END"
            " FROM meant WHERE n_rows > 1 OR n_tracks > 1 OR NOT is_close ORDER BY path"
        ).fetchall()
        con.execute("DELETE FROM meant WHERE n_rows > 1 OR n_tracks > 1 OR NOT is_close")
        # two rows of the same sound: the first in order names it
        con.execute(
            "CREATE TEMP TABLE pairs AS SELECT DISTINCT source, key, row_id, track_id, is_copy OR"
            " row_number() OVER (PARTITION BY track_id ORDER BY source, key) > 1 AS is_copy"
            " FROM (SELECT DISTINCT source, key, row_id, track_id, is_copy FROM meant)"
        )
        found = _count(con, "pairs WHERE NOT is_copy")
        copies = _count(con, "pairs WHERE is_copy")
        if found or copies:
            _take_over(con)
        con.execute("DROP TABLE meant; DROP TABLE pairs")
    return Attached(found, copies, tuple((str(path), str(why)) for path, why in unclear))


def _take_over(con: duckdb.DuckDBPyConnection) -> None:
    told = [name for name in (*WORDS, *LICENCE_COLUMNS) if name != "instrumental"]
    changes = ", ".join(f"{name} = o.{name}" for name in told)
    _drop_texts(con, "SELECT track_id FROM pairs WHERE NOT is_copy")
    con.execute(
        f"UPDATE tracks SET {changes}, updated_at = current_localtimestamp()"  # noqa: S608
        " FROM pairs p JOIN tracks o ON o.track_id = p.row_id"
        " WHERE tracks.track_id = p.track_id AND NOT p.is_copy"
    )
    for table in ("vectors", "text_queue"):
        con.execute(
            f"UPDATE {table} SET track_id = p.track_id FROM pairs p"  # noqa: S608
            f" WHERE {table}.track_id = p.row_id AND NOT p.is_copy"
        )
        con.execute(f"DELETE FROM {table} WHERE track_id IN (SELECT row_id FROM pairs)")  # noqa: S608
    con.execute(
        "UPDATE imports SET track_id = p.track_id FROM pairs p"
        " WHERE imports.source = p.source AND imports.key = p.key"
    )
    con.execute("DELETE FROM tracks WHERE track_id IN (SELECT row_id FROM pairs)")


FIRST = (
    "(SELECT * FROM imports QUALIFY"
    " row_number() OVER (PARTITION BY track_id ORDER BY source, key) = 1)"
)
"""Of several rows that describe one sound, the one whose words it bears."""


def overwritten_words(database: Database) -> list[tuple[str, str, str]]:
    """Return track, title and description of rows whose words a file's tags have overwritten."""
    differs = " OR ".join(f"t.{name} <> i.{name}" for name in WORDS if name not in UNSURE)
    return database.fetch(
        f"SELECT t.track_id, i.title, i.description FROM tracks t JOIN {FIRST} i"  # noqa: S608
        f" USING (track_id) WHERE {differs}"
    )


def restore_words(
    database: Database, track_ids: Sequence[str], texts: pa.Table, space: str
) -> None:
    """Give tracks the words of their rows again; ``texts`` are queued to be encoded."""
    changes = ", ".join(f"{name} = i.{name}" for name in WORDS if name not in UNSURE)
    with database.writing() as con, registered(con, given_texts=texts):
        con.execute(
            f"UPDATE tracks SET {changes}, retrieved_at = i.retrieved_at FROM {FIRST} i"  # noqa: S608
            " WHERE i.track_id = tracks.track_id AND list_contains(?, tracks.track_id)",
            [list(track_ids)],
        )
        read_licences(con, track_ids)
        _drop_texts(con, "SELECT track_id FROM given_texts")
        con.execute(
            "INSERT INTO text_queue SELECT track_id, ?, kind, text FROM given_texts", [space]
        )


def lose_audio(con: duckdb.DuckDBPyConnection, track_ids: Sequence[str]) -> None:
    """Keep tracks that a source describes when their last file is gone."""
    con.execute(
        "UPDATE tracks SET has_audio = false, path = '' WHERE list_contains(?, track_id)",
        [list(track_ids)],
    )
    kinds = ", ".join(f"'{kind}'" for kind in TEXT_KINDS)
    con.execute(
        f"DELETE FROM vectors WHERE list_contains(?, track_id) AND kind NOT IN ({kinds})",  # noqa: S608
        [list(track_ids)],
    )
    con.execute("DELETE FROM structures WHERE list_contains(?, track_id)", [list(track_ids)])


def wanted_audio(database: Database, source: str, most: int) -> list[Wanted]:
    """Return rows of a source without audio whose sound can be fetched."""
    rows = database.fetch(
        "SELECT i.source, i.key, i.audio_name, i.audio_url FROM imports i JOIN tracks t"
        " USING (track_id) WHERE NOT t.has_audio AND i.source = ? AND i.audio_url <> ''"
        " AND i.audio_name <> '' ORDER BY i.key LIMIT ?",
        [source, most],
    )
    return [Wanted(*row) for row in rows]


def without_audio(database: Database, source: str) -> int:
    """Return how many rows of a source have no audio."""
    sql = (
        "SELECT count(*) FROM imports i JOIN tracks t USING (track_id)"
        " WHERE NOT t.has_audio AND i.source = ?"
    )
    return int(database.fetch(sql, [source])[0][0])


def _count(con: duckdb.DuckDBPyConnection, what: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608 - our own words
    return int(row[0]) if row else 0
