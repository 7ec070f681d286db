"""Progress of long work, shown on standard error so that standard output stays clean.

A terminal gets a bar; a log file, or whatever else takes down what is said, a line now and then.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_SECONDS = 30.0
"""Between two lines where there is no terminal; work that is shorter says nothing."""

Advance = Callable[[int], None]
"""Is told how many more items are done."""


@contextmanager
def progress(label: str, total: int, *, shown: bool = True) -> Iterator[Advance]:
    """Show how far work is while the block runs; yields a function that advances it."""
    if not (shown and total):
        yield lambda _n: None
        return
    if not sys.stderr.isatty():
        lines = _Lines(label)
        yield lambda n: lines.reach(lines.done + n, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda n: bar.advance(task, n)


Report = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


@contextmanager
def reporting(label: str, *, shown: bool = True) -> Iterator[Report]:
    """Show how far work is that says itself how much it is; yields a function that is told."""
    if not shown:
        yield lambda _done, _total: None
        return
    if not sys.stderr.isatty():
        yield _Lines(label).reach
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Says in plain lines how far work is, and how long the rest takes at the pace so far."""

    def __init__(self, label: str) -> None:
        self._label, self.done = label, 0
        self._began = self._told = time.monotonic()

    def reach(self, done: int, total: int) -> None:
        """Take down how much is done; say it where the last line was long ago."""
        self.done, now = done, time.monotonic()
        if now - self._told < EVERY_SECONDS or not 0 < done < total:
            return
        self._told = now
        left = in_words((now - self._began) * (total - done) / done)
        line = f"{self._label}: {done} of {total} ({done / total:.0%}), {left} left"
        print(line, file=sys.stderr, flush=True)  # noqa: T201


def in_words(seconds: float) -> str:
    """Say a duration as people do.

    >>> in_words(3), in_words(200), in_words(9000)
    ('a few seconds', '3 min', '2 h 30 min')
    """
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def working(label: str, *, shown: bool = True) -> Iterator[None]:
    """Show a spinner while work of unknown length goes on."""
    if not (shown and sys.stderr.isatty()):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(label):
        yield
