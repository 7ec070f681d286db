"""What every page and answer carries, and what no request may exceed."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-robots-tag": b"noindex",
}
"""No script at all, nothing from elsewhere, and no address (it may be a resume link) passed on."""


LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Guard:
    """ASGI middleware: adds the headers, and refuses what no page of ours sends."""

    def __init__(self, app: Any, *, most_bytes: int, hosts: frozenset[str] | None = None) -> None:
        """Wrap an application.

        Args:
            app: what answers.
            most_bytes: largest body of a request; more is refused while it arrives.
            hosts: names this server may be called by, so that a foreign page cannot reach a
                server on loopback through a name of its own; None allows any.
        """
        self._app = app
        self._most = most_bytes
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refused = self._refusal(scope["method"], headers)
        if refused:
            await _answer(send, *refused)
            return
        seen = 0
        started = False

        async def receive_some() -> dict[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise _TooLargeError
            return message

        async def send_with_headers(message: dict[str, Any]) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                there = {name for name, _ in message.get("headers", [])}
                extra = [(n, v) for n, v in HEADERS.items() if n not in there]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        try:
            await self._app(scope, receive_some, send_with_headers)
        except _TooLargeError:
            if not started:
                await _answer(send, *self._too_large())

    def _refusal(self, method: str, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        """Return status and reason where a request is refused for what it says of itself."""
        host = headers.get(b"host", b"").decode("latin-1")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if self._hosts is not None and name not in self._hosts:
            return 400, "this server does not go by that name"
        if method != "GET" and headers.get(b"sec-fetch-site") == b"cross-site":
            return 403, "sent by a page of another site"
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._most:
            return self._too_large()
        return None

    def _too_large(self) -> tuple[int, str]:
        return 413, f"the request is larger than {self._most} bytes"


async def _answer(send: Send, status: int, reason: str) -> None:
    body = json.dumps({"error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _TooLargeError(Exception):
    """A body passed the limit."""
