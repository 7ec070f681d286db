"""Puts tracks in the order of a column."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from catalogs.columns import COLUMNS
from v2m.errors import ConfigError
from v2m.music import Track

SORTABLE = tuple(name for name in COLUMNS if name not in ("tags", "path"))

Item = TypeVar("Item")


def in_order(items: Iterable[Item], by: str, track_of: Callable[[Item], Track]) -> list[Item]:
    """Return items by a column of their tracks; words without case, equal values as they were.

    Args:
        items: tracks, or what holds one each.
        by: a column, with "-" before it from high to low, such as "-tempo_bpm".
        track_of: returns an item's track.

    Raises:
        ConfigError: there is no such column.
    """
    column = by.removeprefix("-")
    if column not in SORTABLE:
        raise ConfigError("sort", column, SORTABLE)

    def value(item: Item) -> str | float:
        found: str | float = getattr(track_of(item), column)
        return found.casefold() if isinstance(found, str) else found

    return sorted(items, key=value, reverse=by.startswith("-"))
