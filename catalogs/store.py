"""The catalogue: the only place that speaks SQL; DuckDB is the truth, vectors included."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from filelock import FileLock, Timeout

from catalogs.connection import connected, first_line
from catalogs.migrations import check_version, migrate
from catalogs.rows import COLUMNS, Failure, FileState, IndexedFile, SeenFile, VectorTable
from catalogs.where import check_condition
from v2m.errors import BackendError, InputError, StateError, printable
from v2m.files import path_to_text, text_to_path
from v2m.types import Provenance, Track, TrackRecord, VectorRow

FILE_NAME = "catalog.duckdb"
TEXT_KINDS = ("title", "description")

WORD_COLUMNS = (
    "path", "title", "artist", "album", "description", "licence", "licence_url", "attribution",
    "source_url",
)  # fmt: skip


class Catalogue:
    """A folder with a database of tracks; every call stands alone and may run beside others.

    Attributes:
        folder: where the catalogue lies.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / FILE_NAME

    @classmethod
    def open(cls, folder: Path, *, create: bool) -> "Catalogue":
        """Open the catalogue in a folder.

        Args:
            folder: where it lies.
            create: make it if it is not there, and bring its tables up to date.

        Raises:
            StateError: there is none, it is no catalogue, or a newer v2m made it.
            InputError: the folder cannot be made.
        """
        catalogue = cls(folder)
        if not catalogue._path.exists():
            if not create:
                raise StateError(
                    f"no catalogue in {printable(folder)}; run 'v2m index FOLDER' first"
                )
            _make_folder(folder)
        if create:
            with catalogue._writing() as con:
                con.execute("COMMIT")
                migrate(con)
                con.execute("BEGIN")
        else:
            with catalogue._reading() as con:
                version = check_version(con)
            if version == 0:
                raise StateError(
                    f"no catalogue in {printable(folder)}; run 'v2m index FOLDER' first"
                )
        return catalogue

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with connected(self._path, write=False) as con:
            yield con

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with connected(self._path, write=True) as con:
            yield con

    def _fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._reading() as con:
            return con.execute(sql, list(values)).fetchall()

    # ---- files -------------------------------------------------------------------------------

    def known_files(self) -> dict[Path, FileState]:
        """Return every file that carries a track."""
        rows = self._fetch("SELECT path, track_id, size_bytes, mtime_ns FROM files")
        return {text_to_path(path): FileState(*state) for path, *state in rows}

    def failed_files(self) -> dict[Path, Failure]:
        """Return every file that could not be used."""
        rows = self._fetch("SELECT path, size_bytes, mtime_ns, reason FROM failures")
        return {text_to_path(path): Failure(text_to_path(path), *rest) for path, *rest in rows}

    def track_versions(self) -> dict[str, str]:
        """Return the version of the analysis by track id."""
        return dict(self._fetch("SELECT track_id, analysis_version FROM tracks"))

    def tracks_in_space(self, space: str) -> set[str]:
        """Return the ids of tracks that have a vector of a space."""
        rows = self._fetch("SELECT DISTINCT track_id FROM vectors WHERE space = ?", [space])
        return {track_id for (track_id,) in rows}

    def write_batch(self, files: Sequence[IndexedFile]) -> None:
        """Add or renew tracks with their files and vectors, in one transaction."""
        with self._writing() as con:
            replaced = _put_tracks(con, [file.record for file in files])
            _put_files(con, files)
            con.executemany(
                "DELETE FROM failures WHERE path = ?", [[path_to_text(f.path)] for f in files]
            )
            if replaced:
                _bump_generation(con)

    def touch_files(self, files: Sequence[SeenFile]) -> None:
        """Record where known music lies now and what its tags say; measurements stay."""
        if not files:
            return
        with self._writing() as con:
            _put_files(con, files)
            tagged = [file for file in files if file.track is not None]
            for file in tagged:
                _put_words(con, file)
            _put_vectors(con, [(f.track_id, row) for f in tagged for row in f.text_vectors])
            if tagged:
                _bump_generation(con)

    def record_failures(self, failures: Sequence[Failure]) -> None:
        """Remember files that cannot be used, so that they are not tried again unchanged."""
        rows = [[path_to_text(f.path), f.size_bytes, f.mtime_ns, f.reason] for f in failures]
        with self._writing() as con:
            con.executemany(
                "INSERT OR REPLACE INTO failures (path, size_bytes, mtime_ns, reason) "
                "VALUES (?, ?, ?, ?)",
                rows,
            )

    def forget_files(self, paths: Iterable[Path]) -> int:
        """Drop files; imported tracks left without any file go too. Returns how many went."""
        texts = [path_to_text(path) for path in paths]
        with self._writing() as con:
            con.execute("DELETE FROM files WHERE list_contains(?, path)", [texts])
            con.execute("DELETE FROM failures WHERE list_contains(?, path)", [texts])
            con.execute(
                "UPDATE tracks SET path = f.path FROM "
                "(SELECT track_id, min(path) AS path FROM files GROUP BY track_id) f "
                "WHERE f.track_id = tracks.track_id AND list_contains(?, tracks.path)",
                [texts],
            )
            gone = con.execute(
                "SELECT track_id FROM tracks WHERE origin = 'imported' AND list_contains(?, path)"
                " AND track_id NOT IN (SELECT track_id FROM files)",
                [texts],
            ).fetchall()
            _drop_tracks(con, [track_id for (track_id,) in gone])
        return len(gone)

    # ---- tracks ------------------------------------------------------------------------------

    def add_generated(self, record: TrackRecord) -> None:
        """Add a composed track with what made it; the same take again renews its row."""
        with self._writing() as con:
            if _put_tracks(con, [record]):
                _bump_generation(con)

    def remove_tracks(self, track_ids: Sequence[str]) -> int:
        """Remove tracks with their vectors; files on disk stay. Returns how many there were."""
        with self._writing() as con:
            return _drop_tracks(con, list(track_ids))

    def set_licence(
        self, licence: str, url: str, attribution: str, *, where_origin: str = "imported"
    ) -> None:
        """Give every track of an origin that has no licence of its own this one."""
        with self._writing() as con:
            con.execute(
                "UPDATE tracks SET licence = ?, licence_url = ?, attribution = ? "
                "WHERE licence = '' AND origin = ?",
                [licence, url, attribution, where_origin],
            )

    def count(self) -> int:
        """Return the number of tracks."""
        return int(self._fetch("SELECT count(*) FROM tracks")[0][0])

    def tracks(self, where: str | None = None, ids: Sequence[str] | None = None) -> list[Track]:
        """Return tracks by title.

        Args:
            where: SQL condition on columns of tracks.
            ids: only these.

        Raises:
            InputError: the condition is not valid.
        """
        if where:
            allowed = self.filter_ids(where)
            ids = sorted(allowed if ids is None else allowed & set(ids))
        sql = f"SELECT {', '.join(COLUMNS)} FROM tracks"  # noqa: S608 - our own column names
        if ids is None:
            return [_track(row) for row in self._fetch(f"{sql} ORDER BY lower(title), track_id")]
        wanted = f"{sql} WHERE list_contains(?, track_id) ORDER BY lower(title), track_id"
        return [_track(row) for row in self._fetch(wanted, [list(ids)])]

    def track(self, track_id: str) -> Track:
        """Return the track with this id, or the only one whose id begins so.

        Raises:
            InputError: there is none, or several.
        """
        sql = f"SELECT {', '.join(COLUMNS)} FROM tracks WHERE starts_with(track_id, ?) LIMIT 3"  # noqa: S608
        found = [_track(row) for row in self._fetch(sql, [track_id])] if track_id else []
        if len(found) != 1:
            problem = "several tracks begin" if found else "no track begins"
            raise InputError(f"{problem} with id {track_id!r}; see 'v2m tracks list'")
        return found[0]

    def filter_ids(self, where: str) -> set[str]:
        """Return the ids of tracks that meet a person's SQL condition.

        The condition can read the columns of tracks and nothing else: it runs on a connection
        that cannot write and reaches no file outside the catalogue.

        Raises:
            InputError: the condition is not valid; names the columns.
        """
        check_condition(where)
        sql = f"SELECT track_id FROM tracks WHERE (\n{where}\n)"  # noqa: S608 - checked, read-only
        with self._reading() as con:
            con.execute("SET enable_external_access = false; SET lock_configuration = true")
            try:
                return {track_id for (track_id,) in con.execute(sql).fetchall()}
            except duckdb.Error as err:
                raise InputError(
                    f"--where {where!r}: {first_line(err)}; columns are {', '.join(COLUMNS)}"
                ) from err

    def provenance(self, track_id: str) -> Provenance | None:
        """Return what made a track; None for imported music."""
        rows = self._fetch(
            "SELECT model, revision, prompt, seed, parameters, code_version, parent_video,"
            " parent_scene FROM provenance WHERE track_id = ?",
            [track_id],
        )
        if not rows:
            return None
        model, revision, prompt, seed, parameters, *rest = rows[0]
        return Provenance(model, revision, prompt, seed, json.loads(parameters), *rest)

    # ---- vectors -----------------------------------------------------------------------------

    def vector_table(self, space: str, kinds: Sequence[str], after: int = 0) -> VectorTable:
        """Return the vectors of a space, ordered by row id, only those after a row id."""
        with self._reading() as con:
            table = con.sql(
                "SELECT row_id, track_id, kind, start_seconds, end_seconds, dim, vector"
                " FROM vectors WHERE space = ? AND list_contains(?, kind) AND row_id > ?"
                " ORDER BY row_id",
                params=[space, list(kinds), after],
            ).to_arrow_table()
        return _vector_table(table)

    def generation(self) -> int:
        """Return a counter that rises whenever vectors are deleted or replaced."""
        return int(self._fetch("SELECT value FROM meta WHERE name = 'generation'")[0][0])

    def health(self) -> list[str]:
        """Return what is wrong with the catalogue, one line each; nothing when all is well."""
        checks = {
            "tracks without a vector": "SELECT count(*) FROM tracks WHERE track_id NOT IN"
            " (SELECT track_id FROM vectors WHERE kind = 'track')",
            "vectors without a track": "SELECT count(*) FROM vectors WHERE track_id NOT IN"
            " (SELECT track_id FROM tracks)",
            "files without a track": "SELECT count(*) FROM files WHERE track_id NOT IN"
            " (SELECT track_id FROM tracks)",
            "row ids used twice": "SELECT count(*) - count(DISTINCT row_id) FROM vectors",
            "tracks with two whole-track vectors of one space": "SELECT count(*) FROM (SELECT 1"
            " FROM vectors WHERE kind = 'track' GROUP BY track_id, space HAVING count(*) > 1)",
        }
        counts = {name: int(self._fetch(sql)[0][0]) for name, sql in checks.items()}
        return [f"{count} {name}" for name, count in counts.items() if count]


