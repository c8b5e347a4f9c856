"""What was no fraud is taken back: warnings fall or close, and the correction reaches everyone who was told."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from contact_world import CHEN, FRAUD, GU, NOW_US, OTHER_FRAUD, ago, confirm, events_in, found, line, people, token
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from chainbreak.act.warnings.model import ContactEvent
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.correction_calls import list_corrections, made_correction
from chainbreak.app.give_verdict import give_verdict, undo_verdict
from chainbreak.app.open_visits import open_visits
from chainbreak.app.retract_contacts import retract_contacts, retract_overturned
from chainbreak.app.take_contacts import take_contacts
from chainbreak.app.take_statement import Told, take_statement
from chainbreak.base.clock import US_PER_MIN, FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import SERVICE
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_contacts import correction_call, retraction
from chainbreak.store.desk.tables_orders import order_file, refuted
from chainbreak.store.desk.tables_visits import visit
from chainbreak.store.desk.tables_warnings import warning, warning_call, warning_send

FOLDERS = itertools.count()


@pytest.fixture(scope="module")
def prepared(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("retract") / "centre"
    shutil.copytree(empty_centre, root)
    office = open_office(root, FixedClock(NOW_US))
    people(office)
    office.desk.close()
    return root


@pytest.fixture
def office(prepared: Path, tmp_path: Path) -> Office:
    shutil.copytree(prepared, tmp_path / "centre")
    return open_office(tmp_path / "centre", FixedClock(NOW_US))


def number(office: Office, n: int) -> str:
    return line(office, f"139111{n:05d}")


def event(office: Office, finding_id: str, n: int, **more: Any) -> ContactEvent:
    told: dict[str, Any] = {"facts": {"duration_s": 300}, "indicator": line(office, FRAUD), **more}
    at = told.pop("at_us", ago(20))
    return ContactEvent(
        "call.fraud_line", number(office, n), at, f"finding:{finding_id}", "records", f"r{n}-{at}", **told
    )


def rows(office: Office, table: Any) -> list[dict[str, Any]]:
    with office.desk.read() as conn:
        return [dict(row) for row in conn.execute(select(table)).mappings()]


def warnings(office: Office) -> Mapping[str, dict[str, Any]]:
    return {row["recipient"]: row for row in rows(office, warning)}


def corrections(office: Office) -> set[tuple[str, str]]:
    """(recipient, channel) of everything that corrects."""
    sent = {(r["recipient"], r["channel"]) for r in rows(office, warning_send) if r["purpose"] == "correct"}
    return sent | {(r["recipient"], "call") for r in rows(office, correction_call)}


def spoke(office: Office, warning_id: str, outcome: str) -> None:
    with office.desk.begin() as conn:
        conn.execute(insert(warning_call).values(
            warning_id=warning_id, attempt=1, operator="gu", began_at_us=NOW_US, ended_at_us=NOW_US, outcome=outcome,
            script="", verified="", note="",
        ))  # fmt: skip


def test_a_false_verdict_closes_its_warnings_and_leaves_others(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    other_id = confirm(office, found(office, line(office, OTHER_FRAUD)))
    other = event(office, other_id, 2, indicator=line(office, OTHER_FRAUD))
    take_contacts(office, SERVICE, [event(office, finding_id, 1), other])
    assert retract_overturned(office) == []
    give_verdict(office, CHEN, finding_id, "false")
    (done,) = retract_overturned(office)
    assert (done["events"], done["warnings"], done["told"]) == (1, 1, 0)
    assert {who: row["state"] for who, row in warnings(office).items()} == {
        number(office, 1): "retracted", number(office, 2): "open",
    }  # fmt: skip
    assert retract_overturned(office) == []
    take_contacts(office, SERVICE, [event(office, finding_id, 1)])
    assert warnings(office)[number(office, 1)]["state"] == "retracted"


def test_events_that_another_ground_carries_stay(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    box = confirm(office, found(office, "box:1", {line(office, FRAUD): 0.95}))
    take_contacts(office, SERVICE, [event(office, finding_id, 1)])
    give_verdict(office, CHEN, finding_id, "false")
    (done,) = retract_overturned(office)
    assert (done["events"], done["kept"]) == (0, 1)
    assert [row["ground"] for row in events_in(office)] == [f"finding:{box}"]
    assert warnings(office)[number(office, 1)]["state"] == "open"


def test_a_warning_that_keeps_some_of_its_events_falls_to_the_tier_they_deserve(office: Office) -> None:
    account = token(office, Identifier.ACCOUNT, "622202123456780")
    long_id = confirm(office, found(office, line(office, FRAUD)))
    other_id = confirm(office, found(office, line(office, OTHER_FRAUD)))
    mule_id = confirm(office, found(office, account))
    same: dict[str, Any] = {"campaign": "series:S-1"}
    paid = ContactEvent("transfer.toward_mule", number(office, 1), ago(5), f"finding:{mule_id}", "records", "t1",
                        account, stake_fen=900, facts={"amount_fen": 900}, **same)  # fmt: skip
    short = event(
        office, other_id, 1, indicator=line(office, OTHER_FRAUD), at_us=ago(25), facts={"duration_s": 9}, **same
    )
    take_contacts(office, SERVICE, [event(office, long_id, 1, facts={"duration_s": 900}, **same), short, paid])
    assert warnings(office)[number(office, 1)]["tier"] == "urgent"
    assert open_visits(office)["opened"] == 1
    done = retract_contacts(office, CHEN, f"finding:{mule_id}", "户主是商户")
    assert (done["lowered"], done["warnings"]) == (1, 0)
    now = warnings(office)[number(office, 1)]
    assert (now["tier"], now["state"], now["stake_fen"], now["contacts"]) == ("high", "open", None, 2)
    assert {r["channel"]: r["state"] for r in rows(office, warning_send)}["bank"] == "cancelled"
    assert [(r["state"], r["reason"]) for r in rows(office, visit)] == [("cancelled", "lowered")]
    assert open_visits(office).get("opened", 0) == 0, "nobody asks for it any more"
    retract_contacts(office, CHEN, line(office, FRAUD), "号码登记有误")
    assert warnings(office)[number(office, 1)]["tier"] == "low"


def test_an_indicator_taken_back_by_hand_warns_no_more_until_it_is_found_again(office: Office) -> None:
    from chainbreak.app.confirmed_indicators import confirmed_indicators

    finding_id = confirm(office, found(office, line(office, FRAUD)))
    take_contacts(office, SERVICE, [event(office, finding_id, 1)])
    assert retract_contacts(office, CHEN, line(office, FRAUD), "误录")["events"] == 1

    def known() -> set[str]:
        with office.desk.read() as conn:
            return set(confirmed_indicators(office, conn))

    assert known() == set()
    office.clock.advance(60)  # type: ignore[attr-defined]
    confirm(office, found(office, line(office, FRAUD), at_us=office.clock.now_us()))
    assert known() == {line(office, FRAUD)}


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_correction_reaches_all_who_were_told_and_nobody_else(prepared: Path, tmp_path: Path, data: Any) -> None:
    folder = tmp_path / str(next(FOLDERS))
    shutil.copytree(prepared, folder)
    office = open_office(folder, FixedClock(NOW_US))
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    people_told = data.draw(st.integers(1, 6))
    events = [event(office, finding_id, n, facts={"duration_s": 9}) for n in range(people_told)]
    take_contacts(office, SERVICE, events)
    expected: set[tuple[str, str]] = set()
    states = st.sampled_from(["due", "handing", "handed", "delivered", "failed", "unknown", "suppressed", "cancelled"])
    for who, row in warnings(office).items():
        told = False
        for channel in ("sms", "push"):
            state = data.draw(states)
            with office.desk.begin() as conn:
                s = warning_send.c
                mine = (s.warning_id == row["warning_id"]) & (s.channel == channel)
                conn.execute(update(warning_send).where(mine).values(state=state))
            if state in ("handing", "handed", "delivered", "unknown"):
                expected.add((who, channel))
                told = True
        outcome = data.draw(st.sampled_from(["", "no_answer", "refused", "wrong_person", "dissuaded"]))
        if outcome:
            spoke(office, row["warning_id"], outcome)
        if outcome not in ("", "no_answer") and not told:
            expected.add((who, "call"))
        closed = data.draw(st.sampled_from(["open", "resolved", "lapsed"]))
        with office.desk.begin() as conn:
            conn.execute(update(warning).where(warning.c.warning_id == row["warning_id"]).values(state=closed))
    give_verdict(office, CHEN, finding_id, "false")
    retract_overturned(office)
    assert corrections(office) == expected
    assert {row["state"] for row in warnings(office).values()} == {"retracted"}
    assert not [r for r in rows(office, warning_send) if r["purpose"] == "warn" and r["state"] == "due"
                and warnings(office)[r["recipient"]]["outcome_at_us"] == NOW_US]  # fmt: skip
    retract_overturned(office)
    assert corrections(office) == expected
    (sums,) = rows(office, retraction)
    assert (sums["events"], sums["warnings"], sums["told"]) == (
        people_told, people_told, len({who for who, _ in expected}),
    )  # fmt: skip
    office.desk.close()


def test_who_is_told_while_it_is_taken_back_is_corrected_by_the_next_round(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    take_contacts(office, SERVICE, [event(office, finding_id, 1)])
    give_verdict(office, CHEN, finding_id, "false")
    retract_overturned(office)
    assert corrections(office) == set()
    warning_id = warnings(office)[number(office, 1)]["warning_id"]
    spoke(office, warning_id, "refused")  # the operator was on the telephone
    retract_overturned(office)
    assert corrections(office) == {(number(office, 1), "call")}
    assert [row["warning_id"] for row in list_corrections(office)] == [warning_id]
    made_correction(office, GU, warning_id)
    assert list_corrections(office) == []
    with pytest.raises(UsageError, match="CB-WA-110"):
        made_correction(office, GU, warning_id)


def test_a_correction_waits_for_the_end_of_the_quiet_hours(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    take_contacts(office, SERVICE, [event(office, finding_id, 1, facts={"duration_s": 9})])
    with office.desk.begin() as conn:
        conn.execute(update(warning_send).values(state="delivered"))
    office.clock.advance(11 * 3600)  # type: ignore[attr-defined]  # eleven at night
    give_verdict(office, CHEN, finding_id, "false")
    retract_overturned(office)
    due = {r["due_at_us"] for r in rows(office, warning_send) if r["purpose"] == "correct"}
    assert due == {NOW_US + 20 * 60 * US_PER_MIN}  # eight in the morning


def test_killed_between_batches_the_next_round_takes_back_the_rest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chainbreak.app import retract_contacts as module

    monkeypatch.setattr(module, "BATCH", 2)
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    take_contacts(office, SERVICE, [event(office, finding_id, n) for n in range(5)])
    give_verdict(office, CHEN, finding_id, "false")
    real, calls = module._take_back, iter(range(2))

    def dies(*args: Any) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(module, "_take_back", dies)
    with pytest.raises(KeyboardInterrupt):
        retract_overturned(office)
    monkeypatch.setattr(module, "_take_back", real)
    (done,) = retract_overturned(office)
    assert done["events"] == 1
    assert sum(row["events"] for row in rows(office, retraction)) == 5


def test_a_verdict_undone_in_time_takes_nothing_back(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    take_contacts(office, SERVICE, [event(office, finding_id, 1)])
    give_verdict(office, CHEN, finding_id, "false")
    undo_verdict(office, CHEN)
    assert retract_overturned(office) == []


def test_a_statement_taken_back_corrects_who_was_called(office: Office) -> None:
    told = Told("139 1111 0001", "report.third_party", "family", "top", ago(3), "我妈在转账")
    taken = take_statement(office, GU, told)
    spoke(office, taken["warning_id"], "dissuaded")
    done = retract_contacts(office, CHEN, f"statement:{taken['statement_id']}", "家人误会")
    assert (done["events"], done["warnings"], done["calls"]) == (1, 1, 1)


def test_who_may_not_and_what_rests_on_nothing_is_refused(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-WA-101"):
        retract_contacts(office, GU, "line:00ff00ff00ff00ff", "x")
    with pytest.raises(UsageError, match="CB-WA-109"):
        retract_contacts(office, CHEN, "line:00ff00ff00ff00ff", " ")
    with pytest.raises(UsageError, match="CB-WA-108"):
        retract_contacts(office, CHEN, "line:00ff00ff00ff00ff", "x")
    with pytest.raises(RefusedError, match="CB-WA-108"):
        retract_contacts(office, CHEN, "order:2026-1", "x")


def test_a_correction_that_cannot_be_sent_becomes_a_call(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    take_contacts(office, SERVICE, [event(office, finding_id, 1, facts={"duration_s": 9})])

    def settle(purpose: str, states: dict[str, str]) -> None:
        with office.desk.begin() as conn:
            for channel, state in states.items():
                s = warning_send.c
                mine = (s.purpose == purpose) & (s.channel == channel)
                conn.execute(update(warning_send).where(mine).values(state=state))

    settle("warn", {"sms": "delivered", "push": "delivered"})
    give_verdict(office, CHEN, finding_id, "false")
    retract_overturned(office)
    settle("correct", {"sms": "failed"})
    retract_overturned(office)
    assert list_corrections(office) == []
    settle("correct", {"push": "failed"})
    retract_overturned(office)
    retract_overturned(office)
    assert [row["recipient"] for row in list_corrections(office)] == [number(office, 1)]


@pytest.mark.parametrize(
    ("state", "reason", "wrong"),
    [
        ("released", "wrong_object", True),
        ("annulled", "", True),
        ("released", "not_needed", False),
        ("expired", "", False),
    ],
)
def test_an_order_that_ends_as_wrong_takes_its_contacts_back(
    office: Office, state: str, reason: str, wrong: bool
) -> None:
    about = line(office, FRAUD)
    with office.desk.begin() as conn:
        conn.execute(insert(order_file).values(
            order_id="2026-1", kind="number.block", rung="", state="acknowledged", revision=1, object=about,
            case_ref="", drafted_by="chen", starts_at_us=ago(60), ends_at_us=ago(-60), receipt_hash="1",
            updated_at_us=1, body=b"{}",
        ))  # fmt: skip
    called = ContactEvent("call.fraud_line", number(office, 1), ago(20), "order:2026-1", "records", "r", about,
                          facts={"duration_s": 300})  # fmt: skip
    take_contacts(office, SERVICE, [called])
    assert warnings(office)[number(office, 1)]["state"] == "open"
    with office.desk.begin() as conn:
        body = json.dumps({"state": state, "end_reason": reason}).encode()
        conn.execute(update(order_file).values(state=state, body=body))
    assert [done["events"] for done in retract_overturned(office)] == ([1] if wrong else [])


def test_a_finding_that_an_appeal_refutes_takes_its_contacts_back(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    take_contacts(office, SERVICE, [event(office, finding_id, 1)])
    with office.desk.begin() as conn:
        conn.execute(insert(refuted).values(ref=f"finding:{finding_id}", by_order="2026-1", at_us=NOW_US))
    assert [done["events"] for done in retract_overturned(office)] == [1]


def test_what_was_told_wrongly_is_in_the_measures(office: Office) -> None:
    from chainbreak.app.warning_measures import warning_measures

    finding_id = confirm(office, found(office, line(office, FRAUD)))
    other_id = confirm(office, found(office, line(office, OTHER_FRAUD)))
    events = [event(office, finding_id, n) for n in range(2)]
    take_contacts(office, SERVICE, [*events, event(office, other_id, 3, indicator=line(office, OTHER_FRAUD))])
    for n in (0, 3):
        spoke(office, warnings(office)[number(office, n)]["warning_id"], "refused")
    with office.desk.begin() as conn:
        conn.execute(update(warning).where(warning.c.recipient != number(office, 1)).values(told_at_us=NOW_US))
    give_verdict(office, CHEN, finding_id, "false")
    retract_overturned(office)
    back = warning_measures(office, CHEN)["retracted"]
    assert (back["retractions"], back["events"], back["warnings"], back["told"]) == (1, 2, 2, 1)
    assert (back["wrong"]["hits"], back["wrong"]["n"]) == (1, 2)
