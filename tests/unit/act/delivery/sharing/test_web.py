"""A partner's server that answers what it should not: too slowly, too deep; and one to which nothing may travel."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sharing import web
from chainbreak.base.errors import SetupError


@contextmanager
def answering(head: str, part: bytes, *, again: bool = False) -> Iterator[str]:
    """A server on this machine that answers one request with `part`, `again` and again every 20 ms."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + part)
                while again and not over.wait(0.02):
                    try:
                        connection.sendall(part)
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()


def test_a_byte_at_a_time_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_S", 0.2)
    with answering("content-length: 1000000", b" ", again=True) as address, pytest.raises(PointDownError, match="more"):
        web.Web(address, {}).get("taxii2/")


def test_depth_that_no_reader_survives_is_no_json() -> None:
    body = b"[" * 200_000
    with answering(f"content-length: {len(body)}", body) as address:
        assert web.Web(address, {}).get("taxii2/").body is None


@pytest.mark.parametrize("address", ["http://misp.example/", "http://10.0.0.7", "ftp://127.0.0.1/", "", "http://[::1"])
def test_keys_never_travel_in_the_open(address: str) -> None:
    with pytest.raises(SetupError, match="CB-DL-162"):
        web.Web(address, {"authorization": "x"})
