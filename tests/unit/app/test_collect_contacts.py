"""Records and what is confirmed become contact events: each contact once, whatever arrives when and dies where."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from contact_world import (
    ACCOUNTS,
    CARD,
    CHEN,
    FRAUD,
    LINES,
    MULE,
    NO_HOLDER,
    NOW_US,
    OTHER_FRAUD,
    OWN,
    SECOND,
    SITE,
    SUSPECT,
    UNHELD,
    VICTIM,
    ago,
    bring,
    confirm,
    events_in,
    found,
    leg,
    line,
    people,
    token,
)
from desk_world import save
from sqlalchemy import select

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.collect_contacts import Collected, collect_contacts, watch_contacts
from chainbreak.app.give_verdict import give_verdict
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.base.clock import US_PER_MIN, FixedClock
from chainbreak.records import kind_named
from chainbreak.records.actor import Actor, Role
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_contacts import contact_aside
from chainbreak.store.desk.tables_warnings import warning


@pytest.fixture(scope="module")
def prepared(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People and registers, once."""
    root = tmp_path_factory.mktemp("contacts") / "centre"
    shutil.copytree(empty_centre, root)
    office = open_office(root, FixedClock(NOW_US))
    people(office)
    bring(office, "line", LINES)
    bring(office, "account", ACCOUNTS)
    bring(office, "cell", [{"cell_id": "c1", "site_id": "s1", "lat": 30.1, "lon": 120.1, "district": "东湖区"}])
    office.desk.close()
    return root


@pytest.fixture
def office(prepared: Path, tmp_path: Path) -> Office:
    shutil.copytree(prepared, tmp_path / "centre")
    return open_office(tmp_path / "centre", FixedClock(NOW_US))


def look(office: Office) -> Collected | None:
    """One look of a watch that starts and ends."""
    looks = list(watch_contacts(office, once=True))
    assert not any(one.failed for one in looks)
    return looks[0] if looks else None


def asides(office: Office) -> list[tuple[str, str, int | None]]:
    with office.desk.read() as conn:
        a = contact_aside.c
        return [tuple(row) for row in conn.execute(select(a.reason, a.about, a.stake_fen).order_by(a.at_us))]  # type: ignore[misc]


def facts(office: Office) -> list[tuple[str, dict[str, Any]]]:
    return [(row["kind"], row["facts"]) for row in events_in(office)]


def confirmed_line(office: Office, number: str = FRAUD) -> str:
    return confirm(office, found(office, line(office, number)))


def test_both_legs_of_a_call_are_one_event_with_the_place_of_the_person_called(office: Office) -> None:
    finding_id = confirmed_line(office)
    bring(office, "call", [
        leg(30, FRAUD, VICTIM, "mo_call", 840, "c9"), leg(30 - 2 / 60, VICTIM, FRAUD, "mt_call", 838, "c1"),
        leg(20, SECOND, FRAUD, "mo_call", 5) | {"answered": "false", "duration_s": 0},
    ])  # fmt: skip
    done = look(office)
    assert done is not None
    (event,) = events_in(office)
    assert (event["kind"], event["recipient"]) == ("call.fraud_line", line(office, VICTIM))
    assert event["facts"] == {"duration_s": 840, "outgoing": False}
    assert (event["indicator"], event["ground"]) == (line(office, FRAUD), f"finding:{finding_id}")
    assert event["campaign"] == f"finding:{finding_id}"
    assert event["confidence"] == 0.93
    with office.desk.read() as conn:
        row = conn.execute(select(warning)).mappings().one()
    assert (row["tier"], row["place"], row["district"]) == ("high", "c1", "东湖区")


def test_legs_that_arrive_apart_are_one_event_and_nothing_is_done_twice(office: Office) -> None:
    confirmed_line(office)
    bring(office, "call", [leg(30, FRAUD, VICTIM, "mo_call", 840)])
    assert look(office) is not None
    bring(office, "call", [leg(30 + 3 / 60, VICTIM, FRAUD, "mt_call", 845)])
    done = look(office)
    assert done is not None
    assert (done.taken.new, done.taken.grown) == (0, 1)
    assert [row["facts"]["duration_s"] for row in events_in(office)] == [845]
    assert look(office) is None
    again = collect_contacts(office)
    assert (again.taken.new, again.taken.grown, again.taken.repeated) == (0, 0, 1)


