"""A folder of music with a table beside it: CSV or JSON, columns found by their names."""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from catalogs.sources.reading import (
    check_encoding,
    count_lines,
    csv_lines,
    joined,
    open_text,
    read_rows,
    seconds,
    words,
)
from v2m.errors import InputError, printable
from v2m.types import Refused, SourceRow

TABLES = ("tracks.csv", "tracks.json", "music.csv", "music.json", "catalogue.csv", "metadata.csv")

NAMES: Mapping[str, tuple[str, ...]] = {
    "file": ("file", "path", "filename", "file_name", "file_path", "audio", "audio_file"),
    "key": ("id", "track_id", "key"),
    "title": ("title", "track_title", "track_name", "name", "track"),
    "artist": ("artist", "artist_name", "creator", "author", "composer", "performer"),
    "album": ("album", "album_title", "album_name", "release"),
    "genre": ("genre", "genres", "style"),
    "mood": ("mood", "moods", "theme"),
    "tags": ("tags", "keywords", "instruments"),
    "description": ("description", "comment", "notes", "prompt"),
    "duration": ("duration_seconds", "duration", "length", "len", "seconds"),
    "instrumental": ("instrumental",),
    "licence": ("licence", "licence_name", "licence_title", "rights", "copyright"),
    "licence_url": ("licence_url", "licenceurl", "licence_link"),
    "attribution": ("attribution", "credit", "credits", "credit_line"),
    "source_url": ("source_url", "url", "page", "track_url", "source", "foreign_landing_url"),
    "audio_url": ("audio_url", "download_url", "download"),
}
"""Our field, and the columns that are taken for it, best first; "license" is read as "licence"."""

YES = frozenset({"1", "1.0", "true", "yes", "y"})


class Sidecar:
    """Rows of a table that lies with its music.

    Attributes:
        name: "folder".
        folder: where the table lies; files are named relative to it.
    """

    name = "folder"

    def __init__(self, path: Path) -> None:
        """Take a folder with a table in it, or the table itself."""
        self._table = path if path.is_file() else _find(path)
        self.folder = self._table.parent
        if self._table.suffix.lower() not in (".csv", ".tsv", ".json"):
            raise InputError(f"{printable(self._table)}: unknown ending; use .csv, .tsv or .json")

    def n_rows(self) -> int:
        """Return about how many rows there are; 0 for JSON."""
        is_json = self._table.suffix.lower() == ".json"
        return 0 if is_json else max(0, count_lines(self._table) - 1)

    def notices(self) -> list[str]:
        """Name the columns that are not used, with the nearest name that would be."""
        if self._table.suffix.lower() == ".json":
            return []
        header = next(self._csv_lines(), (1, []))[1]
        places = _places(header)
        unused = [n for place, n in enumerate(header) if place not in places.values()]
        return [f"line 1: column {words(name, 40)!r} is not used{_hint(name)}" for name in unused]

    def rows(self) -> Iterator[SourceRow | Refused]:
        """Yield every track; see ``Source``."""
        if self._table.suffix.lower() == ".json":
            yield from self._json_rows()
            return
        lines = self._csv_lines()
        header = next(lines, (1, []))[1]
        places = _places(header)
        if not {"title", "file"} & set(places):
            raise InputError(
                f"{printable(self._table)}: line 1: no column for the title or the file; "
                f"name one of them {' or '.join(NAMES['title'][:1] + NAMES['file'][:1])}"
            )

        def make(number: int, cells: list[str]) -> SourceRow:
            if len(cells) != len(header):
                raise ValueError(f"{len(cells)} cells, {len(header)} columns")
            return self._row(number, {field: cells[place] for field, place in places.items()})

        yield from read_rows(lines, make, places.get("key", places.get("file", 0)))

    def _csv_lines(self) -> Iterator[tuple[int, list[str]]]:
        if self._table.suffix.lower() == ".tsv":
            return csv_lines(self._table, "\t")
        with open_text(self._table) as file:
            first = file.readline()
        # spreadsheets of half the world save commas as semicolons
        return csv_lines(self._table, ";" if first.count(";") > first.count(",") else ",")

    def _json_rows(self) -> Iterator[SourceRow | Refused]:
        for line, item in _json_items(self._table):
            if not isinstance(item, dict):
                yield Refused(line, "", f"{words(str(item), 40)!r} is no object")
                continue
            try:
                yield self._row(line, _fields(item))
            except ValueError as reason:
                yield Refused(line, words(str(item.get("id", item.get("file", "")))), str(reason))

    def _row(self, line: int, row: Mapping[str, str]) -> SourceRow:
        check_encoding(row.values())
        named = {field: words(row.get(field, "")) for field in NAMES}
        audio_name = self._relative(row.get("file", "").strip())
        title = named["title"] or PurePosixPath(audio_name).stem
        key = named["key"] or audio_name or joined(named["artist"], title)
        if not title:
            raise ValueError("neither title nor file")
        return SourceRow(
            key=key,
            line=line,
            title=title,
            artist=named["artist"],
            album=named["album"],
            description=joined(*(named[f] for f in ("genre", "mood", "tags", "description"))),
            duration_seconds=seconds(named["duration"]),
            instrumental=float(named["instrumental"].lower() in YES),
            licence=named["licence"],
            licence_url=named["licence_url"],
            attribution=named["attribution"],
            source_url=named["source_url"],
            audio_name=audio_name,
            audio_url=named["audio_url"],
        )

    def _relative(self, name: str) -> str:
        """Return a file's name as it ends, with forward slashes."""
        path = PurePosixPath(name.replace("\\", "/"))
        folder = PurePosixPath(self.folder.absolute().as_posix())
        inside = path.relative_to(folder) if path.is_relative_to(folder) else path
        return str(inside).lstrip("/").removeprefix("./") if name else ""


