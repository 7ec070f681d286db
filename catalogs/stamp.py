"""Tells whether a catalogue's file is as it was, without opening it: opening takes longer.

The file is read here and never closed. DuckDB keeps others out by a lock of POSIX, which a process
loses for all of its connections as soon as it closes the file anywhere
(https://pubs.opengroup.org/onlinepubs/9799919799/functions/fcntl.html).
"""

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path

FILE_NAME = "catalog.duckdb"

HEADER_BYTES = 3 * 4096
"""A DuckDB file begins with its main header and two headers of states, of which every checkpoint
writes one with the next number (https://duckdb.org/docs/stable/internals/storage)."""

MOST_OPEN = 64
"""Catalogues whose files stay open: of more than these the one that was asked for first is closed.
A process has a connection to one at a time (``catalogs.connection``)."""

_open: dict[Path, int] = {}
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
            os.lseek(file, 0, os.SEEK_SET)
            header = os.read(file, HEADER_BYTES)
    except OSError:
        return ""
    facts = f"{state.st_ino} {state.st_size} {state.st_mtime_ns} ".encode()
    return hashlib.blake2b(facts + header, digest_size=10).hexdigest()


def _opened(path: Path) -> int:
    """Return the file at a path, open; one that is there no more is closed."""
    file = _open.get(path)
    with suppress(FileNotFoundError):
        if file is not None and os.path.samestat(os.fstat(file), path.stat()):
            return file
    if file is not None:
        os.close(_open.pop(path))
    elif len(_open) >= MOST_OPEN:
        os.close(_open.pop(next(iter(_open))))
    _open[path] = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    return _open[path]
