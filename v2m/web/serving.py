"""Starts a server on one address, and says what to install where the web packages are missing."""

import errno
import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING

from v2m.errors import InputError, StateError

if TYPE_CHECKING:
    from fastapi import FastAPI

NEEDED = ("fastapi", "uvicorn", "jinja2", "python_multipart")
BACKLOG = 128


def check_web_packages() -> None:
    """Refuse to go on without the web packages.

    Raises:
        StateError: one is missing; says how to install them.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise StateError(
            f"the web packages are not installed ({', '.join(missing)}); "
            "run: pip install 'v2m[web]'"
        )


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

    Args:
        host: name or address; "127.0.0.1" is this machine alone.
        port: 0 takes any free one.

    Raises:
        InputError: the address is not of this machine, or the port is taken or not allowed.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind)
    except (OSError, OverflowError) as err:
        reason = getattr(err, "strerror", None) or err
        raise InputError(f"--host {host} --port {port}: {reason}") from err
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as err:
        listening.close()
        ours = err.errno != errno.EADDRNOTAVAIL
        way_out = "try --port 0" if ours else "127.0.0.1 is this machine alone, 0.0.0.0 for others"
        raise InputError(f"--host {host} --port {port}: {err.strerror}; {way_out}") from err
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the address a browser on this machine opens."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(app: "FastAPI", listening: socket.socket) -> None:
    """Answer requests until Ctrl-C; open answers are finished first. No access log is kept."""
    import uvicorn

    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()
