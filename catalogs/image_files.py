"""Writes the files of a catalogue's image; what cannot be written stays in memory."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from catalogs.image import FORMAT, SCHEMA
from catalogs.image_paths import part_file
from v2m.errors import BackendError, InputError, StateError
from v2m.vectors.mapped import Array, Chunks, Mapped, read_arrays, write_arrays

Parts = Mapping[str, Array | Chunks]
Facts = Mapping[str, str]

LEAST_APART = 1000
SHARE_APART = 0.05
"""Rows beside a large file, and gone from it, after which it is written again: until then a search
compares with up to a tenth more rows than there are."""

UNFINISHED_SECONDS = 24 * 3600.0
"""A file under a temporary name that nobody has written to for so long is left over."""

log = logging.getLogger(__name__)


def kept_part(folder: Path, now: str, arrays: Parts, facts: Facts) -> Mapped:
    """Keep a part of an image; without a stamp nobody could tell when it is old."""
    whole = {**facts, "format": FORMAT, "schema": str(SCHEMA)}
    if not now:
        return _in_memory(arrays, whole)
    return kept(part_file(folder, now), lambda: arrays, whole)


def found_or_kept(path: Path, make: Callable[[], Parts]) -> Mapped:
    """Map a file whose name says all that is in it, or write it, or hold it in memory."""
    try:
        return read_arrays(path)
    except StateError:
        return kept(path, make, {})


def most_apart(n_rows: int) -> int:
    """Return how many rows may lie beside a large file, and how many in it may be gone."""
    return max(LEAST_APART, int(n_rows * SHARE_APART))


def latest_stamps(folder: Path) -> list[str]:
    """Return the stamps of the states that there are files of, the newest first."""
    dated = []
    for path in folder.glob("of-*.safetensors"):
        with suppress(OSError):
            dated.append((path.stat().st_mtime_ns, path.stem.removeprefix("of-")))
    return [stamp for _, stamp in sorted(dated, reverse=True)]


def kept(path: Path, make: Callable[[], Parts], facts: Facts) -> Mapped:
    """Write arrays and map them, or hold them in memory where they cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, make(), facts)
        return read_arrays(path)
    except (InputError, BackendError, OSError, StateError) as err:
        log.info("kept in memory only: %s", err)
        return _in_memory(make(), facts)


def _in_memory(arrays: Parts, facts: Facts) -> Mapped:
    whole = {n: a.joined() if isinstance(a, Chunks) else a for n, a in arrays.items()}
    return Mapped(whole, dict(facts))


def clear(folder: Path, left: set[Path]) -> None:
    """Remove the files of older states; who has mapped one keeps what is in it.

    What a killed process had not finished goes, too, once nobody can be writing it any more.
    """
    for path in folder.glob("[!.]*.safetensors"):
        if path not in left:
            with suppress(OSError):
                path.unlink()
    for path in folder.glob(".*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > UNFINISHED_SECONDS:
                path.unlink()
