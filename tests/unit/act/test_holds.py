"""From a trace to proposals to orders, on a real desk with a real ledger: never more than traced, never twice."""

from __future__ import annotations

import pytest
from fund_world import MINUTE, FundWorld

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order, State, digest_of
from chainbreak.act.orders.rules import load_rules
from chainbreak.app.approve_order import approve_order
from chainbreak.app.check_order import check_order
from chainbreak.app.claimed import Asked
from chainbreak.app.correct_report import delete_report
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.edit_order import edit_order
from chainbreak.app.extend_order import extend_order
from chainbreak.app.list_outbox import list_tasks
from chainbreak.app.open_money import open_money, untraced_reports
from chainbreak.app.propose_holds import captured_by_k, propose_holds
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import send_due
from chainbreak.app.show_case import show_case
from chainbreak.app.submit_order import submit_order
from chainbreak.app.trace_money import trace_money
from chainbreak.app.void_claim import void_claim
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import Actor, Role

HOUR_S = 3_600


def amounts(fund: FundWorld, run: str) -> dict[str, tuple[str, int]]:
    """Name of the account -> (state, amount) of the run's proposals."""
    names = {fund.token(name): name for name in ("M1", "M2", "M3")}
    return {
        names[row["account"]]: (row["state"], row["amount_fen"])
        for row in propose_holds(fund.office, fund.world.li, run)
    }


def order(fund: FundWorld, order_id: str) -> Order:
    with fund.office.desk.read() as conn:
        return ledger.read_order(conn, order_id)


def sign(fund: FundWorld, order_id: str) -> Order:
    """Submit, approve and send an order."""
    waiting = submit_order(fund.office, fund.world.li, order_id)
    approve_order(fund.office, fund.world.wang, order_id, waiting.digest)
    send_due(fund.office)
    return order(fund, order_id)


