"""Writes the files of a catalogue's image; what cannot be written stays in memory."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from catalogs.image import FORMAT, SCHEMA
from catalogs.image_paths import part_file
from v2m.errors import BackendError, InputError, StateError
from v2m.vectors.mapped import Array, Chunks, Mapped, read_arrays, write_arrays

Parts = Mapping[str, Array | Chunks]
Facts = Mapping[str, str]

log = logging.getLogger(__name__)


def kept_part(folder: Path, now: str, arrays: Parts, facts: Facts) -> Mapped:
    """Keep a part of an image; without a stamp nobody could tell when it is old."""
    whole = {**facts, "format": FORMAT, "schema": str(SCHEMA)}
    if not now:
        return _in_memory(arrays, whole)
    return kept(part_file(folder, now), lambda: arrays, whole)


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
    """Remove the files of older states; who has mapped one keeps what is in it."""
    for path in folder.glob("*.safetensors"):
        if path not in left and not path.name.startswith("."):
            with suppress(OSError):
                path.unlink()
