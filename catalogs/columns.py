"""The columns of tracks that users see."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from v2m.files import text_to_path
from v2m.music import Track

COLUMNS = tuple(field.name for field in fields(Track))
"""Their names, in the order of the program."""

MADE_AT = "%Y-%m-%dT%H:%M:%SZ"
"""How the time of a take is written."""


def track_of(columns: Mapping[str, Any]) -> Track:
    """Read a row, by the names of its columns."""
    path, tags = text_to_path(columns["path"]), tuple(columns["tags"])
    return Track(**{**columns, "path": path, "tags": tags})


def track_of_row(row: tuple[Any, ...]) -> Track:
    """Read a row of the columns, in the order of ``COLUMNS``."""
    return track_of(dict(zip(COLUMNS, row, strict=True)))