def test_a_theft_becomes_ranked_amounts_and_never_whole_accounts(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    rows = propose_holds(fund.office, fund.world.li, run)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert amounts(fund, run) == {
        "M2": ("proposed", 40_000_00), "M3": ("proposed", 30_000_00), "M1": ("proposed", 10_000_00)
    }  # fmt: skip
    first = rows[0]
    # M2 holds another victim's money too: the hold is for this victim's part of it.
    assert (first["traced_fen"], first["balance_fen"], first["bank"]) == (40_000_00, 90_000_00, "CCB")
    assert 0 < first["expected_fen"] < first["amount_fen"]
    assert [row["share"] for row in captured_by_k(fund.office, rows)] == [0.5, 1.0, 1.0, 1.0]


def test_money_that_lies_longer_without_being_seen_is_less_likely_there(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    now = [row["p_there"] for row in propose_holds(fund.office, fund.world.li, run, latency_min=0)]
    slow = [row["p_there"] for row in propose_holds(fund.office, fund.world.li, run, latency_min=15)]
    fund.world.clock.advance(HOUR_S)
    later = [row["p_there"] for row in propose_holds(fund.office, fund.world.li, run, latency_min=0)]
    assert all(a > b > c > 0 for a, b, c in zip(now, slow, later, strict=True))


def test_a_draft_carries_all_that_a_signature_needs(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")
    row = draft_holds(fund.office, fund.world.li, run["run_id"], top=1)[0]
    assert check_order(fund.office, fund.world.li, row["order_id"]) == []
    content = order(fund, row["order_id"]).content
    assert (content.kind, content.rung, content.amount_fen) == ("funds.hold", "hold_amount", 40_000_00)
    assert content.expires_at_us - content.starts_at_us == 48 * 60 * MINUTE
    assert content.object == fund.token("M2")
    assert content.partners == ("banks",)
    claim, trace = content.evidence
    assert [step["transfer_id"] for step in claim["path"]] == ["t1", "t2"]
    assert [step["part_fen"] for step in claim["path"]] == [100_000_00, 60_000_00]
    assert (claim["ref"], trace["ref"]) == ("claim:C-000001", f"trace:{run['run_id']}")
    assert trace["ledger"]["digest"] == run["ledger"]["digest"]
    assert trace["rule"] == "fifo"
    assert show_case(fund.office, "r1")["links"]
    sent = sign(fund, row["order_id"])
    assert sent.state is State.ACKNOWLEDGED
    assert "4000000" in fund.world.file("banks", "holds.csv")


def test_the_same_money_is_never_held_twice(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    draft_holds(fund.office, fund.world.li, run, key="k1")
    assert set(amounts(fund, run).values()) == {("held", 0)}
    assert draft_holds(fund.office, fund.world.li, run) == []
    with pytest.raises(RefusedError, match="CB-FD-003"):
        draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M2")])
    with pytest.raises(RefusedError, match="CB-DK-006"):
        draft_holds(fund.office, fund.world.li, run, key="k1")
    # The other victim's money on the same account is other money.
    other = fund.trace("r2", "t4")["run_id"]
    assert amounts(fund, other) == {"M2": ("proposed", 50_000_00)}


def test_a_second_report_of_the_same_transfer_holds_nothing_more(fund: FundWorld) -> None:
    first = fund.trace("r1", "t1")["run_id"]
    rows = draft_holds(fund.office, fund.world.li, first)
    again = fund.trace("r2", "t1")["run_id"]
    assert set(amounts(fund, again).values()) == {("held", 0)}
    for row in rows:
        sign(fund, row["order_id"])
    assert set(amounts(fund, again).values()) == {("held", 0)}


def test_two_drafts_of_one_money_cannot_both_be_signed(fund: FundWorld) -> None:
    """A draft is lowered, a second one takes the rest, the first is raised again: who is signed first holds."""
    run, account = fund.trace("r1", "t1")["run_id"], [fund.token("M2")]
    old = draft_holds(fund.office, fund.world.li, run, accounts=account)[0]["order_id"]
    edit_order(fund.office, fund.world.li, old, {"amount_fen": 15_000_00})
    assert amounts(fund, run)["M2"] == ("proposed", 25_000_00)
    new = draft_holds(fund.office, fund.world.li, run, accounts=account)[0]["order_id"]
    edit_order(fund.office, fund.world.li, old, {"amount_fen": 40_000_00})
    sign(fund, new)
    assert {o["code"] for o in check_order(fund.office, fund.world.li, old)} == {"CB-OR-025", "CB-OR-054"}
    edit_order(fund.office, fund.world.li, old, {"amount_fen": 15_000_00})
    sign(fund, old)
    # Nor may an edit go beyond what the order was drawn up for.
    assert amounts(fund, run)["M2"] == ("held", 0)


def test_an_edit_cannot_hold_more_than_was_traced(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    made = draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M2")])[0]["order_id"]
    edit_order(fund.office, fund.world.li, made, {"amount_fen": 40_000_01})
    assert {o["code"] for o in check_order(fund.office, fund.world.li, made)} == {"CB-OR-025", "CB-OR-055"}
    with pytest.raises(RefusedError, match="CB-OR-025"):
        submit_order(fund.office, fund.world.li, made)


def test_together_with_an_order_from_a_finding_no_more_than_was_traced(fund: FundWorld) -> None:
    found = fund.world.finding(fund.token("M2"), in_fen=35_000_00)
    fund.world.sent(found, rung="hold_amount", amount_fen=35_000_00)
    run = fund.trace("r1", "t1")["run_id"]
    assert amounts(fund, run)["M2"] == ("proposed", 5_000_00)
    sign(fund, draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M2")])[0]["order_id"])


def test_an_account_is_stopped_at_most_twice_and_released_in_between(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    account = [fund.token("M1")]
    for _ in range(2):
        made = sign(fund, draft_holds(fund.office, fund.world.li, run, accounts=account)[0]["order_id"])
        assert made.content.expires_at_us - made.content.starts_at_us == 48 * 60 * MINUTE
        fund.world.clock.advance(48 * HOUR_S)
    assert amounts(fund, run)["M1"] == ("stopped", 0)
    with pytest.raises(RefusedError, match="CB-FD-003"):
        draft_holds(fund.office, fund.world.li, run, accounts=account)


def test_orders_of_several_victims_run_within_the_same_two_stops(fund: FundWorld) -> None:
    first = draft_holds(fund.office, fund.world.li, fund.trace("r1", "t1")["run_id"], accounts=[fund.token("M2")])
    sign(fund, first[0]["order_id"])
    fund.world.clock.advance(60 * HOUR_S)
    second = fund.trace("r2", "t4")["run_id"]
    made = sign(fund, draft_holds(fund.office, fund.world.li, second)[0]["order_id"])
    # 48 h were used, 12 h passed: a new stop of 48 h is the second one.
    assert made.content.expires_at_us - made.content.starts_at_us == 48 * 60 * MINUTE


def test_a_void_claim_lets_go_what_was_held_for_it_alone(fund: FundWorld) -> None:
    own = fund.trace("r1", "t1")
    rows = draft_holds(fund.office, fund.world.li, own["run_id"])
    signed = sign(fund, rows[0]["order_id"])
    follows = void_claim(fund.office, fund.world.li, own["claims"][0]["claim_id"], "he paid his own son")
    assert follows["fallen"] == [signed.order_id]
    assert sorted(follows["withdrawn"]) == sorted(row["order_id"] for row in rows[1:])
    assert order(fund, signed.order_id).state is State.RELEASED
    send_due(fund.office)
    assert "4000000" not in fund.world.file("banks", "holds.csv")
    with pytest.raises(RefusedError, match="CB-FD-005"):
        void_claim(fund.office, fund.world.li, own["claims"][0]["claim_id"], "again")
    with pytest.raises(UsageError, match="CB-FD-009"):
        void_claim(fund.office, fund.world.li, own["claims"][0]["claim_id"], " ")


def test_an_order_for_two_victims_stands_when_one_takes_the_report_back(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1", "t4")
    row = draft_holds(fund.office, fund.world.li, run["run_id"], accounts=[fund.token("M2")])[0]
    assert row["claims"] == {"C-000001": 40_000_00, "C-000002": 50_000_00}
    # 90,000 yuan on one order; below the amount from which two sign.
    sign(fund, row["order_id"])
    follows = void_claim(fund.office, fund.world.li, "C-000002", "a loan between friends")
    assert follows["weakened"] == [{"order_id": row["order_id"], "over_fen": 50_000_00}]
    assert order(fund, row["order_id"]).state is State.ACKNOWLEDGED
    tasks = [task for task in list_tasks(fund.office) if task["order_id"] == row["order_id"]]
    assert len(tasks) == 1
    assert "¥50,000.00" in tasks[0]["note"]


def test_deleting_a_report_lets_its_holds_go(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    held = sign(fund, draft_holds(fund.office, fund.world.li, run, top=1)[0]["order_id"])
    delete_report(fund.office, fund.world.li, "r1", "taken twice")
    assert order(fund, held.order_id).state is State.RELEASED


def test_who_does_not_draft_holds_nothing(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    auditor = Actor("wu", frozenset({Role.AUDITOR}))
    with pytest.raises(RefusedError, match="CB-FD-006"):
        draft_holds(fund.office, auditor, run)
    with pytest.raises(RefusedError, match="CB-FD-006"):
        void_claim(fund.office, auditor, "C-000001", "x")


@pytest.mark.parametrize("rule", ["poison", "paripassu"])
def test_a_rule_that_does_not_say_where_money_lies_holds_nothing(fund: FundWorld, rule: str) -> None:
    run = fund.trace("r1", "t1", rule=rule)["run_id"]
    with pytest.raises(UsageError, match="CB-FD-008"):
        propose_holds(fund.office, fund.world.li, run)


@pytest.mark.parametrize("rule", ["lifo", "prorata", "lib", "lib_group"])
def test_every_rule_with_amounts_can_be_held(fund: FundWorld, rule: str) -> None:
    run = fund.trace("r1", "t1", "t4", rule=rule)
    rows = draft_holds(fund.office, fund.world.li, run["run_id"])
    assert rows
    assert all(row["ok"] for row in rows)
    for row in rows:
        assert row["amount_fen"] <= min(row["traced_fen"], row["balance_fen"])
        assert check_order(fund.office, fund.world.li, row["order_id"]) == []


def test_a_released_hold_can_be_held_again(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    held = sign(fund, draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M1")])[0]["order_id"])
    release_order(fund.office, fund.world.wang, held.order_id, "not_needed")
    assert amounts(fund, run)["M1"] == ("proposed", 10_000_00)


def test_when_money_moves_on_its_drafts_are_withdrawn_and_signed_holds_get_a_task(fund: FundWorld) -> None:
    first = fund.trace("r1", "t1")["run_id"]
    rows = {row["account"]: row["order_id"] for row in draft_holds(fund.office, fund.world.li, first)}
    signed = sign(fund, rows[fund.token("M3")])
    fund.transfers([("t6", -1, "M2", "M1", 40_000_00), ("t7", -2, "M3", "CASH", 30_000_00)])
    newer = fund.trace("r1", "t1")["run_id"]
    with pytest.raises(RefusedError, match="CB-FD-011"):
        draft_holds(fund.office, fund.world.li, first)
    drafted = draft_holds(fund.office, fund.world.li, newer)
    # What lay on M2 lies on M1 now, beside what lay there before and is asked for already.
    assert [(row["account"], row["amount_fen"]) for row in drafted] == [(fund.token("M1"), 40_000_00)]
    assert order(fund, rows[fund.token("M2")]).state is State.WITHDRAWN
    assert order(fund, rows[fund.token("M1")]).state is State.DRAFT
    (task,) = [task for task in list_tasks(fund.office) if task["order_id"] == signed.order_id]
    assert task["kind"] == "moved_money"
    assert "¥30,000.00" in task["note"]
    assert draft_holds(fund.office, fund.world.li, newer) == []


def test_a_run_that_looks_less_far_withdraws_nothing(fund: FundWorld) -> None:
    drafts = draft_holds(fund.office, fund.world.li, fund.trace("r1", "t1")["run_id"])
    fund.transfers([("t6", -1, "V2", "M1", 1_00)])
    # Within 6 minutes of the theft nothing had reached M3; that says nothing of where money is now.
    narrow = trace_money(fund.office, fund.world.li, "report:r1", horizon_us=6 * MINUTE, transfers=[Asked("t1")])
    assert narrow["by_claim"]["C-000001"]["unknown"] > 0
    draft_holds(fund.office, fund.world.li, narrow["run_id"])
    assert {order(fund, row["order_id"]).state for row in drafts} == {State.DRAFT}
    # Nor does it stand before a run on other terms.
    assert draft_holds(fund.office, fund.world.li, fund.trace("r1", "t1")["run_id"]) == []


def test_what_lies_loose_is_what_orders_do_not_hold_as_they_are_now(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    made = draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M2")])[0]["order_id"]
    edit_order(fund.office, fund.world.li, made, {"amount_fen": 15_000_00})
    (row,) = open_money(fund.office, fund.world.li)
    assert (row["lying_fen"], row["drafted_fen"], row["loose_fen"]) == (80_000_00, 15_000_00, 65_000_00)


def test_a_report_traced_long_ago_is_traced(fund: FundWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainbreak.app.open_money.MOST_RUNS", 1)
    fund.trace("r1", "t1")
    fund.trace("r2", "t4")
    assert untraced_reports(fund.office, fund.world.li, 0) == []


def test_stops_are_looked_up_for_more_accounts_than_a_statement_binds(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    sign(fund, draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M1")])[0]["order_id"])
    stops = load_rules().kind("funds.hold").stops
    assert stops is not None
    many = [*(f"account:{at:016x}" for at in range(40_000)), fund.token("M1")]
    with fund.office.desk.read() as conn:
        assert list(ledger.stops_on(conn, many, stops, fund.t0)) == [fund.token("M1")]


def test_a_hold_is_renewed_once_on_a_newer_trace_that_still_finds_the_money(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    held = sign(fund, draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M1")])[0]["order_id"])
    fund.world.clock.advance(40 * HOUR_S)
    # The same bookings traced again are nothing new.
    same = fund.trace("r1", "t1")["run_id"]
    with pytest.raises(RefusedError, match="CB-OR-044"):
        extend_order(fund.office, fund.world.li, held.order_id, same)
    fund.transfers([("t8", -40 * 60, "V2", "M3", 1_00)])
    newer = fund.trace("r1", "t1")["run_id"]
    wish = extend_order(fund.office, fund.world.li, held.order_id, newer)
    assert wish.extension is not None
    digest = digest_of(held.order_id, wish.extension.content)
    longer = approve_order(fund.office, fund.world.zhao, held.order_id, digest)
    assert longer.content.expires_at_us - longer.content.starts_at_us == 96 * 60 * MINUTE
    send_due(fund.office)
    with pytest.raises(RefusedError, match=r"CB-OR-0(44|46|57)"):
        extend_order(fund.office, fund.world.li, held.order_id, newer, held.content.starts_at_us + 97 * 60 * MINUTE)
    with pytest.raises(InputError, match="CB-OR-062"):
        extend_order(fund.office, fund.world.li, held.order_id, fund.trace("r2", "t4")["run_id"])


def test_a_hold_is_not_renewed_in_full_where_less_is_found(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    held = sign(fund, draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M1")])[0]["order_id"])
    fund.world.clock.advance(40 * HOUR_S)
    fund.transfers([("t9", -5, "M1", "M3", (held.content.amount_fen or 0) // 2)])
    less = fund.trace("r1", "t1")["run_id"]
    with pytest.raises(RefusedError, match="CB-OR-054"):
        extend_order(fund.office, fund.world.li, held.order_id, less)


def test_money_of_a_claim_taken_back_is_nobodys_to_hold(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1", "t4")
    by_transfer = {claim["transfer_id"]: claim["claim_id"] for claim in run["claims"]}
    assert amounts(fund, run["run_id"])["M2"] == ("proposed", 90_000_00)
    void_claim(fund.office, fund.world.li, by_transfer["t1"], "he knew the payee")
    assert amounts(fund, run["run_id"]) == {"M2": ("proposed", 50_000_00)}, "M2 holds money of the other claim alone"
    (made,) = draft_holds(fund.office, fund.world.li, run["run_id"])
    drafted = order(fund, made["order_id"]).content
    assert (drafted.amount_fen, drafted.supports()) == (50_000_00, {f"claim:{by_transfer['t4']}"})
    void_claim(fund.office, fund.world.li, by_transfer["t4"], "and so did she")
    assert draft_holds(fund.office, fund.world.li, run["run_id"]) == []


def test_no_hold_rests_on_a_look_into_the_past(fund: FundWorld) -> None:
    fund.trace("r1", "t1")
    past = fund.trace("r1", "t1", rule="lifo", as_of_us=fund.t0 - 26 * MINUTE)
    assert amounts(fund, past["run_id"]) == {"M1": ("proposed", 100_000_00)}, "all of it lay there then"
    with pytest.raises(RefusedError, match="CB-FD-011"):
        draft_holds(fund.office, fund.world.li, past["run_id"])


def test_a_moment_after_the_last_booking_is_the_last_booking(fund: FundWorld) -> None:
    now = fund.trace("r1", "t1", as_of_us=fund.office.clock.now_us())
    assert now["terms"]["as_of_us"] == fund.t0 - 10 * MINUTE
    fund.transfers([("t9", 5, "M3", "CASH", 30_000_00)])
    newest = fund.trace("r1", "t1")
    assert "M3" not in amounts(fund, newest["run_id"])
    assert all(row["ok"] for row in draft_holds(fund.office, fund.world.li, newest["run_id"])), "overruled by the older"
