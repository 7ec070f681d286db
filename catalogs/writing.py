"""Writes rows into the catalogue: each function works inside its caller's transaction."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb

from catalogs.generated_terms import terms_of
from catalogs.licence_columns import LICENCE_COLUMNS, licence_values
from catalogs.rows import COLUMNS, IndexedFile, SeenFile
from catalogs.structures import put_structures
from catalogs.tracks import track_values
from catalogs.vector_rows import put_vectors
from v2m.files import path_to_text
from v2m.types import Provenance, Track, TrackRecord

TEXT_KINDS = ("title", "description")

TABLES_OF_TRACKS = (
    "vectors", "provenance", "structures", "files", "fingerprints", "duplicates", "imports",
    "text_queue",
)  # fmt: skip
"""What hangs on a track and goes with it."""

MADE_AT = "%Y-%m-%dT%H:%M:%SZ"

WORD_COLUMNS = (
    "path", "title", "artist", "album", "description", "licence", "licence_url", "attribution",
    "source_url", "retrieved_at",
)  # fmt: skip


def put_tracks(con: duckdb.DuckDBPyConnection, records: Sequence[TrackRecord]) -> bool:
    """Add or renew tracks with vectors and provenance; tell whether vectors were replaced."""
    columns = (*COLUMNS, *LICENCE_COLUMNS, "analysis_version")
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    renewed = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    reworded = [_drop_words(con, record.track) for record in records]
    con.executemany(
        f"INSERT INTO tracks ({names}) VALUES ({marks}) ON CONFLICT (track_id) DO UPDATE SET "  # noqa: S608
        f"{renewed}, updated_at = current_localtimestamp()",
        [
            [*track_values(record.track), *_licence(record.track), record.analysis_version]
            for record in records
        ],
    )
    replaced = [
        con.execute(
            "DELETE FROM vectors WHERE track_id = ? AND space = ? RETURNING 1",
            [record.track.track_id, space],
        ).fetchall()
        for record in records
        for space in {row.space for row in record.vectors}
    ]
    put_vectors(con, [(r.track.track_id, row) for r in records for row in r.vectors])
    for record in records:
        if record.provenance:
            put_provenance(con, record.track.track_id, record.provenance)
    put_structures(con, {r.track.track_id: r.structure for r in records if r.structure})
    return any(replaced) or any(reworded)


def _drop_words(con: duckdb.DuckDBPyConnection, track: Track) -> bool:
    """Drop the text vectors of all spaces where a track's words change; tell whether any went."""
    return bool(
        con.execute(
            "DELETE FROM vectors WHERE track_id = ? AND list_contains(?, kind) AND track_id IN"
            " (SELECT track_id FROM tracks WHERE title <> ? OR description <> ?) RETURNING 1",
            [track.track_id, list(TEXT_KINDS), track.title, track.description],
        ).fetchall()
    )


def put_files(
    con: duckdb.DuckDBPyConnection, files: Sequence[IndexedFile] | Sequence[SeenFile]
) -> None:
    """Record where tracks lie, and when their folders were last indexed."""
    con.executemany(
        "INSERT OR REPLACE INTO files (path, track_id, size_bytes, mtime_ns, root)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            [
                path_to_text(file.path),
                file.record.track.track_id if isinstance(file, IndexedFile) else file.track_id,
                file.size_bytes,
                file.mtime_ns,
                path_to_text(file.root),
            ]
            for file in files
        ],
    )
    con.executemany(
        "INSERT OR REPLACE INTO sources VALUES (?, current_localtimestamp())",
        [[root] for root in {path_to_text(file.root) for file in files}],
    )


def put_words(con: duckdb.DuckDBPyConnection, file: SeenFile) -> None:
    """Give a track new words and place; its text vectors, made from the old words, go."""
    assert file.track is not None
    values = dict(zip(COLUMNS, track_values(file.track), strict=True))
    changes = ", ".join(f"{name} = ?" for name in (*WORD_COLUMNS, *LICENCE_COLUMNS))
    con.execute(
        f"UPDATE tracks SET {changes}, updated_at = current_localtimestamp() WHERE track_id = ?",  # noqa: S608
        [*(values[name] for name in WORD_COLUMNS), *_licence(file.track), file.track_id],
    )
    con.execute(
        "DELETE FROM vectors WHERE track_id = ? AND list_contains(?, kind)",
        [file.track_id, list(TEXT_KINDS)],
    )


def _licence(track: Track) -> list[Any]:
    return licence_values(terms_of(track.licence, track.licence_url))


def put_provenance(con: duckdb.DuckDBPyConnection, track_id: str, made: Provenance) -> None:
    """Record what made a track."""
    con.execute(
        "INSERT OR REPLACE INTO provenance (track_id, model, revision, prompt, seed, parameters,"
        " code_version, parent_video, parent_scene, weights_licence, made_at) VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(strptime(nullif(?, ''), ?),"
        " current_localtimestamp()))",
        [
            track_id,
            made.model,
            made.revision,
            made.prompt,
            made.seed,
            json.dumps(made.parameters, sort_keys=True),
            made.code_version,
            made.parent_video,
            made.parent_scene,
            made.weights_licence,
            made.made_at,
            MADE_AT,
        ],
    )


def drop_tracks(con: duckdb.DuckDBPyConnection, track_ids: list[str]) -> int:
    """Remove tracks with everything that hangs on them; return how many there were."""
    gone = con.execute(
        "DELETE FROM tracks WHERE list_contains(?, track_id) RETURNING 1", [track_ids]
    ).fetchall()
    for table in TABLES_OF_TRACKS:
        con.execute(
            f"DELETE FROM {table} WHERE list_contains(?, track_id)",  # noqa: S608 - our own names
            [track_ids],
        )
    if gone:
        bump_generation(con)
    return len(gone)


def bump_generation(con: duckdb.DuckDBPyConnection) -> None:
    """Tell every file made from the vectors that some of them are gone or replaced."""
    con.execute(
        "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS VARCHAR)"
        " WHERE name = 'generation'"
    )
