"""Files in folders and in buckets alike: S3-compatible ones, and what else fsspec reaches."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from v2m.errors import BackendError, InputError, printable
from v2m.files import replacing, text_to_path

ADDRESS = re.compile(r"(?!file:)([a-z][a-z0-9+.-]+):/+(?=.)")
"""A scheme of two letters at least: one is a drive."""


def is_address(text: str) -> bool:
    """Tell whether a place lies in a bucket and not in a folder.

    >>> is_address("s3://bucket/music"), is_address("/music"), is_address("file:///music")
    (True, False, False)
    """
    return ADDRESS.match(text) is not None


def address(text: str) -> str:
    """Return a place as fsspec reads it; a path swallows one of the two slashes.

    >>> address("s3:/bucket/music"), address("/music")
    ('s3://bucket/music', '/music')
    """
    return ADDRESS.sub(r"\1://", text, count=1) if is_address(text) else text


def joined(folder: str, name: str) -> str:
    """Return the place of a file in a folder or bucket."""
    return f"{folder.rstrip('/')}/{name}"


def read_bytes(place: str) -> bytes:
    """Return what a file holds.

    Raises:
        InputError: there is no such file, or it may not be read.
        BackendError: the store does not answer.
    """
    with _plainly(place):
        if not is_address(place):
            return text_to_path(place).read_bytes()
        system, path = filesystem(place)
        return bytes(system.cat_file(path))


def write_bytes(place: str, data: bytes) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        InputError: the folder is missing or may not be written.
        BackendError: the disk is full, or the store does not answer.
    """
    with _plainly(place):
        if is_address(place):
            system, path = filesystem(place)
            system.pipe_file(path, data)
            return
        with replacing(text_to_path(place)) as temporary:
            temporary.write_bytes(data)


def remove(place: str) -> None:
    """Remove a file."""
    with _plainly(place):
        if is_address(place):
            system, path = filesystem(place)
            system.rm_file(path)
        else:
            text_to_path(place).unlink(missing_ok=True)


def names_in(folder: str, suffix: str) -> list[str]:
    """Return the names of the files in a folder or bucket that end so, sorted; hidden ones not.

    Raises:
        InputError: there is no such folder.
    """
    with _plainly(folder):
        if is_address(folder):
            system, path = filesystem(folder)
            found = [str(name).rsplit("/", 1)[-1] for name in system.ls(path, detail=False)]
        else:
            found = [entry.name for entry in text_to_path(folder).iterdir()]
    return sorted(name for name in found if name.endswith(suffix) and not name.startswith("."))


def list_files(place: str) -> dict[str, dict[str, Any]]:
    """Return every file below an address with what the store says of it; {} where nothing is.

    Raises:
        InputError: it may not be read.
        BackendError: the store does not answer.
    """
    with _plainly(place):
        system, path = filesystem(place)
        scheme = address(place).split("://", 1)[0]
        found = system.find(path, detail=True)
        return {f"{scheme}://{name.lstrip('/')}": facts for name, facts in found.items()}


@contextmanager
def local_copy(place: str) -> Iterator[Path]:
    """Yield a file on this machine with what a place holds, under the same name."""
    if not is_address(place):
        yield text_to_path(place)
        return
    import tempfile  # takes 2 ms, and a search on this machine needs none

    with tempfile.TemporaryDirectory(prefix="v2m-") as folder:
        copy = Path(folder) / place.rstrip("/").rsplit("/", 1)[-1]
        with _plainly(place):
            system, path = filesystem(place)
            system.get_file(path, str(copy))
        yield copy


def filesystem(place: str) -> tuple[Any, str]:
    """Return fsspec's file system for an address, and the path in it.

    Raises:
        InputError: fsspec, or what it needs for this scheme, is not installed.
    """
    try:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(address(place), use_listings_cache=False)
    except (ImportError, ValueError) as err:
        raise InputError(
            f"{printable(place)}: cannot be reached: {err}; pip install 'v2m[ray]' brings S3"
        ) from err
    return system, str(path)


@contextmanager
def _plainly(place: str) -> Iterator[None]:
    """Tell the errors of any store in one line."""
    shown = printable(address(place))
    try:
        yield
    except (InputError, BackendError):
        raise
    except (FileNotFoundError, NotADirectoryError) as err:
        raise InputError(f"{shown}: no such file or folder") from err
    except PermissionError as err:
        raise InputError(f"{shown}: no permission ({err.strerror or err})") from err
    except Exception as err:
        reason = str(err).strip().splitlines() or [type(err).__name__]
        raise BackendError("storage", f"{shown}: {reason[0]}") from err