def test_a_confirmed_box_marks_the_numbers_on_its_cards_and_no_unlikely_member(office: Office) -> None:
    card = token(office, Identifier.IMSI, CARD)
    confirm(office, found(office, "box:1", {card: 0.99, line(office, OTHER_FRAUD): 0.5}))
    bring(office, "call", [
        leg(40, FRAUD, SECOND, "mo_call") | {"imsi": CARD}, leg(30, VICTIM, FRAUD, "mt_call", 700),
        leg(20, VICTIM, OTHER_FRAUD, "mt_call", 700),
    ])  # fmt: skip
    look(office)
    assert [(row["recipient"], row["indicator"]) for row in events_in(office)] == [
        (line(office, SECOND), line(office, FRAUD)), (line(office, VICTIM), line(office, FRAUD)),
    ]  # fmt: skip


def test_a_number_given_out_anew_warns_nobody(office: Office) -> None:
    confirm(office, found(office, line(office, FRAUD), at_us=ago(60 * 24 * 40)))
    bring(office, "line", [{"msisdn": FRAUD, "imsi": "460000000000009", "activated_at_us": ago(60 * 24)}])
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call", 700)])
    look(office)
    assert events_in(office) == []


def test_lines_of_fraud_and_service_numbers_are_not_warned(office: Office) -> None:
    confirmed_line(office)
    confirmed_line(office, OTHER_FRAUD)
    bring(office, "call", [leg(30, FRAUD, OTHER_FRAUD, "mo_call"), leg(20, FRAUD, "10086", "mo_call"),
                           leg(10, FRAUD, "110", "mo_call")])  # fmt: skip
    done = look(office)
    assert done is not None
    assert (done.signs, events_in(office)) == (0, [])


def test_look_ups_within_an_hour_are_one_visit_and_clients_without_a_line_are_listed(office: Office) -> None:
    confirm(office, found(office, SITE))
    rows = [{"at_us": ago(m), "client": VICTIM, "domain": d} for m, d in ((100, SITE), (70, f"m.{SITE}"), (5, SITE))]
    bring(office, "lookup", [*rows, {"at_us": ago(3), "client": VICTIM, "domain": "bonus.top"}])
    look(office)
    assert [(row["indicator"], row["at_us"], row["ended_at_us"]) for row in events_in(office)] == [
        (SITE, ago(100), ago(70)), (SITE, ago(5), ago(5)),
    ]  # fmt: skip


def test_texts_of_a_confirmed_sender_its_link_and_its_wording_and_who_answered(office: Office) -> None:
    confirmed_line(office)
    confirm(office, found(office, SITE))
    text = "您有一笔返现{n}元待领取，请在今日内打开 {where} 办理"
    bring(office, "message", [
        *({"at_us": ago(50 + n), "sender": FRAUD, "recipient": f"1370000000{n}", "text": text.format(n=n, where="a.cn")}
          for n in range(3)),
        {"at_us": ago(40), "sender": OTHER_FRAUD, "recipient": VICTIM, "text": text.format(n=77, where="b.cn")},
        {"at_us": ago(39), "sender": OTHER_FRAUD, "recipient": SECOND, "text": f"看看 https://m.{SITE}/x 吧"},
        {"at_us": ago(38), "sender": OTHER_FRAUD, "recipient": SECOND, "text": f"不是 {SITE}.cn"},
        {"at_us": ago(37), "sender": "10086", "recipient": SECOND, "text": f"警方提示：勿登录 {SITE}"},
    ])  # fmt: skip
    look(office)
    mine = {row["recipient"]: row for row in events_in(office)}
    assert len(mine) == len(events_in(office)) == 5
    assert mine[line(office, VICTIM)]["indicator"].startswith("template:")
    assert mine[line(office, SECOND)]["indicator"] == SITE
    bring(office, "message", [{"at_us": ago(10), "sender": "13700000001", "recipient": FRAUD, "text": "好的"}])
    bring(office, "call", [leg(5, "13700000002", FRAUD, "mo_call", 30)])
    look(office)
    replied = {row["recipient"] for row in events_in(office) if row["facts"].get("replied")}
    assert replied == {line(office, "13700000001"), line(office, "13700000002")}


def pay(office: Office, ident: str, minutes: float, payer: str, payee: str, fen: int = 500_000) -> None:
    bring(office, "transfer", [{"transfer_id": ident, "booked_at_us": ago(minutes), "payer": payer, "payee": payee,
                                "amount_fen": fen, "kind": "payment"}])  # fmt: skip


