"""Lets a thread work ahead of the one that takes, or behind the one that gives."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _End:
    """Stands behind the last item; what went wrong, if anything."""

    err: BaseException | None = None


class Ahead(Generic[T]):
    """Items that a thread works out ahead of who takes them; see ``ahead``."""

    def __init__(self, items: Iterable[T], most: int) -> None:
        self._items = items
        self._line: Queue[T | _End] = Queue(most)
        self._stopped = Event()
        self._thread = Thread(target=self._work, name="v2m ahead", daemon=True)

    def start(self) -> None:
        """Start the thread; whoever is interrupted here has to close it, too."""
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while not isinstance(found := self._line.get(), _End):
            yield found
        if found.err is not None:
            raise found.err

    def stop(self) -> None:
        """Have the thread end behind the item at hand, without waiting for that."""
        self._stopped.set()
        while True:  # it may wait for room
            try:
                self._line.get_nowait()
            except Empty:
                return

    def close(self) -> None:
        """Stop the thread and wait for its end."""
        self.stop()
        _join(self._thread)

    def _work(self) -> None:
        end = _End()
        try:
            for item in () if self._stopped.is_set() else self._items:
                if self._stopped.is_set():
                    break
                self._line.put(item)
        except BaseException as err:  # noqa: BLE001 - whatever it is belongs to who takes
            end = _End(err)
        if isinstance(self._items, Generator):
            self._items.close()
        if not self._stopped.is_set():
            self._line.put(end)


@contextmanager
def ahead(items: Iterable[T], most: int) -> Iterator[Iterator[T]]:
    """Have a thread work out items while others are made use of.

    What goes wrong in the thread is raised where its item would have been taken. With the block,
    however it ends, the thread ends behind the item at hand.

    Args:
        items: worked out by the thread; a generator is closed there.
        most: so many lie ready at most.
    """
    working = Ahead(items, most)
    try:
        working.start()
        yield iter(working)
    finally:
        working.close()


class Behind(Generic[T, R]):
    """A work on items that a thread does while they are made.

    Args:
        work: takes the items to the end, in the thread.
        most: so many lie ready at most.
    """

    def __init__(self, work: Callable[[Iterator[T]], R], most: int) -> None:
        self._line: Queue[T | _End] = Queue(most)
        self._found: list[R] = []
        self._err: BaseException | None = None
        self._ended = False
        self._dropped = Event()
        self._thread = Thread(target=self._do, args=(work,), name="v2m behind", daemon=True)

    def start(self) -> None:
        """Start the thread; whoever is interrupted here has to close it, too."""
        self._thread.start()

    def give(self, item: T) -> None:
        """Hand the next item over; waits where too many lie ready.

        Raises:
            BaseException: whatever the work has failed with.
        """
        if self._err is not None:
            raise self._err
        self._line.put(item)

    def result(self) -> R:
        """Say that there are no more items, and return what the work made of them.

        Raises:
            BaseException: whatever the work has failed with.
        """
        self._line.put(_End())
        self._thread.join()
        if self._err is not None:
            raise self._err
        return self._found[0]

    def close(self) -> None:
        """End the work behind the item at hand, and wait for that."""
        self._dropped.set()
        if self._thread.is_alive():
            self._line.put(_End())
        _join(self._thread)

    def _do(self, work: Callable[[Iterator[T]], R]) -> None:
        if self._dropped.is_set():
            return
        try:
            self._found.append(work(self._items()))
        except BaseException as err:  # noqa: BLE001 - whatever it is belongs to who gives
            self._err = err
        while not self._ended:  # nobody may wait for room
            self._ended = isinstance(self._line.get(), _End)

    def _items(self) -> Iterator[T]:
        while not isinstance(item := self._line.get(), _End):
            if self._dropped.is_set():
                raise _DroppedError
            yield item
        self._ended = True
        if self._dropped.is_set():
            raise _DroppedError


def _join(thread: Thread) -> None:
    with suppress(RuntimeError):  # interrupted before it ran: what it does first is to end
        thread.join()


class _DroppedError(Exception):
    """The work is not wanted any more."""
