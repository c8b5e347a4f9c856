"""The sender as a service: withdrawals overtake, one failing partner harms nobody, only what is so now is carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from memory_point import Memory
from serving import NUMBER, OTHER, eventually, point, serving, states
from sqlalchemy import insert, select, update

from chainbreak.act.delivery import queue
from chainbreak.act.delivery.point import Answer
from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import State
from chainbreak.app.list_outbox import list_outbox, list_tasks
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import reconcile, send_due
from chainbreak.store.desk.tables_delivery import outbox, partner, receipt
from chainbreak.store.desk.tables_orders import exclusion

if TYPE_CHECKING:
    from conftest import World

__all__ = ["point"]


def test_a_signed_order_takes_effect_and_a_release_undoes_it_without_a_word(world: World, point: Memory) -> None:
    with serving(world):
        order = world.approved(world.line(NUMBER))
        eventually(lambda: states(world, order) == ["verified"])
        assert point.holds[NUMBER].order_id == order.order_id
        release_order(world.office, world.zhao, order.order_id, "wrong_object")
        eventually(lambda: states(world, order) == ["verified", "verified"])
    assert point.holds == {}


def test_withdrawals_overtake_every_block_that_still_waits(world: World, point: Memory) -> None:
    first = world.sent(world.line(NUMBER))
    for i in range(30):
        world.approved(world.line(f"+8613700137{i:03d}"))
    release_order(world.office, world.zhao, first.order_id)
    point.carried.clear()
    with serving(world):
        eventually(lambda: len(point.carried) == 31)
    assert point.carried[0] == ("withdraw", NUMBER)


def test_a_partner_that_is_down_is_tried_again_and_compared_once_it_is_back(world: World, point: Memory) -> None:
    compared: list[str] = []
    point.down = True
    order = world.approved(world.line(NUMBER))

    def error() -> str:
        with world.office.desk.read() as conn:
            return str(conn.execute(select(partner.c.error).where(partner.c.partner_id == "carriers")).scalar_one())

    with serving(world, compared):
        eventually(lambda: error() == "nobody answers")
        assert compared == []
        point.down = False
        world.clock.advance(2)
        eventually(lambda: states(world, order) == ["verified"])
        eventually(lambda: not error())
    assert compared == ["carriers"]


def test_waits_grow_and_after_a_minute_somebody_is_told_once(world: World, point: Memory) -> None:
    point.down = True
    order = world.approved(world.line(NUMBER))
    waits = []
    for _ in range(6):
        assert send_due(world.office)["waiting"] == 1
        with world.office.desk.read() as conn:
            [message] = queue.waiting(conn)
        waits.append((message.due_at_us - world.clock.now_us()) / 1e6)
        world.clock.advance(61)
    assert [round(w) for w in waits] == pytest.approx([2, 5, 15, 60, 60, 60], abs=7)
    assert [(t["kind"], t["order_id"]) for t in list_tasks(world.office)] == [("not_delivered", order.order_id)]


def test_what_is_taken_but_not_seen_is_not_in_force(world: World, point: Memory) -> None:
    point.deaf = True
    order = world.approved(world.line(NUMBER))
    assert send_due(world.office)["waiting"] == 1
    with world.office.desk.read() as conn:
        assert ledger.read_order(conn, order.order_id).state is State.SENT
    [message] = list_outbox(world.office)
    assert message["detail"] == "taken, but the probe does not see it yet"
    point.deaf = False
    world.clock.advance(5)
    assert send_due(world.office)["verified"] == 1


def test_a_refusal_is_final_and_never_put_back(world: World, point: Memory) -> None:
    point.answer = Answer("rejected", "R7", "not our number")
    order = world.approved(world.line(NUMBER))
    send_due(world.office)
    assert states(world, order) == ["acknowledged"]
    assert [t["kind"] for t in list_tasks(world.office)] == ["rejected_answer"]
    point.answer = Answer()
    assert send_due(world.office)["sent"] == 0
    [row] = reconcile(world.office, ["carriers"])
    assert (row["missing"], point.holds) == (0, {})


def test_a_late_or_repeated_message_carries_what_is_so_now(world: World, point: Memory) -> None:
    order = world.sent(world.line(NUMBER))
    release_order(world.office, world.zhao, order.order_id)
    send_due(world.office)
    with world.office.desk.begin() as conn:  # the old block comes to life again, as after a restored backup
        conn.execute(update(outbox).where(outbox.c.revision == 1).values(state="sent", sent_at_us=None))
    send_due(world.office)
    assert point.holds == {}
    with world.office.desk.read() as conn:
        assert ledger.read_order(conn, order.order_id).state is State.RELEASED


def test_two_orders_about_one_number_are_let_go_one_by_one(world: World, point: Memory) -> None:
    mild = world.sent(world.line(NUMBER), rung="label")
    hard = world.sent(world.line(NUMBER), rung="block")
    assert point.holds[NUMBER].measure == "block"
    release_order(world.office, world.zhao, hard.order_id)
    assert send_due(world.office)["verified"] == 1
    assert point.holds[NUMBER].order_id == mild.order_id
    release_order(world.office, world.zhao, mild.order_id)
    send_due(world.office)
    assert point.holds == {}


def test_an_exclusion_met_while_waiting_makes_a_dead_letter(world: World, point: Memory) -> None:
    point.down = True
    order = world.approved(world.line(NUMBER))
    send_due(world.office)
    with world.office.desk.begin() as conn:
        conn.execute(
            insert(exclusion).values(kind="line", how="exact", value=NUMBER, reason="a hospital", added_by="x")
        )
    point.down = False
    world.clock.advance(60)
    send_due(world.office)
    assert states(world, order) == ["failed"]
    assert point.holds == {}
    assert [t["kind"] for t in list_tasks(world.office)] == ["not_sent"]


def test_drift_is_found_and_mended_in_both_directions(world: World, point: Memory) -> None:
    world.sent(world.line(NUMBER))
    gone = world.sent(world.line(OTHER))
    foreign = point.holds.pop(NUMBER)
    release_order(world.office, world.zhao, gone.order_id)
    [row] = reconcile(world.office, ["carriers"])
    assert (row["missing"], row["extra"], row["mended"]) == (1, 1, True)
    assert point.holds == {NUMBER: foreign}
    [row] = reconcile(world.office, ["carriers"])
    assert not row["mended"]
    with world.office.desk.read() as conn:
        known = conn.execute(select(partner).where(partner.c.partner_id == "carriers")).one()
    assert (known.missing, known.extra, known.compared_at_us) == (0, 0, world.clock.now_us())


def test_every_step_of_a_message_is_kept_once(world: World, point: Memory) -> None:
    order = world.approved(world.line(NUMBER))
    for _ in range(3):
        send_due(world.office)
    with world.office.desk.read() as conn:
        steps = list(conn.execute(select(receipt.c.step).where(receipt.c.order_id == order.order_id)).scalars())
        moves = [e.move for e in ledger.read_events(conn, order.order_id)]
    assert steps == ["sent", "acknowledged", "verified"]
    assert moves.count("send") == moves.count("answer") == 1
    assert point.carried == [("block", NUMBER)]
