"""What a liaison asks of partners: how fast both ways, every step, what is disputed, and an order let go everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import State
from chainbreak.app.acknowledge_order import acknowledge_order
from chainbreak.app.let_go import let_go
from chainbreak.app.list_outbox import count_outbox, list_outbox, list_tasks, retry_outbox
from chainbreak.app.open_appeal import open_appeal
from chainbreak.app.partner_measures import FILE_LEVEL_MS, partner_measures
from chainbreak.app.reconcile_now import reconcile_now
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import send_due
from chainbreak.app.show_partner import show_partner, show_partners
from chainbreak.app.show_receipts import show_receipts
from chainbreak.audit.tables import entries
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_S
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.store.desk.tables_delivery import outbox, receipt

if TYPE_CHECKING:
    from conftest import World


def number(i: int) -> str:
    return f"+861380013{i:04d}"


def took(world: World, spans_us: list[int], action: str = "block", step: str = "verified") -> None:
    """One settled message to `carriers` for each span, all of one order, as the engine leaves them."""
    order = world.sent(world.line(number(0)))
    now = world.clock.now_us()
    with world.office.desk.begin() as conn:
        conn.execute(receipt.delete())
        conn.execute(outbox.delete())
        for revision, span in enumerate(spans_us, 1):
            key = {"order_id": order.order_id, "revision": revision, "target": "carriers"}
            conn.execute(insert(outbox).values(
                **key, action=action, state=step, urgency=1, attempts=1, queued_at_us=now, due_at_us=now,
                settled_at_us=now + span, detail="full",
            ))  # fmt: skip
            conn.execute(insert(receipt).values(
                **key, at_us=now + span, actor="service", step=step, outcome="full", partner_code="", meaning="",
                response_digest="", took_us=span,
            ))  # fmt: skip


def of_carriers(world: World, window_us: int = US_PER_DAY) -> dict[str, Any]:
    return partner_measures(world.office, window_us)["carriers"]


@pytest.mark.parametrize("action", ["block", "withdraw"])
def test_a_percentile_is_of_the_nearest_rank_and_p95_needs_twenty(world: World, action: str) -> None:
    took(world, [s * 1_000 for s in range(1, 21)], action)
    row = of_carriers(world)
    assert (row[f"{action}_n"], row[f"{action}_probed"]) == (20, 20)
    assert (row[f"{action}_p50_ms"], row[f"{action}_p95_ms"], row[f"{action}_max_ms"]) == (10.0, 19.0, 20.0)
    took(world, [s * 1_000 for s in range(1, 20)], action)
    row = of_carriers(world)
    assert (row[f"{action}_n"], row[f"{action}_p95_ms"], row[f"{action}_max_ms"]) == (19, None, 19.0)


def test_nothing_measured_is_null_and_never_zero(world: World) -> None:
    row = of_carriers(world)
    assert (row["block_n"], row["block_p50_ms"], row["block_max_ms"], row["block_rate"]) == (0, None, None, None)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_ranks_are_those_of_a_sorted_list(spans: list[int]) -> None:
    ordered, n = sorted(spans), len(spans)
    for percent in (50, 95, 100):
        rank = (n * percent + 99) // 100
        assert sum(s <= ordered[rank - 1] for s in spans) * 100 >= percent * n
        assert sum(s < ordered[rank - 1] for s in spans) * 100 < percent * n


def test_an_answer_counts_only_where_nothing_can_be_seen(world: World) -> None:
    took(world, [5_000_000], step="acknowledged")
    row = of_carriers(world)
    assert (row["block_n"], row["block_probed"], row["block_p50_ms"]) == (1, 0, 5_000.0)
    world.sent(world.line(number(1)))  # answered and then seen: one span, not two
    assert of_carriers(world)["block_n"] == 2


def test_what_waits_beyond_the_level_is_late_and_what_begins_later_does_not_wait(world: World) -> None:
    world.approved(world.line(number(0)))
    world.approved(world.line(number(1)), starts_at_us=world.clock.now_us() + US_PER_HOUR)
    world.clock.advance(FILE_LEVEL_MS // 1_000 + 1)
    row = of_carriers(world)
    assert (row["waiting"], row["block_due"], row["block_in_time"], row["block_rate"]) == (1, 1, 0, 0.0)
    world.clock.advance(3_600 - 31)
    send_due(world.office)
    row = of_carriers(world)
    assert (row["waiting"], row["block_n"], row["block_in_time"], row["oldest_us"]) == (0, 2, 1, None)
    assert row["block_p50_ms"] == 30_000, "an order signed ahead is measured from its own start"


def test_measures_end_at_the_window(world: World) -> None:
    world.sent(world.line(number(0)))
    world.clock.advance(2 * 86_400)
    assert of_carriers(world)["block_n"] == 0
    assert of_carriers(world, 3 * US_PER_DAY)["block_n"] == 1


def test_an_approver_lets_go_and_each_partner_is_seen_to_have(world: World) -> None:
    order = world.sent(world.line(number(0)))
    world.clock.advance(5)
    assert let_go(world.office, world.zhao, order.order_id, "wrong_object")["outcome"] == "released"
    found = show_receipts(world.office, order.order_id)
    assert found["is_ending"]
    assert [(p["target"], p["holds"], p["gone_at_us"]) for p in found["partners"]] == [("carriers", "unknown", None)]
    world.clock.advance(2)
    send_due(world.office)
    found = show_receipts(world.office, order.order_id)
    [carriers] = found["partners"]
    assert not found["is_ending"]
    assert (carriers["holds"], carriers["gone_took_us"], carriers["gone_by"]) == ("no", 2 * US_PER_S, "probe")
    withdrawn, block = carriers["messages"]
    assert [s["step"] for s in block["steps"]] == ["queued", "sent", "acknowledged", "verified"]
    assert (withdrawn["action"], withdrawn["steps"][-1]["step"]) == ("withdraw", "verified")


def test_a_liaison_asks_once_and_the_order_stands_until_an_approver_decides(world: World) -> None:
    order = world.sent(world.line(number(0)))
    for _ in range(2):
        assert let_go(world.office, world.sun, order.order_id, "wrong_object", "hospital")["outcome"] == "asked"
    [task] = [t for t in list_tasks(world.office) if t["kind"] == "release_asked"]
    assert (task["order_id"], task["note"]) == (order.order_id, "sun: wrong_object hospital")
    assert task["due_at_us"] - task["opened_at_us"] == 30 * 60 * US_PER_S
    with world.office.desk.read() as conn:
        assert ledger.read_order(conn, order.order_id).state is State.ACKNOWLEDGED
        leaves = conn.execute(select(entries.c.actor).where(entries.c.action == "order.ask_release")).scalars().all()
    assert leaves == ["sun", "sun"]
    release_order(world.office, world.zhao, order.order_id)
    assert not [t for t in list_tasks(world.office) if t["kind"] == "release_asked"]
    with pytest.raises(RefusedError, match="CB-OR-004"):
        let_go(world.office, world.sun, order.order_id)


def test_nobody_else_asks_and_a_reason_is_one_of_the_list(world: World) -> None:
    order = world.sent(world.line(number(0)))
    with pytest.raises(RefusedError, match="CB-OR-005"):
        let_go(world.office, world.li, order.order_id)
    for actor in (world.sun, world.zhao):
        with pytest.raises(UsageError, match="CB-OR-065"):
            let_go(world.office, actor, order.order_id, "because")
    draft = world.drafted(world.line(number(1)))
    for actor in (world.sun, world.zhao):
        with pytest.raises(RefusedError, match="CB-OR-004"):
            let_go(world.office, actor, draft.order_id)


def test_a_partner_that_refuses_to_let_go_still_holds(world: World) -> None:
    order = world.sent(world.line(number(0)))
    release_order(world.office, world.zhao, order.order_id)
    send_due(world.office)
    acknowledge_order(world.office, world.sun, order.order_id, "carriers", "rejected", "R-1", "a court says no")
    [carriers] = show_receipts(world.office, order.order_id)["partners"]
    assert (carriers["holds"], carriers["gone_at_us"]) == ("yes", None)


def test_an_answer_in_part_and_an_appeal_are_disputes_of_their_partner_alone(world: World) -> None:
    order, fine = world.sent(world.line(number(0))), world.sent(world.line(number(1)))
    acknowledge_order(world.office, world.sun, order.order_id, "carriers", "partial", "P-7", "one region only")
    open_appeal(world.office, world.sun, "wrong", order_id=fine.order_id, channel="post")
    found = show_partner(world.office, world.sun, "carriers")
    assert [(d["kind"], d["order_id"]) for d in found["disputed"]] == [
        ("partial_answer", order.order_id), ("appeal", fine.order_id),
    ]  # fmt: skip
    assert {row["order_id"] for row in list_outbox(world.office, view="disputed")} == {order.order_id, fine.order_id}
    others = [row for row in show_partners(world.office, world.sun) if row["partner_id"] != "carriers"]
    assert not any(row["disputes"] for row in others)
    release_order(world.office, world.zhao, order.order_id)
    kinds = [d["kind"] for d in show_partner(world.office, world.sun, "carriers")["disputed"]]
    assert kinds == ["appeal"], "what is over is no more disputed"


def test_dead_letters_say_why_and_one_order_is_queued_again_alone(world: World) -> None:
    orders = [world.approved(world.finding(name), rung="host_sinkhole") for name in ("Bad.Example", "Worse.Example")]
    send_due(world.office)
    rows = list_outbox(world.office, view="failed", partner="dns")
    assert {row["code"] for row in rows} == {"CB-DL-010"}
    assert count_outbox(world.office, partner="dns") == {"open": 2, "failed": 2, "disputed": 0, "all": 2}
    assert retry_outbox(world.office, world.sun, partner="carriers") == 0
    assert retry_outbox(world.office, world.sun, order_id=orders[0].order_id) == 1
    assert [row["order_id"] for row in list_outbox(world.office, view="failed")] == [orders[1].order_id]
    with pytest.raises(RefusedError, match="CB-OR-005"):
        retry_outbox(world.office, world.zhao)


def test_withdrawals_stand_on_top_and_settled_messages_below(world: World) -> None:
    held, settled = world.sent(world.line(number(0))), world.sent(world.line(number(1)))
    waiting = world.approved(world.line(number(2)))
    world.clock.advance(1)
    release_order(world.office, world.zhao, held.order_id)
    rows = [(row["order_id"], row["action"]) for row in list_outbox(world.office, view="all")]
    assert rows[:2] == [(held.order_id, "withdraw"), (waiting.order_id, "block")]
    assert set(rows[2:]) == {(held.order_id, "block"), (settled.order_id, "block")}
    object_ = settled.content.object
    assert [row["order_id"] for row in list_outbox(world.office, view="all", about=object_[:12])] == [settled.order_id]
    assert list_outbox(world.office, view="all", about="%") == []
    with pytest.raises(UsageError, match="CB-US-001"):
        list_outbox(world.office, view="nonsense")


def test_comparing_mends_and_is_a_liaisons(world: World) -> None:
    world.sent(world.line(number(0)))
    (world.out / "carriers" / "numbers.csv").unlink()
    found = reconcile_now(world.office, world.sun, "carriers")
    assert (found["missing"], found["mended"]) == (1, True)
    row = show_partner(world.office, world.sun, "carriers")
    assert (row["missing"], row["compared_at_us"] is not None) == (1, True)
    with pytest.raises(RefusedError, match="CB-OR-005"):
        reconcile_now(world.office, world.zhao, "carriers")
    with pytest.raises(UsageError, match="CB-OR-080"):
        reconcile_now(world.office, world.sun, "nobody")


def test_a_partner_too_large_to_compare_here_names_the_command(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainbreak.app.reconcile_now.MOST_BLOCKS", 0)
    world.sent(world.line(number(0)))
    with pytest.raises(RefusedError, match="outbox reconcile --partner carriers"):
        reconcile_now(world.office, world.sun, "carriers")


def test_a_partner_down_is_told_since_when_and_only_to_those_who_may(world: World) -> None:
    from chainbreak.store.desk.tables_delivery import partner

    now = world.clock.now_us()
    with world.office.desk.begin() as conn:
        conn.execute(update(partner).where(partner.c.partner_id == "dns").values(error="refused", error_since_us=now))
    standing = {row["partner_id"]: row["standing"] for row in show_partners(world.office, world.sun)}
    assert standing["dns"] == "down"
    with pytest.raises(RefusedError, match="CB-DL-220"):
        show_partners(world.office, world.li)
