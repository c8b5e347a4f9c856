"""The clock of the golden hour, on a real desk with a real ledger: minutes, money lost in each step, curves."""

from __future__ import annotations

import pytest
from fund_world import FundWorld

from chainbreak.app.approve_order import approve_order
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.golden_hour import golden_hour, report_clock
from chainbreak.app.send_due import send_due
from chainbreak.app.submit_order import submit_order
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role


def through(fund: FundWorld) -> None:
    """Trace at T0, draft 2 minutes later, submit 1, approve and send 4, each after the one before."""
    run = fund.trace("r1", "t1")["run_id"]
    fund.world.clock.advance(120)
    made = draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M2")])[0]["order_id"]
    fund.world.clock.advance(60)
    waiting = submit_order(fund.office, fund.world.li, made)
    fund.world.clock.advance(240)
    approve_order(fund.office, fund.world.wang, made, waiting.digest)
    send_due(fund.office)


def test_the_clock_of_a_report_step_by_step(fund: FundWorld) -> None:
    through(fund)
    told = report_clock(fund.office, fund.world.li, "r1")
    steps = {row["step"]: row for row in told["steps"]}
    # The theft was 30 minutes before T0, the report 25 minutes after it.
    minutes = {step: round(row["minutes"], 3) for step, row in steps.items()}
    assert minutes == {"report": 25, "trace": 5, "draft": 2, "submit": 1, "approve": 4, "send": 0, "receipt": 0}
    # 20,000 yuan went to cash 20 minutes after the theft, before anybody called.
    assert steps["report"]["lost_fen"] == 20_000_00
    assert (told["worst"], told["held_fen"]) == ("report", 40_000_00)
    assert (told["claimed_fen"], told["reachable_fen"]) == (100_000_00, 80_000_00)
    assert [(point["minute"], point["reachable_fen"]) for point in told["curve"]] == [(0, 100_000_00), (20, 80_000_00)]
    assert told["banks"] == ["ICBC"]
    assert [one["fen"] for one in told["orders"]] == [40_000_00]


def test_a_step_under_way_runs_until_the_ledger_ends(fund: FundWorld) -> None:
    fund.trace("r1", "t1")
    fund.transfers([("t9", -15, "M3", "CASH", 30_000_00)])
    told = report_clock(fund.office, fund.world.li, "r1")
    last = told["steps"][-1]
    assert (last["step"], last["done"], last["lost_fen"]) == ("draft", False, 30_000_00)
    assert last["minutes"] == pytest.approx(15)
    assert told["worst"] == "draft"


def test_a_report_without_claims_has_no_clock(fund: FundWorld) -> None:
    with pytest.raises(UsageError, match="CB-FD-010"):
        report_clock(fund.office, fund.world.li, "r1")
    with pytest.raises(UsageError, match="CB-RT-001"):
        report_clock(fund.office, fund.world.li, "nobody")
    with pytest.raises(RefusedError, match="CB-TR-022"):
        report_clock(fund.office, Actor("gu", frozenset({Role.ADMIN})), "r1")
    assert golden_hour(fund.office, fund.world.li)["groups"] == []


@pytest.mark.parametrize(
    ("by", "names"), [("month", ["", "2026-11"]), ("bank", ["", "CCB", "ICBC"]), ("district", ["", "-"])]
)
def test_the_centre_by_month_bank_and_district(fund: FundWorld, by: str, names: list[str]) -> None:
    through(fund)
    fund.trace("r2", "t4")
    groups = {group["name"]: group for group in golden_hour(fund.office, fund.world.li, by)["groups"]}
    assert sorted(groups) == names
    whole = groups[""]
    assert (whole["reports"], whole["claimed_fen"], whole["held_fen"]) == (2, 150_000_00, 40_000_00)
    # One theft lost a fifth of its 100,000 after 20 minutes; the other, 50,000, was seen for 5 and is not known there.
    assert whole["curve"][-1]["share"] == pytest.approx(0.8)
    share = {(row["delay_min"], row["latency_min"]): row["share"] for row in whole["golden"]}
    assert (share[5, 0], share[15, 5], share[60, 0]) == (1.0, pytest.approx(0.8), None)
    assert {row["step"]: row["cases"] for row in whole["steps"]} == {
        "report": 2, "trace": 2, "draft": 1, "submit": 1, "approve": 1, "send": 1, "receipt": 1
    }  # fmt: skip
    if by == "bank":
        assert (groups["ICBC"]["reports"], groups["CCB"]["reports"]) == (1, 1)
        assert groups["CCB"]["curve"] == []


def test_no_such_grouping(fund: FundWorld) -> None:
    with pytest.raises(UsageError, match="CB-US-001"):
        golden_hour(fund.office, fund.world.li, "moon")