def _find(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(f"{printable(folder)}: no such folder or table")
    for name in TABLES:
        if (folder / name).is_file():
            return folder / name
    tables = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".csv", ".tsv", ".json"))
    if len(tables) != 1:
        several = "several tables" if tables else "no table"
        raise InputError(
            f"{printable(folder)}: {several} here; name the table, or call it {TABLES[0]}"
        )
    return tables[0]


def _simple(name: str) -> str:
    simple = "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
    return simple.replace("license", "licence")


def _places(header: list[str]) -> dict[str, int]:
    """Return the column of each field, the best of several names."""
    at = {_simple(name): place for place, name in reversed(list(enumerate(header)))}
    return {
        field: at[next(name for name in names if name in at)]
        for field, names in NAMES.items()
        if any(name in at for name in names)
    }


def _hint(column: str) -> str:
    known = [name for names in NAMES.values() for name in names]
    near = get_close_matches(_simple(column), known, n=1, cutoff=0.75)
    return f"; did you mean {near[0]!r}?" if near and near[0] != _simple(column) else ""


def _fields(item: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a JSON object as text; lists are joined."""
    places = _places(list(item))
    values = list(item.values())
    return {field: _text(values[place]) for field, place in places.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int | float | str):
        return str(value)
    if isinstance(value, list):
        return joined(*(_text(part) for part in value))
    raise ValueError(f"{words(str(value), 40)!r} is neither text, number nor list")


def _json_items(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the items of a JSON list, or of the list "tracks" of an object, each with its line."""
    with open_text(path) as file:
        text = file.read()
    try:
        document = json.loads(text)
        items = document.get("tracks") if isinstance(document, dict) else document
        start = re.search(r'"tracks"\s*:\s*\[' if isinstance(document, dict) else r"\[", text)
        if not isinstance(items, list) or start is None:
            raise InputError(f"{printable(path)}: neither a list nor an object with 'tracks'")
        yield from _placed(text, start.end(), len(items))
    except json.JSONDecodeError as err:
        raise InputError(f"{printable(path)}: line {err.lineno}: not JSON: {err.msg}") from err


def _placed(text: str, at: int, count: int) -> Iterator[tuple[int, Any]]:
    """Decode items one after the other, so that each is known to begin at a line."""
    decoder, between = json.JSONDecoder(), re.compile(r"[\s,]*")
    line, counted = 1, 0
    for _ in range(count):
        gap = between.match(text, at)
        at = gap.end() if gap else at
        line += text.count("\n", counted, at)
        counted = at
        item, at = decoder.raw_decode(text, at)
        yield line, item
