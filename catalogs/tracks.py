"""Tracks between the catalogue's rows and the program."""

from typing import Any

from catalogs.rows import COLUMNS
from v2m.files import path_to_text, text_to_path
from v2m.types import Track


def track_values(track: Track) -> list[Any]:
    """Return what the columns hold, in the order of ``COLUMNS``."""
    values = [getattr(track, name) for name in COLUMNS]
    values[COLUMNS.index("path")] = path_to_text(track.path)
    values[COLUMNS.index("tags")] = list(track.tags)
    return values


def track_of_row(row: tuple[Any, ...]) -> Track:
    """Read a row of the columns, in the order of ``COLUMNS``."""
    values = dict(zip(COLUMNS, row, strict=True))
    values["path"] = text_to_path(values["path"])
    values["tags"] = tuple(values["tags"])
    return Track(**values)
