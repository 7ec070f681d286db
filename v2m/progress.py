"""Progress of long work, shown on standard error so that standard output stays clean."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
"""Is told how many more items are done."""


@contextmanager
def progress(label: str, total: int, *, shown: bool = True) -> Iterator[Advance]:
    """Show a bar with time left while the block runs; yields a function that advances it.

    Nothing is shown when ``shown`` is false or standard error is not a terminal.
    """
    if not (shown and total and sys.stderr.isatty()):
        yield lambda _n: None
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
    """Show a bar for work that says itself how much it is; yields a function that moves it."""
    if not (shown and sys.stderr.isatty()):
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def working(label: str, *, shown: bool = True) -> Iterator[None]:
    """Show a spinner while work of unknown length goes on."""
    if not (shown and sys.stderr.isatty()):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(label):
        yield
