"""Tracks between the catalogue's rows and the program."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalogs.columns import COLUMNS
from v2m.files import path_to_text
from v2m.types import Track

ARROW_TYPES: dict[Any, pa.DataType] = {
    str: pa.string(),
    Path: pa.string(),
    float: pa.float64(),
    bool: pa.bool_(),
    tuple[str, ...]: pa.list_(pa.string()),
}
"""What a column is in Arrow, by the type it has in the program."""


def track_columns(tracks: Sequence[Track]) -> dict[str, pa.Array]:
    """Return the columns of some tracks, by name, in the order of ``COLUMNS``."""
    rows = [track_values(track) for track in tracks]
    return {
        field.name: pa.array([row[place] for row in rows], ARROW_TYPES[field.type])
        for place, field in enumerate(fields(Track))
    }


def track_values(track: Track) -> list[Any]:
    """Return what the columns hold, in the order of ``COLUMNS``."""
    values = [getattr(track, name) for name in COLUMNS]
    values[COLUMNS.index("path")] = path_to_text(track.path)
    values[COLUMNS.index("tags")] = list(track.tags)
    return values
