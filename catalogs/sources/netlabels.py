"""Net labels on the Internet Archive as a pair of tables: ``releases.csv`` and ``tracks.csv``.

The format of freemusi.cc's database (github.com/ojdo/freemusi.cc-database, CC BY-SA 4.0): a track
names its release, and the release its licence.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from catalogs.sources.reading import (
    columns_of,
    count_lines,
    credit,
    csv_lines,
    filled,
    joined,
    read_rows,
    seconds,
    words,
)
from v2m.errors import InputError, printable
from v2m.types import Refused, SourceRow

RELEASES, TRACKS = "releases.csv", "tracks.csv"
RELEASE_COLUMNS = ("id", "album", "artist", "label", "genre", "style", "licenseurl", "url")
TRACK_COLUMNS = ("id", "disc", "track", "title", "trackartist", "duration", "trackurl")
ACTIVITY = {"1": "passive", "2": "", "3": "active"}


class Netlabels:
    """Rows of net labels.

    Attributes:
        name: "netlabels".
    """

    name = "netlabels"

    def __init__(self, path: Path) -> None:
        """Take the folder with both tables."""
        self._releases, self._tracks = path / RELEASES, path / TRACKS
        for table in (self._releases, self._tracks):
            if not table.is_file():
                raise InputError(f"{printable(table)}: no such table; this source reads both")

    def n_rows(self) -> int:
        """Return about how many rows there are."""
        return max(0, count_lines(self._tracks) - 1)

    def notices(self) -> list[str]:
        """Nothing can be missing: both tables are needed."""
        return []

    def rows(self) -> Iterator[SourceRow | Refused]:
        """Yield every track; see ``Source``."""
        releases = self._read_releases()
        lines = csv_lines(self._tracks)
        header = next(lines, (1, []))[1]
        at = columns_of(self._tracks, header, TRACK_COLUMNS)

        def make(number: int, cells: list[str]) -> SourceRow:
            if len(cells) != len(header):
                raise ValueError(f"{len(cells)} cells, {len(header)} columns")
            row = {name: cells[place] for name, place in at.items()}
            release = releases.get(row["id"].strip())
            if release is None:
                raise ValueError(f"no release {words(row['id'], 60)!r} in {RELEASES}")
            return _row(number, row, release)

        yield from read_rows(lines, make, at["id"])

    def _read_releases(self) -> dict[str, dict[str, str]]:
        lines = csv_lines(self._releases)
        at = columns_of(self._releases, next(lines, (1, []))[1], RELEASE_COLUMNS)
        return {
            cells[at["id"]].strip(): {name: words(cells[at[name]]) for name in RELEASE_COLUMNS}
            for _, cells in lines
            if len(cells) > max(at[name] for name in RELEASE_COLUMNS)
        }


def _row(line: int, row: Mapping[str, str], release: Mapping[str, str]) -> SourceRow:
    title = filled(row, "title")
    artist = words(row["trackartist"]) or release["artist"]
    audio_url = words(row["trackurl"])
    file_name = unquote(urlsplit(audio_url).path).rpartition("/")[2]
    mood = ACTIVITY.get(row.get("activity", "").strip(), "")
    return SourceRow(
        key=f"{release['id']}/{words(row['disc']) or '1'}/{filled(row, 'track')}",
        line=line,
        title=title,
        artist=artist,
        album=release["album"],
        description=joined(release["genre"], release["style"], mood),
        duration_seconds=seconds(row["duration"]),
        licence=release["licenseurl"],
        licence_url=release["licenseurl"],
        attribution=credit(title, artist),
        source_url=release["url"],
        audio_name=f"{release['id']}/{file_name}" if file_name else "",
        audio_url=audio_url,
    )
