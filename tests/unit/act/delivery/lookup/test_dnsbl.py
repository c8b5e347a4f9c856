"""Names and records of the zone: reversible, bounded, and never a stranger's."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery.entry import Entry
from chainbreak.act.delivery.lookup.dnsbl import Settings, config
from chainbreak.act.delivery.lookup.dnsbl.names import CODES, TESTS, owners, told_of, value_of
from chainbreak.act.orders.rules import load_rules
from chainbreak.base.errors import InputError

END = 1_795_132_800_000_000


def entry(value: str, kind: str = "number.block", rung: str = "label") -> Entry:
    return Entry(value, "O-1", 1, kind, rung, "", (), None, 0, END, "d")


numbers = st.from_regex(r"\+?[1-9][0-9]{2,14}", fullmatch=True)
hosts = st.from_regex(r"([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\.){1,4}[a-z]{2,6}", fullmatch=True)


@given(st.one_of(numbers, hosts))
def test_a_name_says_which_value_it_is_of(value: str) -> None:
    own, *below = owners(value)
    dns.name.from_text(f"{own}.bl.chainbreak.")
    if own not in TESTS:
        assert value_of(own) == value
    assert all(value_of(name) is None for name in below)


@given(st.text(max_size=300))
def test_any_text_is_a_name_that_dns_takes_or_refused_with_a_code(value: str) -> None:
    try:
        told_of(entry(value), "bl.chainbreak")
    except InputError:
        return
    for owner in owners(value):
        assert value_of(owner) in (value, None)
        dns.name.from_text(f"{owner}.bl.chainbreak.")


def test_every_rung_has_its_address_and_no_two_kinds_share_one() -> None:
    kinds = load_rules().kinds
    for kind, rungs in CODES.items():
        assert set(kinds[kind].ladder) <= set(rungs)
        assert told_of(entry("95588", kind, "own_rung"), "z.y").code == rungs[""]
    codes = [code for rungs in CODES.values() for code in rungs.values()]
    assert len(set(codes)) == len(codes)
    assert all(1 < code < 255 for code in codes)


def test_money_is_not_told_over_dns() -> None:
    with pytest.raises(InputError, match="CB-DL-193"):
        told_of(entry("95588", "funds.hold", "hold_amount"), "bl.chainbreak")


def test_what_partners_get_holds_the_writing_key_at_the_primary_alone() -> None:
    secret = "c2VjcmV0c2VjcmV0c2VjcmV0"
    files = config(Settings(clients=("192.0.2.0/24",)), address="dns://127.0.0.1:5301", secret=lambda _: secret)
    assert [name for name, text in files.items() if secret in str(text)] == ["primary/keys.conf"]
    assert "access-control: 192.0.2.0/24 allow" in str(files["unbound/unbound.conf"])
