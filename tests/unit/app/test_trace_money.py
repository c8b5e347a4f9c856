"""From a report to its claims to a run: exact to the fen, kept, shown and made again to the byte; clear refusals."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import select, update

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.claimed import Asked
from chainbreak.app.claims_of_report import claims_of_report
from chainbreak.app.list_traces import list_traces
from chainbreak.app.report_texts import named_by_hand
from chainbreak.app.show_ledger import show_ledger
from chainbreak.app.show_trace import show_trace
from chainbreak.app.trace_batch import trace_batch, wanted_lines
from chainbreak.app.trace_money import trace_money
from chainbreak.app.verify_trace import verify_trace
from chainbreak.app.word_trace import Saying, word_trace
from chainbreak.audit.tables import entries
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import ChainbreakError, InputError, RefusedError, SetupError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import funds
from chainbreak.store.desk.tables_funds import trace_run

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from money_world import (
    AWAY_FEN,
    CASHED,
    LYING,
    M1,
    M2,
    M3,
    NOON_US,
    SHOP,
    TEN_US,
    V,
    W,
    bring,
    bring_all,
    report_csv,
    transfers_csv,
)

CHEN = Actor("chen", frozenset({Role.FUND_DESK}))
SUN = Actor("sun", frozenset({Role.AUDITOR}))
QIAN = Actor("qian", frozenset({Role.ENGINEER}))
MIN_US = 60_000_000
EXACT = ("fifo", "lifo", "prorata", "paripassu", "lib", "lib_group")


@pytest.fixture(scope="module")
def brought(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small ledger and its report, brought in once and copied for each test."""
    folder = tmp_path_factory.mktemp("money")
    shutil.copytree(empty_centre, folder / "centre")
    office = open_office(folder / "centre", FixedClock(NOON_US))
    bring_all(office, folder / "files")
    office.desk.close()
    return folder / "centre"


@pytest.fixture
def office(brought: Path, tmp_path: Path) -> Office:
    shutil.copytree(brought, tmp_path / "centre")
    return open_office(tmp_path / "centre", FixedClock(NOON_US))


def token(office: Office, account: str) -> str:
    return named_by_hand(office, f"account:{account}").key


def leaves(office: Office) -> list[tuple[str, str]]:
    with office.desk.read() as conn:
        return [tuple(row) for row in conn.execute(select(entries.c.action, entries.c.object).order_by(entries.c.seq))]


def test_every_fen_of_a_claim_is_where_the_arithmetic_says(office: Office) -> None:
    run = trace_money(office, CHEN, "r1")
    assert {row["account"]: row["fen"] for row in run["holdings"]} == {token(office, a): f for a, f in LYING.items()}
    assert [(row["account"], row["fen"], row["booked_at_us"]) for row in run["exits"]] == [
        (token(office, "CASH01"), CASHED, TEN_US + 20 * MIN_US)
    ]
    assert [(row["fen"], row["reason"]) for row in run["unknown"]] == [(AWAY_FEN, "no_coverage")]
    assert run["totals"] == {"claimed": 500_000, "holding": 220_000, "exit": CASHED, "in_flight": 0,
                             "unknown": AWAY_FEN, "de_minimis": 0, "origin": 0}  # fmt: skip
    by_id = {flow["transfer_id"]: flow for flow in run["flows"]}
    assert {i: (f["lo"], f["hi"], f["hop"]) for i, f in by_id.items()} == {
        "t1": (0, 500_000, 1), "t2": (20_000, 300_000, 2), "t3": (0, 200_000, 2), "t4": (20_000, 250_000, 3),
        "t5": (0, 50_000, 3),
    }  # fmt: skip
    parents = {i: run["flows"][f["parent"]]["transfer_id"] for i, f in by_id.items() if f["parent"] >= 0}
    assert parents == {"t2": "t1", "t3": "t1", "t4": "t2", "t5": "t3"}
    m2 = next(row for row in run["holdings"] if row["account"] == token(office, M2))
    assert (m2["balance_fen"], m2["depth"], m2["last_in_us"]) == (50_000, 2, TEN_US + 5 * MIN_US)
    assert run["accounts"][token(office, M1)] == {"bank": "东湖农商行", "kind": "personal"}


