"""Keeps what was measured, and writes the page of it."""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.rows import Goal, Judged, Row, Spread
from v2m.files import replacing

RESULTS = Path(__file__).with_name("results")
PROFILES = Path(__file__).with_name("profiles")
COLUMNS = ("work", "v2m", "beside", "its", "figure", "goal", "met", "memory, MB")

HEAD = """# Speed

Written by `python -m benchmarks --write docs/speed.md` from what `benchmarks/results` keeps. The
two sides of a row ran in turns in one run, on one thread each unless the row says otherwise. Times
are medians of the rounds; the figure is made of each round, and its median, lowest and highest are
shown. "CPU s" is processor time, "s" and "ms" are the clock's. Memory is the most that was held
beyond what the process held before, ours and the other's; of commands it is all of theirs. Machines
differ: trust the figures, not the seconds.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The rows of one group, and when and where they were measured."""

    name: str
    command: str
    date: str
    machine: str
    rows: list[Row]

    @classmethod
    def of(cls, name: str, command: str, rows: list[Row]) -> "Result":
        """Return rows measured just now on this machine."""
        return cls(name, command, datetime.now(UTC).date().isoformat(), _machine(), rows)


_ROWS, _RESULT = TypeAdapter(list[Row]), TypeAdapter(Result)


def rows_to_json(rows: Sequence[Row]) -> str:
    """Return rows as a document."""
    return _ROWS.dump_json(list(rows), indent=2).decode()


def rows_from_json(text: str) -> list[Row]:
    """Read what ``rows_to_json`` wrote."""
    return _ROWS.validate_json(text)


def keep(result: Result) -> None:
    """Put a result in the place of the last one of its group."""
    RESULTS.mkdir(exist_ok=True)
    with replacing(RESULTS / f"{result.name}.json") as temporary:
        temporary.write_bytes(_RESULT.dump_json(result, indent=2) + b"\n")


def kept(names: Sequence[str]) -> list[Result]:
    """Return what is kept of these groups, in this order."""
    files = [RESULTS / f"{name}.json" for name in names]
    return [_RESULT.validate_json(file.read_bytes()) for file in files if file.is_file()]


def page(results: Sequence[Result]) -> str:
    """Write results, and the profiles of where their time goes, as a page in Markdown."""
    rows = [row for result in results for row in result.rows]
    judged = [row.met for row in rows if row.met is not None]
    parts = [HEAD, f"{sum(judged)} of {len(judged)} goals are met.\n"]
    for result in results:
        measured = f"`{result.command}`, {result.date}, {result.machine}"
        parts.append(f"## {result.name}\n\n{measured}\n\n{table(result.rows)}")
    profiles = sorted(PROFILES.glob("*.md"))
    if profiles:
        parts.append("## Where the time goes\n")
        parts += [profile.read_text(encoding="utf-8") for profile in profiles]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def table(rows: Sequence[Row]) -> str:
    """Write rows as a table in Markdown, with their notes under it."""
    lines = [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *(_line(_cells(row)) for row in rows)]
    return "\n".join([*lines, *_notes(rows)])


def _notes(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.note:
            yield f"\n{row.name}: {row.note}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(row: Row) -> list[str]:
    other = row.other
    goal = row.goal
    return [
        row.name,
        _amount(row) if other else f"{_amount(row)} {_range(row.ours)}".rstrip(),
        row.other_name,
        f"{_number(other.median)} {row.unit}" if other else "",
        _figure(row.figure, row.judged) if other else "",
        _goal(goal, row.unit) if goal else "",
        {None: "", True: "yes", False: "**no**"}[row.met],
        " / ".join(f"{mb:.0f}" for mb in (row.our_peak_mb, row.other_peak_mb) if mb is not None),
    ]


def _amount(row: Row) -> str:
    return f"{_number(row.ours.median)} {row.unit}".rstrip()


def _figure(figure: Spread, judged: Judged) -> str:
    return f"{_number(figure.median)} {judged} {_range(figure)}".rstrip()


def _range(spread: Spread) -> str:
    if spread.lowest == spread.highest:
        return ""
    return f"({_number(spread.lowest)} to {_number(spread.highest)})"


def _goal(goal: Goal, unit: str) -> str:
    bound = "at least" if goal.least else "at most"
    return f"{bound} {goal.number:g} {goal.judged or unit}".rstrip()


def _number(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _machine() -> str:
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next(
            (x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), model
        )
    return f"{os.cpu_count()} processors ({model})"
