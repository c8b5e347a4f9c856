"""Contacts taken in: grounds, order and batches, caps under several writers, a kill in the middle, a round."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from chainbreak.act.warnings.draws import drawn_place
from chainbreak.act.warnings.model import ContactEvent, warning_id_of
from chainbreak.act.warnings.tiers import preset_text
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.close_warning import close_warning
from chainbreak.app.init_centre import init_centre
from chainbreak.app.plan_warnings import plan_warnings
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.app.take_contacts import take_contacts
from chainbreak.app.tidy_warnings import tidy_warnings
from chainbreak.app.verify_log import verify_log
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.desk.tables_findings import finding
from chainbreak.store.desk.tables_warnings import (
    contact_event,
    warning,
    warning_call,
    warning_draw,
    warning_drawn,
    warning_move,
    warning_policy,
    warning_send,
)
from chainbreak.web.rounds import run_round

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from desk_world import make_findings, make_world, save
from take_until_killed import NOW, contacts
from warning_world import known_lines

MIN_US = 60_000_000


@pytest.fixture
def office(tmp_path: Path, desk_url: str) -> Iterator[Office]:
    made = init_centre(tmp_path / "centre", Settings(name="测试", desk_url=desk_url), FixedClock(NOW))
    save(made, make_findings(made, 2))
    with made.desk.begin() as conn:
        conn.execute(update(finding).where(finding.c.finding_id == ground_of(made)).values(state="confirmed"))
    yield made
    made.desk.close()


def ground_of(office: Office) -> str:
    with office.desk.read() as conn:
        return str(conn.execute(select(func.min(finding.c.finding_id))).scalar_one())


def call(office: Office, who: int = 1, ref: str = "1", campaign: str = "series:S-1", **facts: Any) -> ContactEvent:
    return ContactEvent("call.fraud_line", f"line:{who:016x}", NOW, f"finding:{ground_of(office)}", "records", ref,
                        "line:00000000000000ff", campaign, facts=facts or {"duration_s": 300})  # fmt: skip


def rows(office: Office, table: Any) -> list[dict[str, Any]]:
    with office.desk.read() as conn:
        return [dict(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns)).mappings()]


def truth(office: Office) -> tuple[Any, ...]:
    """What may not depend on order or batches: what each event says, which share a warning, and the tier of each."""
    of = {row["warning_id"]: row for row in rows(office, warning)}
    said = {
        row["event_id"]: (row["facts"], row["at_us"], row["stake_fen"], row["campaign"])
        for row in rows(office, contact_event)
    }
    groups: dict[str, set[str]] = {}
    for row in rows(office, contact_event):
        groups.setdefault(row["warning_id"], set()).add(row["event_id"])
    tiers = {
        (frozenset(ids), of[w]["tier"], of[w]["contacts"], of[w]["last_us"], of[w]["stake_fen"])
        for w, ids in groups.items()
    }
    return said, tiers


def test_nothing_is_warned_of_without_a_confirmed_indicator_or_a_recorded_report(office: Office) -> None:
    good = call(office)
    with office.desk.read() as conn:
        other = conn.execute(select(func.max(finding.c.finding_id))).scalar_one()
    bad = [
        replace(good, ref="2", ground=f"finding:{other}"), replace(good, ref="3", ground="finding:0000000000000000"),
        replace(good, ref="4", ground="order:O-9"), replace(good, ref="5", ground="report:R-9"),
        replace(good, ref="6", ground="statement:S-9"), replace(good, ref="7", ground="because"),
        replace(good, ref="8", kind="call.dialect"), replace(good, ref="9", at_us=NOW - 99 * 3_600_000_000),
        replace(good, ref="10", at_us=NOW + 3_600_000_000),
    ]  # fmt: skip
    taken = take_contacts(office, SERVICE, [*bad, good])
    assert [code for _, code, _ in taken.refused] == [
        "CB-WA-010", "CB-WA-010", "CB-WA-011", "CB-WA-012", "CB-WA-012", "CB-WA-013", "CB-WA-015", "CB-WA-014",
        "CB-WA-016",
    ]  # fmt: skip
    assert (taken.new, [row["event_id"] for row in rows(office, contact_event)]) == (1, [good.event_id])


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_batches_come_to_the_same(office: Office, tmp_path: Path, seed: int) -> None:
    rng, events = random.Random(seed), contacts(ground_of(office), 60)
    events += [replace(one, facts={**one.facts, "replied": True}) for one in events[::7]]
    take_contacts(office, SERVICE, events)
    other = make_world(tmp_path / "other", FixedClock(NOW), findings=2)
    with other.desk.begin() as conn:
        conn.execute(update(finding).values(state="confirmed"))
    mixed = [replace(one, ground=f"finding:{ground_of(other)}") for one in events]
    rng.shuffle(mixed)
    while mixed:
        size = rng.randint(1, 25)
        take_contacts(other, SERVICE, mixed[:size])
        mixed = mixed[size:]
    assert truth(office) == truth(other)


def test_given_again_nothing_changes_and_nobody_is_told_twice(office: Office) -> None:
    once = [replace(call(office, who=900 + i, ref="once"), kind="sms.template", facts={}) for i in range(5)]
    events = [*contacts(ground_of(office), 85), *once]
    first = take_contacts(office, SERVICE, events)
    before = {name: rows(office, table) for name, table in (("w", warning), ("e", contact_event), ("s", warning_send))}
    again = take_contacts(office, SERVICE, events)
    assert (first.new, again.new, again.repeated, again.opened, again.planned) == (90, 0, 90, 0, 0)
    after = {name: rows(office, table) for name, table in (("w", warning), ("e", contact_event), ("s", warning_send))}
    assert after == before
    told = Counter((row["warning_id"], row["channel"]) for row in before["s"])
    assert (len(told), set(told.values())) == (10, {1})


def test_several_writers_at_once_keep_the_caps(office: Office, tmp_path: Path) -> None:
    ground = f"finding:{ground_of(office)}"
    low = [
        ContactEvent("sms.template", "line:0000000000000001", NOW, ground, "records", f"r{i}", f"line:{i:016x}",
                     f"series:S-{i}", facts={"replied": False})
        for i in range(24)
    ]  # fmt: skip
    others = [open_office(tmp_path / "centre", FixedClock(NOW)) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda o, mine: [take_contacts(o, SERVICE, [one]) for one in mine], args=(o, low[i::4]))
        for i, o in enumerate(others)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.desk.close()
    sends = Counter((row["channel"], row["state"], row["reason"]) for row in rows(office, warning_send))
    assert sum(n for (channel, state, _), n in sends.items() if channel == "sms" and state == "due") <= 2
    assert sum(n for (channel, state, _), n in sends.items() if channel == "push" and state == "due") <= 2
    assert sum(sends.values()) == 2 * len({row["warning_id"] for row in rows(office, warning_send)})
    assert all(reason for (_, state, reason), _ in sends.items() if state == "suppressed")


def test_killed_anywhere_nothing_is_lost_or_doubled(office: Office, tmp_path: Path) -> None:
    ground, count = ground_of(office), 1_500
    script = Path(__file__).with_name("take_until_killed.py")
    for wait in (0.02, 0.11, 0.23):
        child = subprocess.Popen(
            [sys.executable, script, tmp_path / "centre", ground, str(count)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(wait)
        child.kill()
        child.communicate()
    take_contacts(office, SERVICE, contacts(ground, count))
    stored = rows(office, contact_event)
    assert len(stored) == count
    assert all(row["warning_id"] for row in stored)
    assert {row["warning_id"] for row in stored} == {row["warning_id"] for row in rows(office, warning)}
    assert set(Counter((row["warning_id"], row["channel"]) for row in rows(office, warning_send)).values()) == {1}
    assert verify_log(office)["sound"]


def test_closing_takes_back_what_has_not_left(office: Office) -> None:
    take_contacts(office, SERVICE, [replace(call(office), kind="sms.template", facts={"replied": False})])
    mine = rows(office, warning)[0]["warning_id"]
    with office.desk.begin() as conn:
        assert close_warning(conn, SERVICE, [mine], "resolved", "dissuaded", NOW) == [mine]
        assert close_warning(conn, SERVICE, [mine], "resolved", "other", NOW) == []
    closed = rows(office, warning)[0]
    assert (closed["state"], closed["outcome"], closed["calls"]) == ("resolved", "dissuaded", False)
    assert {(row["state"], row["reason"]) for row in rows(office, warning_send)} == {("cancelled", "dissuaded")}


def test_half_of_the_deadline_moves_it_up_and_the_deadline_starts_the_next_action(office: Office) -> None:
    clock = office.clock
    assert isinstance(clock, FixedClock)
    take_contacts(office, SERVICE, [call(office)])  # medium: 120 min, then a text
    clock.advance(59 * 60)
    assert tidy_warnings(office) == Counter()
    clock.advance(61)
    assert tidy_warnings(office)["half"] == 1
    row = rows(office, warning)[0]
    assert (row["tier"], row["rank"], row["queue"], row["escalated"]) == ("medium", 2, 1, 1)
    assert rows(office, warning_send) == []
    clock.advance(60 * 60)
    assert tidy_warnings(office)["late"] == 1
    assert [(r["channel"], r["state"]) for r in rows(office, warning_send)] == [("sms", "due")]
    assert tidy_warnings(office) == Counter()
    clock.advance(24 * 3600)
    assert tidy_warnings(office)["lapse"] == 1
    assert rows(office, warning)[0]["state"] == "lapsed"
    assert [row["move"] for row in rows(office, warning_move)] == ["escalated", "escalated", "lapsed"]
    assert rows(office, warning_send)[0]["state"] == "cancelled"


def test_a_visit_is_asked_for_when_a_high_warning_was_not_reached(office: Office) -> None:
    clock = office.clock
    assert isinstance(clock, FixedClock)
    take_contacts(office, SERVICE, [call(office, duration_s=900)])
    assert rows(office, warning)[0]["visit_due_at_us"] is None
    clock.advance(10 * 60)
    tidy_warnings(office)
    assert rows(office, warning)[0]["visit_due_at_us"] == NOW + 60 * MIN_US


def shift(office: Office, operators: int) -> None:
    """So many operators have just ended a call about some warning."""
    one, now = rows(office, warning)[0]["warning_id"], office.clock.now_us()
    with office.desk.begin() as conn:
        for i in range(operators):
            conn.execute(warning_call.insert().values(
                warning_id=one, attempt=i + 1, operator=f"op{i}", began_at_us=now - 3 * MIN_US, ended_at_us=now,
                outcome="no_answer", script="", verified="", note="",
            ))  # fmt: skip


def test_a_short_tier_is_drawn_from_a_seed_in_the_log_and_a_day_with_spare_hands_draws_nothing(office: Office) -> None:
    take_contacts(office, SERVICE, [call(office, who=i, ref=str(i)) for i in range(90)])
    shift(office, 3)  # 3 operators, 3 min a call, 120 min: 123 can be called
    assert tidy_warnings(office) == Counter()
    assert rows(office, warning_draw) == []
    take_contacts(office, SERVICE, [call(office, who=i, ref=str(i)) for i in range(90, 200)])
    assert tidy_warnings(office)["drawn"] == 1
    (draw,) = rows(office, warning_draw)
    take_contacts(office, SERVICE, [call(office, who=i, ref=str(i)) for i in range(200, 210)])
    waiting = rows(office, warning)
    assert all(row["call_order"] == drawn_place(draw["seed"], row["warning_id"]) for row in waiting)
    assert len(rows(office, warning_drawn)) == 210
    found = plan_warnings(office, limit=210)
    assert [one["warning_id"] for one in found["calls"]] == [
        row["warning_id"] for row in sorted(waiting, key=lambda row: row["call_order"])
    ]
    assert found["tiers"] == [{"tier": "medium", "waiting": 210, "ahead": 210, "in_time": 123, "late": 0,
                               "drawn": draw["draw_id"]}]  # fmt: skip
    with office.desk.begin() as conn:
        close_warning(conn, SERVICE, [row["warning_id"] for row in waiting[:100]], "resolved", "dissuaded", NOW)
    assert tidy_warnings(office)["ended"] == 1
    still = [row for row in rows(office, warning) if row["state"] == "open"]
    assert all((row["call_order"], row["draw_id"]) == (row["due_at_us"], None) for row in still)
    assert len(rows(office, warning_drawn)) == 210
    assert verify_log(office)["sound"]


def test_nobody_on_shift_draws_nothing(office: Office) -> None:
    take_contacts(office, SERVICE, [call(office, who=i, ref=str(i)) for i in range(9)])
    assert tidy_warnings(office)["drawn"] == 0
    assert plan_warnings(office)["calls"][0]["call_at_us"] is None


def test_new_keys_leave_a_person_his_warnings_and_caps(office: Office) -> None:
    (before,) = known_lines(office, 1)
    low = replace(call(office), recipient=before, kind="sms.template", facts={"replied": False})
    take_contacts(office, SERVICE, [low])
    rotate_keys(office, Actor("qian", frozenset({Role.ENGINEER})))
    (after,) = known_lines(office, 1)
    assert after != before
    taken = take_contacts(office, SERVICE, [replace(low, recipient=after, ref="2")])
    assert (taken.new, taken.opened, taken.raised, taken.planned) == (1, 0, 1, 0)
    assert {row["recipient"] for table in (warning, contact_event, warning_send) for row in rows(office, table)} == {
        after
    }


def test_a_text_that_waits_for_morning_leaves_at_once_when_its_warning_is_raised(office: Office) -> None:
    clock = office.clock
    assert isinstance(clock, FixedClock)
    clock.advance(9 * 3600)  # NOW is noon in Shanghai: nine in the evening, in quiet hours two hours later
    clock.advance(2 * 3600)
    low = replace(call(office), kind="sms.template", facts={"replied": False}, at_us=clock.at_us)
    take_contacts(office, SERVICE, [low])
    assert {row["due_at_us"] for row in rows(office, warning_send)} == {clock.at_us + 9 * 3_600_000_000}
    take_contacts(office, SERVICE, [replace(call(office, ref="2", duration_s=900), at_us=clock.at_us)])
    assert {row["due_at_us"] for row in rows(office, warning_send)} == {clock.at_us}


def test_an_event_below_every_tier_joins_the_warning_that_a_later_one_opens(office: Office) -> None:
    clock = office.clock
    assert isinstance(clock, FixedClock)
    policy = preset_text("four").replace(
        "kind: [call.fraud_line, visit.scam_domain, sms.template]", "kind: sms.template"
    )
    with office.desk.begin() as conn:
        conn.execute(warning_policy.insert().values(
            version=1, state="approved", body=policy.replace("name: four", "name: few"), why="", back_test="{}",
            proposed_by="a", proposed_at_us=0, decided_by="b", decided_at_us=0, decided_why="",
        ))  # fmt: skip
    below, above = call(office, ref="1", duration_s=10), call(office, ref="2", duration_s=900)
    assert take_contacts(office, SERVICE, [below]).opened == 0
    assert take_contacts(office, SERVICE, [above]).opened == 1
    assert len({row["warning_id"] for row in rows(office, contact_event)}) == 1
    with office.desk.begin() as conn:
        close_warning(conn, SERVICE, [rows(office, warning)[0]["warning_id"]], "resolved", "dissuaded", NOW)
    clock.advance(60)
    again = call(office, ref="3", duration_s=900)
    assert take_contacts(office, SERVICE, [replace(again, at_us=clock.at_us)]).opened == 1
    assert len(rows(office, warning)) == 2


def test_who_is_raised_after_a_talk_is_escalated_again(office: Office) -> None:
    clock = office.clock
    assert isinstance(clock, FixedClock)
    take_contacts(office, SERVICE, [call(office)])
    with office.desk.begin() as conn:
        conn.execute(update(warning).values(reached_at_us=NOW))
    clock.advance(60)
    take_contacts(office, SERVICE, [replace(call(office, ref="2", duration_s=900), at_us=clock.at_us)])
    clock.advance(10 * 60)
    assert tidy_warnings(office)["late"] == 1
    assert rows(office, warning)[0]["visit_due_at_us"] is not None


def test_one_step_of_a_round_that_breaks_keeps_no_other_from_going_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    take_contacts(office, SERVICE, [call(office)])
    monkeypatch.setattr("chainbreak.app.lapse_leads.lapse_leads", broken)
    clock = office.clock
    assert isinstance(clock, FixedClock)
    clock.advance(3 * 3600)
    run_round(office)
    assert rows(office, warning)[0]["escalated"] == 2


def test_an_id_that_is_in_use_makes_no_batch_fail(office: Office) -> None:
    take_contacts(office, SERVICE, [call(office, who=1)])
    mine = call(office, who=2)
    with office.desk.begin() as conn:  # as if both had the same 48 bits
        conn.execute(contact_event.delete())
        conn.execute(update(warning).values(warning_id=warning_id_of(mine.event_id)))
    assert take_contacts(office, SERVICE, [mine]).opened == 1
    assert take_contacts(office, SERVICE, [mine]).repeated == 1
    (event,) = rows(office, contact_event)
    assert event["warning_id"] != warning_id_of(mine.event_id)
    assert event["warning_id"] in {row["warning_id"] for row in rows(office, warning)}
