"""Measures over a past that is known: shares, uplift from drawn orders, losses joined by the register, labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from measure_world import Measured, a_drawn_month, call, document
from sqlalchemy import insert
from warning_world import known_lines

from chainbreak.act.warnings.measure.uplift import Assigned, compare
from chainbreak.app.bootstrap import Office
from chainbreak.app.note_complaint import note_complaint
from chainbreak.app.recipient_losses import losses_of
from chainbreak.app.retire_scripts import retire_worse_scripts
from chainbreak.app.trigger_precision import close_review, review_triggers
from chainbreak.app.warning_labels import said_of_finding, warning_labels
from chainbreak.app.warning_measures import suppressed, warning_measures
from chainbreak.app.warning_uplift import is_clearly_worse
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import warning_policies
from chainbreak.store.desk.tables_hotline import warning_script

AUDITOR, LIAISON = Actor("wu", frozenset({Role.AUDITOR})), Actor("zhou", frozenset({Role.LIAISON}))
ANALYST = Actor("chen", frozenset({Role.ANALYST}))


@pytest.fixture
def world(new_office: Office, tmp_path: Path) -> Measured:
    return Measured(new_office, tmp_path / "files")


@pytest.fixture
def month(world: Measured) -> Measured:
    a_drawn_month(world, known_lines(world.office, 240))
    return world


def test_uplift_comes_from_drawn_orders_with_its_interval(month: Measured) -> None:
    found = warning_measures(month.office, AUDITOR)["uplift"]
    assert (found["early"] + found["late"], found["campaigns"], found["draws"], found["too_young"]) == (240, 30, 1, 0)
    assert found["low"] < found["difference"] < found["high"]
    assert found["low"] > 0, "who was called late lost money more than twice as often"
    assert found["averted_fen"] == pytest.approx(found["difference"] * found["early"] * 1_000_000, rel=1e-4)


def test_losses_not_all_reported_yet_are_waited_for(world: Measured) -> None:
    a_drawn_month(world, known_lines(world.office, 240), days_ago=8)
    found = warning_measures(world.office, AUDITOR)
    assert found["reporting"]["measured"]
    assert (found["uplift"]["too_young"], found["uplift"]["why"]) == (0, "")
    world.office.clock = FixedClock(world.now - US_PER_DAY)
    found = warning_measures(world.office, AUDITOR)
    assert (found["uplift"]["too_young"], found["uplift"]["why"]) == (240, "people")


def test_losses_are_joined_by_the_register_and_only_of_people_warned(month: Measured) -> None:
    line = known_lines(month.office, 3)[2]
    month.reports([("r-new", month.now - US_PER_HOUR, month.now - US_PER_MIN, 700, document(2)),
                   ("r-nobody", month.now - US_PER_HOUR, month.now - US_PER_MIN, 700, document(777)),
                   ("r-nothing", month.now - US_PER_HOUR, month.now - US_PER_MIN, 0, document(2))])  # fmt: skip
    losses = losses_of(month.office, {line}, month.now - 2 * US_PER_DAY, month.now)
    assert [(loss.report_id, loss.fen) for loss in losses.rows] == [("r-new", 700)]
    assert (losses.reports, losses.joined) == (2, 1)
    assert losses.within([(line, month.now - 2 * US_PER_HOUR), (line, month.now)], US_PER_DAY) == [True, False]


def test_shares_by_tier_have_their_denominators_and_unknowns_beside_them(world: Measured) -> None:
    lines, at = known_lines(world.office, 8), world.now - US_PER_DAY
    for line, outcome in zip(
        lines, ["dissuaded", "dissuaded", "false_alarm", "wrong_person", "refused", ""], strict=False
    ):
        world.warn(call(line, at), outcome=outcome, reached_min=4 if outcome != "wrong_person" and outcome else None)
    world.warn(call(lines[6], at), outcome="money_sent", reached_min=30)
    world.warn(call(lines[7], world.now - 5 * US_PER_MIN))
    first = warning_measures(world.office, AUDITOR)["tiers"]
    assert [row["tier"] for row in first] == ["", "high"]
    row = first[1]
    assert (row["warnings"], row["unknown"]) == (8, 3)
    assert (row["precision"]["hits"], row["precision"]["n"]) == (3, 5)
    assert (row["false_alarms"]["hits"], row["false_alarms"]["n"]) == (2, 6)
    assert (row["reached_in_time"]["hits"], row["reached_in_time"]["n"]) == (4, 7), "one is not due yet, one was late"
    assert (row["reached_p50_min"], row["reached_p95_min"]) == (5.0, None)


def test_precision_is_told_for_each_trigger(world: Measured) -> None:
    lines, at = known_lines(world.office, 4), world.now - US_PER_DAY
    world.warn(call(lines[0], at), outcome="dissuaded", reached_min=1)
    world.warn(call(lines[1], at, 300), outcome="false_alarm", reached_min=1)
    world.warn(call(lines[2], at, 300))
    rows = warning_measures(world.office, AUDITOR)["triggers"]
    assert [(row["tier"], row["trigger"], row["fraud"], row["false"], row["unknown"]) for row in rows] == [
        ("high", "duration_s above 600, kind call.fraud_line", 1, 0, 0),
        ("medium", "duration_s from 120, kind call.fraud_line", 0, 1, 1),
    ]


def test_scripts_are_compared_within_their_type_and_day(world: Measured) -> None:
    lines, began = known_lines(world.office, 400), world.now - 25 * US_PER_DAY
    reports = []
    with world.at_once():
        for n, line in enumerate(lines):
            script = f"police.{n % 2 + 1}"
            world.warn(
                call(line, began, campaign=f"series:{n % 25}"), outcome="dissuaded", reached_min=1, script=script
            )
            if (n % 2 and n % 4 != 3) or n % 20 == 0:
                reports.append((f"r{n}", began + US_PER_HOUR, began + US_PER_DAY, 500, document(n)))
        world.warn(call(lines[0], began, campaign="x"), outcome="dissuaded", reached_min=1, script="loan.1")
    world.register([(f"1391111{n:04d}", document(n)) for n in range(400)])
    world.reports(reports)
    found = {row["script"]: row for row in warning_measures(world.office, AUDITOR)["scripts"]}
    assert set(found) == {"police.1", "police.2"}, "a version that stands alone is compared with nothing"
    assert found["police.2"]["worse"]
    assert not found["police.1"]["worse"]
    assert found["police.1"]["difference"] == pytest.approx(-found["police.2"]["difference"])
    assert retire_worse_scripts(world.office) == [], "the desk holds no version of its own: nothing to take out of use"
    with world.office.desk.begin() as conn:
        conn.execute(insert(warning_script), [
            {"fraud": "police", "version": version, "state": "approved", "body": "", "why": "", "proposed_by": "gu",
             "proposed_at_us": began, "decided_by": "he"} for version in (1, 2)
        ])  # fmt: skip
    assert retire_worse_scripts(world.office) == [], "once a day"
    world.tomorrow()
    assert retire_worse_scripts(world.office) == ["police.2"]
    world.tomorrow()
    assert retire_worse_scripts(world.office) == [], "the last of its type stays, however it does"


def test_daily_looks_condemn_a_script_by_more_than_chance() -> None:
    seen = compare([Assigned("d", f"c{n % 40}", n % 2 == 0, n % 20 < 5) for n in range(800)])
    near = replace(seen, difference=-0.10, high=-0.01)
    assert not is_clearly_worse(near), "two standard errors"
    assert is_clearly_worse(replace(near, high=-0.04)), "more than three"
    assert not is_clearly_worse(replace(near, difference=None, high=None))


def test_relapse_fatigue_verification_and_complaints(month: Measured) -> None:
    note_complaint(month.office, Actor("gu", frozenset({Role.HOTLINE})), "W-000000000001", "too_often")
    found = warning_measures(month.office, AUDITOR)
    assert found["calls"]["verified"]["n"] == 240
    assert found["calls"]["verified"]["hits"] == 120
    assert found["relapsed"]["n"] == 160
    assert 0 < found["relapsed"]["hits"] < 80
    assert found["fatigue"]["warnings"] == {"recipients": 240, "mean": 1.0, "p95": 1, "most": 1}
    assert found["fatigue"]["complaints"] == 1
    with pytest.raises(UsageError, match="CB-WA-192"):
        note_complaint(month.office, Actor("gu", frozenset({Role.HOTLINE})), "W-none", "too_often")
    with pytest.raises(UsageError, match="CB-US-001"):
        note_complaint(month.office, Actor("gu", frozenset({Role.HOTLINE})), "W-000000000001", "loud")


def test_small_cells_are_not_shown_and_not_found_by_subtraction(world: Measured) -> None:
    lines, at = known_lines(world.office, 40), world.now - US_PER_DAY
    for n, line in enumerate(lines):
        district = "甲" if n < 4 else "乙" if n < 16 else "丙"
        world.warn(call(line, at, district=district), outcome="dissuaded", reached_min=1)
    rows = {row["district"]: row["n"] for row in warning_measures(world.office, AUDITOR)["equity"]}
    assert rows == {"丙": 24, "乙": None, "甲": None}
    assert suppressed([{"n": 3}]) == [{"n": None}]


def test_outcomes_are_labels_of_the_findings_warnings_rested_on(world: Measured) -> None:
    lines, at = known_lines(world.office, 3), world.now - US_PER_DAY
    for line, outcome in zip(lines, ["dissuaded", "false_alarm", "refused"], strict=True):
        world.warn(call(line, at), outcome=outcome, reached_min=1)
    ref = "finding:" + "0" * 32
    assert [(row["ref"], row["label"], row["sampling"]) for row in warning_labels(world.office, AUDITOR)] == [
        (ref, "true", "warned"), (ref, "false", "warned"),
    ]  # fmt: skip
    assert warning_labels(world.office, AUDITOR, ["finding:other"]) == []
    with world.office.desk.read() as conn:
        assert {k: v for k, v in said_of_finding(conn, "0" * 32).items() if k in ("hits", "n", "false")} == {
            "hits": 1, "n": 2, "false": 1,
        }  # fmt: skip


def test_a_trigger_that_is_right_too_seldom_opens_one_task(world: Measured) -> None:
    lines, at = known_lines(world.office, 60), world.now - US_PER_DAY
    for n, line in enumerate(lines):
        seconds, outcome = (700, "dissuaded") if n < 20 else (300, "dissuaded" if n == 20 else "false_alarm")
        world.warn(call(line, at, seconds), outcome=outcome, reached_min=1)
    opened = review_triggers(world.office)
    assert len(opened) == 1
    assert review_triggers(world.office) == [], "once a day"
    with world.office.desk.read() as conn:
        (task,) = warning_policies.reviews(conn)
    assert (task["tier"], task["trigger"], task["fraud"], task["known"]) == (
        "medium", "duration_s from 120, kind call.fraud_line", 1, 40)  # fmt: skip
    assert task["high"] < task["floor"]
    with pytest.raises(RefusedError, match="CB-WA-180"):
        close_review(world.office, AUDITOR, opened[0], "留")
    with pytest.raises(UsageError, match="CB-WA-184"):
        close_review(world.office, ANALYST, opened[0], " ")
    close_review(world.office, ANALYST, opened[0], "改为三分钟起，已提出")
    with pytest.raises(UsageError, match="CB-WA-189"):
        close_review(world.office, ANALYST, opened[0], "again")


def test_only_those_whose_work_it_is_read_measures(world: Measured) -> None:
    with pytest.raises(RefusedError, match="CB-WA-180"):
        warning_measures(world.office, LIAISON)
    empty = warning_measures(world.office, AUDITOR)
    assert (empty["tiers"][0]["precision"]["rate"], empty["uplift"]["why"]) == (None, "people")
