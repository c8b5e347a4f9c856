"""Reading a transfer by hand: what dnspython writes reads back, and what is not signed by our key does not."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.message
import dns.name
import dns.rrset
import dns.tsig
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery.dns.transfer import CNAME, TXT, NotReadableError, Reader

KEY = dns.tsig.Key("sender", b"0123456789abcdef", "hmac-sha256")
OTHER = dns.tsig.Key("sender", b"fedcba9876543210", "hmac-sha256")
SOA = "localhost. hostmaster.localhost. 7 60 30 86400 5"
labels = st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)


def asked() -> dns.message.Message:
    query = dns.message.make_query("hot.rpz.", "AXFR")
    query.use_tsig(KEY)
    query.to_wire()
    return query


def answers(query: dns.message.Message, pages: list[list[tuple[str, str, str]]], key: Any = KEY) -> list[bytes]:
    """Messages of a transfer; the signature of each is under that of the one before."""
    wires, ctx = [], None
    for page in pages:
        answer = dns.message.make_response(query)
        answer.use_tsig(key)
        answer.request_mac = query.mac
        answer.answer = [dns.rrset.from_text(name, 5, "IN", kind, text) for name, kind, text in page]
        wires.append(answer.to_wire(multi=True, tsig_ctx=ctx))
        ctx = answer.tsig_ctx
    return wires


@given(st.dictionaries(hosts, hosts, max_size=20), st.dictionaries(hosts, st.integers(0, 2**63), max_size=20))
def test_every_record_reads_back(aliases: dict[str, str], texts: dict[str, int]) -> None:
    query = asked()
    rows = [(f"{o}.hot.rpz.", "CNAME", f"{t}.") for o, t in aliases.items()]
    marks = [(f"{o}.hot.rpz.", "TXT", f'"O-1" "{n}" "."') for o, n in texts.items()]
    soa = ("hot.rpz.", "SOA", SOA)
    reader = Reader(query, "hot.rpz", KEY)
    found = [row for wire in answers(query, [[soa, *rows], [*marks], [soa]]) for row in reader.read(wire)]
    assert reader.done
    assert {(o, t) for o, kind, t in found if kind == CNAME} == {(o, f"{t}.") for o, t in aliases.items()}
    assert {(o, t) for o, kind, t in found if kind == TXT} == {(o, ("O-1", str(n), ".")) for o, n in texts.items()}


def test_a_transfer_under_another_key_or_changed_on_the_way_is_refused() -> None:
    query = asked()
    pages = [[("hot.rpz.", "SOA", SOA), ("a.hot.rpz.", "CNAME", ".")]]
    with pytest.raises(dns.tsig.BadSignature):
        Reader(query, "hot.rpz", KEY).read(answers(query, pages, OTHER)[0])
    wire = bytearray(answers(query, pages)[0])
    wire[wire.index(b"\x01a\xc0") + 1] = ord("b")
    with pytest.raises(dns.tsig.BadSignature):
        Reader(query, "hot.rpz", KEY).read(bytes(wire))


@given(st.binary(max_size=80))
def test_noise_is_not_a_transfer(noise: bytes) -> None:
    with pytest.raises((NotReadableError, dns.exception.DNSException)):
        Reader(asked(), "hot.rpz", KEY).read(noise)


def test_a_name_that_points_to_itself_ends() -> None:
    loop = bytes.fromhex("0000 8400 0001 0000 0000 0000 c00c 00fc 0001")
    with pytest.raises(NotReadableError):
        Reader(asked(), "hot.rpz", KEY).read(loop)