def test_a_payment_to_a_mule_reaches_the_payers_oldest_line_with_its_stake(office: Office) -> None:
    confirm(office, found(office, token(office, Identifier.ACCOUNT, MULE)))
    pay(office, "t1", 30, OWN, MULE)
    pay(office, "t2", 20, OWN, MULE, 700)
    look(office)
    first, second = events_in(office)
    assert (first["recipient"], first["stake_fen"]) == (line(office, SECOND), 500_000)
    assert first["facts"] == {"amount_fen": 500_000, "made": True, "new_payee": True}
    assert second["facts"]["new_payee"] is False


@pytest.mark.parametrize("call_first", [True, False])
def test_a_payment_under_a_call_with_any_line_of_the_payer_says_so_whatever_arrived_first(
    office: Office, call_first: bool
) -> None:
    confirm(office, found(office, token(office, Identifier.ACCOUNT, MULE)))
    confirmed_line(office)
    steps = [
        lambda: bring(office, "call", [leg(50, VICTIM, FRAUD, "mt_call", 300)]),
        lambda: pay(office, "t1", 10, OWN, MULE),
    ]
    for step in steps if call_first else reversed(steps):
        step()
        look(office)
    (payment,) = [row for row in events_in(office) if row["kind"] == "transfer.toward_mule"]
    assert payment["facts"]["during_call"] is True
    assert payment["recipient"] == line(office, SECOND)


def test_a_payment_without_a_line_is_listed_with_the_reason_and_a_suspected_account_goes_to_review(
    office: Office,
) -> None:
    confirm(office, found(office, token(office, Identifier.ACCOUNT, MULE)))
    suspicion = found(office, token(office, Identifier.ACCOUNT, SUSPECT))
    save(office, [suspicion])
    pay(office, "t1", 30, NO_HOLDER, MULE, 1_00)
    pay(office, "t2", 20, UNHELD, MULE, 2_00)
    pay(office, "t3", 15, MULE, SUSPECT, 9_00)  # passed on by a mule: nobody's loss
    pay(office, "t4", 10, OWN, SUSPECT, 3_00)
    done = look(office)
    assert done is not None
    assert (done.unreachable, done.review, events_in(office)) == (2, 1, [])
    account = {raw: token(office, Identifier.ACCOUNT, raw) for raw in (NO_HOLDER, UNHELD, OWN)}
    assert asides(office) == [
        ("holder_unknown", account[NO_HOLDER], 100), ("account_unknown", account[UNHELD], 200),
        ("suspected", account[OWN], 300),
    ]  # fmt: skip
    collect_contacts(office)
    assert len(asides(office)) == 3
    give_verdict(office, CHEN, suspicion.finding_id, "confirmed")
    look(office)
    assert [(row["facts"]["amount_fen"]) for row in events_in(office)] == [300]


def test_what_is_confirmed_later_looks_back_a_day_and_no_further(office: Office) -> None:
    bring(office, "call", [leg(60 * 25, VICTIM, FRAUD, "mt_call"), leg(60 * 20, VICTIM, FRAUD, "mt_call")])
    look(office)
    assert events_in(office) == []
    confirmed_line(office)
    look(office)
    assert [row["at_us"] for row in events_in(office)] == [ago(60 * 20)]


def test_what_is_found_false_later_warns_no_more(office: Office) -> None:
    older = found(office, line(office, FRAUD))
    confirm(office, older)
    newer = found(office, line(office, FRAUD), at_us=ago(100))
    save(office, [newer])
    give_verdict(office, CHEN, newer.finding_id, "false")
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call")])
    done = look(office)
    assert done is None or done.indicators == 0
    assert events_in(office) == []


def test_as_of_a_moment_only_what_was_before_it_counts(office: Office) -> None:
    confirmed_line(office)
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call"), leg(10, SECOND, FRAUD, "mt_call")])
    collect_contacts(office, as_of_us=ago(20))
    assert [row["at_us"] for row in events_in(office)] == [NOW_US - 30 * US_PER_MIN]


def test_after_new_keys_a_confirmed_line_is_still_known(office: Office) -> None:
    confirmed_line(office)
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call", 700)])
    before = line(office, FRAUD)
    rotate_keys(office, Actor("admin", frozenset({Role.ADMIN})), [Identifier.LINE])
    again = open_office(office.centre.root, office.clock)
    look(again)
    assert [row["indicator"] for row in events_in(again)] == [line(again, FRAUD)] != [before]


