"""Reads TensorFlow checkpoints without TensorFlow.

A checkpoint is a LevelDB table (``.index``) of protocol-buffer entries that say where each tensor
lies in a raw file (``.data``); both formats are documented in TensorFlow's tensor_bundle.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from v2m.errors import BackendError, printable

MAGIC = 0xDB4775248B80FB57
FLOAT = 1
"""DT_FLOAT, the one type of tensor that is read."""


def read_checkpoint(index: Path, data: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return every float32 tensor by name.

    Raises:
        BackendError: the file is no checkpoint, or a block of it is compressed.
    """
    table = index.read_bytes()
    if len(table) < 48 or struct.unpack("<Q", table[-8:])[0] != MAGIC:
        raise BackendError("checkpoint", f"{printable(index)}: not a checkpoint's index")
    raw = data.read_bytes()
    footer = table[-48:]
    _, place = _varint(footer, 0)
    _, place = _varint(footer, place)
    start, place = _varint(footer, place)
    size, _ = _varint(footer, place)
    tensors = {}
    for _, handle in _entries(table, start, size):
        block_start, place = _varint(handle, 0)
        block_size, _ = _varint(handle, place)
        for name, entry in _entries(table, block_start, block_size):
            tensor = _tensor(entry, raw) if name else None
            if tensor is not None:
                tensors[name.decode()] = tensor
    return tensors


def _tensor(entry: bytes, raw: bytes) -> npt.NDArray[np.float32] | None:
    fields = _message(entry)
    if fields.get(1, [0])[0] != FLOAT:
        return None
    dims = _message(_bytes(fields[2][0])).get(2, []) if 2 in fields else []
    shape = [_message(_bytes(dim)).get(1, [0])[0] for dim in dims]
    offset, size = int(fields.get(4, [0])[0]), int(fields.get(5, [0])[0])
    return np.frombuffer(raw[offset : offset + size], "<f4").reshape([int(n) for n in shape])


def _entries(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of a block; each key is stored by what it adds to the one before."""
    if table[start + size]:
        raise BackendError("checkpoint", "a block is compressed")
    block = table[start : start + size]
    (n_restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 - 4 * n_restarts
    place, key = 0, b""
    while place < end:
        shared, place = _varint(block, place)
        added, place = _varint(block, place)
        length, place = _varint(block, place)
        key = key[:shared] + block[place : place + added]
        place += added
        yield key, block[place : place + length]
        place += length


def _message(data: bytes) -> dict[int, list[int | bytes]]:
    """Read a protocol-buffer message into its fields by number."""
    fields: dict[int, list[int | bytes]] = {}
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        value: int | bytes
        match tag & 7:
            case 0:
                value, place = _varint(data, place)
            case 2:
                length, place = _varint(data, place)
                value, place = data[place : place + length], place + length
            case 5:
                value, place = data[place : place + 4], place + 4
            case 1:
                value, place = data[place : place + 8], place + 8
            case kind:
                raise BackendError("checkpoint", f"unknown field type {kind}")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise BackendError("checkpoint", "a field has another type than expected")
    return value
