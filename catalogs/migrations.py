"""Brings a catalogue's tables from any older version to this one, step by step."""

from collections.abc import Callable

import duckdb

from catalogs.licence_columns import add_licence_columns, are_read, read_licences
from v2m.errors import StateError

Connection = duckdb.DuckDBPyConnection


def m001_initial(con: Connection) -> None:
    """Tracks, the files they lie in, vectors, provenance, failures and sources."""
    con.execute(
        """
        CREATE SEQUENCE vector_rows START 1;
        CREATE TABLE tracks (
            track_id VARCHAR PRIMARY KEY,
            path VARCHAR NOT NULL,
            title VARCHAR NOT NULL,
            artist VARCHAR NOT NULL,
            album VARCHAR NOT NULL,
            description VARCHAR NOT NULL,
            summary VARCHAR NOT NULL,
            origin VARCHAR NOT NULL CHECK (origin IN ('imported', 'generated')),
            duration_seconds DOUBLE NOT NULL,
            tempo_bpm DOUBLE NOT NULL,
            key VARCHAR NOT NULL,
            mode VARCHAR NOT NULL,
            loudness_lufs DOUBLE NOT NULL,
            instrumental DOUBLE NOT NULL,
            tags VARCHAR[] NOT NULL,
            licence VARCHAR NOT NULL,
            licence_url VARCHAR NOT NULL,
            attribution VARCHAR NOT NULL,
            source_url VARCHAR NOT NULL,
            analysis_version VARCHAR NOT NULL,
            added_at TIMESTAMP NOT NULL DEFAULT current_localtimestamp(),
            updated_at TIMESTAMP NOT NULL DEFAULT current_localtimestamp()
        );
        CREATE TABLE files (
            path VARCHAR PRIMARY KEY,
            track_id VARCHAR NOT NULL,
            size_bytes BIGINT NOT NULL,
            mtime_ns BIGINT NOT NULL,
            root VARCHAR NOT NULL,
            seen_at TIMESTAMP NOT NULL DEFAULT current_localtimestamp()
        );
        CREATE TABLE vectors (
            row_id BIGINT NOT NULL,
            track_id VARCHAR NOT NULL,
            space VARCHAR NOT NULL,
            kind VARCHAR NOT NULL,
            start_seconds DOUBLE NOT NULL,
            end_seconds DOUBLE NOT NULL,
            dim INTEGER NOT NULL,
            vector FLOAT[] NOT NULL
        );
        CREATE TABLE provenance (
            track_id VARCHAR PRIMARY KEY,
            model VARCHAR NOT NULL,
            revision VARCHAR NOT NULL,
            prompt VARCHAR NOT NULL,
            seed BIGINT NOT NULL,
            parameters VARCHAR NOT NULL,
            code_version VARCHAR NOT NULL,
            parent_video VARCHAR NOT NULL,
            parent_scene INTEGER NOT NULL,
            made_at TIMESTAMP NOT NULL DEFAULT current_localtimestamp()
        );
        CREATE TABLE sources (root VARCHAR PRIMARY KEY, last_indexed_at TIMESTAMP NOT NULL);
        CREATE TABLE failures (
            path VARCHAR PRIMARY KEY,
            size_bytes BIGINT NOT NULL,
            mtime_ns BIGINT NOT NULL,
            reason VARCHAR NOT NULL,
            failed_at TIMESTAMP NOT NULL DEFAULT current_localtimestamp()
        );
        """
    )


def m002_licences_as_columns(con: Connection) -> None:
    """What licences allow, when they were read from their source, and tracks without a file."""
    add_licence_columns(con)
    con.execute("ALTER TABLE tracks ADD COLUMN retrieved_at VARCHAR DEFAULT ''")
    con.execute("ALTER TABLE tracks ADD COLUMN has_audio BOOLEAN DEFAULT true")


def m003_provenance_of_weights(con: Connection) -> None:
    """The licence of the weights that made a track."""
    con.execute("ALTER TABLE provenance ADD COLUMN weights_licence VARCHAR DEFAULT ''")


