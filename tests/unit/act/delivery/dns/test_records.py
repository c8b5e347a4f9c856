"""How an order looks in a zone, and what is refused before it gets there."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery.dns import config
from chainbreak.act.delivery.dns.records import MESSAGE_BYTES, Bar, bar_of, parts
from chainbreak.act.delivery.dns.serving import zones
from chainbreak.act.delivery.dns.settings import Settings, host_port, secret_bytes, transfer_secret
from chainbreak.act.delivery.entry import Entry
from chainbreak.base.errors import InputError, SetupError

ENTRY = Entry("bad.example", "O-1", 1, "domain.sinkhole", "host_sinkhole", "both", ("resolve",), None,
              1_795_132_800_000_000, 1_795_737_600_123_456, "ab" * 32)  # fmt: skip
SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0"


def test_a_mark_reads_back_to_the_microsecond() -> None:
    bar = bar_of(ENTRY, "", "hot.rpz")
    assert bar.leads_to == "."
    assert Bar.read(bar.value, bar.strings) == bar
    assert bar.mark == ENTRY.mark


def test_only_the_mildest_rung_leads_to_the_warning_page_and_never_to_nothing_instead() -> None:
    warned = dataclasses.replace(ENTRY, measure="warning_page")
    assert bar_of(warned, "warn.example", "hot.rpz").leads_to == "warn.example."
    with pytest.raises(InputError, match="CB-DL-012"):
        bar_of(warned, "", "hot.rpz")


@pytest.mark.parametrize(
    ("value", "code"),
    [("a b.example", "CB-DL-010"), ("*.example", "CB-DL-010"), ("a.example.\n$INCLUDE x", "CB-DL-010"),
     (".".join(["a" * 49] * 5), "CB-DL-105")],
)  # fmt: skip
def test_what_cannot_stand_in_a_zone_is_refused(value: str, code: str) -> None:
    with pytest.raises(InputError, match=code):
        bar_of(dataclasses.replace(ENTRY, value=value), "", "hot.rpz")


@given(st.lists(st.integers(4, 240), max_size=2_000))
def test_messages_hold_every_bar_once_in_order_and_fit(lengths: list[int]) -> None:
    bars = [Bar("a" * n, ".", f"O-{i}", i) for i, n in enumerate(lengths)]
    groups = list(parts(bars))
    assert [bar for group in groups for bar in group] == bars
    assert all(sum(2 * (len(b.value) + 40) for b in group) <= MESSAGE_BYTES for group in groups)


def test_a_foreign_text_is_not_a_mark() -> None:
    for strings in (("v=spf1",), ("O-1", "soon", "."), ("O-1", "1", ".", "x"), ("O-1", "9" * 20, ".")):
        assert Bar.read("a.example", strings) is None


def test_addresses_are_addresses() -> None:
    assert host_port("dns://[::1]:5301") == ("::1", 5301)
    for bad in ("primary.example:53", "127.0.0.1:53/zone", "127.0.0.1:99999", ""):
        with pytest.raises(ValueError):
            host_port(bad)


def test_a_key_that_cannot_be_one_is_said_at_once() -> None:
    for bad in ("", "short", "not base64 at all!", "c2hvcnQ="):
        with pytest.raises(SetupError, match="CB-DL-100"):
            secret_bytes(bad)


def test_the_key_that_writes_is_only_at_the_primary() -> None:
    files = config(Settings(resolvers=("192.0.2.1:53",)), "dns://192.0.2.9", lambda _: SECRET, "dns")
    holding = {name for name, text in files.items() if SECRET in text}
    assert holding == {"primary/keys.conf"}
    reading = {name for name, text in files.items() if transfer_secret(SECRET) in text}
    assert reading == {"primary/keys.conf", "bind/transfer-key.conf", "unbound/feeder/transfer-key.conf",
                       "pdns/policy.lua"}  # fmt: skip
    assert "192.0.2.1 port 53 key chainbreak-sender-transfer" in files["primary/named.conf"]


def test_a_new_primary_starts_with_what_is_in_force() -> None:
    made = zones(Settings(), 7, [bar_of(ENTRY, "", "cold.rpz")])
    files = {name: "".join(lines) for name, lines in made.items()}
    assert "bad.example CNAME .\n*.bad.example CNAME .\n" in files["cold.rpz.zone"]
    assert 'bad.example TXT "O-1" "1795737600123456" "."' in files["marks.rpz.zone"]
    assert "CNAME" not in files["hot.rpz.zone"]
    assert all(" 7 5 5 " in text for text in files.values())