def test_the_series_whose_reports_name_it_is_the_campaign(office: Office) -> None:
    from chainbreak.store.desk import series

    bring(office, "report", [{"report_id": f"r{n}", "reported_at_us": ago(90), "narrative": f"接到{FRAUD}来电被骗"}
                             for n in range(2)])  # fmt: skip
    with office.desk.begin() as conn:
        run = series.add_run(conn, {"at_us": NOW_US, "actor": "chen", "model_version": "1", "decided_through": 0,
                                    "reports": 2, "series": 1, "numbers": {}})  # fmt: skip
        series.put_series(conn, [{
            "series_id": "S-000001", "number": 1, "name": "", "state": "live", "created_at_us": NOW_US,
            "changed_at_us": NOW_US, "run_id": run, "merged_into": None, "reports": 2, "loss_fen": 0,
            "since_us": NOW_US, "until_us": NOW_US, "district": "", "type": "fake_service",
        }], [])  # fmt: skip
        series.put_in(conn, run, {"S-000001": [series.Stay(f"r{n}", ago(90), "", "fake_service", None, 9.0)
                                               for n in range(2)]})  # fmt: skip
    confirmed_line(office)
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call", 700)])
    look(office)
    (event,) = events_in(office)
    assert event["campaign"] == "series:S-000001"
    with office.desk.read() as conn:
        assert conn.execute(select(warning.c.fraud)).scalars().all() == ["fake_service"]


def test_orders_in_force_confirm_a_hold_only_suspects_and_what_is_over_neither(office: Office) -> None:
    from sqlalchemy import insert

    from chainbreak.store.desk.tables_orders import order_file

    def order(ident: str, kind: str, about: str, state: str = "acknowledged", ends: int = 60) -> None:
        with office.desk.begin() as conn:
            conn.execute(insert(order_file).values(
                order_id=ident, kind=kind, rung="", state=state, revision=1, object=about, case_ref="", amount_fen=None,
                drafted_by="chen", starts_at_us=ago(60), ends_at_us=ago(-ends), receipt_hash=ident,
                updated_at_us=ago(1), body=b"{}",
            ))  # fmt: skip

    order("2026-1", "number.block", line(office, FRAUD))
    order("2026-2", "number.block", line(office, OTHER_FRAUD), ends=-1)
    order("2026-3", "domain.sinkhole", SITE, state="submitted")
    order("2026-4", "funds.hold", token(office, Identifier.ACCOUNT, MULE))
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call"), leg(20, VICTIM, OTHER_FRAUD, "mt_call")])
    bring(office, "lookup", [{"at_us": ago(10), "client": VICTIM, "domain": SITE}])
    pay(office, "t1", 5, OWN, MULE)
    done = look(office)
    assert done is not None
    assert [(row["ground"], row["confidence"]) for row in events_in(office)] == [("order:2026-1", 1.0)]
    assert done.review == 1


def test_look_ups_of_clients_without_a_line_are_listed(office: Office) -> None:
    confirm(office, found(office, SITE))
    rows = [{"record_ref": f"{n:032x}", "at_us": ago(5), "local_day": date(2026, 11, 20), "client": n,
             "client_class": of, "domain": SITE} for n, of in enumerate(("unknown", None, "mobile"))]  # fmt: skip
    kind = kind_named("lookup")
    office.lake.append("lookup", pa.Table.from_pylist(rows, kind.arrow_schema()), kind.partition_by)
    done = look(office)
    assert done is not None
    assert (done.unreachable, len(events_in(office))) == (2, 1)
    assert {reason for reason, *_ in asides(office)} == {"client_no_line"}


def test_a_look_that_breaks_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed_line(office)
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call", 700)])
    with monkeypatch.context() as patched:
        patched.setattr(Office, "engine", lambda *_: 1 / 0)
        (broken,) = watch_contacts(office, once=True)
    assert broken.failed == "ZeroDivisionError"
    assert look(office) is not None
    assert len(events_in(office)) == 1


def test_a_watch_takes_back_what_was_found_wrong(office: Office) -> None:
    finding_id = confirmed_line(office)
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call", 700)])
    look(office)
    give_verdict(office, CHEN, finding_id, "false")
    look(office)
    (event,) = events_in(office)
    assert event["retracted_at_us"] == NOW_US
