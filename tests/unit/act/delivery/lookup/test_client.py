"""Whatever answers at the address of a look-up: ours is believed, everything else is a point that is down."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from chainbreak.act.delivery.lookup.client import Client
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError

ASKED = [("phone", "110")]
SAID = {"status": 200, "body": b""}


class Stand(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(int(str(SAID["status"])))
        body = SAID["body"]
        assert isinstance(body, bytes)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def client() -> Iterator[Client]:
    with HTTPServer(("127.0.0.1", 0), Stand) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made = Client(f"http://127.0.0.1:{server.server_port}", "token")
        yield made
        made.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""), (200, b"<html>"), (200, b"[]"), (200, b"7"), (200, b"{}"), (200, b'{"answers":null}'),
        (200, b'{"answers":[]}'), (200, b'{"answers":[1]}'), (200, b'{"answers":"a"}'), (503, b'{"error":null}'),
        (200, b'{"answers":[{"listed":true}],"stale":true}'), (302, b"{}"), (401, b"\xff"),
    ],
)  # fmt: skip
def test_what_is_no_look_up_is_down(client: Client, status: int, body: bytes) -> None:
    SAID.update(status=status, body=body)
    with pytest.raises(PointDownError):
        client.ask(ASKED)


def test_ours_is_believed(client: Client) -> None:
    SAID.update(status=200, body=b'{"answers":[{"listed":true}],"stale":false}')
    assert client.ask(ASKED) == [{"listed": True}]


def test_nobody_there_is_down_and_a_network_in_clear_is_refused() -> None:
    with pytest.raises(PointDownError):
        Client("http://127.0.0.1:1", "token").ask(ASKED)
    for address in ("", "http://192.0.2.1:8610", "ftp://127.0.0.1", "lookup.example"):
        with pytest.raises(SetupError, match="CB-DL-191"):
            Client(address, "token")