@pytest.mark.parametrize("rule", EXACT)
def test_under_each_rule_the_places_add_up_to_the_claim(office: Office, rule: str) -> None:
    run = trace_money(office, CHEN, "r1", rule)
    listed = sum(row["fen"] for key in ("holdings", "exits", "in_flight", "unknown", "de_minimis") for row in run[key])
    assert listed == 500_000 == sum(v for k, v in run["totals"].items() if k != "claimed")
    assert all(row["fen"] <= row["balance_fen"] for row in run["holdings"])


def test_rules_stand_side_by_side_with_least_and_most(office: Office) -> None:
    run = trace_money(office, CHEN, "r1", "all")
    assert run["rule"] == "fifo"
    rows = {row["account"]: row for row in run["rules"]["accounts"]}
    for rule in EXACT:
        alone = trace_money(office, CHEN, "r1", rule)
        assert {a: row["by"][rule] for a, row in rows.items() if rule in row["by"]} == {
            row["account"]: row["fen"] for row in alone["holdings"]
        }
        assert run["rules"]["totals"][rule]["holding"] == alone["totals"]["holding"]
    for row in rows.values():
        found = [row["by"].get(rule, 0) for rule in EXACT]
        assert (row["min_fen"], row["max_fen"], row["reached"]) == (min(found), max(found), True)


def test_poison_reaches_without_amounts(office: Office) -> None:
    run = trace_money(office, CHEN, "r1", "poison")
    assert "totals" not in run
    assert [(row["depth"], row["exit"]) for row in run["reached"]] == [(1, False), (2, False), (2, False), (3, True),
                                                                       (3, False)]  # fmt: skip


def test_as_of_sees_nothing_later_and_later_rows_change_nothing(office: Office, tmp_path: Path) -> None:
    then = TEN_US + 10 * MIN_US
    run = trace_money(office, CHEN, "r1", as_of_us=then)
    assert [flow["transfer_id"] for flow in run["flows"]] == ["t1", "t2", "t3"]
    bring(office, tmp_path / "files", "transfer", transfers_csv([("t8", 90, M3, M1, 1_000)], 50), "later")
    again = trace_money(office, CHEN, "r1", as_of_us=then)
    same = {key: value for key, value in run.items() if key not in ("run_id", "ledger")}
    assert {key: again[key] for key in same} == same
    assert again["ledger"]["digest"] == run["ledger"]["digest"]
    assert verify_trace(office, SUN, run["run_id"])["ok"]


def test_a_run_is_shown_and_made_again_to_the_byte(office: Office) -> None:
    run = trace_money(office, CHEN, "r1", "all", purpose="止付", case="A-1")
    shown = show_trace(office, SUN, run["run_id"].lower())
    told = {key: shown.pop(key) for key in ("made_by", "made_at_us", "digest")}
    assert json.loads(rfc8785.dumps(shown)) == json.loads(rfc8785.dumps(run))
    assert (told["made_by"], told["made_at_us"]) == ("chen", NOON_US)
    assert verify_trace(office, SUN, run["run_id"]) == {
        "run_id": run["run_id"], "what": "report:r1", "digest": told["digest"], "ok": True, "again": told["digest"],
        "why": "",
    }  # fmt: skip
    assert leaves(office)[-3:] == [("trace.run", "report:r1"), ("trace.read", f"trace:{run['run_id'].lower()}"),
                                   ("trace.verify", f"trace:{run['run_id']}")]  # fmt: skip
    assert [row["run_id"] for row in list_traces(office, SUN, "report:r1")] == [run["run_id"]]


