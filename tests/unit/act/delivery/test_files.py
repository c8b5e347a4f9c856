"""What partners are given: sorted, dated, signed, and read back as it was written."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery import holds, numbers, requests, rpz
from chainbreak.act.delivery.entry import Entry
from chainbreak.act.delivery.shelf import Desired, Shelf
from chainbreak.act.delivery.signing import Signer, is_genuine
from chainbreak.act.orders.rules import load_rules
from chainbreak.base.errors import InputError

SETTINGS = load_rules().delivery


def entry(value: str, order_id: str = "O-1", **said: object) -> Entry:
    made = Entry(value, order_id, 1, "domain.sinkhole", "host_sinkhole", "both", ("resolve",), 500,
                 1_795_132_800_000_000, 1_795_737_600_000_000, "ab" * 32)  # fmt: skip
    return dataclasses.replace(made, **said)  # type: ignore[arg-type]


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=2, max_size=4).map(lambda parts: ".".join([*parts, "example"]))
ids = st.from_regex(r"O-[0-9]{6}-[A-Z2-9]{8}", fullmatch=True)


@given(st.dictionaries(ids, hosts, max_size=12), st.randoms())
def test_a_zone_reads_back_and_does_not_depend_on_the_order_of_its_entries(
    orders: dict[str, str], random: object
) -> None:
    entries = [entry(host, order_id) for order_id, host in orders.items()]
    zone = rpz.render(entries, 7, SETTINGS)
    random.shuffle(entries)  # type: ignore[attr-defined]
    assert rpz.render(entries, 7, SETTINGS) == zone
    assert rpz.parse(zone) == {e.mark for e in entries}
    records = [line for line in zone.decode().splitlines() if " CNAME " in line]
    assert len(records) == len(set(records)) == 2 * len(set(orders.values()))


def test_a_zone_leads_to_the_warning_page_only_from_that_rung() -> None:
    landing = SETTINGS.model_copy(update={"landing": "warn.example"})
    zone = rpz.render([entry("a.example", measure="warning_page"), entry("b.example", "O-2")], 7, landing).decode()
    assert "a.example CNAME warn.example.\n*.a.example CNAME warn.example.\n" in zone
    assert "b.example CNAME .\n*.b.example CNAME .\n" in zone


@pytest.mark.parametrize(
    "bad", ["a.example\nb.example CNAME .", "a example.com", "$INCLUDE /etc/passwd", "a" * 300 + ".cn"]
)
def test_nothing_but_a_host_name_gets_into_a_zone(bad: str) -> None:
    with pytest.raises(InputError, match="CB-DL-010"):
        rpz.render([entry(bad)], 1, SETTINGS)


def test_a_record_taken_out_of_a_zone_is_missed_by_the_probe() -> None:
    zone = rpz.render([entry("a.example")], 1, SETTINGS)
    assert rpz.parse(zone.replace(b"*.a.example CNAME .\n", b"")) == frozenset()


@given(st.dictionaries(ids, st.from_regex(r"\+[0-9]{8,15}", fullmatch=True), max_size=8))
def test_lists_read_back(orders: dict[str, str]) -> None:
    entries = [entry(value, order_id) for order_id, value in orders.items()]
    marks = {e.mark for e in entries}
    assert numbers.parse(numbers.render(entries)) == marks
    assert holds.parse(holds.render(entries)) == marks
    assert requests.parse(requests.render(entries)) == marks


def test_a_hold_without_an_amount_is_never_written() -> None:
    with pytest.raises(InputError, match="CB-DL-011"):
        holds.render([entry("622202", amount_fen=None)])


def test_a_signature_covers_every_byte_and_its_own_head(tmp_path: Path) -> None:
    signer = Signer(tmp_path, tmp_path / "out")
    seal = signer.seal("zone.rpz", b"content", 7, "2026-11-20T00:00:00Z")
    assert is_genuine(b"content", seal, signer.public_key)
    assert not is_genuine(b"Content", seal, signer.public_key)
    forged = json.loads(seal) | {"serial": 8}
    assert not is_genuine(b"content", json.dumps(forged).encode(), signer.public_key)
    assert not is_genuine(b"content", b"[]", signer.public_key)
    assert Signer(tmp_path, tmp_path / "out").seal("zone.rpz", b"content", 7, "2026-11-20T00:00:00Z") == seal
    assert (tmp_path / "delivery.key").stat().st_mode & 0o077 == 0


def test_a_file_changed_by_hand_counts_as_missing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "dns", "rpz", SETTINGS, Signer(tmp_path, tmp_path))
    desired = Desired((entry("a.example"),), ())
    with shelf.alone():
        shelf.write(desired, 1, "2026-11-20T00:00:00Z")
    assert shelf.holds() == desired.marks
    path = tmp_path / "dns" / "zone.rpz"
    path.write_bytes(path.read_bytes() + b"bank.example CNAME .\n")
    assert shelf.holds() == frozenset()
    assert not shelf.is_current(desired)
