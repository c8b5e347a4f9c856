"""Numbers at a real Kamailio: calls as callers make them, both ways, and through every fault."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chainbreak.act.delivery.entry import Entry, Mark
from chainbreak.act.delivery.point import Parcel, PointDownError
from chainbreak.act.delivery.sip import bulk
from chainbreak.act.delivery.sip.point import SipPoint
from chainbreak.act.delivery.sip.rpc import Rpc
from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.sip_servers import CALLEE, CHECKED, MUTE, STRANGER, Proxy, running

pytestmark = pytest.mark.server
NUMBER, OTHER = "+8613800138000", "+8613800138001"
RINGS = 180


@pytest.fixture(scope="module")
def shared_proxy() -> Iterator[Proxy]:
    with started(reverify="sip:96110@127.0.0.1:5061", divert="sip:12381@127.0.0.1:5061") as proxy:
        yield proxy


@pytest.fixture
def proxy(shared_proxy: Proxy) -> Proxy:
    """The proxy with nothing in it."""
    shared_proxy.desired = []
    point = shared_proxy.point()
    point.mend([], list(point.held()))
    point.close()
    return shared_proxy


@pytest.fixture
def point(proxy: Proxy) -> Iterator[SipPoint]:
    found = proxy.point()
    yield found
    found.close()


@contextmanager
def started(entries: Sequence[Entry] = (), **settings: Any) -> Iterator[Proxy]:
    try:
        with running(entries, **settings) as proxy:
            yield proxy
    except SetupError as e:
        if e.code != "CB-DL-123":
            raise
        pytest.skip(str(e))


def entry(
    value: str = NUMBER, measure: str = "block", *, order: str = "O-1", direction: str = "both", ends_s: float = 3600
) -> Entry:
    now = time.time_ns() // 1000
    return Entry(value, order, 1, "number.block", measure, direction, (), None, now, now + int(ends_s * US_PER_S), "d")


def parcel(about: Entry, holds: Entry | None) -> Parcel:
    order: Any = SimpleNamespace(order_id=about.order_id)
    return Parcel(order, 1, "block" if holds else "withdraw", "sip", about.value, holds)


def put(point: SipPoint, *entries: Entry) -> None:
    assert [a.outcome for a in point.carry([parcel(e, e) for e in entries])] == ["full"] * len(entries)


def test_a_blocked_caller_meets_608_with_reason_and_card_and_rings_again_when_withdrawn(
    proxy: Proxy, point: SipPoint
) -> None:
    assert proxy.call(NUMBER).status == RINGS
    put(point, entry())
    met = proxy.call(NUMBER)
    assert met.status == 608
    assert met.headers["reason"] == 'SIP;cause=608;text="Rejected"'
    assert met.headers["call-info"] == "<https://centre.example/card>;purpose=jwscard"
    assert "x-chainbreak-effect" not in met.headers, "said to the centre alone"
    assert proxy.call(OTHER).status == RINGS
    assert point.carry([parcel(entry(), None)])[0].outcome == "full"
    assert proxy.call(NUMBER).status == RINGS


def test_who_is_believed_depends_on_the_trunk(proxy: Proxy, point: SipPoint) -> None:
    put(point, entry())
    assert proxy.call(OTHER, asserted=NUMBER).status == 608, "asserted by the network"
    assert proxy.call(NUMBER, asserted=OTHER).status == RINGS, "somebody writes another's number into From"
    assert proxy.call(NUMBER, asserted="").status == RINGS
    assert proxy.call(NUMBER, asserted="", by=CHECKED).status == 608
    assert proxy.call(NUMBER, asserted=OTHER, by=CHECKED).status == RINGS, "From counts only where nothing is asserted"
    assert proxy.call(NUMBER, by=MUTE).status == RINGS
    assert proxy.call(NUMBER, by=STRANGER).status == 403


def test_each_rung_does_what_it_says_and_no_more(proxy: Proxy, point: SipPoint) -> None:
    def met(measure: str, direction: str = "both") -> tuple[int, int]:
        put(point, entry(measure=measure, direction=direction))
        return proxy.call(NUMBER).status, proxy.call(OTHER, NUMBER).status

    assert met("label") == (RINGS, RINGS)
    assert "X-Fraud-Warning: suspected" in proxy.phone.rang[-2]
    assert "X-Fraud-Warning" not in proxy.phone.rang[-1]
    assert met("reverify") == (302, RINGS)
    assert proxy.call(NUMBER).headers["contact"] == "<sip:96110@127.0.0.1:5061>"
    assert met("divert") == (302, 302)
    assert proxy.call(OTHER, NUMBER).headers["contact"] == "<sip:12381@127.0.0.1:5061>"
    assert met("restrict_outgoing") == (608, RINGS)
    assert met("block") == (608, 608)
    assert met("block", "out") == (608, RINGS)
    assert met("block", "in") == (RINGS, 608)


@pytest.mark.parametrize("written", ["+8613800138000", "8613800138000", "008613800138000", "013800138000",
                                     "13800138000", "+86-138-0013-8000", "+8613800138000;npdi"])  # fmt: skip
def test_one_number_in_every_form_that_trunks_write(proxy: Proxy, point: SipPoint, written: str) -> None:
    put(point, entry())
    assert proxy.call("sip", asserted=written).status == 608


@pytest.mark.parametrize("written", ["+13800138000", "0013800138000", "+86138001380001", "+861380013800", "138001380",
                                     "+00138", "anonymous", "+0013800138000", "８６13800138000"])  # fmt: skip
def test_numbers_that_only_look_alike_ring(proxy: Proxy, point: SipPoint, written: str) -> None:
    put(point, entry())
    assert proxy.call("sip", asserted=written).status == RINGS


def test_landlines_and_service_numbers_in_their_forms(proxy: Proxy, point: SipPoint) -> None:
    put(point, entry("+8657188123456"), entry("95588", order="O-2"), entry("106912345678", order="O-3"))
    for written in ("057188123456", "+8657188123456", "+86057188123456", "95588", "106912345678"):
        assert proxy.call("sip", asserted=written).status == 608, written
    for written in ("57188123456", "0095588", "+95588", "0955881", "12345678"):
        assert proxy.call("sip", asserted=written).status == RINGS, written


def test_a_range_of_numbers_and_its_edges(proxy: Proxy, point: SipPoint) -> None:
    put(point, entry("+861390013****"))
    assert {proxy.call(n).status for n in ("+8613900130000", "+8613900139999", "13900135555")} == {608}
    assert {proxy.call(n).status for n in ("+8613900140000", "+8613900129999", "+861390013999", "+86139001399999")} == {
        RINGS
    }
    assert point.look([parcel(entry("+861390013****"), entry("+861390013****"))]) == [True]


def test_a_number_and_a_range_around_it_are_told_apart(proxy: Proxy, point: SipPoint) -> None:
    around, single = entry("+861390013****"), entry("+8613900130000", "label", order="O-2")
    put(point, around, single)
    assert point.look([parcel(around, around), parcel(single, single)]) == [True, True]
    assert point.look([parcel(around, None), parcel(single, None)]) == [False, False]
    point.carry([parcel(single, None)])
    assert proxy.call(single.value).status == 608, "the range still stands"
    assert point.look([parcel(single, None)]) == [True], "its own row is gone; another speaks for the number"
    put(point, single)
    point.carry([parcel(around, None)])
    assert point.look([parcel(around, None), parcel(single, single)]) == [True, True]


def test_everybody_reaches_help_and_whom_to_appeal_to(proxy: Proxy, point: SipPoint) -> None:
    put(point, entry(), entry("95588", order="O-2"))
    assert {proxy.call(NUMBER, to).status for to in ("110", "119", "120", "12381", "96110")} == {RINGS}
    assert {proxy.call(NUMBER, to).status for to in ("1101", "+86110110110", CALLEE)} == {608}


def test_files_out_of_reach_are_a_point_out_of_reach(tmp_path: Path) -> None:
    with started() as proxy:
        point, gone = proxy.point(), proxy.point(folder=tmp_path / "nowhere")
        for act in (lambda: gone.carry([parcel(entry(), entry())]), lambda: list(gone.held())):
            with pytest.raises(PointDownError):
                act()
        gone.close()
        put(point, about := entry())
        assert proxy.settings.folder
        (proxy.settings.folder / bulk.NUMBERS).unlink()
        assert list(point.held()) == [Mark(NUMBER, "", "")], "it would start without it"
        point.mend([about], list(point.held()))
        assert list(point.held()) == [about.mark]
        point.close()


def test_the_end_passes_although_nobody_takes_the_row_away(proxy: Proxy, point: SipPoint) -> None:
    put(point, entry(ends_s=2.5))
    assert proxy.call(NUMBER).status == 608
    deadline = time.monotonic() + 10
    while proxy.call(NUMBER).status == 608:
        assert time.monotonic() < deadline
    assert [m.value for m in point.held()] == [NUMBER], "the row is still there, and does nothing"


def test_seen_as_a_caller_sees_it(proxy: Proxy, point: SipPoint) -> None:
    wanted = [entry(), entry(OTHER, "label", order="O-2"), entry("+8613800138002", "divert", order="O-3")]
    asked = [parcel(e, e) for e in wanted]
    assert point.look(asked) == [False] * 3
    point.carry(asked)
    assert point.look(asked) == [True] * 3
    rang = len(proxy.phone.rang)
    assert point.look([parcel(e, None) for e in wanted]) == [False] * 3
    point.carry([parcel(e, None) for e in wanted])
    assert point.look([parcel(e, None) for e in wanted]) == [True] * 3
    assert all(CALLEE in text for text in proxy.phone.rang[rang:]), "test calls reach the test line alone"


def test_a_test_call_never_reaches_anybody_without_a_test_line() -> None:
    with started(probe_number="") as proxy:
        point = proxy.point()
        assert point.look([parcel(entry(), None)]) == [True]
        put(point, entry())
        assert point.look([parcel(entry(), entry())]) == [True]
        assert proxy.phone.rang == []
        point.close()


def test_what_is_no_number_fails_alone(proxy: Proxy, point: SipPoint) -> None:
    odd, good = entry("8x800"), entry(order="O-2")
    answers = point.carry([parcel(odd, odd), parcel(good, good)])
    assert [(a.outcome, a.code) for a in answers] == [("failed", "CB-DL-121"), ("full", "")]
    assert [m.value for m in point.held()] == [NUMBER]


def test_whatever_is_repeated_changes_nothing(proxy: Proxy, point: SipPoint) -> None:
    put(point, entry(), entry())
    put(point, entry())
    assert len(list(point.held())) == 1
    again = [parcel(entry(), None)] * 2
    assert [a.outcome for a in point.carry(again)] == ["full", "full"]
    assert list(point.held()) == []


def test_held_is_what_was_put_to_the_microsecond_and_ours_alone(proxy: Proxy, point: SipPoint) -> None:
    put(point, first := entry(), second := entry("95588", "label", order="O-2"))
    rpc = Rpc(proxy.address, lambda _: "", 2)
    rpc.call("htable.sets", proxy.settings.table, "861112223333", "the carrier's own")
    assert set(point.held()) == {first.mark, second.mark}
    point.mend([], list(point.held()))
    assert "the carrier's own" in str(rpc.call("htable.get", proxy.settings.table, "861112223333"))
    rpc.call("htable.delete", proxy.settings.table, "861112223333")
    rpc.close()


def test_drift_is_mended_both_ways(proxy: Proxy, point: SipPoint) -> None:
    put(point, stays := entry(), lost := entry(OTHER, order="O-2"), over := entry("+8613800138002", order="O-3"))
    rpc = Rpc(proxy.address, lambda _: "", 2)
    rpc.call("htable.delete", proxy.settings.table, OTHER[1:])
    held = set(point.held())
    assert stays.mark in held
    assert lost.mark not in held
    assert Mark(OTHER, "", "") in held, "its file would bring it back, so it counts as a difference"
    wanted = {stays.mark, lost.mark}
    point.mend([lost], sorted(held - wanted))
    assert set(point.held()) == wanted
    assert proxy.call(over.value).status == RINGS
    rpc.close()


def test_rows_follow_when_a_setting_changes(proxy: Proxy, point: SipPoint) -> None:
    put(point, about := entry(measure="divert"))
    assert proxy.call(NUMBER).status == 302
    without = proxy.point(divert="")
    assert list(without.held()) == [Mark(NUMBER, "", "")], "it does what the settings said once"
    without.mend([about], list(without.held()))
    assert list(without.held()) == [about.mark]
    assert proxy.call(NUMBER).status == RINGS
    without.close()


def test_after_a_crash_it_holds_what_it_held() -> None:
    with started([kept := entry()]) as proxy:
        point = proxy.point()
        put(point, added := entry(OTHER, order="O-2"))
        point.carry([parcel(kept, None)])
        proxy.restart()
        assert proxy.call(OTHER).status == 608
        assert proxy.call(NUMBER).status == RINGS, "let go of before the crash, not brought back by it"
        assert set(point.held()) == {added.mark}
        point.close()


def test_without_a_shared_folder_it_starts_empty_and_is_filled_again() -> None:
    with started(shared=False) as proxy:
        point = proxy.point()
        put(point, *(wanted := [entry(f"+86138001380{i:02}", order=f"O-{i}") for i in range(20)]))
        proxy.restart()
        assert set(point.held()) == set()
        point.mend(wanted, [])
        assert set(point.held()) == {e.mark for e in wanted}
        point.close()


def test_a_proxy_that_is_not_there_is_down(proxy: Proxy) -> None:
    with started() as other:
        point = other.point(timeout_s=1.0)
        put(point, entry())
        other.server.stop(at_once=True)
        for act in (lambda: point.carry([parcel(entry(), None)]), lambda: list(point.held()),
                    lambda: point.look([parcel(entry(), None)])):  # fmt: skip
            with pytest.raises(PointDownError):
                act()
        other.server.start()
        other.wait()
        put(point, entry(OTHER))
        assert other.call(NUMBER).status == RINGS, "its file had let go while it was down"
        point.close()


def test_much_is_loaded_at_once(proxy: Proxy, point: SipPoint) -> None:
    put(point, old := entry())
    proxy.desired = [entry(f"+86139{i:08}", order=f"O-{i}") for i in range(30_000)]
    rpc = Rpc(proxy.address, lambda _: "", 2)
    rpc.call("htable.sets", proxy.settings.table, "861112223333", "the carrier's own")
    point.mend(proxy.desired, [old.mark])
    assert "the carrier's own" in str(rpc.call("htable.get", proxy.settings.table, "861112223333"))
    rpc.close()
    assert len(held := set(point.held())) == 30_000
    assert held == {e.mark for e in proxy.desired}
    assert proxy.call("+8613900029999").status == 608
    assert proxy.call(NUMBER).status == RINGS
    proxy.desired = []
    point.load([])


def test_commands_travel_on_this_machine_alone() -> None:
    for address in ("http://192.0.2.1:5080/RPC", "http://proxy.example:5080/RPC", "http://127.0.0.1/RPC", "ftp://x:1/"):
        with pytest.raises(SetupError, match="CB-DL-120"):
            Rpc(address, lambda _: "", 1)


def test_a_file_that_lies_beside_is_whole_or_as_it_was(proxy: Proxy, point: SipPoint) -> None:
    put(point, entry())
    assert proxy.settings.folder is not None
    path = proxy.settings.folder / bulk.NUMBERS
    before = path.read_bytes()

    def breaks() -> Iterator[tuple[str, str]]:
        yield "8613800138009", "x"
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        bulk.write(path, proxy.settings.table, breaks())
    assert path.read_bytes() == before