@pytest.mark.parametrize(("old", "why"), [(b'"fen":150000', "bytes"), (b"", "outcome")])
def test_a_run_that_somebody_changed_does_not_verify(office: Office, old: bytes, why: str) -> None:
    import hashlib

    run_id = trace_money(office, CHEN, "r1")["run_id"]
    with office.desk.begin() as conn:
        body = conn.execute(select(trace_run.c.body)).scalar_one()
        changed = body.replace(b'"fen":150000', b'"fen":150001')
        values = {"body": changed} if old else {"body": changed, "digest": hashlib.sha256(changed).hexdigest()}
        conn.execute(update(trace_run).values(**values))
    told = verify_trace(office, SUN, run_id)
    assert (told["ok"], told["why"]) == (False, why)


def test_a_ledger_that_was_corrected_since_is_had_from_its_version(office: Office, tmp_path: Path) -> None:
    run = trace_money(office, CHEN, "r1")
    bring(office, tmp_path / "files", "transfer", transfers_csv([("t1b", 1, V, M1, 777)], 60), "late")
    assert trace_money(office, CHEN, "r1")["ledger"]["digest"] != run["ledger"]["digest"]
    assert verify_trace(office, SUN, run["run_id"])["ok"]


def test_back_leads_to_where_the_money_came_from(office: Office) -> None:
    run = trace_money(office, CHEN, "t4", back=True)
    assert [(flow["transfer_id"], flow["hop"]) for flow in run["flows"]] == [("t4", 1), ("t2", 2), ("t1", 3)]
    assert {row["account"]: row["fen"] for row in run["origins"]} == {
        token(office, M1): 20_000,
        token(office, V): 230_000,
    }
    with office.desk.read() as conn:
        assert funds.claims_of(conn, "") == [], "a look back claims nothing"
    said = word_trace(trace_money(office, CHEN, "t4", back=True, horizon_us=1), Saying("zh", "Asia/Shanghai"))
    assert any("（早于期限即已入账）" in line for line in said), "nothing left after a horizon that lies before"
    assert not any("零头" in line for line in said)


def test_transfers_named_by_hand_and_their_amounts(office: Office) -> None:
    run = trace_money(office, CHEN, "r1", transfers=[Asked("t2", 100_000), Asked("t3")])
    assert [(c["transfer_id"], c["claim_fen"]) for c in run["claims"]] == [("t2", 100_000), ("t3", 200_000)]
    assert run["totals"]["claimed"] == 300_000
    alone = trace_money(office, CHEN, "transfer:t2")
    assert (alone["what"], alone["claims"][0]["report_id"], alone["totals"]["claimed"]) == ("transfer:t2", "", 300_000)


def test_a_claim_that_was_voided_is_not_raised_again(office: Office) -> None:
    run = trace_money(office, CHEN, "r1")
    with office.desk.begin() as conn:
        funds.end_claim(conn, run["claims"][0]["claim_id"], funds.VOID, "chen", NOON_US, "误报")
    (offered,) = [c for c in claims_of_report(office, "r1") if c["transfer_id"] == run["claims"][0]["transfer_id"]]
    assert not offered["sure"]
    assert offered["why"][-1] == "taken_back"
    with pytest.raises(UsageError, match="CB-TR-025"):
        trace_money(office, CHEN, "r1")


def asked(**kwargs: Any) -> dict[str, Any]:
    return kwargs


