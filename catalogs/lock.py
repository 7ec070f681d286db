"""One run at a time fills a catalogue; who waits is told for whom, and for how long at most."""

import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from v2m.errors import BackendError, InputError, StateError, printable
from v2m.files import replacing

WAIT_SECONDS = 60.0
"""Longest wait for another run."""

SAY_AFTER_SECONDS = 0.5

log = logging.getLogger(__name__)


@contextmanager
def index_lock(
    folder: Path, doing: str = "index", *, wait_seconds: float = WAIT_SECONDS
) -> Iterator[None]:
    """Hold the catalogue for one run; it is released when the process ends, however.

    Args:
        folder: the catalogue.
        doing: the command, for those who wait.
        wait_seconds: longest wait for another run; the clock on the wall plays no part in it.

    Raises:
        StateError: another run holds it for longer; names it.
        BackendError: the disk fails.
    """
    lock = FileLock(folder / "lock")
    try:
        _acquire(lock, folder, wait_seconds)
    except OSError as err:
        raise BackendError("catalogue", f"{printable(folder)}: {err.strerror}") from err
    try:
        _leave_card(folder, doing)
        yield
    finally:
        with suppress(OSError):
            _card(folder).unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, folder: Path, wait_seconds: float) -> None:
    """Take the lock in turn: who waits for it stands at the gate, past which nobody overtakes."""
    gate = FileLock(folder / "lock.next")
    end = time.monotonic() + wait_seconds
    with suppress(Timeout):
        _take(gate, lock, min(SAY_AFTER_SECONDS, wait_seconds))
        return
    if wait_seconds > SAY_AFTER_SECONDS:
        log.warning("waiting up to %.0f s for %s", wait_seconds, holder(folder))
        with suppress(Timeout):
            _take(gate, lock, end - time.monotonic())
            return
    raise StateError(
        f"{holder(folder)} is running on this catalogue (waited {wait_seconds:.0f} s); "
        "try again when it is done"
    )


def _take(gate: FileLock, lock: FileLock, seconds: float) -> None:
    end = time.monotonic() + seconds
    with gate.acquire(timeout=max(0.0, seconds)):
        lock.acquire(timeout=max(0.0, end - time.monotonic()))


def holder(folder: Path) -> str:
    """Say who holds a catalogue, as far as they said so themselves."""
    try:
        card = json.loads(_card(folder).read_text(encoding="utf-8"))
        return (
            f"another 'v2m {card['doing']}' (process {card['pid']} on {card['host']}, "
            f"since {card['since']})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "another 'v2m' run"


def _card(folder: Path) -> Path:
    return folder / "lock.json"


def _leave_card(folder: Path, doing: str) -> None:
    facts = {
        "doing": doing,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with suppress(BackendError, InputError), replacing(_card(folder)) as temporary:
        temporary.write_text(json.dumps(facts), encoding="utf-8")
