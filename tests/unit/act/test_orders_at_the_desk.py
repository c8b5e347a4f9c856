"""Orders from draft to correction, on a real desk with a real log: SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from chainbreak.act.orders import ledger
from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.fold import event_from, replay
from chainbreak.act.orders.force import in_force
from chainbreak.act.orders.model import Order, State
from chainbreak.app.acknowledge_order import acknowledge_order
from chainbreak.app.approve_order import approve_order
from chainbreak.app.check_order import check_order
from chainbreak.app.decide_appeal import decide_appeal, list_appeals
from chainbreak.app.edit_order import edit_order
from chainbreak.app.extend_order import extend_order
from chainbreak.app.give_notice import due_notices, give_notice
from chainbreak.app.list_orders import list_orders
from chainbreak.app.list_outbox import list_outbox, list_tasks, retry_outbox
from chainbreak.app.open_appeal import open_appeal
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import send_due
from chainbreak.app.show_order import show_order
from chainbreak.app.show_status import show_status
from chainbreak.app.submit_order import submit_order
from chainbreak.app.take_emergency import take_emergency
from chainbreak.app.withdraw_order import withdraw_order
from chainbreak.audit import log
from chainbreak.audit.tables import entries
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.tables_orders import detector_outcome, exclusion, order_event, order_file

if TYPE_CHECKING:
    from conftest import World

HOUR_S = 3_600


def order_now(world: World, order_id: str) -> Order:
    with world.office.desk.read() as conn:
        return ledger.read_order(conn, order_id)


def test_the_way_of_one_order_and_its_correction(world: World) -> None:
    order = world.sent(world.line("+8613800138000"), rung="block")
    assert "+8613800138000,block" in world.file("carriers", "numbers.csv")
    shown = show_order(world.office, order.order_id)
    assert (shown["standing"], shown["in_force"]) == ("in_force", True)
    assert [h["move"] for h in shown["history"]] == ["draft", "submit", "approve", "send", "answer"]
    assert [n["order_id"] for n in due_notices(world.office)] == [order.order_id]
    give_notice(world.office, world.sun, order.order_id, "letter")
    assert due_notices(world.office) == []

    code = order.content.remedy["receipt_code"]
    status = show_status(world.office, code.lower().replace("-", " "))
    assert order.content.object.partition(":")[2] in status["notice_zh"]
    assert "li" not in json.dumps(status["history"])
    appeal = open_appeal(world.office, SERVICE, "我是快递员，每天打很多电话", code=code)
    for chain in (world.li, world.wang):
        with pytest.raises(RefusedError, match=r"CB-OR-0(33|05)"):
            decide_appeal(world.office, chain, appeal["appeal_id"], upheld=True, reason="x")
    follows = decide_appeal(world.office, world.chen, appeal["appeal_id"], upheld=True, reason="a courier")
    assert (follows["outcome"], follows["correct"]) == ("upheld", ["carriers"])
    send_due(world.office)
    assert "+8613800138000" not in world.file("carriers", "numbers.csv")
    assert f"+8613800138000,{order.order_id}" in world.file("carriers", "corrections.csv")
    assert order_now(world, order.order_id).state is State.ANNULLED
    # Only the partner's own word closes a correction, however often the sender looks.
    send_due(world.office)
    assert order_now(world, order.order_id).state is State.ANNULLED
    assert acknowledge_order(world.office, world.sun, order.order_id, "carriers", "full").state is State.CORRECTED
    with world.office.desk.read() as conn:
        assert conn.execute(select(detector_outcome.c.detector, detector_outcome.c.outcome)).all() == [
            ("test", "wrong")
        ]


def test_what_rests_on_a_wrong_order_falls_or_gets_a_clock(world: World) -> None:
    wrong_finding, other = world.line("+8613800138000"), world.line("+8613900139000")
    wrong = world.sent(wrong_finding)
    alone = world.sent(wrong_finding, rung="block")  # rests on the same refuted finding
    both = world.sent(other, rests_on=(wrong.order_id,))
    waiting = submit_order(world.office, world.li, world.drafted(wrong_finding).order_id)
    appeal = open_appeal(world.office, world.sun, "wrong", order_id=wrong.order_id, channel="hotline")
    follows = decide_appeal(world.office, world.chen, appeal["appeal_id"], upheld=True, reason="a courier")
    assert (follows["fallen"], follows["weakened"]) == ([alone.order_id], [both.order_id])
    assert order_now(world, alone.order_id).state is State.RELEASED
    assert order_now(world, both.order_id).state is State.ACKNOWLEDGED
    task = next(t for t in list_tasks(world.office) if t["kind"] == "weakened_order")
    assert task["due_at_us"] - task["opened_at_us"] == 4 * HOUR_S * 1_000_000
    send_due(world.office)
    assert alone.order_id not in world.file("carriers", "numbers.csv")
    assert both.order_id in world.file("carriers", "numbers.csv")
    with pytest.raises(RefusedError, match="CB-OR-027"):
        approve_order(world.office, world.zhao, waiting.order_id, waiting.digest)


def test_two_approvers_at_the_same_moment_have_one_outcome(world: World, at_once: Callable[..., list[object]]) -> None:
    order = submit_order(world.office, world.li, world.drafted(world.line("+8613800138000")).order_id)
    results = at_once(*(lambda p=p: approve_order(world.office, p, order.order_id, order.digest)  # type: ignore[misc]
                        for p in (world.wang, world.zhao)))  # fmt: skip
    refused = [r for r in results if isinstance(r, RefusedError)]
    assert [r.code for r in refused] == ["CB-OR-004"]
    assert len(order_now(world, order.order_id).approvals) == 1
    assert len(list_outbox(world.office)) == 1


def test_where_two_must_sign_both_signatures_of_one_moment_count(
    world: World, at_once: Callable[..., list[object]]
) -> None:
    order = world.drafted(world.account("6222020000000000001", 60_000_000), rung="hold_amount")
    order = submit_order(world.office, world.li, order.order_id)
    at_once(*(lambda p=p: approve_order(world.office, p, order.order_id, order.digest)  # type: ignore[misc]
              for p in (world.wang, world.zhao)))  # fmt: skip
    after = order_now(world, order.order_id)
    assert (after.state, {a.approver for a in after.approvals}) == (State.APPROVED, {"wang", "zhao"})


def test_states_are_rebuilt_from_the_events_and_from_the_log_byte_for_byte(world: World) -> None:
    order = world.sent(world.line("+8613800138000"))
    release_order(world.office, world.zhao, order.order_id, "not_needed")
    world.drafted(world.account("6222020000000000001", 5_000))
    with world.office.desk.read() as conn:
        for row in conn.execute(select(order_file.c.order_id, order_file.c.body)):
            again = replay(ledger.read_events(conn, row.order_id))
            assert again is not None
            assert again.as_bytes() == row.body
            leaves = conn.execute(
                select(entries.c.seq).where(entries.c.object == f"order:{row.order_id}").order_by(entries.c.seq)
            ).scalars()
            logged = replay(event_from(log.read_payload(conn, seq) or {}) for seq in leaves)
            assert logged is not None
            assert logged.as_bytes() == row.body
        moves = conn.execute(select(order_event.c.move)).scalars().all()
        actions = conn.execute(select(entries.c.action).where(entries.c.action.like("order.%"))).scalars().all()
    assert sorted(f"order.{m}" for m in moves) == sorted(actions)


def test_an_emergency_lapses_by_itself_with_the_scheduler_off(world: World) -> None:
    found = world.account("6222020000000000001", 5_000)
    wish = Wish("A-1", "p", rung="hold_amount", ladder_reason="r")
    order = take_emergency(world.office, world.li, found.finding_id, wish)
    send_due(world.office)
    assert "6222020000000000001,5000" in world.file("banks", "holds.csv")
    assert "2026-11-20T00:30:00Z" in world.file("banks", "holds.csv")
    world.clock.advance(30 * 60)
    [row] = list_orders(world.office)
    assert (row["standing"], row["in_force"]) == ("lapsed", False)
    with pytest.raises(RefusedError, match="CB-OR-035"):
        approve_order(world.office, world.wang, order.order_id, order.digest)
    with pytest.raises(RefusedError, match="CB-OR-043"):
        take_emergency(world.office, world.li, found.finding_id, wish)
    assert send_due(world.office)["ended"] == 1
    assert "6222020000000000001" not in world.file("banks", "holds.csv")


def test_a_confirmed_emergency_stays_without_a_gap(world: World) -> None:
    found = world.account("6222020000000000001", 5_000)
    order = take_emergency(world.office, world.li, found.finding_id,
                           Wish("A-1", "p", rung="hold_amount", ladder_reason="r"))  # fmt: skip
    send_due(world.office)
    world.clock.advance(20 * 60)
    confirmed = approve_order(world.office, world.wang, order.order_id, order.digest)
    assert in_force(confirmed, world.clock.now_us())
    send_due(world.office)
    assert "2026-11-22T00:00:00Z" in world.file("banks", "holds.csv")


def test_time_ends_an_order_and_a_clock_set_back_does_not_revive_it(world: World) -> None:
    order = world.sent(world.line("+8613800138000"))
    world.clock.advance(168 * HOUR_S)
    assert list_orders(world.office)[0]["standing"] == "expired"
    give_notice(world.office, world.sun, order.order_id, "letter")  # any leaf: the log has seen this time
    world.clock.advance(-100 * HOUR_S)
    assert list_orders(world.office)[0]["in_force"] is False
    assert send_due(world.office)["ended"] == 1
    assert order.order_id not in world.file("carriers", "numbers.csv")


def test_an_extension_needs_fresh_evidence_and_new_eyes(world: World) -> None:
    old = world.account("6222020000000000001", 5_000)
    order = world.sent(old, rung="hold_amount")
    with pytest.raises(RefusedError, match="CB-OR-044"):
        extend_order(world.office, world.li, order.order_id, old.finding_id)
    world.clock.advance(HOUR_S)
    fresh = world.account("6222020000000000001", 6_000)
    wished = extend_order(world.office, world.li, order.order_id, fresh.finding_id)
    digest = show_order(world.office, order.order_id)["digest"]
    assert digest != wished.digest
    with pytest.raises(RefusedError, match="CB-OR-032"):
        approve_order(world.office, world.wang, order.order_id, digest)
    approve_order(world.office, world.zhao, order.order_id, digest)
    send_due(world.office)
    assert "2026-11-24T00:00:00Z" in world.file("banks", "holds.csv")
    world.clock.advance(HOUR_S)
    with pytest.raises(RefusedError, match="CB-OR-046"):
        extend_order(world.office, world.li, order.order_id, world.account("6222020000000000001", 7_000).finding_id)


def test_an_edit_voids_the_approval_and_nothing_is_sent(world: World) -> None:
    order = world.approved(world.line("+8613800138000"))
    edited = edit_order(world.office, world.li, order.order_id, {"purpose": "another"})
    assert (edited.state, edited.approvals) == (State.DRAFT, ())
    assert send_due(world.office)["sent"] == 0
    assert world.file("carriers", "numbers.csv") == ""
    with pytest.raises(RefusedError, match="CB-OR-034"):
        approve_order(
            world.office, world.wang, submit_order(world.office, world.li, order.order_id).order_id, order.digest
        )


def test_repeated_holds_never_exceed_what_was_traced(world: World) -> None:
    found = world.account("6222020000000000001", 10_000)
    world.sent(found, rung="hold_amount", amount_fen=6_000)
    second = world.drafted(found, rung="hold_amount", amount_fen=4_001)
    with pytest.raises(RefusedError, match="CB-OR-025"):
        submit_order(world.office, world.li, second.order_id)
    edit_order(world.office, world.li, second.order_id, {"amount_fen": 4_000})
    assert check_order(world.office, world.li, second.order_id) == []


def test_an_excluded_object_is_not_drafted_and_is_stopped_at_sending(world: World) -> None:
    with pytest.raises(RefusedError, match=r"CB-OR-026 .*line:prefix:955"):
        world.drafted(world.line("CN:95588"))
    order = world.approved(world.line("+8613800138000"))
    with world.office.desk.begin() as conn:  # a hospital tells us its number after the approval
        conn.execute(exclusion.insert().values(
            kind="line", how="exact", value="+8613800138000", reason="hospital", added_by="sun"
        ))  # fmt: skip
    assert send_due(world.office)["failed"] == 1
    assert world.file("carriers", "numbers.csv") == ""
    assert order_now(world, order.order_id).state is State.APPROVED
    assert [t["kind"] for t in list_tasks(world.office)] == ["not_sent"]
    with world.office.desk.begin() as conn:
        conn.execute(exclusion.delete().where(exclusion.c.added_by == "sun"))
    assert retry_outbox(world.office, world.sun) == 1
    assert send_due(world.office)["verified"] == 1


def test_setting_an_exclusion_aside_takes_its_name_a_reason_and_two_people(world: World) -> None:
    aside = {"reason": "the bank itself asked", "entries": ["line:prefix:955"]}
    order = world.drafted(world.line("CN:95588"), exception=aside)
    order = submit_order(world.office, world.li, order.order_id)
    assert approve_order(world.office, world.wang, order.order_id, order.digest).state is State.SUBMITTED
    assert approve_order(world.office, world.zhao, order.order_id, order.digest).state is State.APPROVED
    assert send_due(world.office)["verified"] == 1
    assert "\n95588," in world.file("carriers", "numbers.csv")


def test_silence_on_an_appeal_ends_the_order(world: World) -> None:
    order = world.sent(world.finding("evil.example"), rung="host_sinkhole")
    appeal = open_appeal(world.office, SERVICE, "wrong", code=order.content.remedy["receipt_code"])
    assert list_appeals(world.office, overdue=True) == []
    world.clock.advance(5 * 24 * HOUR_S)
    assert [a["late"] for a in list_appeals(world.office, overdue=True)] == ["decide"]
    world.clock.advance(5 * 24 * HOUR_S)
    assert list_orders(world.office)[0]["standing"] == "lapsed"
    send_due(world.office)
    assert "evil.example" not in world.file("dns", "zone.rpz")
    assert appeal["lapses_at"] < "2026-12-01"


def test_a_written_refusal_keeps_the_orders_own_end(world: World) -> None:
    order = world.sent(world.finding("evil.example"), rung="host_sinkhole")
    appeal = open_appeal(world.office, SERVICE, "wrong", code=order.content.remedy["receipt_code"])
    decide_appeal(world.office, world.chen, appeal["appeal_id"], upheld=False, reason="the site is a copy of a bank")
    world.clock.advance(12 * 24 * HOUR_S)
    assert list_orders(world.office)[0]["standing"] == "in_force"


def test_a_deferred_notice_comes_back_on_its_review_date(world: World) -> None:
    review = world.clock.now_us() + HOUR_S * 1_000_000
    world.approved(world.line("+8613800138000"), deferral={"basis": "cfl-20", "review_at_us": review})
    assert due_notices(world.office) == []
    world.clock.advance(HOUR_S)
    assert [n["deferred"] for n in due_notices(world.office)] == [True]


def test_a_partial_answer_opens_a_task_with_a_clock(world: World) -> None:
    order = world.sent(world.line("+8613800138000"))
    acknowledge_order(world.office, world.sun, order.order_id, "carriers", "partial", "E7", "two carriers of three")
    assert [(t["kind"], t["note"]) for t in list_tasks(world.office)] == [
        ("partial_answer", "carriers: E7 two carriers of three")
    ]


def test_articles_and_partners_come_from_the_tables(world: World) -> None:
    found = world.line("+8613800138000")
    for said, code in (
        ({"legal_basis": ("cfl-99",)}, "CB-OR-068"), ({"legal_basis": ("yf-2016-86",)}, "CB-OR-068"),
        ({"partners": ("dns",)}, "CB-OR-069"), ({"rung": "suspend"}, "CB-OR-011"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=code):
            world.drafted(found, **said)
        if "rung" not in said:
            continue
        with pytest.raises(UsageError, match=code):
            edit_order(world.office, world.li, world.drafted(found).order_id, dict(said))


def test_what_partners_hold_is_released_not_withdrawn(world: World) -> None:
    order = world.sent(world.line("+8613800138000"))
    with pytest.raises(RefusedError, match="CB-OR-004"):
        withdraw_order(world.office, world.li, order.order_id)
    assert release_order(world.office, world.zhao, order.order_id).state is State.RELEASED
