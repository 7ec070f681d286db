"""Keeps a library that answers searches up with a catalogue that others write to."""

import logging
import threading
import time

from v2m.errors import V2mError
from v2m.library import Library

log = logging.getLogger("v2m")

LOOK_SECONDS = 1.0
"""So often the catalogue is looked at: one call of stat."""

REST = 5
"""After a reload it is left alone for so many times as long as the reload took."""


class Watcher:
    """A thread that refreshes a library when its catalogue changes; searches never wait for it."""

    def __init__(self, library: Library, *, look_seconds: float = LOOK_SECONDS) -> None:
        """Watch a library, beginning with ``start``."""
        self._library = library
        self._look_seconds = look_seconds
        self._ended = threading.Event()

    def start(self) -> None:
        """Load what searches need, then go on looking."""
        self._look()
        threading.Thread(target=self._run, name="v2m watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()

    def _run(self) -> None:
        pause = self._look_seconds
        while not self._ended.wait(pause):
            begun = time.monotonic()
            changed = self._look()
            took = time.monotonic() - begun
            pause = max(self._look_seconds, REST * took if changed else 0)

    def _look(self) -> bool:
        try:
            return self._library.refresh()
        except V2mError as err:
            log.warning("the library could not be loaded again, searches use the old one: %s", err)
            return True
