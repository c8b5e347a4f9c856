"""From a report to its holds to its return: pot, victims and the path come from the desk, nobody types them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.claimed import Asked
from chainbreak.app.decide_return import decide_return
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.plan_return import plan_return
from chainbreak.app.release_order import release_order
from chainbreak.app.return_claims import Given
from chainbreak.app.review_return import renew_return, review_return
from chainbreak.app.send_due import send_due
from chainbreak.app.submit_order import submit_order
from chainbreak.app.trace_money import trace_money
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from money_world import M1, M2, M3, NOON_US, SHOP, bring, bring_all, report_csv

CHEN = Actor("chen", frozenset({Role.FUND_DESK}))
LIN = Actor("lin", frozenset({Role.APPROVER}))


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Office:
    """The small ledger, its report traced, and what lies on three accounts held."""
    shutil.copytree(empty_centre, tmp_path / "centre")
    office = open_office(tmp_path / "centre", FixedClock(NOON_US))
    bring_all(office, tmp_path / "files")
    run = trace_money(office, CHEN, "r1")
    for row in draft_holds(office, CHEN, run["run_id"], case="A-1", purpose="protect"):
        assert row["ok"], row
        order = submit_order(office, CHEN, row["order_id"])
        approve_order(office, LIN, order.order_id, order.digest)
    send_due(office)
    return office


def test_what_is_held_goes_back_along_the_path_it_came(office: Office) -> None:
    found = plan_return(office, CHEN, Given(M2))
    assert (found.plan.pot.frozen_fen, len(found.plan.pot.holds)) == (50_000, 1)
    assert [(v.claim_id, v.loss_fen) for v in found.plan.victims] == [("r1", 500_000)]
    assert found.plan.victims[0].name.startswith("person:")
    assert (found.division.case, found.division.returned_fen) == ("separable", 50_000)
    assert found.plan.tracing is not None
    assert [[hop.transfer_id for hop in piece.path] for piece in found.plan.tracing.pieces] == [["t1", "t2"]]


def test_each_account_is_a_return_of_its_own_under_one_limit(office: Office) -> None:
    amounts = {account: plan_return(office, CHEN, Given(account)).division.returned_fen for account in (M1, M2, M3)}
    assert amounts == {M1: 20_000, M2: 50_000, M3: 150_000}


def test_an_account_that_is_not_held_has_nothing_to_return(office: Office) -> None:
    with pytest.raises(UsageError, match="CB-RM-008"):
        plan_return(office, CHEN, Given(SHOP))


def test_the_tracing_cites_the_ledger_that_the_run_cites(office: Office) -> None:
    tracing = plan_return(office, CHEN, Given(M2)).plan.tracing
    assert tracing is not None
    assert tracing.ledger == trace_money(office, CHEN, "r1")["ledger"]["digest"]


def test_money_that_is_no_longer_held_is_not_decided_on(office: Office) -> None:
    found = plan_return(office, CHEN, Given(M2))
    found = review_return(office, LIN, found.return_id, found.digest)
    (hold,) = found.plan.pot.holds
    release_order(office, LIN, hold, "not_needed")
    with pytest.raises(RefusedError, match="CB-RM-036"):
        decide_return(office, LIN, found.return_id, found.digest)
    # A freeze of its own takes the place of the orders.
    found = renew_return(office, CHEN, found.return_id, "冻结通知书〔2026〕2号", NOON_US * 2)
    assert found.plan.pot.holds == ()
    assert decide_return(office, LIN, found.return_id, found.digest).state == "decided"


def test_money_that_two_reports_claim_is_not_told_apart(office: Office, tmp_path: Path) -> None:
    bring(office, tmp_path / "files", "report", report_csv("r2"), "again")
    trace_money(office, CHEN, "report:r2", transfers=[Asked("t1")])
    found = plan_return(office, CHEN, Given(M2, reports=("r1", "r2")))
    assert (found.division.case, found.division.why) == ("pro_rata", "claimed_twice")
    assert found.division.returned_fen == 50_000


def test_a_stated_freeze_of_more_than_is_traced_is_divided_by_loss(office: Office) -> None:
    stated = Given(M2, 60_000, "通知书", NOON_US * 2, reports=("r1",))
    found = plan_return(office, CHEN, stated)
    assert (found.division.case, found.division.why, found.division.returned_fen) == ("pro_rata", "untraced", 60_000)
