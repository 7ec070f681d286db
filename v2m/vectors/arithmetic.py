"""Arithmetic on rows of vectors."""

import numpy as np
import numpy.typing as npt

from v2m.types import Vectors


def unit_rows(rows: npt.NDArray[np.floating]) -> Vectors:
    """Scale every row to length 1.

    Args:
        rows: shape (n, dim), any float type, finite.

    Returns:
        float32, shape (n, dim). A row of zeros stays zeros.

    Raises:
        ValueError: rows is not 2-D or holds a value that is not finite.
    """
    if rows.ndim != 2:
        raise ValueError(f"rows must be 2-D, got shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("rows hold a value that is not finite")
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
