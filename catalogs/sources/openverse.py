"""Openverse's search for audio: Freesound, Jamendo, Wikimedia Commons and ccMixter in one place.

The format is that of ``/v1/audio/`` (docs.openverse.org). Without an account a page holds 20
results, and pages end at the twentieth at the latest.
"""

from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from catalogs.sources.client import PoliteClient
from catalogs.sources.reading import credit, filled, joined, words
from v2m.errors import BackendError
from v2m.types import Refused, SourceRow

SERVER = "https://api.openverse.org"
PAGE_SIZE = 20
ENDINGS = ("mp3", "ogg", "oga", "opus", "flac", "wav", "m4a", "aif")
LICENCES = {"cc0": "CC0 1.0", "pdm": "PDM 1.0", "sampling+": "CC Sampling Plus 1.0"}


class Openverse:
    """Rows that Openverse finds for a query, music only.

    Attributes:
        name: "openverse".
    """

    name = "openverse"

    def __init__(
        self, query: str, client: PoliteClient, *, limit: int = 200, server: str = SERVER
    ) -> None:
        """Search for words.

        Args:
            query: what to search for.
            client: asks the server.
            limit: at most this many rows.
            server: where an API of Openverse's kind answers.
        """
        self._query, self._client, self._limit = query, client, limit
        self._url = f"{server.rstrip('/')}/v1/audio/"

    def n_rows(self) -> int:
        """Return how many rows will come, by the first page."""
        found = int(self._page(1).get("result_count") or 0)
        return min(found, self._limit)

    def notices(self) -> list[str]:
        """Say that the server knows more than it was asked for."""
        found = int(self._page(1).get("result_count") or 0)
        return [f"{found} found, {self._limit} asked for"] if found > self._limit else []

    def rows(self) -> Iterator[SourceRow | Refused]:
        """Yield what is found, best first; see ``Source``."""
        yield from islice(self._all(), self._limit)

    def _all(self) -> Iterator[SourceRow | Refused]:
        for number in count(1):
            page = self._page(number)
            results = page.get("results")
            for result in results if isinstance(results, list) else []:
                try:
                    yield _row(result)
                except ValueError as reason:
                    key = result.get("id") if isinstance(result, dict) else ""
                    yield Refused(0, words(str(key or "")), str(reason))
            if not results or number >= int(page.get("page_count") or 0):
                return

    def _page(self, number: int) -> Mapping[str, Any]:
        asked = {"q": self._query, "category": "music", "page_size": PAGE_SIZE, "page": number}
        page = self._client.json(self._url, asked)
        if not isinstance(page, dict):
            raise BackendError("openverse", f"page {number} is not what /v1/audio/ answers")
        return page


def _row(result: Any) -> SourceRow:
    if not isinstance(result, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a wrong answer, not our mistake
    text = {name: str(value or "") for name, value in result.items()}
    title, artist = filled(text, "title"), words(text.get("creator", ""))
    key, audio_url = filled(text, "id"), filled(text, "url")
    code, version = text.get("license", "").lower(), text.get("license_version", "")
    album = result.get("audio_set") or {}
    tags = [str(tag.get("name", "")) for tag in result.get("tags") or [] if isinstance(tag, dict)]
    return SourceRow(
        key=key,
        line=0,
        title=title,
        artist=artist,
        album=words(str(album.get("title") or "")) if isinstance(album, dict) else "",
        description=joined(*(words(str(g)) for g in result.get("genres") or []), *map(words, tags)),
        duration_seconds=float(result.get("duration") or 0) / 1000,  # milliseconds
        licence=LICENCES.get(code, f"CC {code.upper()} {version}".strip() if code else ""),
        licence_url=words(text.get("license_url", "")),
        attribution=words(text.get("attribution", "")) or credit(title, artist),
        source_url=words(text.get("foreign_landing_url", "")),
        audio_name=f"{key}.{_ending(text, audio_url)}",
        audio_url=audio_url,
    )


def _ending(text: Mapping[str, str], url: str) -> str:
    suffix = PurePosixPath(urlsplit(url).path).suffix.lstrip(".").lower()
    # Jamendo's files are of type "mp32" there
    for named in (text.get("filetype", "").lower(), suffix):
        for ending in ENDINGS:
            if named.startswith(ending):
                return ending
    return ENDINGS[0]
