"""Reads tables of text line by line, and the values in their cells."""

import ast
import csv
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from v2m.errors import InputError, printable
from v2m.types import Refused, SourceRow

LONGEST_CELL = 10_000_000
"""Characters; biographies of artists in FMA's tables pass the 131,072 that Python reads."""

LONGEST_WORDS = 1000
"""Characters of free text that are kept; a sentence encoder reads about the first 200 words."""

Line = tuple[int, list[str]]
"""The line where a row ends, from 1, and its cells."""


def open_text(path: Path) -> TextIO:
    """Open a file as UTF-8, with or without a mark; wrong bytes become lone surrogates.

    Raises:
        InputError: it is not there or may not be read.
    """
    try:
        return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as err:
        raise InputError(f"{printable(path)}: {err.strerror}") from err


def csv_lines(path: Path, delimiter: str = ",") -> Iterator[Line]:
    """Yield the rows of a table with quotes; cells may hold line breaks.

    Raises:
        InputError: the file cannot be read as such a table; names the line.
    """
    csv.field_size_limit(LONGEST_CELL)
    with open_text(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except (csv.Error, OSError) as err:
            raise InputError(f"{printable(path)}: line {reader.line_num + 1}: {err}") from err


def tsv_lines(path: Path) -> Iterator[Line]:
    """Yield the rows of a table without quotes, whose rows may differ in length.

    Raises:
        InputError: the file cannot be read.
    """
    with open_text(path) as file:
        for number, text in enumerate(file, 1):
            if stripped := text.rstrip("\r\n"):
                yield number, stripped.split("\t")


def count_lines(path: Path) -> int:
    """Return the number of line breaks, 0 where the file cannot be read."""
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    except OSError:
        return 0


def columns_of(path: Path, header: Sequence[str], needed: Iterable[str]) -> dict[str, int]:
    """Return the place of each column.

    Raises:
        InputError: a needed column is missing; names it and what there is.
    """
    places = {name.strip(): place for place, name in reversed(list(enumerate(header)))}
    if missing := [name for name in needed if name not in places]:
        there = ", ".join(name for name in list(places)[::-1][:12])
        raise InputError(
            f"{printable(path)}: line 1: no column {', '.join(missing)}; there are {there}"
        )
    return places


def read_rows(
    lines: Iterable[Line], make: Callable[[int, list[str]], SourceRow], key_at: int = 0
) -> Iterator[SourceRow | Refused]:
    """Make a row of each line; one whose values cannot be used is refused with the reason.

    Args:
        lines: the table without its header.
        make: makes the row of a line, or raises ValueError with the reason.
        key_at: place of the cell that names the row.
    """
    for number, cells in lines:
        key = cells[key_at] if key_at < len(cells) else ""
        try:
            check_encoding(cells)
            yield make(number, cells)
        except ValueError as reason:
            yield Refused(number, words(key.encode("utf-8", "replace").decode()), str(reason))


def check_encoding(cells: Iterable[str]) -> None:
    """Refuse text that was not UTF-8.

    Raises:
        ValueError: a cell holds bytes of another encoding.
    """
    for cell in cells:
        if not cell.isascii() and any("\udc80" <= sign <= "\udcff" for sign in cell):
            raise ValueError("not UTF-8: save the file as UTF-8 and import it again")


def filled(row: Mapping[str, str], name: str) -> str:
    """Return a value that must be there.

    Raises:
        ValueError: it is empty.
    """
    if value := words(row.get(name, "")):
        return value
    raise ValueError(f"no {name}")


def words(text: str, longest: int = LONGEST_WORDS) -> str:
    """Return text on one line with single spaces, cut at a length.

    >>> words("  slow   piano ")
    'slow piano'
    """
    return " ".join(text.replace("\0", " ").split())[:longest]


def plain(text: str) -> str:
    """Return the words of HTML.

    >>> plain("<p>calm &amp; slow<br/>piano</p>")
    'calm & slow piano'
    """
    return words(html.unescape(re.sub(r"<[^>]*>", " ", text))) if text else ""


def seconds(text: str) -> float:
    """Read a length: seconds, or hours, minutes and seconds between colons; "" is 0.

    >>> seconds("183.5"), seconds("3:03"), seconds("1:00:01")
    (183.5, 183.0, 3601.0)

    Raises:
        ValueError: it is no length.
    """
    total = 0.0
    try:
        for part in text.strip().split(":") if text.strip() else []:
            total = 60 * total + float(part)
    except ValueError:
        total = -1.0
    if not 0 <= total < 1e6:
        raise ValueError(f"duration {text!r} is no length in seconds")
    return total


@lru_cache(maxsize=65536)
def listed(text: str) -> tuple[str, ...]:
    """Read a list as Python writes it; "" is an empty one.

    >>> listed("['lo-fi', 3]")
    ('lo-fi', '3')

    Raises:
        ValueError: it is no list.
    """
    if not text.strip():
        return ()
    try:
        values = ast.literal_eval(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        values = None
    if not isinstance(values, list | tuple):
        raise ValueError(f"{words(text, 40)!r} is no list")  # noqa: TRY004 - wrong text
    return tuple(words(str(value)) for value in values)


def joined(*parts: str, longest: int = LONGEST_WORDS) -> str:
    """Join what is not empty, each once, in order.

    >>> joined("rock", "", "calm", "rock")
    'rock; calm'
    """
    return "; ".join(dict.fromkeys(part for part in parts if part))[:longest]


def credit(title: str, artist: str) -> str:
    """Return a credit line as Creative Commons recommends it: title and author."""
    return f"“{title}” by {artist}" if artist else f"“{title}”"
