"""The Internet Archive: its search for items, then each item's metadata with its files.

Formats: ``advancedsearch.php`` and ``/metadata/IDENTIFIER`` (archive.org/developers).
"""

from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from catalogs.sources.client import PoliteClient
from catalogs.sources.reading import credit, joined, plain, seconds, words
from v2m.errors import BackendError
from v2m.types import Refused, SourceRow

SERVER = "https://archive.org"
PAGE_SIZE = 50
FORMATS = ("VBR MP3", "320Kbps MP3", "256Kbps MP3", "192Kbps MP3", "MP3", "128Kbps MP3",
           "Ogg Vorbis", "Flac", "24bit Flac", "WAVE")  # fmt: skip
"""One format is taken of an item, the first of these that it has."""


class Archive:
    """Rows of the items that a query finds, one for each of their tracks.

    Attributes:
        name: "archive".
    """

    name = "archive"

    def __init__(
        self, query: str, client: PoliteClient, *, limit: int = 200, server: str = SERVER
    ) -> None:
        """Search for items.

        Args:
            query: in the Archive's own language, such as "collection:netlabels AND piano".
            client: asks the server.
            limit: at most this many rows.
            server: where an archive of this kind answers.
        """
        self._query, self._client, self._limit = query, client, limit
        self._server = server.rstrip("/")

    def n_rows(self) -> int:
        """Return 0: items are counted, tracks are not."""
        return 0

    def notices(self) -> list[str]:
        """Say how many items the query finds."""
        return [f"{int(self._found(1).get('numFound') or 0)} items found"]

    def rows(self) -> Iterator[SourceRow | Refused]:
        """Yield the tracks of each item; see ``Source``."""
        yield from islice(self._all(), self._limit)

    def _all(self) -> Iterator[SourceRow | Refused]:
        for number in count(1):
            found = self._found(number)
            documents = found.get("docs") or []
            for document in documents:
                yield from self._item(str(document.get("identifier", "")))
            if not documents or number * PAGE_SIZE >= int(found.get("numFound") or 0):
                return

    def _found(self, number: int) -> Mapping[str, Any]:
        asked = {
            "q": f"({self._query}) AND mediatype:audio",
            "fl[]": "identifier",
            "sort[]": "identifier asc",
            "rows": PAGE_SIZE,
            "page": number,
            "output": "json",
        }
        answer = self._client.json(f"{self._server}/advancedsearch.php", asked)
        found = answer.get("response") if isinstance(answer, dict) else None
        if not isinstance(found, dict):
            raise BackendError("archive", "the search did not answer with a response")
        return found

    def _item(self, identifier: str) -> Iterator[SourceRow | Refused]:
        answer = self._client.json(f"{self._server}/metadata/{quote(identifier)}")
        item = answer if isinstance(answer, dict) else {}
        about = {name: _text(value) for name, value in (item.get("metadata") or {}).items()}
        files = _files(item)
        if about.get("access-restricted-item") == "true" or not files:
            closed = about.get("access-restricted-item") == "true"
            yield Refused(0, identifier, "not open to all" if closed else "no sound file we read")
            return
        for file in files:
            try:
                yield self._row(identifier, about, file)
            except ValueError as reason:
                yield Refused(0, f"{identifier}/{file.get('name', '')}", str(reason))

    def _row(self, identifier: str, about: Mapping[str, str], file: Mapping[str, str]) -> SourceRow:
        name = file["name"]
        title = words(file.get("title", "")) or PurePosixPath(name).stem
        artist = words(file.get("creator") or file.get("artist") or about.get("creator", ""))
        return SourceRow(
            key=f"{identifier}/{name}",
            line=0,
            title=title,
            artist=artist,
            album=words(about.get("title", "")),
            description=joined(
                words(file.get("genre", "")),
                plain(about.get("subject", "")),
                plain(about.get("description", ""))[:300],
            ),
            duration_seconds=seconds(file.get("length", "")),
            licence=words(about.get("licenseurl", "")),
            licence_url=words(about.get("licenseurl", "")),
            attribution=credit(title, artist),
            source_url=f"{SERVER}/details/{identifier}",
            audio_name=f"{identifier}/{name}",
            audio_url=f"{self._server}/download/{quote(identifier)}/{quote(name)}",
        )


def _files(item: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the sound files of the one format we take."""
    files = [
        {name: _text(value) for name, value in file.items()}
        for file in item.get("files") or []
        if isinstance(file, dict) and file.get("name")
    ]
    for wanted in FORMATS:
        if chosen := [file for file in files if file.get("format") == wanted]:
            return chosen
    return []


def _text(value: Any) -> str:
    """Return a value of the Archive, which may be one or several."""
    return joined(*map(str, value)) if isinstance(value, list) else str(value or "")
