"""Domains at a real BIND primary, seen by real resolvers of three makes, both ways, and through every fault."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import dns.message
import dns.name
import dns.query
import pytest

from chainbreak.act.delivery.dns.changes import barring
from chainbreak.act.delivery.dns.point import DnsPoint
from chainbreak.act.delivery.dns.records import Bar
from chainbreak.act.delivery.dns.settings import host_port
from chainbreak.act.delivery.entry import Entry
from chainbreak.act.delivery.point import Parcel, PointDownError
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.dns_servers import MAKES, Site, running

pytestmark = pytest.mark.server
OLD = [Bar(f"old{i}.cold.example", ".", f"O-OLD{i}", 1_795_737_600_000_000) for i in range(50)]
PATIENCE_S = 60


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    try:
        with running(MAKES, OLD) as found:
            yield found
    except SetupError as e:
        if e.code != "CB-DL-106":
            raise
        pytest.skip(str(e))


@pytest.fixture
def point(site: Site) -> Iterator[DnsPoint]:
    """The point; what a test barred is let go of afterwards."""
    found = site.point()
    yield found
    found.drop([m.value for m in found.held() if not m.order_id.startswith("O-OLD")])
    found.close()


def entry(value: str, order_id: str = "O-1", **said: Any) -> Entry:
    made = Entry(value, order_id, 1, "domain.sinkhole", "host_sinkhole", "both", ("resolve",), None,
                 1_795_132_800_000_000, 1_795_737_600_000_001, "ab" * 32)  # fmt: skip
    return dataclasses.replace(made, **said)


def parcel(value: str, wanted: Entry | None) -> Parcel:
    said: Any = {"value": value, "entry": wanted, "target": "dns", "revision": 1}
    return Parcel(**{f.name: said.get(f.name) for f in dataclasses.fields(Parcel)})


def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def in_effect(point: DnsPoint, parcels: list[Parcel]) -> Callable[[], bool]:
    return lambda: point.look(parcels) == [True] * len(parcels)


def ask(site: Site, make: str, name: str) -> dns.message.Message:
    host, port = host_port(site.addresses[make])
    return dns.query.udp(dns.message.make_query(name, "A"), host, port=port, timeout=10)


def test_an_order_is_seen_at_every_resolver_and_so_is_its_end(site: Site, point: DnsPoint) -> None:
    block, release = parcel("bad.example", entry("bad.example")), parcel("bad.example", None)
    assert point.look([block, release]) == [False, True]
    assert [a.outcome for a in point.carry([block])] == ["full"]
    until(in_effect(point, [block]))
    for make in MAKES:
        assert ask(site, make, "deep.below.bad.example").rcode() == dns.rcode.NXDOMAIN
        assert ask(site, make, "notbad.example").answer
    assert entry("bad.example").mark in point.held()
    point.carry([release])
    until(in_effect(point, [release]))
    for make in MAKES:
        assert ask(site, make, "bad.example").answer
    assert {m.order_id for m in point.held()} == {bar.order_id for bar in OLD}


def test_the_mildest_rung_leads_to_the_warning_page(site: Site, point: DnsPoint) -> None:
    warned = parcel("warned.example", entry("warned.example", measure="warning_page"))
    point.carry([warned])
    until(in_effect(point, [warned]))
    for make in MAKES:
        answer = ask(site, make, "www.warned.example")
        assert str(answer.answer[0][0].target) == "warning.landing.example."
        assert answer.answer[-1].rdtype == dns.rdatatype.A
    harsher = parcel("warned.example", entry("warned.example", "O-2"))
    assert point.look([harsher]) == [False]
    point.carry([harsher])
    until(in_effect(point, [harsher]))


def test_a_name_barred_otherwise_than_its_mark_says_is_mended(site: Site, point: DnsPoint) -> None:
    """Half of it is gone, or it is harsher than asked, or it was let go of and somebody barred it by hand."""
    half, harsh, freed = entry("half.example"), entry("harsh.example", "O-2", measure="warning_page"), OLD[5]
    point.carry([parcel(e.value, e) for e in (half, harsh)])
    point.carry([parcel(freed.value, None)])
    by_hand = [Bar("harsh.example", ".", "", 0), Bar(freed.value, ".", "", 0)]
    point.primary.update(site.settings.hot, barring(by_hand, 5))
    point.primary.update(site.settings.hot, lambda m: m.delete("*.half.example", "CNAME"))
    held = {m for m in point.held() if m.valid_until == ""}
    assert {m.value for m in held} == {"half.example", "harsh.example", freed.value}
    point.mend([half, harsh], sorted(held))
    until(in_effect(point, [parcel(half.value, half), parcel(harsh.value, harsh), parcel(freed.value, None)]))
    assert {half.mark, harsh.mark} <= set(point.held())
    point.mend([entry(freed.value, freed.order_id, ends_at_us=freed.ends_at_us)], [])


def test_what_is_in_the_cold_zone_goes_as_well(site: Site, point: DnsPoint) -> None:
    release = parcel(OLD[0].value, None)
    assert point.look([release]) == [False]
    point.carry([release])
    until(in_effect(point, [release]))
    assert OLD[0].mark not in point.held()
    assert point.look([parcel(OLD[1].value, entry(OLD[1].value))]) == [True]
    point.mend([entry(OLD[0].value, OLD[0].order_id, ends_at_us=OLD[0].ends_at_us)], [])


def test_twice_is_once_and_one_bad_name_stops_only_itself(site: Site, point: DnsPoint) -> None:
    parcels = [parcel(f"n{i}.example", entry(f"n{i}.example", f"O-{i}")) for i in range(700)]
    point.carry(parcels)
    serial = site.serial(site.settings.hot)
    answers = point.carry([*parcels, parcel("not a name", entry("not a name"))])
    assert [a.outcome for a in answers] == ["full"] * 700 + ["rejected"]
    assert answers[-1].code == "CB-DL-010"
    assert site.serial(site.settings.hot) == serial, "a repeat changes nothing"
    assert len({m.order_id for m in point.held()} - {bar.order_id for bar in OLD}) == 700
    point.drop([p.value for p in parcels] * 2)
    assert site.serial(site.settings.hot) > serial


def test_a_record_without_our_mark_is_left_alone_and_reported(
    site: Site, point: DnsPoint, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = [Bar("theirs.example", ".", "?", 0)]
    primary = site.primary()
    primary.update(site.settings.hot, barring(theirs, 5))
    try:
        assert "theirs.example" not in {m.value for m in point.held()}
        assert "dns_foreign_records" in capsys.readouterr().err
        point.carry([parcel("theirs.example", None)])
        until(lambda: site.seen("bind", ["theirs.example"]) == ["."])
    finally:
        point.put(theirs)
        point.drop(["theirs.example"])
        primary.close()


def test_a_wrong_key_is_said_aloud_and_changes_nothing(site: Site, point: DnsPoint) -> None:
    wrong = DnsPoint("dns", site.settings, site.address, "d3JvbmcgYnV0IGxvbmcgZW5vdWdo")
    unknown = DnsPoint("dns", site.settings.model_copy(update={"key_name": "somebody"}), site.address, site.secret)
    for stranger in (wrong, unknown):
        for act in (
            lambda s=stranger: s.carry([parcel("x.example", entry("x.example"))]),
            lambda s=stranger: s.carry([parcel(OLD[2].value, None)]),
            lambda s=stranger: s.held(),
        ):
            with pytest.raises(PointDownError, match="CB-DL-101"):
                act()
    assert {m.order_id for m in point.held()} == {bar.order_id for bar in OLD}


def test_a_primary_that_died_holds_what_it_held_and_drift_is_mended(site: Site, point: DnsPoint) -> None:
    kept = entry("kept.example")
    point.carry([parcel("kept.example", kept)])
    serial = site.serial(site.settings.hot)
    site.servers["primary"].stop(at_once=True)
    with pytest.raises(PointDownError):
        point.carry([parcel("late.example", entry("late.example", "O-2"))])
    site.servers["primary"].start()
    until(lambda: site.up())
    assert kept.mark in point.held()
    assert site.serial(site.settings.hot) == serial
    late = entry("late.example", "O-2")
    point.mend([late], [kept.mark])
    assert {m for m in point.held() if not m.order_id.startswith("O-OLD")} == {late.mark}
    assert site.serial(site.settings.hot) > serial
    until(in_effect(point, [parcel("late.example", late), parcel("kept.example", None)]))


def test_a_release_below_a_name_that_stays_barred_is_done(site: Site, point: DnsPoint) -> None:
    above, below = entry("gang.example"), entry("shop.gang.example", "O-2")
    point.carry([parcel(e.value, e) for e in (above, below)])
    until(in_effect(point, [parcel(e.value, e) for e in (above, below)]))
    point.carry([parcel(below.value, None)])
    assert point.look([parcel(below.value, None)]) == [True], "another order bars it, not this one"
    assert point.look([parcel(above.value, None)]) == [False]


def test_a_release_from_the_cold_zone_frees_nothing_that_another_order_bars(site: Site, point: DnsPoint) -> None:
    """`old3.cold.example` stands in the cold zone, and a new order bars all of `cold.example`."""
    above = entry("cold.example")
    point.carry([parcel(above.value, above)])
    point.carry([parcel(OLD[3].value, None)])
    until(in_effect(point, [parcel(above.value, above), parcel(OLD[3].value, None)]))
    until(lambda: set(site.seen("bind", [OLD[3].value])) == {"."})
    assert OLD[3].mark not in point.held()
    point.mend([entry(OLD[3].value, OLD[3].order_id, ends_at_us=OLD[3].ends_at_us)], [])


@pytest.mark.parametrize("make", MAKES)
def test_a_resolver_that_is_down_is_named_and_follows_again_when_it_is_back(
    site: Site, point: DnsPoint, make: str
) -> None:
    late = parcel("late.example", entry("late.example"))
    site.servers[make].stop(at_once=True)
    point.carry([late])
    with pytest.raises(PointDownError, match=site.addresses[make]):
        point.look([late])
    site.servers[make].start()
    until(lambda: site.follows(make) and point.look([late]) == [True])
    point.carry([parcel("late.example", None)])
    until(in_effect(point, [parcel("late.example", None)]))


def test_clocks_that_differ_are_said_aloud(site: Site, point: DnsPoint, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 3_600)
    for act in (lambda: point.carry([parcel("x.example", entry("x.example"))]), lambda: point.held()):
        with pytest.raises(PointDownError, match="CB-DL-102"):
            act()
    monkeypatch.undo()
    assert "x.example" not in {m.value for m in point.held()}
