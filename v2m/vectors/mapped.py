"""Arrays in a file that is mapped into memory: what nobody asks for is never read.

The layout is that of safetensors (https://github.com/huggingface/safetensors): the length of a JSON
header in eight bytes, the header, the numbers. Files written here carry a digest of the header and
of blocks taken evenly from the numbers, so that one which was damaged or cut is noticed without
reading all of it.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from v2m.errors import StateError, printable
from v2m.files import replacing

KINDS: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"), "I64": np.dtype("<i8"), "F32": np.dtype("<f4"), "I32": np.dtype("<i4"),
    "U8": np.dtype("u1"), "BOOL": np.dtype("?"),
}  # fmt: skip
"""Kinds of numbers that are read, widest first; others in a file are passed over."""

SAMPLED = "sampled"
NO_DIGEST = "0" * 32
"""Stands in the header for the digest while that is made."""

SAMPLES = 16
BLOCK = 4096
ALIGNED = 64
"""Numbers begin at a multiple of this."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Chunks:
    """An array that is written piece by piece.

    Attributes:
        shape: of the whole.
        dtype: of every piece.
        pieces: one after the other along the first axis.
    """

    shape: tuple[int, ...]
    dtype: npt.DTypeLike
    pieces: Iterable[Array]

    def joined(self) -> Array:
        """Return the whole array, in memory."""
        return np.concatenate([np.empty((0, *self.shape[1:]), self.dtype), *self.pieces])


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a file holds.

    Attributes:
        arrays: by name; read-only, and read from the disk when they are looked at.
        facts: texts by name.
    """

    arrays: dict[str, Array]
    facts: dict[str, str]


def write_arrays(
    path: Path, arrays: Mapping[str, Array | Chunks], facts: Mapping[str, str] | None = None
) -> None:
    """Write arrays of the kinds above and some texts; the file appears by rename.

    Raises:
        InputError: the folder does not exist or may not be written.
        BackendError: the disk is full or fails.
        ValueError: pieces do not make up their array.
    """
    order = sorted(arrays, key=lambda name: -_dtype(arrays[name]).itemsize)  # keeps all aligned
    entries: dict[str, Any] = {}
    end = 0
    for name in order:
        array = arrays[name]
        size = int(np.prod(array.shape, dtype=np.int64)) * _dtype(array).itemsize
        kind = next(kind for kind, dtype in KINDS.items() if dtype == _dtype(array))
        entries[name] = {
            "dtype": kind, "shape": list(array.shape), "data_offsets": [end, end + size]
        }  # fmt: skip
        end += size
    with replacing(path) as temporary, temporary.open("w+b") as file:
        start = _write_header(file, _header(entries, facts, NO_DIGEST))
        for name in order:
            array = arrays[name]
            for piece in array.pieces if isinstance(array, Chunks) else [array]:
                file.write(np.ascontiguousarray(piece, _dtype(array)).data)
        if file.tell() != start + end:
            raise ValueError(f"{path.name}: {file.tell() - start} bytes of arrays, expected {end}")
        file.flush()
        numbers = np.memmap(file, np.uint8, "r", start) if end else np.empty(0, np.uint8)
        sampled = _sampled(_header(entries, facts, NO_DIGEST), numbers)
        file.seek(0)
        _write_header(file, _header(entries, facts, sampled))


def read_arrays(path: Path) -> Mapped:
    """Map a file that ``write_arrays`` or somebody else's safetensors wrote.

    Raises:
        StateError: it is missing, or damaged as far as the header and some blocks tell.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > path.stat().st_size:
                raise ValueError("cut")  # noqa: TRY301
            text = file.read(length)
        header = json.loads(text)
        facts = header.pop("__metadata__", {})
        raw = np.asarray(np.memmap(path, np.uint8, "r"))[8 + length :]
        if len(raw) != max((e["data_offsets"][1] for e in header.values()), default=0):
            raise ValueError("cut")  # noqa: TRY301
        if SAMPLED in facts:
            digest = facts[SAMPLED]
            if digest != _sampled(text.replace(digest.encode(), NO_DIGEST.encode(), 1), raw):
                raise ValueError("damaged")  # noqa: TRY301
        arrays = {
            name: raw[slice(*entry["data_offsets"])]
            .view(KINDS[entry["dtype"]])
            .reshape(entry["shape"])
            for name, entry in header.items()
            if entry["dtype"] in KINDS
        }
    except FileNotFoundError as err:
        raise StateError(f"{printable(path.name)} is not there") from err
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as err:
        raise StateError(f"{printable(path)}: no file of arrays: {err}") from err
    return Mapped(arrays, facts)


def _dtype(array: Array | Chunks) -> np.dtype[Any]:
    return np.dtype(array.dtype).newbyteorder("<")


def _header(entries: Mapping[str, Any], facts: Mapping[str, str] | None, sampled: str) -> bytes:
    """Return the header, filled up with spaces."""
    told = {SAMPLED: sampled, **(facts or {})}
    header = json.dumps({"__metadata__": told, **entries}, ensure_ascii=True).encode()
    return header + b" " * (-(len(header) + 8) % ALIGNED)


def _write_header(file: BinaryIO, header: bytes) -> int:
    """Write the header; return where the numbers begin."""
    file.write(struct.pack("<Q", len(header)) + header)
    return 8 + len(header)


def _sampled(header: bytes, raw: npt.NDArray[np.uint8]) -> str:
    """Return a digest of the header, the length, and blocks from first to last."""
    digest = hashlib.blake2b(header + str(len(raw)).encode(), digest_size=16)
    for start in np.linspace(0, max(0, len(raw) - BLOCK), SAMPLES).astype(np.int64).tolist():
        digest.update(raw[start : start + BLOCK].tobytes())
        if len(raw) <= BLOCK:
            break
    return digest.hexdigest()
