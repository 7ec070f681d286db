"""Counts tracks by what they have in common, for people who browse."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalogs.database import Database
from catalogs.where import check_condition, run_guarded
from v2m.errors import ConfigError

WORDS = ("origin", "key", "mode", "artist", "album", "licence")
STEPS = {"tempo_bpm": 20, "duration_seconds": 60, "loudness_lufs": 3, "instrumental": 0.25}
"""Numbers are counted in steps of this width."""

FACETS = (*WORDS, "tags", *STEPS)
USUAL_FACETS = ("origin", "mode", "key", "tempo_bpm", "tags", "licence")


@dataclass(frozen=True, slots=True)
class Count:
    """How many tracks share a value.

    Attributes:
        value: the value; for numbers its step, such as "80-100".
        tracks: how many.
        where: the condition that selects them.
    """

    value: str
    tracks: int
    where: str


def facets(
    database: Database,
    names: Sequence[str] = USUAL_FACETS,
    *,
    where: str | None = None,
    top: int = 10,
) -> dict[str, list[Count]]:
    """Count tracks by facet: words by frequency, numbers in order.

    Args:
        database: the catalogue.
        names: what to count by, out of ``FACETS``.
        where: only tracks that meet this SQL condition.
        top: most values of a facet of words.

    Raises:
        ConfigError: there is no such facet.
        InputError: the condition is not valid.
    """
    for name in names:
        if name not in FACETS:
            raise ConfigError("facets", name, FACETS)
    if where:
        check_condition(where)
    return {name: _counted(database, name, where or "true", top) for name in names}


def _counted(database: Database, name: str, where: str, top: int) -> list[Count]:
    value, order, limit = f'"{name}"', "n DESC, value", f"LIMIT {int(top)}"
    if name == "tags":
        value = "unnest(tags)"
    if step := STEPS.get(name):
        value, order, limit = f'floor("{name}" / {step}) * {step}', "value", ""
    sql = (
        f"SELECT value, count(*) AS n FROM (SELECT {value} AS value FROM tracks"  # noqa: S608
        f" WHERE (\n{where}\n)) GROUP BY value ORDER BY {order} {limit}"
    )
    with database.reading() as con:
        table = run_guarded(con, sql, where)
    return [_count(name, row["value"], row["n"]) for row in table.to_pylist()]


def _count(name: str, value: object, n: int) -> Count:
    if step := STEPS.get(name):
        low = float(str(value))
        return Count(f"{low:g}-{low + step:g}", n, f"{name} >= {low:g} AND {name} < {low + step:g}")
    text = str(value)
    quoted = "'" + text.replace("'", "''") + "'"
    condition = f"list_contains(tags, {quoted})" if name == "tags" else f"{name} = {quoted}"
    return Count(text or "unknown", n, condition)
