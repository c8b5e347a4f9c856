"""The look-up as partners meet it: a server of its own, asked over HTTP while the desk goes on."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from act_world import World
from sqlalchemy import select

from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.check_lookup import check_lookup
from chainbreak.app.issue_lookup_token import issue_lookup_token
from chainbreak.app.list_outbox import list_outbox
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import send_due
from chainbreak.audit.tables import entries
from chainbreak.base.clock import SystemClock
from chainbreak.bench.delivery import lookup_servers
from chainbreak.bench.delivery.dns_servers import free_port

pytestmark = pytest.mark.server
LINE, OTHER = "+8613800138000", "+8613900139000"


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> Iterator[Any]:
    from chainbreak.app.init_centre import init_centre
    from chainbreak.base.settings import Settings

    clock = SystemClock()
    made = World(init_centre(tmp_path / "centre", Settings(), clock), clock)  # type: ignore[arg-type]
    yield made
    made.office.desk.close()


def asked(address: str, token: str, value: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{address}/v1/check", params={"kind": "phone", "value": value}, headers=headers, trust_env=False)


def test_from_signature_to_the_partners_answer_and_back(world: Any) -> None:
    port = free_port()
    add_partner(world.office, world.sun, "voice", "lookup", ["number.block"], address=f"http://127.0.0.1:{port}",
                settings={"when_stale": "closed"})  # fmt: skip
    token = issue_lookup_token(world.office, world.sun, "voice")
    with lookup_servers.running(world.office, port) as up:
        assert asked(up.address, token, LINE).json()["listed"] is False
        order = world.approved(world.line(LINE))
        assert send_due(world.office)["verified"] == 2  # in the carriers' file, and seen by asking
        told = asked(up.address, token, "13800138000").json()
        assert told["order_ref"] == order.order_id
        assert told["age_ms"] < 5_000
        assert check_lookup(world.office, world.sun, "voice", "phone", LINE)["listed"] is True
        assert asked(up.address, token[:-1], LINE).status_code == 401
        release_order(world.office, world.zhao, order.order_id, "wrong_object")
        assert send_due(world.office)["verified"] == 2
        assert asked(up.address, token, LINE).json()["listed"] is False
        up.server.stop()
    with world.office.desk.read() as conn:
        readers = set(conn.execute(select(entries.c.actor).where(entries.c.action == "lookup.read")).scalars())
    assert readers == {"partner:voice", "service", "unknown"}


def test_an_order_counts_as_in_effect_only_when_the_look_up_says_so(world: Any) -> None:
    port = free_port()
    add_partner(world.office, world.sun, "voice", "lookup", ["number.block"], address=f"http://127.0.0.1:{port}",
                settings={"when_stale": "open"})  # fmt: skip
    change_partner(world.office, world.sun, "carriers", active=False)
    issue_lookup_token(world.office, world.sun, "voice")
    world.approved(world.line(LINE))
    assert send_due(world.office)["verified"] == 0  # nobody answers there yet
    [waiting] = list_outbox(world.office)
    assert waiting["state"] == "sent"
    with lookup_servers.running(world.office, port) as up:
        up.server.stop(at_once=True)
    with lookup_servers.running(world.office, port):
        from sqlalchemy import update

        from chainbreak.store.desk.tables_delivery import outbox

        with world.office.desk.begin() as conn:
            conn.execute(update(outbox).values(due_at_us=0))  # not to wait for the next try
        assert send_due(world.office)["verified"] == 1


def test_several_processes_answer_alike(world: Any) -> None:
    add_partner(world.office, world.sun, "voice", "lookup", ["number.block"], settings={"when_stale": "open"})
    token = issue_lookup_token(world.office, world.sun, "voice")
    order = world.sent(world.line(LINE))
    with lookup_servers.running(world.office, workers=2) as up:
        for _ in range(8):  # a connection each: the kernel gives them to either
            assert asked(up.address, token, LINE).json()["order_ref"] == order.order_id
        assert up.server.process is not None
        up.server.process.send_signal(signal.SIGTERM)
        assert up.server.process.wait(30) in (0, -signal.SIGTERM)


def test_whatever_comes_over_one_connection_is_answered_in_order(world: Any) -> None:
    add_partner(world.office, world.sun, "voice", "lookup", ["number.block"], settings={"when_stale": "open"})
    who = f"host: x\r\nauthorization: Bearer {issue_lookup_token(world.office, world.sun, 'voice')}\r\n"
    batch = '{"checks":[{"kind":"phone","value":"110"}]}'
    requests = [
        f"GET /v1/check?kind=phone&value=110 HTTP/1.1\r\n{who}\r\n",
        f"POST /v1/check HTTP/1.1\r\n{who}content-length: {len(batch)}\r\n\r\n{batch}",
        f"GET /v1/check?kind=phone&value=%zz HTTP/1.1\r\n{who}\r\n",
        f"GET /v1/check?kind=phone&value=110 HTTP/1.1\r\n{who}content-length: 3\r\n\r\nabc",
        "GET /v1/check?kind=phone&value=110 HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /v1/age HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    ]
    with lookup_servers.running(world.office) as up:
        at = ("127.0.0.1", int(up.address.rpartition(":")[2]))
        for whole in (True, False):
            with socket.create_connection(at, timeout=10) as sock:
                for piece in ["".join(requests)] if whole else "".join(requests):
                    sock.sendall(piece.encode())
                said = b"".join(iter(lambda: sock.recv(65_536), b""))
            statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", said)]
            assert statuses == [200, 200, 400, 200, 401, 200]
        for garbage in (b"\x16\x03\x01\x02\x00", b"GET /v1/check?\x00 HTTP/1.1\r\n\r\n", b"A" * 100_000):
            with socket.create_connection(at, timeout=10) as sock:
                sock.sendall(garbage)
                assert sock.recv(65_536)[:12] == b"HTTP/1.1 400"
        for version, more in (("1.0", ""), ("1.1", "connection: upgrade\r\nupgrade: h2c\r\n")):
            with socket.create_connection(at, timeout=10) as sock:
                sock.sendall(f"GET /v1/check?kind=phone&value=110 HTTP/{version}\r\n{who}{more}\r\n".encode())
                assert sock.recv(65_536)[:12] == b"HTTP/1.1 200"
        assert b"Traceback" not in (world.office.centre.scratch / "log").read_bytes()


def test_it_does_not_listen_to_a_network_in_clear(world: Any) -> None:
    from chainbreak.app.serve_lookup import serve_lookup
    from chainbreak.base.errors import SetupError

    with pytest.raises(SetupError, match="CB-DL-188"):
        serve_lookup(world.office, "0.0.0.0", 8610)