@contextmanager
def index_lock(folder: Path) -> Iterator[None]:
    """Hold the catalogue for one index run; it is released when the process ends, however.

    Raises:
        StateError: another run holds it.
    """
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as err:
        raise StateError("another 'v2m index' is running on this catalogue; wait for it") from err
    except OSError as err:
        raise BackendError("catalogue", f"{printable(folder)}: {err.strerror}") from err
    try:
        yield
    finally:
        lock.release()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vectors").mkdir(exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(folder)}: cannot make this folder: {err.strerror}") from err


def _put_tracks(con: duckdb.DuckDBPyConnection, records: Sequence[TrackRecord]) -> bool:
    """Add or renew tracks with vectors and provenance; tell whether vectors were replaced."""
    names = ", ".join((*COLUMNS, "analysis_version"))
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    renewed = ", ".join(f"{n} = excluded.{n}" for n in (*COLUMNS[1:], "analysis_version"))
    con.executemany(
        f"INSERT INTO tracks ({names}) VALUES ({marks}) ON CONFLICT (track_id) DO UPDATE SET "  # noqa: S608
        f"{renewed}, updated_at = current_localtimestamp()",
        [[*_values(record.track), record.analysis_version] for record in records],
    )
    replaced = [
        con.execute(
            "DELETE FROM vectors WHERE track_id = ? AND space = ? RETURNING 1",
            [record.track.track_id, space],
        ).fetchall()
        for record in records
        for space in {row.space for row in record.vectors}
    ]
    _put_vectors(con, [(r.track.track_id, row) for r in records for row in r.vectors])
    for record in records:
        if record.provenance:
            _put_provenance(con, record.track.track_id, record.provenance)
    return any(replaced)


