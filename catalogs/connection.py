"""Opens the catalogue's database for the moment of a call: one writer or many readers at a time.

DuckDB lets one process write or many processes read, never both. So nobody keeps a connection:
each call opens, works and closes, and waits a bounded time when somebody else is at work. Who waits
to write stands in a gate that readers pass too: else a stream of readers, each overlapping the
next, would keep a writer out for ever.
"""

import random
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from v2m.errors import BackendError, StateError, printable

READER_SECONDS = 30.0
WRITER_SECONDS = 60.0

# DuckDB refuses a second connection of another configuration within one process.
_one_at_a_time = threading.RLock()

_reading: dict[Path, duckdb.DuckDBPyConnection] = {}
"""What is open for reading now, by whoever holds the lock."""


@contextmanager
def connected(
    path: Path, *, write: bool, transaction: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection, waiting while another process holds the file.

    A block that writes runs in one transaction: committed at its end, rolled back if it fails;
    with ``transaction`` off it brings its own.

    Raises:
        StateError: the file is no catalogue.
        BackendError: somebody held the file for too long, the disk is full or fails.
    """
    with _one_at_a_time:
        if not write and path in _reading:
            # opening again would wait for a writer that waits for us
            with _reading[path].cursor() as con:
                yield con
            return
        con = _open_patiently(path, write=write)
        if not write:
            _reading[path] = con
        try:
            with _ctrl_c_afterwards() if write else nullcontext():
                if write and transaction:
                    con.execute("BEGIN")
                yield con
                if write and transaction:
                    con.execute("COMMIT")
        except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as err:
            raise BackendError("catalogue", f"{printable(path)}: {first_line(err)}") from err
        except RuntimeError as err:
            if str(err) == "Query interrupted":  # what DuckDB makes of Ctrl-C while it reads
                raise KeyboardInterrupt from err
            raise
        finally:
            _reading.pop(path, None)
            con.close()


@contextmanager
def _ctrl_c_afterwards() -> Iterator[None]:
    """Let Ctrl-C wait for a transaction to end: DuckDB loses it, or makes other errors of it."""
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if came:
            usual(signal.SIGINT, None)


def _open_patiently(path: Path, *, write: bool) -> duckdb.DuckDBPyConnection:
    patience = WRITER_SECONDS if write else READER_SECONDS
    give_up = time.monotonic() + patience
    with _gate(path, patience):
        while True:
            try:
                return duckdb.connect(str(path), read_only=not write)
            except duckdb.IOException as err:
                if "lock" not in str(err).lower():
                    raise _opening_failed(path, err) from err
                if time.monotonic() > give_up:
                    raise BackendError(
                        "catalogue",
                        f"{printable(path)} is held by {_holder(err)} (waited {patience:.0f} s); "
                        "try again",
                    ) from err
            except duckdb.Error as err:
                raise _opening_failed(path, err) from err
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - jitter, not a secret


@contextmanager
def _gate(path: Path, seconds: float) -> Iterator[None]:
    """Wait in turn while opening: nobody who comes later overtakes.

    Where the folder cannot be written there is no writer to wait for, and no gate; and who has
    waited long enough tries without it, to be told by DuckDB who holds the file.
    """
    gate = FileLock(path.with_suffix(".gate"))
    try:
        gate.acquire(timeout=seconds, poll_interval=0.005)
    except (OSError, Timeout):
        yield
        return
    try:
        yield
    finally:
        gate.release()


def _holder(err: duckdb.Error) -> str:
    """Return the process that holds the file, where DuckDB says which."""
    found = re.search(r"held in (?P<program>.+?) \(PID (?P<pid>\d+)\)", str(err))
    return f"{found['program']}, process {found['pid']}" if found else "another process"


def _opening_failed(path: Path, err: duckdb.Error) -> StateError | BackendError:
    text = str(err)
    if "not a valid DuckDB database" in text or isinstance(err, duckdb.SerializationException):
        return StateError(f"{printable(path)}: not a catalogue of v2m")
    if "newer version" in text or "version number" in text:
        return StateError(f"{printable(path)}: written by a newer DuckDB; update v2m")
    return BackendError("catalogue", f"{printable(path)}: {first_line(err)}")


def first_line(err: Exception) -> str:
    """Return the first line of an error's text."""
    return str(err).strip().splitlines()[0] if str(err).strip() else type(err).__name__
