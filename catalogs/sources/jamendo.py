"""The MTG-Jamendo data set: a table of tags, a table of names, a list of licences.

Bogdanov and others, "The MTG-Jamendo Dataset for Automatic Music Tagging" (2019). The tags of a
track are all the cells after the fifth. ``audio_licenses.txt`` gives each file three lines: its
path, a credit, and "Available under a … license: ADDRESS". The metadata itself is CC BY-NC-SA 4.0.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from catalogs.sources.reading import (
    columns_of,
    count_lines,
    credit,
    joined,
    open_text,
    read_rows,
    seconds,
    tsv_lines,
    words,
)
from v2m.errors import InputError, printable
from v2m.types import Refused, SourceRow

TABLES = (
    "autotagging.tsv", "raw_30s_cleantags_50artists.tsv", "raw_30s_cleantags.tsv", "raw_30s.tsv",
    "raw.tsv", "autotagging_moodtheme.tsv",
)  # fmt: skip
HEADER = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")
NAMES, LICENCES, LICENCE_TABLE = "raw.meta.tsv", "audio_licenses.txt", "audio_licenses.tsv"
AUDIO = "https://cdn.freesound.org/mtg-jamendo/raw_30s/audio"
"""Where MTG keeps single files, below the paths of the table."""

PATH = re.compile(r"\d+/\d+\.mp3")
LICENSED = re.compile(r"Available under an? (?P<words>.*?):?\s*(?P<url>https?://\S+)?")


class _Names(NamedTuple):
    title: str
    artist: str
    album: str
    url: str


class _Terms(NamedTuple):
    attribution: str
    licence: str
    licence_url: str


class Jamendo:
    """Rows of MTG-Jamendo.

    Attributes:
        name: "jamendo".
    """

    name = "jamendo"

    def __init__(self, path: Path) -> None:
        """Take a checkout of the data set, its ``data`` folder, or one of its tables of tags."""
        self._table = path if path.is_file() else _find(path, TABLES)
        self._folders = (self._table.parent, self._table.parent.parent)

    def n_rows(self) -> int:
        """Return how many rows there are."""
        return max(0, count_lines(self._table) - 1)

    def notices(self) -> list[str]:
        """Say which tables are missing and what that costs."""
        said = []
        if not self._beside(NAMES):
            said.append(f"no {NAMES}: tracks have no title and no artist")
        if not (self._beside(LICENCES) or self._beside(LICENCE_TABLE)):
            said.append(f"no {LICENCES}: licences are unknown, so nothing may be published")
        return said

    def rows(self) -> Iterator[SourceRow | Refused]:
        """Yield every track; see ``Source``."""
        lines = tsv_lines(self._table)
        header = next(lines, (1, []))[1]
        if tuple(header) != HEADER:
            raise InputError(
                f"{printable(self._table)}: line 1: the columns are not {', '.join(HEADER)}"
            )
        names, terms = self._read_names(), self._read_terms()

        def make(number: int, cells: list[str]) -> SourceRow:
            if len(cells) < len(HEADER) - 1:
                raise ValueError(f"{len(cells)} cells, at least {len(HEADER) - 1} columns")
            key, path = cells[0].strip(), cells[3].strip()
            return _row(number, cells, names.get(key), terms.get(key) or terms.get(path))

        yield from read_rows(lines, make)

    def _beside(self, name: str) -> Path | None:
        return next((f / name for f in self._folders if (f / name).is_file()), None)

    def _read_names(self) -> dict[str, _Names]:
        path = self._beside(NAMES)
        if path is None:
            return {}
        lines = tsv_lines(path)
        wanted = ("TRACK_ID", "TRACK_NAME", "ARTIST_NAME", "ALBUM_NAME", "URL")
        at = columns_of(path, next(lines, (1, []))[1], wanted)
        return {
            cells[at["TRACK_ID"]].strip(): _Names(
                *(words(html.unescape(cells[at[name]])) for name in wanted[1:])
            )
            for _, cells in lines
            if len(cells) > max(at[name] for name in wanted)
        }

    def _read_terms(self) -> dict[str, _Terms]:
        """Return credit and licence by path, or by track id where they stand in a table."""
        if path := self._beside(LICENCES):
            return _terms_of_list(path)
        return _terms_of_table(path) if (path := self._beside(LICENCE_TABLE)) else {}


def _find(folder: Path, names: tuple[str, ...]) -> Path:
    for place in (folder, folder / "data"):
        for name in names:
            if (place / name).is_file():
                return place / name
    raise InputError(f"{printable(folder)}: no table of MTG-Jamendo here ({', '.join(names)})")


def _terms_of_list(path: Path) -> dict[str, _Terms]:
    found: dict[str, _Terms] = {}
    name, lines = "", list[str]()
    with open_text(path) as file:
        for text in file:
            line = words(text)
            if PATH.fullmatch(line):
                name, lines = line, []
            elif match := LICENSED.fullmatch(line):
                found[name] = _Terms(joined(*lines), match["words"], match["url"] or "")
            elif line:
                lines.append(line)
    found.pop("", None)
    return found


def _terms_of_table(path: Path) -> dict[str, _Terms]:
    lines = tsv_lines(path)
    at = columns_of(path, next(lines, (1, []))[1], ("TRACK_ID", "ATTRIBUTION", "LICENSE"))
    found = {}
    for _, cells in lines:
        if len(cells) > max(at.values()):
            licence = words(cells[at["LICENSE"]])
            match = LICENSED.fullmatch(licence)
            said = (match["words"], match["url"] or "") if match else (licence, "")
            found[cells[at["TRACK_ID"]].strip()] = _Terms(words(cells[at["ATTRIBUTION"]]), *said)
    return found


def _row(line: int, cells: list[str], named: _Names | None, terms: _Terms | None) -> SourceRow:
    key, path = cells[0].strip(), cells[3].strip()
    if not re.fullmatch(r"track_\d+", key):
        raise ValueError(f"TRACK_ID {words(key, 40)!r} is not like track_0000948")
    if not PATH.fullmatch(path):
        raise ValueError(f"PATH {words(path, 40)!r} is not like 48/948.mp3")
    title = named.title if named and named.title else key.replace("_", " ")
    artist = named.artist if named else ""
    attribution = terms.attribution if terms else ""
    return SourceRow(
        key=key,
        line=line,
        title=title,
        artist=artist,
        album=named.album if named else "",
        description=joined(*(_tag(cell) for cell in cells[5:])),
        duration_seconds=seconds(cells[4]),
        licence=terms.licence if terms else "",
        licence_url=terms.licence_url if terms else "",
        attribution=attribution or credit(title, artist),
        source_url=named.url if named else "",
        audio_name=path,
        audio_url=f"{AUDIO}/{path}",
    )


def _tag(cell: str) -> str:
    """Return the word of a tag: "mood/theme---film" says "film"."""
    return words(cell.rpartition("---")[2])
