"""Backups: every table of a catalogue in a folder of Parquet or JSON files, and back again.

A backup carries its schema version. Reading one builds a database of that version, brings it up to
date like any catalogue, and copies it over in one transaction: all of it, or nothing. Rows that are
there already are replaced by those of the backup; row ids of vectors are given anew, because files
made from vectors rely on them being never used again.
"""

# ruff: noqa: S608 - the names in these statements come from the tables themselves

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb

from catalogs.connection import connected, first_line
from catalogs.database import Database
from catalogs.migrations import MIGRATIONS, create_meta, migrate, schema_version
from v2m.errors import BackendError, InputError, StateError, printable

Form = Literal["parquet", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
FORMAT = "v2m-backup/1"
MANIFEST = "backup.json"
OWN_META = ("schema_version", "generation")  # the second is of older versions
"""Entries that belong to one database file, not to what it holds."""

PATHS = ("tracks", "files")
"""Tables whose column "path" may lie inside the catalogue's folder."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        folder: where it lies.
        rows: by table.
        files: sounds of composed tracks that were copied.
    """

    folder: Path
    rows: dict[str, int]
    files: int


def write_backup(database: Database, out: Path, form: Form = "parquet") -> Backup:
    """Write everything a catalogue holds into a new folder; composed sound too.

    Raises:
        InputError: the folder exists and is not empty, or cannot be made.
        BackendError: the disk is full or fails.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{printable(out)}: there is something already; name a new folder")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
            made = Path(beside) / "backup"
            made.mkdir()
            rows = _write_tables(database, made, form)
            files = _copy_sound(database.folder / "generated", made / "generated")
            if out.exists():
                out.rmdir()
            made.rename(out)
    except OSError as err:
        raise BackendError("disk", f"{printable(out)}: {err.strerror}") from err
    except duckdb.Error as err:
        raise BackendError("backup", f"{printable(out)}: {first_line(err)}") from err
    return Backup(out, rows, files)


def _write_tables(database: Database, folder: Path, form: Form) -> dict[str, int]:
    rows, columns = {}, {}
    with database.reading() as con:
        for table in _tables(con):
            order = "ORDER BY row_id" if table == "vectors" else ""
            path = folder / f"{table}.{form}"
            con.execute(f"COPY (SELECT * FROM {table} {order}) TO {_text(path)} (FORMAT {form})")
            rows[table] = _count(con, table)
            columns[table] = _columns(con, table)
        facts = {
            "format": FORMAT,
            "form": form,
            "schema_version": schema_version(con),
            "folder": str(database.folder),
            "rows": rows,
            "columns": columns,
        }
    text = json.dumps(facts, indent=2, ensure_ascii=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return rows


def _copy_sound(source: Path, target: Path) -> int:
    if not source.is_dir():
        return 0
    shutil.copytree(source, target, dirs_exist_ok=True)
    return sum(path.is_file() for path in target.rglob("*"))


def read_backup(database: Database, folder: Path) -> Backup:
    """Bring everything a backup holds into a catalogue; what it has besides, it keeps.

    Raises:
        InputError: the folder holds no backup, or a damaged one.
        StateError: a newer v2m wrote it.
    """
    facts = _manifest(folder)
    try:
        files = _copy_sound(folder / "generated", database.folder / "generated")
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=database.folder) as beside:
            loaded = Path(beside) / "backup.duckdb"
            _load(folder, facts, loaded)
            rows = _merge(database, loaded, Path(facts["folder"]))
    except OSError as err:
        raise BackendError("disk", f"{printable(folder)}: {err.strerror}") from err
    return Backup(folder, rows, files)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise InputError(f"{printable(folder)}: no backup of v2m: no {MANIFEST}") from err
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise InputError(f"{printable(folder)}: no backup of v2m")
    if facts["schema_version"] > len(MIGRATIONS):
        raise StateError(f"{printable(folder)}: written by a newer v2m; update this one")
    return facts


def _load(folder: Path, facts: dict[str, Any], path: Path) -> None:
    """Build a database of the backup's version from its files and bring it up to date."""
    with connected(path, write=True, transaction=False) as con:
        create_meta(con)
        for step in MIGRATIONS[: facts["schema_version"]]:
            step(con)
        try:
            for table, columns in facts["columns"].items():
                _fill(con, folder / f"{table}.{facts['form']}", table, columns)
                if _count(con, table) != facts["rows"][table]:
                    raise InputError(
                        f"{printable(folder)}: {table} holds {_count(con, table)} rows, "
                        f"{facts['rows'][table]} were written: the backup is damaged"
                    )
        except duckdb.Error as err:
            raise InputError(f"{printable(folder)}: damaged: {first_line(err)}") from err
        migrate(con)


def _fill(con: duckdb.DuckDBPyConnection, path: Path, table: str, columns: dict[str, str]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    if path.suffix == ".json":
        types = ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in columns.items())
        source = f"read_json({_text(path)}, format = 'newline_delimited', columns = {{{types}}})"
    else:
        source = f"read_parquet({_text(path)})"
    con.execute(f"DELETE FROM {table}")
    con.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}")


def _merge(database: Database, loaded: Path, old_folder: Path) -> dict[str, int]:
    """Copy a loaded backup over, in one transaction."""
    rows = {}
    with connected(database.folder / "catalog.duckdb", write=True, transaction=False) as con:
        con.execute(f"ATTACH {_text(loaded)} AS backup (READ_ONLY)")
        con.execute("BEGIN")
        for table in _tables(con):
            rows[table] = _merge_table(con, table)
        for table in PATHS:
            con.execute(
                f"UPDATE {table} SET path = ? || substr(path, ?) WHERE starts_with(path, ?)",
                [str(database.folder), len(str(old_folder)) + 1, f"{old_folder}/"],
            )
        con.execute("COMMIT")
        con.execute("DETACH backup")
    return rows


def _merge_table(con: duckdb.DuckDBPyConnection, table: str) -> int:
    names = [name for name in _columns(con, table) if (table, name) != ("vectors", "row_id")]
    listed = ", ".join(f'"{name}"' for name in names)
    source = f"SELECT {listed} FROM backup.{table}"
    if table == "meta":
        marks = ", ".join(_text(name) for name in OWN_META)
        con.execute(f"INSERT OR REPLACE INTO meta {source} WHERE name NOT IN ({marks})")
    elif table == "vectors":
        con.execute(
            "DELETE FROM vectors WHERE (track_id, space) IN"
            " (SELECT track_id, space FROM backup.vectors)"
        )
        con.execute(
            f"INSERT INTO vectors (row_id, {listed}) SELECT nextval('vector_rows'), * FROM"
            f" ({source} ORDER BY row_id)"
        )
    elif _has_key(con, table):
        con.execute(f"INSERT OR REPLACE INTO {table} ({listed}) {source}")
    else:
        con.execute(f"INSERT INTO {table} ({listed}) {source} EXCEPT SELECT {listed} FROM {table}")
    return int(con.execute(f"SELECT count(*) FROM backup.{table}").fetchall()[0][0])


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        " ORDER BY table_name"
    ).fetchall()
    return [name for (name,) in rows]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?"
        " AND database_name = current_database() ORDER BY column_index",
        [table],
    ).fetchall()
    return dict(rows)


def _has_key(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = con.execute(
        "SELECT count(*) FROM duckdb_constraints() WHERE table_name = ? AND constraint_type ="
        " 'PRIMARY KEY' AND database_name = current_database()",
        [table],
    ).fetchone()
    return bool(found and found[0])


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