@pytest.mark.parametrize(
    ("what", "more", "code", "said"),
    [
        ("r11", asked(), "CB-TR-023", "did you mean r1?"),
        ("report:t1", asked(), "CB-TR-023", ""),
        ("r1", asked(as_of_us=TEN_US - 1), "CB-TR-024", "2026-11-20T10:00:00+08:00 or later"),
        ("r1", asked(as_of_us=2**52), "CB-TR-031", "or earlier"),
        ("t4", asked(rule="lib", back=True), "CB-TR-030", "fifo"),
        ("r1", asked(rule="fivo"), "CB-US-001", "did you mean fifo?"),
        ("r1", asked(rule=" "), "CB-US-001", ""),
        ("r1", asked(transfers=[Asked("t1", 500_001)]), "CB-TR-026", "0.01..5000.00 yuan"),
        ("r1", asked(transfers=[Asked("t1", -1)]), "CB-TR-026", ""),
        ("r1", asked(transfers=[Asked("t1"), Asked("t1")]), "CB-TR-026", ""),
        ("r1", asked(transfers=[Asked("t99")]), "CB-TR-023", ""),
        ("r1", asked(de_minimis_fen=-1), "CB-TR-010", ""),
        ("r1", asked(de_minimis_fen=2**60), "CB-TR-010", ""),
        ("r1", asked(as_of_us=2**55), "CB-TR-010", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_traced_is_refused_by_name(
    office: Office, what: str, more: dict[str, Any], code: str, said: str
) -> None:  # fmt: skip
    with pytest.raises(ChainbreakError, match=code) as caught:
        trace_money(office, CHEN, what, **more)
    assert said in caught.value.sentence()
    assert list_traces(office, SUN) == []


def test_a_transfer_without_a_place_says_why_and_is_a_caveat_of_traces_that_meet_it(
    office: Office, tmp_path: Path
) -> None:  # fmt: skip
    head = "transfer_id,booked_at_us,payer,payee,amount_fen,currency\n"
    at = TEN_US + 40 * MIN_US
    rows = f"k1,{at},{M2},{W},10000,CNY\nk2,{at},{M2},{V},10000,CNY\nk3,{at},{V},{W},5,USD\n"
    bring(office, tmp_path / "files", "transfer", head + rows, "ties")
    with pytest.raises(InputError, match=r"CB-TR-027.*k1: tie"):
        trace_money(office, CHEN, "k1")
    run = trace_money(office, CHEN, "r1", as_of_us=at)
    assert [row["transfer_id"] for row in run["caveats"]] == ["k1", "k2", "k3"]
    assert run["ledger"]["refused"] == {"tie": 2, "currency": 1}
    assert run["totals"]["holding"] == 220_000
    assert "k1, k2" in word_trace(run, Saying("en"))[-1]
    assert [row["transfer_id"] for row in show_ledger(office, SUN, 2)["refused_rows"]] == ["k1", "k2"]


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.ADMIN, Role.OFFICER])
def test_who_does_not_follow_money_is_refused_and_noted(office: Office, role: Role) -> None:
    other = Actor("other", frozenset({role}))
    for ask in (lambda: trace_money(office, other, "r1"), lambda: show_trace(office, other, "T-000001"),
                lambda: list_traces(office, other), lambda: show_ledger(office, other)):  # fmt: skip
        with pytest.raises(RefusedError, match="CB-TR-022"):
            ask()
    assert [action for action, _ in leaves(office)][-4:] == ["trace.refuse", *["trace.refuse_read"] * 3]
    with pytest.raises(RefusedError, match="CB-TR-022"):
        trace_money(office, SUN, "r1")


def claims(office: Office, tmp_path: Path, transfers: list[Any], **report: Any) -> list[tuple[str, int, bool]]:
    bring(office, tmp_path / "files", "transfer", transfers_csv(transfers, 50), "extra")
    bring(office, tmp_path / "files", "report", report_csv("r2", **report), "second")
    return [(c["transfer_id"], c["claim_fen"], c["sure"]) for c in claims_of_report(office, "r2")]


def test_what_completes_the_loss_in_one_way_only_is_certain(office: Office, tmp_path: Path) -> None:
    more = [("x1", 10, V, M3, 80_000), ("x2", 11, V, M2, 120_000), ("x3", 12, V, SHOP, 200_000)]
    assert claims(office, tmp_path, more, loss_fen=700_000) == [
        ("t1", 500_000, True), ("x1", 80_000, True), ("x2", 120_000, True)
    ]  # fmt: skip


def test_what_completes_the_loss_in_several_ways_is_offered(office: Office, tmp_path: Path) -> None:
    more = [("x1", 10, V, M3, 100_000), ("x2", 11, V, M2, 100_000)]
    assert claims(office, tmp_path, more, loss_fen=600_000) == [
        ("t1", 500_000, True), ("x1", 100_000, False), ("x2", 100_000, False)
    ]  # fmt: skip


def test_payments_beyond_the_loss_are_claimed_from_the_last_one_back(office: Office, tmp_path: Path) -> None:
    more = [("x1", 10, V, M1, 300_000)]
    assert claims(office, tmp_path, more, loss_fen=350_000) == [("t1", 50_000, True), ("x1", 300_000, True)]
    assert {"above_loss"} <= set(claims_of_report(office, "r2")[0]["why"])


def test_a_payment_of_somebody_unknown_is_certain_only_if_it_is_the_loss_and_the_only_one(
    office: Office, tmp_path: Path
) -> None:  # fmt: skip
    assert claims(office, tmp_path, [("x1", 10, W, M1, 70_000)], victim="") == [("t1", 500_000, True)]
    bring(office, tmp_path / "files", "transfer", transfers_csv([("x2", 12, W, M1, 500_000)], 80), "twin")
    assert [(c["transfer_id"], c["sure"]) for c in claims_of_report(office, "r2")] == [("t1", False), ("x2", False)]


def test_a_report_without_a_time_looks_back_a_week_and_one_without_a_trace_says_so(
    office: Office, tmp_path: Path
) -> None:  # fmt: skip
    assert claims(office, tmp_path, [], occurred="") == [("t1", 500_000, True)]
    bring(office, tmp_path / "files", "report", report_csv("r3", 123, "孙七", "被骗了，对方不详。"), "third")
    assert claims_of_report(office, "r3") == []
    with pytest.raises(UsageError, match=r"CB-TR-025.*no candidate"):
        trace_money(office, CHEN, "r3")


def test_a_batch_goes_on_past_what_cannot_be_traced(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\ufeff# 名单\nr1\nnothing\nt2,1000.00\n\n", encoding="utf-8")
    rows = list(trace_batch(office, CHEN, wanted_lines(path)))
    assert [(row["what"], row["claimed_fen"], bool(row["error"])) for row in rows] == [
        ("report:r1", 500_000, False), ("nothing", 0, True), ("transfer:t2", 100_000, False)
    ]  # fmt: skip
    assert [row["what"] for row in trace_batch(office, CHEN, since_us=TEN_US, rule="lib")] == ["report:r1"]
    assert list(trace_batch(office, CHEN, since_us=NOON_US)) == []


def test_a_batch_ends_at_once_where_no_line_could_be_traced(office: Office) -> None:
    with office.desk.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE trace_run RENAME TO lost")
    with pytest.raises(SetupError, match="CB-DK-007"):
        list(trace_batch(office, CHEN, [("r1", 0), ("t2", 0)]))


@pytest.mark.parametrize("text", ["t1,abc", "t1,-5", "t1,0", "t1,1.234"])
def test_a_list_with_an_impossible_amount_names_the_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"ok\n{text}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"CB-TR-029.*line 2"):
        wanted_lines(path)


def test_the_lines_for_people_add_up_to_the_claim(office: Office) -> None:
    lines = word_trace(trace_money(office, CHEN, "r1"), Saying("en", "Asia/Shanghai"))
    assert any(line.startswith("└─ hop 1 +0 min ¥5,000.00 100.0 %") and "lies there: ¥200.00" in line for line in lines)
    assert lines[-1] == ("Sum: on accounts ¥2,200.00 + left ¥2,300.00 + unknown ¥500.00 = ¥5,000.00 "
                         "(claimed ¥5,000.00)")  # fmt: skip
    for rule in ("prorata", "poison"):
        assert word_trace(trace_money(office, CHEN, "r1", rule), Saying("zh", "Asia/Shanghai"))
