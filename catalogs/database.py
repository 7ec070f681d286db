"""The file that holds a catalogue: made whole, brought up to date, read and written in moments."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb

from catalogs.connection import connected
from catalogs.migrations import check_version, is_current, migrate
from catalogs.stamp import FILE_NAME
from v2m.errors import BackendError, InputError, StateError, printable


class Database:
    """A folder with a DuckDB file; every call stands alone and may run beside others.

    Attributes:
        folder: where the catalogue lies.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / FILE_NAME

    @classmethod
    def open(cls, folder: Path, *, create: bool) -> Self:
        """Open the catalogue in a folder; one of an older version is brought up to date.

        Args:
            folder: where it lies.
            create: make it if it is not there.

        Raises:
            StateError: there is none, it is no catalogue, or a newer v2m made it.
            InputError: the folder cannot be made.
        """
        database = cls(folder)
        if not database._path.exists():
            if not create:
                raise _missing(folder)
            _make(folder, database._path)
        with database.reading() as con:
            version = check_version(con)
            current = version > 0 and is_current(con)
        if version == 0 and not create:
            raise _missing(folder)
        if not current:
            with connected(database._path, write=True, transaction=False) as con:
                migrate(con)
        return database

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection that sees one state of the catalogue and cannot change it."""
        with connected(self._path, write=False) as con:
            yield con

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection inside one transaction: all of the block is kept, or nothing."""
        with connected(self._path, write=True) as con:
            yield con

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one query."""
        with self.reading() as con:
            return con.execute(sql, list(values)).fetchall()


def _missing(folder: Path) -> StateError:
    return StateError(f"no catalogue in {printable(folder)}; run 'v2m index FOLDER' first")


def _make(folder: Path, path: Path) -> None:
    """Make an empty catalogue; a file that is killed half-made never bears the real name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vectors").mkdir(exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(folder)}: cannot make this folder: {err.strerror}") from err
    try:
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as beside:
            fresh = Path(beside) / FILE_NAME
            with connected(fresh, write=True, transaction=False) as con:
                migrate(con)
            _place(fresh, path)
    except OSError as err:
        raise BackendError("disk", f"{printable(path)}: {err.strerror}") from err


def _place(fresh: Path, path: Path) -> None:
    """Give a new file its name unless another process was faster."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    except OSError:  # a disk without hard links
        if not path.exists():
            fresh.rename(path)
