"""One polite client for every server: slow, patient, and never asking twice for the same.

Requests of one client to one server keep a distance. What fails for the moment (429 and 5xx) is
tried again after a pause that doubles, or after the one the server asks for (``Retry-After``).
Answers are kept on disk for a day, so that a run that was stopped goes on where it was. Downloads
go on from the byte they reached, and appear under their name when they are whole.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from v2m import __version__
from v2m.errors import BackendError, InputError, printable

AGENT = f"v2m/{__version__} (music search for video)"
TRIED_AGAIN = (429, 500, 502, 503, 504)
RETRIES = 5
BLOCK = 1 << 14
BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
MOST_BYTES = 1 << 30
"""No piece of music is larger; what is, is something else."""


class _Spaced(HTTPAdapter):
    """Keeps a distance between requests, and tries again what may work later."""

    def __init__(self, interval_seconds: float, retries: int, backoff_seconds: float) -> None:
        patience = Retry(
            total=retries,
            backoff_factor=backoff_seconds,
            backoff_max=60,
            status_forcelist=TRIED_AGAIN,
            allowed_methods=("GET", "HEAD"),
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        super().__init__(max_retries=patience)
        self._interval = interval_seconds
        self._last: dict[str, float] = {}

    def send(self, request: requests.PreparedRequest, *rest: Any, **named: Any) -> Any:
        host = request.url.split("/")[2] if request.url else ""
        wait = self._last.get(host, float("-inf")) + self._interval - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        try:
            return super().send(request, *rest, **named)
        finally:
            self._last[host] = time.monotonic()


class PoliteClient:
    """Asks servers for JSON and for files."""

    def __init__(
        self,
        cache_folder: Path,
        *,
        interval_seconds: float = 1.0,
        retries: int | None = None,
        backoff_seconds: float = 1.0,
        timeout_seconds: float = 30.0,
    ) -> None:
        """Keep answers in a folder.

        Args:
            cache_folder: where answers are kept; made if need be.
            interval_seconds: least time between two requests to one server.
            retries: how often a failed request is tried again; None means five times.
            backoff_seconds: first pause; it doubles.
            timeout_seconds: how long a silent server is waited for.
        """
        import requests_cache

        retries = RETRIES if retries is None else retries
        cache_folder.mkdir(parents=True, exist_ok=True)
        self._timeout, self._retries = timeout_seconds, retries
        self._asking = requests_cache.CachedSession(
            str(cache_folder / "answers"),
            backend="sqlite",
            serializer="json",
            expire_after=timedelta(days=1),
            allowable_codes=(200,),
        )
        self._fetching = requests.Session()
        for session in (self._asking, self._fetching):
            adapter = _Spaced(interval_seconds, retries, backoff_seconds)
            session.headers["User-Agent"] = AGENT
            for scheme in ("https://", "http://"):
                session.mount(scheme, adapter)

    def close(self) -> None:
        """Close connections and the cache."""
        self._asking.close()  # type: ignore[no-untyped-call]
        self._fetching.close()

    def json(self, url: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return what a server answers, out of the cache where it is a day old at most.

        Raises:
            BackendError: the server cannot be reached, refuses, or answers something else.
        """
        try:
            answer = self._asking.get(url, params=parameters, timeout=self._timeout)
            _check(answer, url)
            return answer.json()
        except requests.JSONDecodeError as err:
            raise BackendError(_host(url), f"{url}: the answer is not JSON") from err
        except requests.RequestException as err:
            raise BackendError(_host(url), f"{_reason(err)}; what was read is kept") from err

    def download(self, url: str, path: Path) -> None:
        """Fetch a file; it appears whole, and a run that was stopped goes on from its last byte.

        Raises:
            InputError: the folder cannot be written.
            BackendError: the server cannot be reached, refuses, or sends no sound.
        """
        part = path.with_name(f".{path.name}.part")
        mark = path.with_name(f".{path.name}.part-tag")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for trial in count(1):
                try:
                    self._fetch(url, part, mark)
                    break
                except BROKEN:
                    if trial > self._retries:
                        raise
            part.replace(path)
        except requests.RequestException as err:
            raise BackendError(_host(url), f"{_reason(err)}; run again to go on") from err
        except OSError as err:
            raise InputError(f"{printable(path)}: {err.strerror or err}") from err
        with suppress(FileNotFoundError):
            mark.unlink()

    def _fetch(self, url: str, part: Path, mark: Path) -> None:
        have = part.stat().st_size if part.exists() else 0
        tag = mark.read_text(encoding="utf-8") if have and mark.exists() else ""
        # without a tag nobody knows whether the rest belongs to the same file
        ranged = {"Range": f"bytes={have}-", "If-Range": tag} if tag else {}
        with self._fetching.get(url, headers=ranged, stream=True, timeout=self._timeout) as answer:
            if answer.status_code == 416:  # everything is here already
                return
            _check(answer, url)
            kind = answer.headers.get("Content-Type", "")
            if kind.startswith(("text/", "application/json")):
                raise BackendError(_host(url), f"{url}: sent {kind}, not sound")
            goes_on = answer.status_code == 206
            mark.write_text(answer.headers.get("ETag", ""), encoding="utf-8")
            size = have if goes_on else 0
            with part.open("ab" if goes_on else "wb") as file:
                for block in answer.iter_content(BLOCK):
                    size += file.write(block)
                    if size > MOST_BYTES:
                        raise BackendError(_host(url), f"{url}: larger than any piece of music")


def _check(answer: requests.Response, url: str) -> None:
    if answer.status_code >= 400:
        raise BackendError(_host(url), f"{url}: HTTP {answer.status_code} {answer.reason}")


def _host(url: str) -> str:
    return url.split("/")[2] if "//" in url else url


def _reason(err: requests.RequestException) -> str:
    if isinstance(err, requests.Timeout):
        return "did not answer in time"
    if isinstance(err, requests.ConnectionError):
        return "cannot be reached, or broke off"
    return type(err).__name__
