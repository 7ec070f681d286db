"""One run at a time fills a catalogue."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from v2m.errors import BackendError, StateError, printable


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
