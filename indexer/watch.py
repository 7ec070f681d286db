"""Waits for music to come, change or go in folders."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from indexer.scan import SUFFIXES
from v2m.errors import BackendError

SETTLED_MS = 1500
"""Quiet time before a change counts: a file that is being copied changes all the time. One that is
read half-written fails, and is tried again because its size changes."""


def changes(folders: Sequence[Path]) -> Iterator[int]:
    """Yield how many music files or folders changed, each time things have settled.

    Ends on Ctrl-C.

    Raises:
        BackendError: package watchfiles is not installed, or the system gives no more watches.
    """
    try:
        from watchfiles import watch
    except ImportError as err:
        raise BackendError("watch", "install it with: pip install 'v2m[watch]'") from err
    try:
        for found in watch(
            *folders,
            watch_filter=lambda _kind, path: concerns_music(Path(path)),
            debounce=20 * SETTLED_MS,
            step=SETTLED_MS,
            raise_interrupt=True,  # else it writes a warning of its own
        ):
            yield len(found)
    except KeyboardInterrupt:
        return
    except OSError as err:
        raise BackendError("watch", str(err)) from err


def concerns_music(path: Path) -> bool:
    """Whether a change of this path may concern music: a music file, or a folder.

    >>> [concerns_music(Path(name)) for name in ("a/b.mp3", "album", "cover.jpg")]
    [True, True, False]
    """
    if path.name.startswith("."):
        return False
    return path.suffix.lower() in SUFFIXES or not path.suffix
