"""The polite client and the sources behind it, against a server of our own."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from catalogs.generated_terms import terms_of
from catalogs.sources.archive import Archive
from catalogs.sources.client import PoliteClient
from catalogs.sources.openverse import Openverse
from v2m.errors import BackendError
from v2m.protocols import Source
from v2m.types import Refused, SourceRow

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

SOUND = bytes(range(256)) * 2000


@dataclass
class Server:
    """Speaks the documented formats, and misbehaves when told to.

    Attributes:
        address: where it answers.
        asked: path and query of every request, in order.
        ranges: the Range header of every request for a sound.
        times: when each request came, seconds.
        failures: answers to give before the right ones: status and headers.
        cuts: bytes of a sound after which the line breaks, for one request after the other.
        pages: pages of Openverse's answer.
    """

    address: str = ""
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    pages: list[list[dict[str, object]]] = field(default_factory=list)
    items: dict[str, dict[str, object]] = field(default_factory=dict)

    def answer(self, path: str, query: dict[str, list[str]]) -> object:
        if path == "/v1/audio/":
            number = int(query["page"][0])
            total = sum(map(len, self.pages))
            return {
                "result_count": total,
                "page_count": len(self.pages),
                "page_size": 20,
                "page": number,
                "results": self.pages[number - 1],
            }
        if path == "/advancedsearch.php":
            docs = [{"identifier": name} for name in self.items]
            return {"response": {"numFound": len(docs), "start": 0, "docs": docs}}
        return self.items.get(unquote(path.removeprefix("/metadata/")), {})


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            server.asked.append(self.path)
            server.times.append(time.monotonic())
            if server.failures:
                status, headers = server.failures.pop(0)
                return self._send(status, b"", "text/plain", headers)
            parts = urlsplit(self.path)
            if parts.path.startswith("/download/"):
                return self._sound()
            body = json.dumps(server.answer(parts.path, parse_qs(parts.query))).encode()
            return self._send(200, body, "application/json", {})

        def _sound(self) -> None:
            wanted = self.headers.get("Range", "")
            server.ranges.append(wanted)
            fits = self.headers.get("If-Range") == '"v1"'
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and fits else 0
            body, headers = SOUND[start:], {"ETag": '"v1"'}
            cut = server.cuts.pop(0) if server.cuts else 0
            status = 206 if start else 200
            self._send(status, body, "audio/mpeg", headers, only=cut or len(body))

        def _send(
            self, status: int, body: bytes, kind: str, headers: dict[str, str], only: int = -1
        ) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if only < 0 else body[:only])
            if 0 <= only < len(body):
                self.close_connection = True

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    spoken = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(spoken)) as running:
        spoken.address = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield spoken
        running.shutdown()
        thread.join()


def _client(folder: Path, interval: float = 0.0, retries: int = 3) -> PoliteClient:
    return PoliteClient(
        folder / "answers",
        interval_seconds=interval,
        retries=retries,
        backoff_seconds=0.01,
        timeout_seconds=5,
    )


@pytest.fixture
def client(tmp_path: Path) -> Iterator[PoliteClient]:
    polite = _client(tmp_path)
    yield polite
    polite.close()


def _result(number: int, **more: object) -> dict[str, object]:
    return {
        "id": f"id-{number}",
        "title": f"Song {number}",
        "foreign_landing_url": f"https://www.jamendo.example/track/{number}",
        "url": f"https://mp3.example/{number}/?format=mp32",
        "creator": "Ada",
        "license": "by-nc-sa",
        "license_version": "3.0",
        "license_url": "https://creativecommons.org/licenses/by-nc-sa/3.0/",
        "attribution": f'"Song {number}" by Ada is licensed under CC BY-NC-SA 3.0.',
        "duration": 183_500,
        "genres": ["ambient"],
        "tags": [{"name": "calm"}, {"name": "piano", "accuracy": None}],
        "audio_set": {"title": "First"},
        "filetype": "mp32",
    } | more


def _read(source: Source) -> tuple[list[SourceRow], list[Refused]]:
    rows = list(source.rows())
    return (
        [row for row in rows if isinstance(row, SourceRow)],
        [row for row in rows if isinstance(row, Refused)],
    )


# ---- Openverse ---------------------------------------------------------------------------------


def test_openverse_is_read_page_by_page(server: Server, client: PoliteClient) -> None:
    server.pages = [[_result(n) for n in range(20)], [_result(20, title="")]]
    source = Openverse("calm piano", client, server=server.address)

    rows, refused = _read(source)

    assert [row.key for row in rows] == [f"id-{n}" for n in range(20)]
    assert rows[0] == SourceRow(
        key="id-0",
        line=0,
        title="Song 0",
        artist="Ada",
        album="First",
        description="ambient; calm; piano",
        duration_seconds=183.5,
        licence="CC BY-NC-SA 3.0",
        licence_url="https://creativecommons.org/licenses/by-nc-sa/3.0/",
        attribution='"Song 0" by Ada is licensed under CC BY-NC-SA 3.0.',
        source_url="https://www.jamendo.example/track/0",
        audio_name="id-0.mp3",
        audio_url="https://mp3.example/0/?format=mp32",
    )
    assert refused == [Refused(0, "id-20", "no title")]
    assert "q=calm+piano" in server.asked[0]
    assert source.n_rows() == 21


@pytest.mark.parametrize(
    ("code", "version", "name"),
    [("cc0", "1.0", "CC0-1.0"), ("pdm", "1.0", "PDM-1.0"), ("by", "2.5", "CC-BY-2.5")],
)
def test_openverses_codes_are_licences_we_read(
    server: Server, client: PoliteClient, code: str, version: str, name: str
) -> None:
    server.pages = [[_result(1, license=code, license_version=version, license_url=None)]]

    (row,), _ = _read(Openverse("x", client, server=server.address))

    assert terms_of(row.licence, row.licence_url).name == name


def test_a_limit_ends_the_asking(server: Server, client: PoliteClient) -> None:
    server.pages = [[_result(n) for n in range(20)] for _ in range(3)]
    source = Openverse("x", client, limit=5, server=server.address)

    assert len(_read(source)[0]) == 5
    assert len(server.asked) == 1
    assert source.notices() == ["60 found, 5 asked for"]


# ---- the Internet Archive ----------------------------------------------------------------------


def _item(**more: object) -> dict[str, object]:
    return {
        "metadata": {
            "identifier": "x1",
            "title": "Sky",
            "creator": ["Cy", "Di"],
            "licenseurl": "http://creativecommons.org/licenses/by/3.0/",
            "subject": ["ambient", "drone"],
            "description": "<b>long</b> nights",
        },
        "files": [
            {"name": "cover.jpg", "format": "JPEG"},
            {"name": "01 a.mp3", "format": "VBR MP3", "title": "Blue", "length": "61.5"},
            {"name": "02 b.mp3", "format": "VBR MP3", "length": "1:02"},
            {"name": "01 a.flac", "format": "Flac", "title": "Blue"},
        ],
    } | more


def test_the_archives_items_give_one_row_a_track(server: Server, client: PoliteClient) -> None:
    closed = {"metadata": {"access-restricted-item": "true"}, "files": _item()["files"]}
    server.items = {"x1": _item(), "x2": {"metadata": {}, "files": []}, "x3": closed}

    rows, refused = _read(Archive("collection:netlabels", client, server=server.address))

    assert [(row.key, row.title, row.duration_seconds) for row in rows] == [
        ("x1/01 a.mp3", "Blue", 61.5),
        ("x1/02 b.mp3", "02 b", 62.0),
    ]
    assert (rows[0].artist, rows[0].album) == ("Cy; Di", "Sky")
    assert rows[0].description == "ambient; drone; long nights"
    assert terms_of(rows[0].licence, rows[0].licence_url).name == "CC-BY-3.0"
    assert rows[0].audio_url == f"{server.address}/download/x1/01%20a.mp3"
    assert [row.reason for row in refused] == ["no sound file we read", "not open to all"]


# ---- politeness --------------------------------------------------------------------------------


def test_what_was_answered_is_not_asked_again(server: Server, tmp_path: Path) -> None:
    server.items = {"x1": _item()}
    for _ in range(2):  # two runs
        client = _client(tmp_path)
        assert len(_read(Archive("q", client, server=server.address))[0]) == 2
        client.close()

    assert len(server.asked) == 2


def test_requests_keep_their_distance(server: Server, tmp_path: Path) -> None:
    server.items = {f"x{n}": _item() for n in range(3)}
    client = _client(tmp_path, interval=0.1)

    _read(Archive("q", client, server=server.address))
    client.close()

    gaps = [after - before for before, after in zip(server.times, server.times[1:], strict=False)]
    assert min(gaps) > 0.08


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_for_the_moment_is_tried_again(
    server: Server, client: PoliteClient, status: int
) -> None:
    server.items = {"x1": _item()}
    server.failures = [(status, {}), (status, {})]

    assert len(_read(Archive("q", client, server=server.address))[0]) == 2


def test_the_pause_a_server_asks_for_is_kept(server: Server, client: PoliteClient) -> None:
    server.items = {"x1": _item()}
    server.failures = [(429, {"Retry-After": "1"})]

    _read(Archive("q", client, server=server.address))

    assert server.times[1] - server.times[0] >= 1.0


def test_a_server_that_goes_on_failing_is_said(server: Server, client: PoliteClient) -> None:
    server.failures = [(503, {})] * 10
    with pytest.raises(BackendError, match="HTTP 503"):
        list(Archive("q", client, server=server.address).rows())

    server.failures = [(404, {})]
    with pytest.raises(BackendError, match="HTTP 404"):
        client.json(f"{server.address}/other")
    with pytest.raises(BackendError, match="cannot be reached"):
        client.json("http://127.0.0.1:9/")


def test_a_download_that_broke_off_goes_on_at_its_byte(
    server: Server, client: PoliteClient, tmp_path: Path
) -> None:
    path = tmp_path / "music" / "a.mp3"
    server.cuts = [100_000, 200_000]

    client.download(f"{server.address}/download/a.mp3", path)

    assert path.read_bytes() == SOUND
    reached = [int(r.removeprefix("bytes=").rstrip("-") or 0) for r in server.ranges]
    assert reached[0] == 0 < reached[1] < reached[2]
    assert [p.name for p in path.parent.iterdir()] == ["a.mp3"]


def test_a_run_that_was_stopped_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    path, hasty = tmp_path / "a.mp3", _client(tmp_path, retries=0)
    server.cuts = [300_000]
    with pytest.raises(BackendError, match="run again to go on"):
        hasty.download(f"{server.address}/download/a.mp3", path)
    hasty.close()
    assert not path.exists()

    again = _client(tmp_path)
    again.download(f"{server.address}/download/a.mp3", path)
    again.close()

    assert path.read_bytes() == SOUND
    assert server.ranges[1] != ""


def test_half_a_file_of_an_older_version_is_begun_again(
    server: Server, client: PoliteClient, tmp_path: Path
) -> None:
    (tmp_path / ".a.mp3.part").write_bytes(b"of another version")
    (tmp_path / ".a.mp3.part-tag").write_text('"v0"')

    client.download(f"{server.address}/download/a.mp3", tmp_path / "a.mp3")

    assert (tmp_path / "a.mp3").read_bytes() == SOUND


def test_a_page_in_place_of_sound_is_refused(
    server: Server, client: PoliteClient, tmp_path: Path
) -> None:
    with pytest.raises(BackendError, match="not sound"):
        client.download(f"{server.address}/metadata/x", tmp_path / "a.mp3")
    assert not (tmp_path / "a.mp3").exists()
