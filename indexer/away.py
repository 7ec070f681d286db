"""Tells music that is gone from music that cannot be reached just now, as on a network folder."""

import os
from collections.abc import Iterable
from pathlib import Path

from indexer.scan import FoundFile, Scan
from v2m.remote import is_address

BLOCK = 1 << 20


def is_there(file: FoundFile) -> bool:
    """Whether a file lies there as it was found, and can be read to its end.

    If not, whatever failed says nothing about the music in it.
    """
    try:
        with file.path.open("rb") as stream:
            while stream.read(BLOCK):
                pass
            state = os.fstat(stream.fileno())
    except PermissionError:
        return True  # not away: somebody has to allow it
    except OSError:
        return False
    return (state.st_size, state.st_mtime_ns) == (file.size_bytes, file.mtime_ns)


def opens(path: Path) -> bool:
    """Whether a file can be opened just now."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def gone_files(known: Iterable[Path], found: Scan) -> tuple[list[Path], dict[Path, int]]:
    """Return the files that are gone from folders that are there and could be read.

    A folder without any music is taken for a disk that is away: the place where a disk or a
    network folder is mounted is an empty folder meanwhile.

    Args:
        known: files the catalogue holds.
        found: what a scan found.

    Returns:
        files that are gone, and how many are kept by folder that holds no music now.
    """
    present = {file.path for file in found.files}
    unread = [folder for folder, _ in found.unreadable]
    filled = {file.root for file in found.files}
    gone: list[Path] = []
    kept: dict[Path, int] = {}
    for path in known:
        roots = [root for root in found.roots if path.is_relative_to(root)]
        if not roots or path in present or path.exists():
            continue
        if any(path.is_relative_to(folder) for folder in unread):
            continue
        if any(root in filled and (is_address(str(root)) or root.is_dir()) for root in roots):
            gone.append(path)
        else:
            kept[roots[0]] = kept.get(roots[0], 0) + 1
    return gone, kept
