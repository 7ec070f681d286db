"""Tells whether a catalogue's file is as it was, without opening it: opening takes longer.

The file is read here and never closed. DuckDB keeps others out by a lock of POSIX, which a process
loses for all of its connections as soon as it closes the file anywhere
(https://pubs.opengroup.org/onlinepubs/9799919799/functions/fcntl.html).
"""

import hashlib
import os
import threading
from contextlib import suppress
from io import FileIO
from pathlib import Path

FILE_NAME = "catalog.duckdb"

HEADER_BYTES = 3 * 4096
"""A DuckDB file begins with its main header and two headers of states, of which every checkpoint
writes one with the next number (https://duckdb.org/docs/stable/internals/storage)."""

MOST_OPEN = 64
"""Catalogues whose files stay open: of more than these the one that was asked for first is closed.
A process has a connection to one at a time (``catalogs.connection``)."""

_open: dict[Path, FileIO] = {}
_one_at_a_time = threading.Lock()


def stamp(folder: Path) -> str:
    """Return a text that is another after every write to the catalogue in a folder.

    "" where nothing can be said: there is no catalogue, somebody is writing, or a writer was killed
    before it had put what it wrote into the file.
    """
    path = folder / FILE_NAME
    try:
        wal = path.with_name(f"{FILE_NAME}.wal")
        if wal.exists() and wal.stat().st_size:
            return ""
        with _one_at_a_time:
            file = _opened(path)
            state = path.stat()
            file.seek(0)
            header = file.read(HEADER_BYTES)
    except OSError:
        return ""
    facts = f"{state.st_ino} {state.st_size} {state.st_mtime_ns} ".encode()
    return hashlib.blake2b(facts + header, digest_size=10).hexdigest()


def _opened(path: Path) -> FileIO:
    """Return the file at a path, open; one that is there no more is closed."""
    file = _open.get(path)
    with suppress(FileNotFoundError):
        if file and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
    if file:
        _open.pop(path).close()
    elif len(_open) >= MOST_OPEN:
        _open.pop(next(iter(_open))).close()
    _open[path] = FileIO(path)
    return _open[path]