def _values(track: Track) -> list[Any]:
    values = [getattr(track, name) for name in COLUMNS]
    values[COLUMNS.index("path")] = path_to_text(track.path)
    values[COLUMNS.index("tags")] = list(track.tags)
    return values


def _track(row: tuple[Any, ...]) -> Track:
    values = dict(zip(COLUMNS, row, strict=True))
    values["path"] = text_to_path(values["path"])
    values["tags"] = tuple(values["tags"])
    return Track(**values)


def _put_files(
    con: duckdb.DuckDBPyConnection, files: Sequence[IndexedFile] | Sequence[SeenFile]
) -> None:
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


def _put_words(con: duckdb.DuckDBPyConnection, file: SeenFile) -> None:
    assert file.track is not None
    values = dict(zip(COLUMNS, _values(file.track), strict=True))
    changes = ", ".join(f"{name} = ?" for name in WORD_COLUMNS)
    con.execute(
        f"UPDATE tracks SET {changes}, updated_at = current_localtimestamp() WHERE track_id = ?",  # noqa: S608
        [*(values[name] for name in WORD_COLUMNS), file.track_id],
    )
    con.execute(
        "DELETE FROM vectors WHERE track_id = ? AND list_contains(?, kind)",
        [file.track_id, list(TEXT_KINDS)],
    )


