"""Commands to a proxy over a connection that may close at any time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sip.rpc import Rpc, RpcRefusal

GOOD = '{"jsonrpc":"2.0","result":"Ok.","id":1}'


class Proxy:
    """Answers each connection with the replies of one list, then closes it."""

    def __init__(self, *connections: list[str]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}/RPC"
        self._thread = threading.Thread(target=self._serve, args=(connections,))
        self._thread.start()

    def _serve(self, connections: tuple[list[str], ...]) -> None:
        for replies in connections:
            line, _ = self._listening.accept()
            with closing(line):
                for reply in replies:
                    asked = ""
                    while not asked.endswith("}"):  # the head may come before the body
                        asked += line.recv(65_535).decode()
                    line.sendall(reply.encode())

    def close(self) -> None:
        self._thread.join(5)
        self._listening.close()


def http(body: str, status: str = "200 OK") -> str:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}"


@pytest.fixture
def calls() -> Iterator[list[Proxy | Rpc]]:
    opened: list[Proxy | Rpc] = []
    yield opened
    for one in reversed(opened):
        one.close()


def rpc_to(calls: list[Proxy | Rpc], *connections: list[str]) -> Rpc:
    proxy = Proxy(*connections)
    rpc = Rpc(proxy.address, lambda name: name, 2.0)
    calls.extend((proxy, rpc))
    return rpc


def test_one_connection_serves_many_and_a_closed_one_is_opened_again(calls: list[Proxy | Rpc]) -> None:
    rpc = rpc_to(calls, [http(GOOD), http(GOOD)], [http(GOOD)])
    assert [rpc.call("htable.stats")[0] for _ in range(3)] == ["Ok."] * 3


def test_a_refusal_is_told_from_a_proxy_that_is_down(calls: list[Proxy | Rpc]) -> None:
    said = '{"jsonrpc":"2.0","error":{"code":404,"message":"Key not found in htable."},"id":1}'
    rpc = rpc_to(calls, [http(said, "404 Not Found")])
    with pytest.raises(RpcRefusal, match="404 Key not found"):
        rpc.call("htable.delete", "blk", "1")


@pytest.mark.parametrize("reply", ["nonsense", http("not json"), http("[]"), http("{}"), http("x", "502 Bad Gateway")])
def test_what_is_no_answer_is_a_proxy_that_is_down(calls: list[Proxy | Rpc], reply: str) -> None:
    with pytest.raises(PointDownError):
        rpc_to(calls, [reply]).call("htable.stats")


def test_nobody_there_is_a_proxy_that_is_down() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(PointDownError):
        Rpc(f"http://127.0.0.1:{port}/RPC", lambda name: name, 1.0).call("htable.stats")
