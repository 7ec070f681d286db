"""A chat endpoint on this machine that answers as the test wants: real HTTP, OpenAI's format."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Say = Callable[[dict[str, Any]], "str | Reply"]
"""Answers a request body."""


@dataclass(frozen=True)
class Reply:
    """An answer that is not just text."""

    body: Any = None
    status: int = 200
    after_seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class ChatServer:
    """Serves ``/v1/chat/completions`` on a free port; keeps what was asked and with which key."""

    def __init__(self, say: Say) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(say))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "ChatServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def _handler(self, say: Say) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                asked = json.loads(self.rfile.read(length))
                outer.asked.append(asked)
                outer.keys.append(self.headers.get("Authorization", ""))
                said = say(asked)
                reply = said if isinstance(said, Reply) else Reply(_completion(said))
                outer.ended.wait(reply.after_seconds)
                try:
                    self._send(reply)
                except (BrokenPipeError, ConnectionResetError):
                    return  # the client did not wait

            def _send(self, reply: Reply) -> None:
                text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
                self.send_response(reply.status)
                headers = {"Content-Type": "application/json", **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                return

        return Handler


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": "test",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100},
    }