def _put_vectors(con: duckdb.DuckDBPyConnection, rows: Sequence[tuple[str, VectorRow]]) -> None:
    """Insert through Arrow: row by row is twenty times slower."""
    if not rows:
        return
    flat = np.concatenate([row.vector for _, row in rows]).astype(np.float32)
    lengths = np.cumsum([0, *(len(row.vector) for _, row in rows)]).astype(np.int32)
    new_vectors = pa.table(
        {
            "track_id": [track_id for track_id, _ in rows],
            "space": [row.space for _, row in rows],
            "kind": [row.kind for _, row in rows],
            "start_seconds": [float(row.span.start_seconds) for _, row in rows],
            "end_seconds": [float(row.span.end_seconds) for _, row in rows],
            "dim": np.diff(lengths),
            "vector": pa.ListArray.from_arrays(lengths, flat),
        }
    )
    con.register("new_vectors", new_vectors)
    con.execute("INSERT INTO vectors SELECT nextval('vector_rows'), * FROM new_vectors")
    con.unregister("new_vectors")


def _put_provenance(con: duckdb.DuckDBPyConnection, track_id: str, made: Provenance) -> None:
    con.execute(
        "INSERT OR REPLACE INTO provenance (track_id, model, revision, prompt, seed, parameters,"
        " code_version, parent_video, parent_scene) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        ],
    )


def _drop_tracks(con: duckdb.DuckDBPyConnection, track_ids: list[str]) -> int:
    gone = con.execute(
        "DELETE FROM tracks WHERE list_contains(?, track_id) RETURNING 1", [track_ids]
    ).fetchall()
    for table in ("vectors", "provenance", "files"):
        con.execute(
            f"DELETE FROM {table} WHERE list_contains(?, track_id)",  # noqa: S608 - our own names
            [track_ids],
        )
    if gone:
        _bump_generation(con)
    return len(gone)


def _bump_generation(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS VARCHAR)"
        " WHERE name = 'generation'"
    )


def _vector_table(table: pa.Table) -> VectorTable:
    dims = set(table["dim"].unique().to_pylist())
    if len(dims) > 1:
        raise StateError(f"vectors of several lengths in one space: {sorted(dims)}")
    dim = dims.pop() if dims else 0
    flat = table["vector"].combine_chunks()
    if isinstance(flat, pa.ChunkedArray):
        flat = pa.concat_arrays(flat.chunks) if flat.num_chunks else None
    values = np.empty(0, np.float32) if flat is None else flat.flatten().to_numpy()
    return VectorTable(
        ids=table["row_id"].to_numpy().astype(np.int64),
        track_ids=table["track_id"].to_pylist(),
        kinds=table["kind"].to_pylist(),
        starts=table["start_seconds"].to_numpy().astype(np.float64),
        ends=table["end_seconds"].to_numpy().astype(np.float64),
        vectors=values.astype(np.float32).reshape(len(table), dim),
    )
