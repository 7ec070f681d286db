"""Addresses to answer on that cannot be had, and what to do about it."""

import errno
import socket

import pytest

from v2m.errors import InputError
from v2m.web.serving import bound_socket


class _Refused:
    """A socket that the system does not let listen."""

    def __init__(self, number: int) -> None:
        self._number, self.closed = number, False

    def setsockopt(self, *_: object) -> None:
        pass

    def bind(self, _address: object) -> None:
        raise OSError(self._number, "refused")

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.EADDRINUSE, "refused; try --port 0"),
        (errno.EACCES, "refused; try --port 0"),
        (errno.EADDRNOTAVAIL, "refused; 127.0.0.1 is this machine alone, 0.0.0.0 for others"),
    ],
)
def test_an_address_that_is_refused_is_told_with_the_way_out(
    number: int, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = _Refused(number)
    monkeypatch.setattr(socket, "socket", lambda *_: listening)

    with pytest.raises(InputError) as refused:
        bound_socket("127.0.0.1", 8711)

    assert str(refused.value) == f"--host 127.0.0.1 --port 8711: {way_out}"
    assert listening.closed


def test_a_name_nobody_knows_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(InputError, match=r"--port 80: Name or service not known$"):
        bound_socket("nohost", 80)
