"""Writes rows into the catalogue: each function works inside its caller's transaction."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from catalogs.arrow import registered
from catalogs.columns import COLUMNS, MADE_AT
from catalogs.fingerprints import insert_fingerprints
from catalogs.generated_terms import terms_of
from catalogs.licence_columns import LICENCE_COLUMNS, licence_values
from catalogs.rows import IndexedFile, SeenFile
from catalogs.structures import put_structures
from catalogs.tracks import track_columns, track_values
from catalogs.vector_rows import put_vectors
from v2m.files import path_to_text
from v2m.types import Provenance, Track, TrackRecord

TEXT_KINDS = ("title", "description")

TABLES_OF_TRACKS = (
    "vectors", "provenance", "structures", "files", "fingerprints", "duplicates", "imports",
    "text_queue",
)  # fmt: skip
"""What hangs on a track and goes with it."""

WORD_COLUMNS = (
    "path", "title", "artist", "album", "description", "licence", "licence_url", "attribution",
    "source_url", "retrieved_at", "has_audio",
)  # fmt: skip


def put_tracks(con: duckdb.DuckDBPyConnection, records: Sequence[TrackRecord]) -> None:
    """Add or renew tracks with vectors and provenance; of several records of one the last counts.

    Vectors are looked for only of tracks that are there already: looking takes as long as there are
    vectors of all tracks.
    """
    records = list({record.track.track_id: record for record in records}.values())
    rows = [(record.track.track_id, row) for record in records for row in record.vectors]
    table = _track_table(records)
    names = ", ".join(table.column_names)
    renewed = ", ".join(f"{name} = excluded.{name}" for name in table.column_names[1:])
    with registered(con, new_tracks=table):
        known = con.execute(
            "SELECT track_id, t.title <> n.title OR t.description <> n.description"
            " FROM new_tracks n JOIN tracks t USING (track_id)"
        ).fetchall()
        con.execute(
            f"INSERT INTO tracks ({names}) SELECT {names} FROM new_tracks"  # noqa: S608
            f" ON CONFLICT (track_id) DO UPDATE SET {renewed},"
            " updated_at = current_localtimestamp()"
        )
    _drop_text_vectors(con, [track_id for track_id, reworded in known if reworded])
    there = {track_id for track_id, _ in known}
    _drop_vectors(con, {(track_id, row.space) for track_id, row in rows if track_id in there})
    put_vectors(con, rows)
    for record in records:
        if record.provenance:
            put_provenance(con, record.track.track_id, record.provenance)
    put_structures(con, {r.track.track_id: r.structure for r in records if r.structure})
    codes = {r.track.track_id: r.fingerprint for r in records if r.fingerprint is not None}
    if codes:
        insert_fingerprints(con, codes, lacking=True)


def _track_table(records: Sequence[TrackRecord]) -> pa.Table:
    tracks = [record.track for record in records]
    terms = [_licence(track) for track in tracks]
    licences = {name: [t[place] for t in terms] for place, name in enumerate(LICENCE_COLUMNS)}
    versions = [record.analysis_version for record in records]
    return pa.table({**track_columns(tracks), **licences, "analysis_version": versions})


def _drop_text_vectors(con: duckdb.DuckDBPyConnection, track_ids: Sequence[str]) -> None:
    """Drop the vectors of tracks' words, of all spaces."""
    if track_ids:
        con.execute(
            "DELETE FROM vectors WHERE list_contains(?, kind) AND list_contains(?, track_id)",
            [list(TEXT_KINDS), list(track_ids)],
        )


def _drop_vectors(con: duckdb.DuckDBPyConnection, places: set[tuple[str, str]]) -> None:
    """Drop the vectors of tracks in spaces."""
    if not places:
        return
    tracks, spaces = zip(*places, strict=True)
    old = pa.table(
        {"track_id": pa.array(tracks, pa.string()), "space": pa.array(spaces, pa.string())}
    )
    with registered(con, old_vectors=old):
        con.execute("DELETE FROM vectors WHERE (track_id, space) IN (FROM old_vectors)")


def put_files(
    con: duckdb.DuckDBPyConnection, files: Sequence[IndexedFile] | Sequence[SeenFile]
) -> None:
    """Record where tracks lie, and when their folders were last indexed."""
    places = {path_to_text(file.path): file for file in files}
    table = pa.table(
        {
            "path": list(places),
            "track_id": [
                f.record.track.track_id if isinstance(f, IndexedFile) else f.track_id
                for f in places.values()
            ],
            "size_bytes": [file.size_bytes for file in places.values()],
            "mtime_ns": [file.mtime_ns for file in places.values()],
            "root": [path_to_text(file.root) for file in places.values()],
        }
    )
    with registered(con, new_files=table):
        con.execute("INSERT OR REPLACE INTO files BY NAME FROM new_files")
        con.execute(
            "INSERT OR REPLACE INTO sources SELECT DISTINCT root, current_localtimestamp()"
            " FROM new_files"
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
    _drop_text_vectors(con, [file.track_id])


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
    return len(gone)
