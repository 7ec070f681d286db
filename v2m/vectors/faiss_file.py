"""The file of a FAISS index, which appears whole or not at all."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from v2m.errors import StateError, printable
from v2m.files import replacing

FILE_NAME = "rows.faiss"


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
    try:
        index: Any = faiss.deserialize_index(np.frombuffer(path.read_bytes(), np.uint8))
    except (OSError, RuntimeError) as err:
        raise StateError(f"{printable(path)}: not an index: {err}") from err
    if index.d != dim:
        raise StateError(f"{printable(path)}: vectors of length {index.d}, expected {dim}")
    return index
