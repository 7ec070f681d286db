"""Finds the music files below folders: links resolved once, hidden files skipped."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from v2m.errors import InputError, printable

SUFFIXES = frozenset({".mp3", ".flac", ".ogg", ".oga", ".opus", ".wav", ".m4a", ".aif", ".aiff"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A music file on disk.

    Attributes:
        path: absolute, links resolved.
        size_bytes: its size.
        mtime_ns: when it was last written, nanoseconds since 1970.
        root: the folder it was found below, absolute, links resolved.
    """

    path: Path
    size_bytes: int
    mtime_ns: int
    root: Path


@dataclass(frozen=True, slots=True)
class Scan:
    """What a walk found.

    Attributes:
        files: sorted by path, each real file once.
        roots: the folders walked, absolute, links resolved; and buckets.
        unreadable: folders and links that could not be followed, with the reason.
    """

    files: tuple[FoundFile, ...]
    roots: tuple[Path, ...]
    unreadable: tuple[tuple[Path, str], ...]


def scan(folders: Sequence[Path]) -> Scan:
    """Walk folders; a single music file is taken as it is.

    Raises:
        InputError: a folder does not exist, cannot be read, or is a file that is not music.
    """
    found: dict[Path, FoundFile] = {}
    unreadable: list[tuple[Path, str]] = []
    roots: list[Path] = []
    for folder in folders:
        root = _root(folder)
        if root.is_dir():
            roots.append(root)
        for path in _walk(root, unreadable) if root.is_dir() else iter([root]):
            _add(path, root, found, unreadable)
    return Scan(
        tuple(found[path] for path in sorted(found, key=os.fsencode)),
        tuple(dict.fromkeys(roots)),
        tuple(unreadable),
    )


def _root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
        if root.is_dir():
            next(root.iterdir(), None)
            return root
    except FileNotFoundError as err:
        raise InputError(
            f"{printable(folder)}: no such folder or file; nothing was forgotten"
        ) from err
    except PermissionError as err:
        raise InputError(f"{printable(folder)}: no permission to read this folder") from err
    except (OSError, RuntimeError) as err:
        raise InputError(f"{printable(folder)}: {err}") from err
    if root.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{printable(folder)}: not a folder and not a music file "
            f"({', '.join(sorted(s.removeprefix('.') for s in SUFFIXES))})"
        )
    return root


def _walk(root: Path, unreadable: list[tuple[Path, str]]) -> Iterator[Path]:
    seen = {root}
    stack = [root]
    while stack:
        folder = stack.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except OSError as err:
            unreadable.append((folder, err.strerror or str(err)))
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = Path(entry.path)
            try:
                folder_inside = entry.is_dir()
            except OSError:  # a link that leads to itself: told when it is looked at as a file
                folder_inside = False
            if not folder_inside:
                yield path
            elif (real := path.resolve()) not in seen:
                seen.add(real)
                stack.append(real)


def _add(
    path: Path,
    root: Path,
    found: dict[Path, FoundFile],
    unreadable: list[tuple[Path, str]],
) -> None:
    if path.suffix.lower() not in SUFFIXES:
        return
    try:
        real = path.resolve(strict=True)
        state = real.stat()
    except (OSError, RuntimeError) as err:
        reason = err.strerror if isinstance(err, OSError) else str(err)
        unreadable.append((path, f"link or file cannot be followed: {reason}"))
        return
    if not stat.S_ISREG(state.st_mode):
        unreadable.append((path, "not a regular file"))
        return
    found.setdefault(real, FoundFile(real, state.st_size, state.st_mtime_ns, root))
