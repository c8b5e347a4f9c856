"""What must never end the sender or keep a withdrawal waiting: faults of ours, poisoned messages, much at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from memory_point import Memory
from serving import NUMBER, OTHER, eventually, point, serving, states
from sqlalchemy import insert, select, update

from chainbreak.act.delivery import claim, lane, sender
from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import State
from chainbreak.app import compare_often, tidy
from chainbreak.app.list_outbox import list_tasks, retry_outbox
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import means_of, send_due
from chainbreak.base.errors import InputError, RefusedError
from chainbreak.store.desk.tables_delivery import partner
from chainbreak.store.desk.tables_orders import exclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chainbreak.act.delivery.entry import Mark
    from chainbreak.act.orders.model import Order
    from conftest import World

__all__ = ["point"]


def test_a_result_that_cannot_be_written_down_stops_neither_the_others_nor_the_sender(
    world: World, point: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = world.approved(world.line(NUMBER)), world.approved(world.line(OTHER))
    record = claim.answers.record

    def refusing(conn: Any, order: Order, *rest: Any) -> Order:
        after = record(conn, order, *rest)
        if order.order_id == bad.order_id:
            raise RefusedError("CB-OR-005", "a guard objects after all")
        return after

    monkeypatch.setattr(claim.answers, "record", refusing)
    with serving(world):
        eventually(lambda: states(world, good) == ["verified"])
        assert states(world, bad) == ["sent"]
        monkeypatch.setattr(claim.answers, "record", record)
        world.clock.advance(120)
        eventually(lambda: states(world, bad) == ["verified"])


def test_a_turn_that_fails_is_not_the_last(world: World, point: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "LATER_S", 0.01)
    waiting, failed = sender.queue.waiting, threading.Event()

    def failing(*args: Any, **named: Any) -> list[Any]:
        if not failed.is_set():
            failed.set()
            raise KeyError("a fault of ours")
        return waiting(*args, **named)

    monkeypatch.setattr(sender.queue, "waiting", failing)
    order = world.approved(world.line(NUMBER))
    with serving(world):
        eventually(lambda: states(world, order) == ["verified"])


def test_a_number_that_the_vault_has_lost_is_a_dead_letter_and_holds_up_nobody(world: World, point: Memory) -> None:
    point.down = True
    lost, other = world.approved(world.line(NUMBER)), world.approved(world.line(OTHER))
    send_due(world.office)
    point.down = False
    means, reveal = means_of(world.office), means_of(world.office).reveal_all

    def forgetful(contents: Sequence[Any]) -> list[str]:
        if any(c.object == lost.content.object for c in contents):
            raise InputError("CB-ID-021", "token not in the vault")
        return reveal(contents)

    def ask(conn: Any, order: Order, data: dict[str, Any]) -> Any:
        if not data.get("probe"):
            forgetful([order.content])
        return means.ask(conn, order, data)

    world.clock.advance(60)
    with serving(world, means=replace(means, reveal_all=forgetful, ask=ask)):
        eventually(lambda: states(world, other) == ["verified"])
        eventually(lambda: states(world, lost) == ["failed"])


def test_an_exclusion_met_after_some_of_it_may_have_arrived_takes_that_back(world: World, point: Memory) -> None:
    order = world.approved(world.line(NUMBER))
    point.deaf = True
    send_due(world.office)
    point.deaf = False
    with world.office.desk.read() as conn:
        point.holds[NUMBER] = lane.entry_of(ledger.read_order(conn, order.order_id), NUMBER)  # it came late
    with world.office.desk.begin() as conn:
        conn.execute(insert(exclusion).values(kind="line", how="exact", value=NUMBER, reason="x", added_by="x"))
    world.clock.advance(60)
    send_due(world.office)
    assert states(world, order) == ["failed"]
    assert point.holds == {}


def test_a_comparison_frees_nothing_that_another_order_holds_since(
    world: World, point: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = world.sent(world.line(NUMBER))
    release_order(world.office, world.zhao, old.order_id)
    new = world.approved(world.line(NUMBER))
    difference, done = lane.Lane._difference, threading.Event()

    def meanwhile(self: lane.Lane, conn: Any, held: set[Mark]) -> Any:
        found = difference(self, conn, held)
        if not done.is_set():  # between the two readings the new order is carried
            done.set()
            send_due(world.office)
        return found

    monkeypatch.setattr(lane.Lane, "_difference", meanwhile)
    sender.reconcile(means_of(world.office), ["carriers"])
    assert done.is_set()
    assert point.holds[NUMBER].order_id == new.order_id


def test_a_changed_address_is_followed_by_a_sender_that_runs(
    world: World, point: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    opened = lane.open_point
    monkeypatch.setattr(lane, "open_point", lambda f, s: (seen.append(s.address), opened(f, s))[1])
    first = world.approved(world.line(NUMBER))
    with serving(world):
        eventually(lambda: states(world, first) == ["verified"])
        with world.office.desk.begin() as conn:
            conn.execute(update(partner).where(partner.c.partner_id == "carriers").values(address="http://new:1/"))
        second = world.approved(world.line(OTHER))
        eventually(lambda: states(world, second) == ["verified"])
    assert seen == ["", "http://new:1/"]


def test_one_end_that_cannot_be_told_keeps_no_other_from_being_told(
    world: World, point: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = world.sent(world.line(NUMBER)), world.sent(world.line(OTHER))
    make = ledger.make

    def refusing(conn: Any, move: str, order_id: str, *rest: Any) -> Order:
        if order_id == bad.order_id:
            raise RefusedError("CB-OR-005", "a guard objects")
        return make(conn, move, order_id, *rest)

    monkeypatch.setattr(tidy.ledger, "make", refusing)
    world.clock.advance(400 * 3_600)
    assert tidy.tidy(world.office) == 1
    with world.office.desk.read() as conn:
        assert ledger.read_order(conn, good.order_id).state is State.EXPIRED


def test_ends_of_many_orders_are_told_in_many_small_transactions(
    world: World, point: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(5):
        world.sent(world.line(f"+8613700137{i:03d}"))
    world.clock.advance(400 * 3_600)
    begun: list[str | None] = []
    begin = world.office.desk.begin

    def counting(key: str | None = None) -> Any:
        begun.append(key)
        return begin(key)

    monkeypatch.setattr(world.office.desk, "begin", counting)
    assert tidy.tidy(world.office) == 5
    assert len(begun) >= 5


def test_a_comparison_that_hangs_or_fails_is_ended_and_the_next_one_comes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    class Hanging(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, command: list[str], **how: Any) -> None:
            started.append(command)
            if len(started) == 1:
                raise OSError(12, "Cannot allocate memory")
            super().__init__([sys.executable, "-c", "import time; time.sleep(600)"], **how)

    monkeypatch.setattr(compare_often.subprocess, "Popen", Hanging)
    monkeypatch.setattr(compare_often, "MOST_S", 0.2)
    with compare_often.Comparer(world.office) as comparer:
        for n in (1, 2, 3):
            comparer.soon("carriers")
            eventually(lambda n=n: len(started) >= n)  # type: ignore[misc]


def test_everything_is_compared_in_its_turn_however_often_one_partner_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[list[str]] = []
    monkeypatch.setattr(compare_often, "EVERY_S", 0.3)
    with compare_often.Comparer(world.office) as comparer:
        monkeypatch.setattr(comparer, "_compare", lambda names: compared.append(list(names)))

        def flapping() -> bool:
            comparer.soon("carriers")
            return [] in compared

        eventually(flapping)
    assert ["carriers"] in compared


def test_a_point_that_forgets_is_compared_after_each_restart_without_a_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[list[str]] = []
    began = ["Monday"]
    monkeypatch.setattr(compare_often, "WATCH_S", 0.01)
    monkeypatch.setattr(compare_often, "began_of", lambda *_: began[0])
    monkeypatch.setattr(compare_often.Comparer, "_machines", lambda *_: ["carriers"])
    monkeypatch.setattr(compare_often.Comparer, "_compare", lambda _, names: compared.append(list(names)))
    with compare_often.Comparer(world.office):
        for start, n in (("Monday", 1), ("", 1), ("Tuesday", 2), ("Wednesday", 3)):
            began[0] = start
            eventually(lambda n=n: len(compared) == n)  # type: ignore[misc]
    assert compared == [["carriers"]] * 3


def test_why_a_partner_does_not_answer_may_change_without_a_comparison(world: World, point: Memory) -> None:
    compared: list[str] = []
    service = sender.Service(means_of(world.office), compared.append)
    with world.office.desk.begin() as conn:
        for why in ("refused", "timed out", "timed out", ""):
            service._note(conn, "carriers", why)
        row = conn.execute(select(partner.c.error).where(partner.c.partner_id == "carriers")).scalar_one()
    assert (row, compared) == ("", ["carriers"])
    assert list_tasks(world.office) == []


def test_sending_again_by_hand_does_not_get_past_an_exclusion(world: World, point: Memory) -> None:
    point.down = True
    order = world.approved(world.line(NUMBER))
    send_due(world.office)
    with world.office.desk.begin() as conn:
        conn.execute(insert(exclusion).values(kind="line", how="exact", value=NUMBER, reason="x", added_by="x"))
    point.down = False
    world.clock.advance(60)
    with serving(world):
        eventually(lambda: states(world, order) == ["failed"])
        retry_outbox(world.office, world.sun, order_id=order.order_id)
        eventually(lambda: len(list_tasks(world.office)) == 2 or states(world, order) == ["verified"])
    assert states(world, order) == ["failed"]
    assert point.holds == {}
