"""A small imitation of the Hugging Face hub on this machine: enough to list and fetch files."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubServer(ThreadingHTTPServer):
    """Serves the files of one model at one commit."""

    daemon_threads = True

    def __init__(self, model: str, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model, self.files = model, files
        self.breaks_after: int | None = None  # bytes of the next file before the line breaks
        self.ranges: list[str] = []  # what clients asked to be continued

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: HubServer

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = urlsplit(self.path).path
        prefix = f"/{self.server.model}/resolve/{COMMIT}/"
        if path.startswith(prefix) and path.removeprefix(prefix) in self.server.files:
            self._file(self.server.files[path.removeprefix(prefix)], body=body)
        elif path == f"/api/models/{self.server.model}/tree/{COMMIT}":
            self._json([_entry(name, data) for name, data in self.server.files.items()])
        elif path.startswith(f"/api/models/{self.server.model}/revision/"):
            self._json({"id": self.server.model, "sha": COMMIT, "siblings": []})
        else:
            self.send_error(404)

    def _json(self, document: object) -> None:
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _file(self, data: bytes, *, body: bool) -> None:
        asked = self.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").partition("-")[0] or 0) if body else 0
        if first:
            self.server.ranges.append(asked)
        self.send_response(206 if first else 200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        if body:
            rest = data[first:]
            cut, self.server.breaks_after = self.server.breaks_after, None
            self.wfile.write(rest if cut is None else rest[:cut])
            if cut is not None:
                self.close_connection = True


def _entry(name: str, data: bytes) -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    return {
        "type": "file",
        "path": name,
        "size": len(data),
        "oid": digest[:40],
        "lfs": {"oid": digest, "size": len(data), "pointerSize": 134},
    }


@contextmanager
def serving(
    model: str, files: dict[str, bytes], cache: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HubServer]:
    """Serve a model's files while the block runs, and let the hub's client find them there."""
    from huggingface_hub import constants

    server = HubServer(model, files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    template = server.address + "/{repo_id}/resolve/{revision}/{filename}"
    for name, value in {
        "ENDPOINT": server.address,
        "HUGGINGFACE_CO_URL_TEMPLATE": template,
        "HF_HUB_CACHE": cache,
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_XET": True,
    }.items():
        monkeypatch.setattr(constants, name, value)
    for name in ("HF_HUB_OFFLINE", "V2M_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
