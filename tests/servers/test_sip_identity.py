"""Who a call comes from, in every form that networks write it."""

from __future__ import annotations

import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from chainbreak.act.delivery.entry import Entry
from chainbreak.bench.delivery.sip_servers import ASSERTED, CALLEE, CHECKED, Proxy, running

pytestmark = pytest.mark.server
NUMBER, OTHER = "+8613800138000", "+8613800138001"


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    if shutil.which("kamailio") is None:
        pytest.skip("Kamailio is not installed")
    now = time.time_ns() // 1_000
    with running([Entry(NUMBER, "O-1", 1, "number.block", "block", "both", (), None, 0, now + 10**9, "d")]) as found:
        yield found


def status(proxy: Proxy, headers: str, *, to: str = f"sip:{CALLEE}@h", by: str = ASSERTED) -> int:
    """What a call with these headers meets, at the first answer that is not 100."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        line.bind((by, 0))
        line.settimeout(5)
        line.connect(proxy.settings.proxy)
        ours, name = "{}:{}".format(*line.getsockname()), secrets.token_hex(8)
        line.send(
            f"INVITE {to} SIP/2.0\r\nVia: SIP/2.0/UDP {ours};branch=z9hG4bK{name}\r\nMax-Forwards: 9\r\nTo: <{to}>\r\n"
            f"Call-ID: {name}\r\nCSeq: 1 INVITE\r\nContact: <sip:a@{ours}>\r\n{headers}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )
        while (answer := line.recv(65_535).decode()).startswith("SIP/2.0 100"):
            pass
        return int(answer.split(" ")[1])


@pytest.mark.parametrize(
    "identity",
    [
        f"<tel:{NUMBER}>", f"tel:{NUMBER}", "<tel:+86-138-0013-8000;phone-context=+86>", f"<sip:{NUMBER}@h;user=phone>",
        f'"Bank of X" <sip:{NUMBER}@h>', f"<sip:{NUMBER}:secret@h>", "<sip:%2B8613800138000@h>",
        f"<sip:{NUMBER}@h>, <tel:{OTHER}>", f"<tel:{OTHER}>, <sip:{NUMBER}@h>", f"<sip:anna@h>, <tel:{NUMBER}>",
        f"<sip:anna@h>\r\nP-Asserted-Identity: <tel:{NUMBER}>",
        f"<sip:anna@h>\r\np-asserted-identity: <sips:{NUMBER}@h>",
    ],
)  # fmt: skip
def test_a_number_that_the_network_asserts_is_found_in_every_form(proxy: Proxy, identity: str) -> None:
    assert status(proxy, f"From: <sip:x@y>;tag=1\r\nP-Asserted-Identity: {identity}") == 608


@pytest.mark.parametrize(
    "identity",
    [
        f'"{NUMBER}" <sip:{OTHER}@h>', f'"a, tel:{NUMBER[:-1]}" <sip:{OTHER}@h>', f"<sip:anna@h>, <tel:{OTHER}>",
        f"<sip:{OTHER}@{NUMBER[1:]}>", "<sip:anonymous@anonymous.invalid>", "<sip:@h>", "nonsense",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_rings(proxy: Proxy, identity: str) -> None:
    assert status(proxy, f"From: <sip:x@y>;tag=1\r\nP-Asserted-Identity: {identity}") == 180


def test_from_and_the_number_called_are_read_in_their_forms_too(proxy: Proxy) -> None:
    assert status(proxy, f"From: <tel:{NUMBER}>;tag=1", by=CHECKED) == 608
    assert status(proxy, f'From: "x" <sip:{NUMBER}@h>;tag=1', by=CHECKED) == 608
    assert status(proxy, f"From: <tel:{NUMBER}>;tag=1") == 180, "not believed on this trunk"
    for called in (f"tel:{NUMBER}", f"sip:{NUMBER}@h;user=phone", "sip:013800138000@h", "sip:%2B8613800138000@h"):
        assert status(proxy, "From: <sip:x@y>;tag=1", to=called) == 608, called
