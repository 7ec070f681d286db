"""The Free Music Archive's data set: ``tracks.csv`` joined with ``raw_tracks.csv``.

Defferrard and others, "FMA: A Dataset for Music Analysis" (2017). ``tracks.csv`` has a header of
two rows and names the licence by its title only; the address of the licence and of the track's page
stand in ``raw_tracks.csv``. The metadata itself is CC BY 4.0; each track has a licence of its own.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from catalogs.sources.reading import (
    columns_of,
    count_lines,
    credit,
    csv_lines,
    joined,
    listed,
    plain,
    read_rows,
    seconds,
    words,
)
from v2m.errors import InputError, printable
from v2m.types import Refused, SourceRow

TRACKS, RAW, GENRES = "tracks.csv", "raw_tracks.csv", "genres.csv"
NEEDED = (
    ("track", "title"), ("track", "license"), ("track", "duration"), ("track", "tags"),
    ("track", "genres_all"), ("track", "genre_top"), ("track", "information"),
    ("artist", "name"), ("album", "title"),
)  # fmt: skip
RAW_NEEDED = ("track_id", "license_title", "license_url", "track_url", "track_instrumental")


class _Raw(NamedTuple):
    """What only ``raw_tracks.csv`` knows of a track."""

    licence: str
    licence_url: str
    track_url: str
    instrumental: float


class Fma:
    """Rows of FMA's metadata.

    Attributes:
        name: "fma".
    """

    name = "fma"

    def __init__(self, path: Path) -> None:
        """Take the folder of FMA's metadata, or its ``tracks.csv``."""
        folder = path if path.is_dir() else path.parent
        self._tracks = folder / TRACKS if path.is_dir() else path
        self._raw = folder / RAW
        self._genres = folder / GENRES

    def n_rows(self) -> int:
        """Return about how many rows there are; cells with line breaks count more than once."""
        return max(0, count_lines(self._tracks) - 3)

    def notices(self) -> list[str]:
        """Say which tables are missing and what that costs."""
        lost = {
            self._raw: "licences have no address, tracks no page",
            self._genres: "genres stay numbers and are left out",
        }
        return [f"no {path.name} beside it: {cost}" for path, cost in lost.items()
                if not path.exists()]  # fmt: skip

    def rows(self) -> Iterator[SourceRow | Refused]:
        """Yield every track; see ``Source``."""
        lines = csv_lines(self._tracks)
        places = self._columns([next(lines, (1, []))[1], next(lines, (2, []))[1]])
        raw, genres = self._read_raw(), self._read_genres()

        def make(number: int, cells: list[str]) -> SourceRow:
            if len(cells) != places["width"]:
                raise ValueError(f"{len(cells)} cells, {places['width']} columns")
            row = {name: cells[place] for name, place in places.items() if name != "width"}
            return _row(number, cells[0], row, raw.get(cells[0].strip()), genres)

        # pandas writes a third row that only names the index
        yield from read_rows((line for line in lines if line[1][0] != "track_id"), make)

    def _columns(self, header: list[list[str]]) -> dict[str, int]:
        upper, lower = header
        names = list(zip(upper, lower, strict=False))
        if missing := ["/".join(name) for name in NEEDED if name not in names]:
            raise InputError(
                f"{printable(self._tracks)}: lines 1 and 2: no column {', '.join(missing)}; "
                "this source reads FMA's tracks.csv with its two header rows"
            )
        places = {"/".join(name): names.index(name) for name in NEEDED}
        return places | {"width": len(lower)}

    def _read_raw(self) -> dict[str, _Raw]:
        if not self._raw.exists():
            return {}
        lines = csv_lines(self._raw)
        at = columns_of(self._raw, next(lines, (1, []))[1], RAW_NEEDED)
        last = max(at[name] for name in RAW_NEEDED)
        return {
            cells[at["track_id"]].strip(): _Raw(
                sys.intern(words(cells[at["license_title"]])),
                sys.intern(words(cells[at["license_url"]])),
                words(cells[at["track_url"]]),
                float(cells[at["track_instrumental"]].strip() == "1"),
            )
            for _, cells in lines
            if len(cells) > last
        }

    def _read_genres(self) -> dict[str, str]:
        if not self._genres.exists():
            return {}
        lines = csv_lines(self._genres)
        at = columns_of(self._genres, next(lines, (1, []))[1], ("genre_id", "title"))
        return {
            cells[at["genre_id"]]: words(cells[at["title"]])
            for _, cells in lines
            if len(cells) > max(at.values())
        }


def _row(
    line: int, key: str, row: dict[str, str], raw: _Raw | None, genres: dict[str, str]
) -> SourceRow:
    if not key.strip().isdigit():
        raise ValueError(f"track_id {words(key, 40)!r} is no number")
    title = words(row["track/title"])
    if not title:
        raise ValueError("no title")
    artist = words(row["artist/name"])
    number = f"{int(key):06d}"
    named = [genres.get(genre, "") for genre in listed(row["track/genres_all"])]
    about = (row["track/genre_top"], *named, *listed(row["track/tags"]))
    return SourceRow(
        key=str(int(key)),
        line=line,
        title=title,
        artist=artist,
        album=words(row["album/title"]),
        description=joined(*map(words, about), plain(row["track/information"])),
        duration_seconds=seconds(row["track/duration"]),
        instrumental=raw.instrumental if raw else 0.0,
        licence=(raw.licence if raw else "") or words(row["track/license"]),
        licence_url=raw.licence_url if raw else "",
        attribution=credit(title, artist),
        source_url=raw.track_url if raw else "",
        audio_name=f"{number[:3]}/{number}.mp3",
    )
