"""Returns on SQLite and PostgreSQL: four eyes from plan to payment, notice, objections, rounds, limits over returns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from chainbreak.act.returns.fold import replay
from chainbreak.act.returns.model import Return, Victim
from chainbreak.app.decide_return import decide_return
from chainbreak.app.list_returns import count_returns, list_returns
from chainbreak.app.move_return import read_history, read_return
from chainbreak.app.object_to_return import decide_objection, object_to_return
from chainbreak.app.pay_return import Receipt, pay_return
from chainbreak.app.plan_return import calculate_return, next_round, plan_return, revise_return, what_if
from chainbreak.app.publish_return import publish_return
from chainbreak.app.return_claims import Booking, Given
from chainbreak.app.review_return import renew_return, review_return, send_back_return, withdraw_return
from chainbreak.app.show_announcement import show_announcement
from chainbreak.app.show_return import show_return
from chainbreak.audit.tables import entries
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_returns import return_share

T0 = 1_795_132_800_000_000
MAY = Actor("may", frozenset({Role.FUND_DESK}))


def victims(*losses: int) -> tuple[Victim, ...]:
    return tuple(Victim(f"R{i}", f"王{i}*", loss, T0 - 1_000 + i) for i, loss in enumerate(losses))


def given(world: Any, frozen: int = 1_000, *losses: int, account: str = "6222020200112233448") -> Given:
    return Given(world.token(Identifier.ACCOUNT, account), frozen, "冻结通知书〔2026〕1号", T0 + 200 * US_PER_DAY,
                 victims=victims(*(losses or (1_000, 1_000, 1_000))), case_ref="A-1")  # fmt: skip


def reviewed(world: Any, what: Given) -> Return:
    found = plan_return(world.office, world.li, what)
    return review_return(world.office, world.wang, found.return_id, found.digest)


def published(world: Any, what: Given) -> Return:
    return publish_return(world.office, world.li, reviewed(world, what).return_id)


def after_notice(world: Any, found: Return) -> None:
    assert found.notice_until_us is not None
    world.clock.at_us = max(world.clock.at_us, found.notice_until_us)


def decided(world: Any, what: Given) -> Return:
    found = published(world, what)
    after_notice(world, found)
    return decide_return(world.office, world.zhao, found.return_id, found.digest)


def paid(world: Any, found: Return) -> Return:
    receipts = [Receipt(s.claim_id, f"B-{s.round}-{s.claim_id}") for s in found.shares if s.outcome != "paid"]
    return pay_return(world.office, world.sun, found.return_id, receipts)


def statement(*rows: tuple[str, int, str]) -> tuple[Booking, ...]:
    return tuple(
        Booking(f"t{i}", T0 - 100 + i, None, direction, fen, f"6200{i}", claim)
        for i, (direction, fen, claim) in enumerate(rows)
    )


def test_from_plan_to_payment_in_the_hands_of_four_people(world: Any) -> None:
    found = decided(world, given(world))
    assert [s.fen for s in found.shares] == [334, 333, 333]
    found = paid(world, found)
    assert (found.state, found.paid_fen, found.still_frozen_fen) == ("paid", 1_000, 0)
    with world.office.desk.read() as conn:
        assert replay(read_history(conn, found.return_id)) == found == read_return(conn, found.return_id)
        leaves = [
            json.loads(e)["action"] for e in conn.execute(select(entries.c.entry).order_by(entries.c.seq)).scalars()
        ]
    steps = [leaf for leaf in leaves if leaf.startswith("return.")]
    assert steps == ["return.plan", "return.review", "return.publish", "return.decide", "return.pay"]


def test_nobody_signs_a_plan_of_their_own(world: Any) -> None:
    both = Actor("both", frozenset({Role.FUND_DESK, Role.APPROVER}))
    found = plan_return(world.office, both, given(world))
    with pytest.raises(RefusedError, match="CB-RM-021"):
        review_return(world.office, both, found.return_id, found.digest)
    with pytest.raises(RefusedError, match="CB-RM-003"):
        review_return(world.office, world.sun, found.return_id, found.digest)
    with pytest.raises(RefusedError, match="CB-RM-022"):
        review_return(world.office, world.wang, found.return_id, "0" * 64)


def test_a_division_in_proportion_waits_for_thirty_days_of_notice(world: Any) -> None:
    found = reviewed(world, given(world))
    with pytest.raises(RefusedError, match="CB-RM-033"):
        decide_return(world.office, world.zhao, found.return_id, found.digest)
    found = publish_return(world.office, world.li, found.return_id)
    assert found.notice_until_us is not None
    assert found.notice_until_us - T0 > 30 * US_PER_DAY
    world.clock.at_us = found.notice_until_us - 1
    with pytest.raises(RefusedError, match="CB-RM-034"):
        decide_return(world.office, world.zhao, found.return_id, found.digest)
    world.clock.at_us += 1
    assert decide_return(world.office, world.zhao, found.return_id, found.digest).state == "decided"


def test_a_freeze_that_ends_before_the_notice_is_renewed_first(world: Any) -> None:
    found = reviewed(world, replace(given(world), until_us=T0 + 2 * US_PER_DAY))
    with pytest.raises(RefusedError, match="CB-RM-026"):
        publish_return(world.office, world.li, found.return_id)
    renewed = renew_return(world.office, world.li, found.return_id, "续冻〔2026〕7号", T0 + 180 * US_PER_DAY)
    assert (renewed.state, renewed.division) == ("reviewed", found.division)
    assert publish_return(world.office, world.li, found.return_id).state == "published"


def test_an_objection_is_decided_by_an_outsider_and_reopens_when_upheld(world: Any) -> None:
    found = published(world, given(world))
    found = object_to_return(world.office, MAY, found.return_id, "赵大宝", "损失应为 2000 元", "R1")
    assert found.objections[0].objector == "赵**"
    after_notice(world, found)
    with pytest.raises(RefusedError, match="CB-RM-035"):
        decide_return(world.office, world.zhao, found.return_id, found.digest)
    with pytest.raises(RefusedError, match="CB-RM-031"):
        decide_objection(world.office, world.wang, found.return_id, 1, "rejected", "x")
    found = decide_objection(world.office, world.zhao, found.return_id, 1, "upheld", "转账记录属实")
    with pytest.raises(RefusedError, match="CB-RM-002"):
        review_return(world.office, world.wang, found.return_id, found.digest)
    change = Given(victims=(Victim("R1", "赵**", 2_000, T0 - 999),))
    found = revise_return(world.office, world.li, found.return_id, change, "异议成立")
    assert [row.amount_fen for row in found.division.rows] == [250, 500, 250]
    found = review_return(world.office, world.wang, found.return_id, found.digest)
    assert publish_return(world.office, world.li, found.return_id).notice_until_us == pytest.approx(
        world.clock.at_us + 30 * US_PER_DAY, abs=4 * US_PER_DAY
    )


def test_an_objection_after_the_notice_is_too_late(world: Any) -> None:
    found = published(world, given(world))
    after_notice(world, found)
    with pytest.raises(RefusedError, match="CB-RM-028"):
        object_to_return(world.office, MAY, found.return_id, "R1", "太少")


def test_a_late_victim_reopens_the_calculation_as_if_planned_with_it(world: Any) -> None:
    found = published(world, given(world))
    late = Victim("R9", "", 1_000, T0 + 5)
    plan, division = what_if(world.office, found.return_id, [late])
    found = revise_return(world.office, world.li, found.return_id, Given(victims=(late,)), "新查清被害人")
    assert (found.state, found.notice_until_us) == ("planned", None)
    assert (found.plan, found.division) == (plan, division)
    fresh = plan_return(world.office, world.li, replace(
        given(world, account="6222020200112230001"), victims=(late, *reversed(victims(1_000, 1_000, 1_000)))
    ))  # fmt: skip
    assert fresh.division == found.division


def test_where_nothing_is_left_a_late_victim_would_get_nothing(world: Any) -> None:
    found = paid(world, decided(world, given(world)))
    plan, division = what_if(world.office, found.return_id, [Victim("R9", "", 450, T0)])
    assert (plan.pot.frozen_fen, division.returned_fen, [row.share for row in division.rows]) == (0, 0, ["0/1"] * 4)


@pytest.mark.parametrize("frozen", [0, -5, 10**15 + 1])
def test_the_calculator_divides_what_can_be_frozen(world: Any, frozen: int) -> None:
    with pytest.raises(RefusedError, match="CB-RM-012"):
        calculate_return(world.office, world.li, given(world, frozen))


def test_who_reads_no_returns_calculates_none(world: Any) -> None:
    with pytest.raises(RefusedError, match="CB-RM-005"):
        calculate_return(world.office, Actor("eng", frozenset({Role.ENGINEER})), given(world))


def test_after_payment_a_late_victim_gets_a_new_round_and_nobody_pays_back(world: Any) -> None:
    found = paid(world, decided(world, given(world, 1_000, 300, 200)))
    assert (found.paid_fen, found.division.surplus_fen, found.still_frozen_fen) == (500, 500, 500)
    late = Given(victims=(Victim("R9", "", 450, T0),))
    with pytest.raises(RefusedError, match="CB-RM-002"):
        revise_return(world.office, world.li, found.return_id, late, "x")
    found = next_round(world.office, world.li, found.return_id, late)
    assert (found.round, found.plan.pot.frozen_fen) == (2, 500)
    assert {row.claim_id: row.amount_fen for row in found.division.rows} == {"R0": 0, "R1": 0, "R9": 450}
    found = review_return(world.office, world.wang, found.return_id, found.digest)
    found = publish_return(world.office, world.li, found.return_id)
    after_notice(world, found)
    found = paid(world, decide_return(world.office, world.zhao, found.return_id, found.digest))
    assert (found.paid_fen, found.still_frozen_fen) == (950, 50)


def test_the_same_receipt_twice_is_one_payment_and_another_one_is_refused(world: Any) -> None:
    found = decided(world, given(world))
    once = pay_return(world.office, world.sun, found.return_id, [Receipt("R0", "B-1")])
    again = pay_return(world.office, world.sun, found.return_id, [Receipt("R0", "B-1")])
    assert once == again
    with pytest.raises(RefusedError, match="CB-RM-038"):
        pay_return(world.office, world.sun, found.return_id, [Receipt("R0", "B-2")])
    with pytest.raises(RefusedError, match="CB-RM-039"):
        pay_return(world.office, world.sun, found.return_id, [Receipt("R1", "B-3", fen=1)])
    with pytest.raises(RefusedError, match="CB-RM-020"):
        revise_return(world.office, world.li, found.return_id, Given(note="x"), "x")


def test_what_the_bank_could_not_pay_stays_for_its_victim(world: Any) -> None:
    found = decided(world, given(world, 1_000, 600, 300))
    said = [Receipt("R0", reason="账户已销户"), Receipt("R1", "B-1")]
    found = pay_return(world.office, world.sun, found.return_id, said)
    assert (found.state, found.paid_fen, found.unpaid_fen, found.still_frozen_fen) == ("paid", 300, 600, 700)
    found = next_round(world.office, world.li, found.return_id, Given(victims=(Victim("R9", "", 900, T0),)))
    assert (found.plan.pot.frozen_fen, found.still_frozen_fen) == (100, 700)
    found = pay_return(world.office, world.sun, found.return_id, [Receipt("R0", "B-9")])
    assert (found.state, found.paid_fen, found.still_frozen_fen) == ("planned", 900, 100)


def test_a_claim_is_limited_over_all_returns(world: Any) -> None:
    first = decided(world, given(world, 900, 1_000))
    assert first.shares[0].fen == 900
    second = reviewed(world, given(world, 900, 1_000, account="6222020200112230002"))
    assert [row.amount_fen for row in second.division.rows] == [100]
    third = plan_return(world.office, world.li, given(world, 50, 1_000, account="6222020200112230003"))
    second = publish_return(world.office, world.li, second.return_id)
    after_notice(world, second)
    decide_return(world.office, world.zhao, second.return_id, second.digest)
    with pytest.raises(RefusedError, match="CB-RM-024"):
        review_return(world.office, world.wang, third.return_id, third.digest)
    with pytest.raises(RefusedError, match="CB-RM-016"):
        revise_return(world.office, world.li, third.return_id, Given(note="again"))


def test_one_return_an_account_so_that_nothing_is_divided_twice(world: Any) -> None:
    first = plan_return(world.office, world.li, given(world))
    with pytest.raises(RefusedError, match="CB-RM-017"):
        plan_return(world.office, world.li, given(world))
    withdraw_return(world.office, world.li, first.return_id, "账户有误")
    assert plan_return(world.office, world.li, given(world)).state == "planned"


def test_one_credit_goes_back_at_once_without_notice(world: Any) -> None:
    what = replace(given(world, 900, 1_000), statement=statement(("in", 1_000, "R0"), ("out", 100, "")), opening_fen=0)
    found = reviewed(world, what)
    assert (found.division.case, found.division.rows[0].amount_fen) == ("single", 900)
    with pytest.raises(RefusedError, match="CB-RM-025"):
        publish_return(world.office, world.li, found.return_id)
    assert decide_return(world.office, world.zhao, found.return_id, found.digest).state == "decided"


def test_time_stamps_tell_victims_apart_and_the_path_is_kept(world: Any) -> None:
    rows = statement(("in", 600, "R0"), ("in", 500, "R1"), ("out", 200, ""))
    found = plan_return(world.office, world.li, replace(given(world, 900, 2_000, 500), statement=rows))
    assert (found.division.case, found.division.why) == ("separable", "all_traced")
    assert [row.amount_fen for row in found.division.rows] == [400, 500]
    assert found.plan.tracing is not None
    assert [(p.claim_id, p.fen, [h.transfer_id for h in p.path]) for p in found.plan.tracing.pieces] == [
        ("R0", 400, ["t0"]), ("R1", 500, ["t1"])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "frozen", "why"),
    [
        ((("in", 600, "R0"), ("in", 500, "R1"), ("in", 100, "")), 1_200, "untraced"),
        ((("in", 600, "R0"), ("in", 500, "R1")), 800, "indistinct"),
    ],
)
def test_what_is_not_shown_for_every_fen_is_divided_in_proportion(world: Any, rows: Any, frozen: int, why: str) -> None:
    found = plan_return(world.office, world.li, replace(given(world, frozen, 600, 500), statement=statement(*rows)))
    assert (found.division.case, found.division.why) == ("pro_rata", why)


def test_bookings_of_one_instant_without_an_order_prove_nothing(world: Any) -> None:
    same = tuple(replace(b, booked_at_us=T0) for b in statement(("in", 600, "R0"), ("in", 500, "R1")))
    found = plan_return(world.office, world.li, replace(given(world, 900, 600, 500), statement=same))
    assert (found.division.case, found.division.why) == ("pro_rata", "ties")


def test_without_a_hold_or_a_stated_freeze_there_is_nothing_to_return(world: Any) -> None:
    with pytest.raises(UsageError, match="CB-RM-008"):
        plan_return(world.office, world.li, replace(given(world), frozen_fen=None, until_us=None))


def test_a_hold_in_force_is_the_pot(world: Any) -> None:
    hold = world.sent(world.account("6222020200112239999", 70_000), amount_fen=50_000)
    what = replace(given(world, 1, 60_000, account="6222020200112239999"), frozen_fen=None, until_us=None, basis="")
    found = plan_return(world.office, world.li, what)
    assert found.plan.pot.holds == (hold.order_id,)
    assert (found.plan.pot.frozen_fen, found.division.returned_fen) == (50_000, 50_000)


def test_the_announcement_shows_masks_and_no_account_or_colleague(world: Any) -> None:
    found = reviewed(world, given(world))
    with pytest.raises(UsageError, match="CB-RM-006"):
        show_announcement(world.office, found.code)
    publish_return(world.office, world.li, found.return_id)
    told = json.dumps(show_announcement(world.office, found.code.lower()), ensure_ascii=False)
    assert "王0*" in told
    assert not [word for word in ("account:", "wang", '"li"') if word in told]


def test_what_one_may_do_follows_role_and_part(world: Any) -> None:
    found = plan_return(world.office, world.li, given(world))
    assert set(show_return(world.office, world.li, found.return_id)["may"]) == {"revise", "renew", "withdraw"}
    assert set(show_return(world.office, world.wang, found.return_id)["may"]) == {"review", "send_back", "renew"}
    sent_back = send_back_return(world.office, world.wang, found.return_id, "缺资金流向表")
    assert sent_back.sent_back == "缺资金流向表"
    assert [row["waits_for_me"] for row in list_returns(world.office, world.wang, stage="planned")] == [True]
    assert count_returns(world.office, world.wang)["planned"] == 1
    with pytest.raises(RefusedError, match="CB-RM-005"):
        list_returns(world.office, Actor("x", frozenset({Role.ENGINEER})))


def test_two_at_once_pay_a_share_once(world: Any, at_once: Any) -> None:
    found = decided(world, given(world))
    calls = [
        lambda n=n: pay_return(world.office, world.sun, found.return_id, [Receipt("R0", f"B-{n}")]) for n in range(6)
    ]
    results = at_once(*calls)
    assert sum(isinstance(r, Return) for r in results) == 1
    with world.office.desk.read() as conn:
        outcomes = conn.execute(select(return_share.c.outcome).where(return_share.c.claim_id == "R0")).scalars().all()
    assert outcomes == ["paid"]
