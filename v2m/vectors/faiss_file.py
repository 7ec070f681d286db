"""The file of a FAISS index, which appears whole or not at all."""

from pathlib import Path
from typing import Any

import faiss

from v2m.errors import StateError, printable
from v2m.files import replacing

FILE_NAME = "rows.faiss"

BLOCK = 1 << 20
"""Bytes that are handed over at a time: all at once would be held twice."""


def write_index(index: Any, folder: Path) -> None:
    """Write FAISS's own form as ``rows.faiss``; it appears by rename."""
    with replacing(folder / FILE_NAME) as temporary:
        temporary.write_bytes(faiss.serialize_index(index).tobytes())


def read_index(folder: Path, dim: int) -> Any:
    """Read what ``write_index`` wrote.

    Raises:
        StateError: the file is missing, damaged or of another length of vector.
    """
    path = folder / FILE_NAME
    readers: Any = faiss  # its stubs do not know the class
    try:
        with path.open("rb") as file:  # by path, FAISS reads none whose name is not UTF-8
            index: Any = faiss.read_index(readers.PyCallbackIOReader(file.read, BLOCK))
    except (OSError, RuntimeError) as err:
        raise StateError(f"{printable(path)}: not an index: {err}") from err
    if index.d != dim:
        raise StateError(f"{printable(path)}: vectors of length {index.d}, expected {dim}")
    return index