def m004_structures(con: Connection) -> None:
    """How tracks are built, with a version of its own; old catalogues get it by the next index."""
    con.execute(
        """
        CREATE TABLE structures (
            track_id VARCHAR PRIMARY KEY,
            version VARCHAR NOT NULL,
            metre VARCHAR NOT NULL,
            tempo_bpm DOUBLE NOT NULL,
            clarity DOUBLE NOT NULL,
            beats_seconds DOUBLE[] NOT NULL,
            beat_numbers TINYINT[] NOT NULL,
            bars_seconds DOUBLE[] NOT NULL,
            sections STRUCT(
                start_seconds DOUBLE, end_seconds DOUBLE, label VARCHAR, energy DOUBLE
            )[] NOT NULL,
            energy FLOAT[] NOT NULL,
            sounding_start_seconds DOUBLE NOT NULL,
            sounding_end_seconds DOUBLE NOT NULL,
            intro_end_seconds DOUBLE NOT NULL,
            ending_seconds DOUBLE NOT NULL,
            climax_seconds DOUBLE NOT NULL,
            joins STRUCT(
                first_seconds DOUBLE, second_seconds DOUBLE, likeness DOUBLE
            )[] NOT NULL
        )
        """
    )


def m005_recordings(con: Connection) -> None:
    """Fingerprints of sound, and which tracks are the same recording."""
    con.execute(
        """
        CREATE TABLE fingerprints (
            track_id VARCHAR PRIMARY KEY,
            version VARCHAR NOT NULL,
            codes UINTEGER[] NOT NULL
        );
        CREATE TABLE duplicates (
            track_id VARCHAR PRIMARY KEY,
            recording VARCHAR NOT NULL,
            likeness DOUBLE NOT NULL,
            decision VARCHAR NOT NULL
        );
        """
    )


def m006_imports(con: Connection) -> None:
    """What sources say about tracks, and words that wait to be encoded."""
    con.execute(
        """
        CREATE TABLE imports (
            source VARCHAR NOT NULL,
            key VARCHAR NOT NULL,
            track_id VARCHAR NOT NULL,
            digest VARCHAR NOT NULL,
            audio_name VARCHAR NOT NULL,
            audio_url VARCHAR NOT NULL,
            duration_seconds DOUBLE NOT NULL,
            title VARCHAR NOT NULL,
            artist VARCHAR NOT NULL,
            album VARCHAR NOT NULL,
            description VARCHAR NOT NULL,
            instrumental DOUBLE NOT NULL,
            licence VARCHAR NOT NULL,
            licence_url VARCHAR NOT NULL,
            attribution VARCHAR NOT NULL,
            source_url VARCHAR NOT NULL,
            retrieved_at VARCHAR NOT NULL,
            PRIMARY KEY (source, key)
        );
        CREATE TABLE text_queue (
            track_id VARCHAR NOT NULL,
            space VARCHAR NOT NULL,
            kind VARCHAR NOT NULL,
            text VARCHAR NOT NULL
        );
        """
    )


def m007_compared_fingerprints(con: Connection) -> None:
    """Whether a fingerprint has been compared with the others, so that a killed run goes on."""
    con.execute("ALTER TABLE fingerprints ADD COLUMN compared BOOLEAN DEFAULT false")


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    m001_initial,
    m002_licences_as_columns,
    m003_provenance_of_weights,
    m004_structures,
    m005_recordings,
    m006_imports,
    m007_compared_fingerprints,
)
"""In order; a catalogue's schema version is how many of them it has seen."""


def schema_version(con: Connection) -> int:
    """Return how many migrations a catalogue has seen; 0 for an empty file."""
    there = con.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'meta'"
    ).fetchone()
    if not there or not there[0]:
        return 0
    row = con.execute("SELECT value FROM meta WHERE name = 'schema_version'").fetchone()
    return int(row[0]) if row else 0


def check_version(con: Connection) -> int:
    """Return the schema version.

    Raises:
        StateError: a newer v2m made this catalogue.
    """
    version = schema_version(con)
    if version > len(MIGRATIONS):
        raise StateError(
            f"this catalogue was made by a newer v2m (schema {version}, this one knows "
            f"{len(MIGRATIONS)}); update v2m"
        )
    return version


def is_current(con: Connection) -> bool:
    """Whether a catalogue is of this program's schema and its licences are read by its rules."""
    return check_version(con) == len(MIGRATIONS) and are_read(con)


def create_meta(con: Connection) -> None:
    """Make the table of what a catalogue says about itself."""
    con.execute("CREATE TABLE IF NOT EXISTS meta (name VARCHAR PRIMARY KEY, value VARCHAR)")


def migrate(con: Connection) -> None:
    """Apply what is missing, all in one transaction.

    Raises:
        StateError: a newer v2m made this catalogue.
    """
    version = check_version(con)
    if version and is_current(con):
        return
    con.execute("BEGIN")
    version = check_version(con)  # another process may have been faster
    if version == 0:
        create_meta(con)
    for step in MIGRATIONS[version:]:
        step(con)
    con.execute("INSERT OR REPLACE INTO meta VALUES ('schema_version', ?)", [str(len(MIGRATIONS))])
    read_licences(con)
    con.execute("COMMIT")
