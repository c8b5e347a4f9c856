"""Visits over a real desk: opened within the caps, made by who may, finished once, never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from desk_world import SETUP
from visit_world import (
    EAST,
    MIN_US,
    NOON_US,
    SOUTH,
    Scene,
    change_warning,
    refused,
    visit_of,
    visit_row,
    visit_world,
    warning_row,
)
from warning_world import add_warning, event_of

from chainbreak.app.add_person import add_person
from chainbreak.app.close_warning import close_warning
from chainbreak.app.find_actor import find_actor
from chainbreak.app.finish_visit import Sent, finish_visit, settle_result
from chainbreak.app.init_centre import init_centre
from chainbreak.app.list_visits import list_visits
from chainbreak.app.open_visits import open_visits
from chainbreak.app.plan_visits import plan_visits
from chainbreak.app.prove_visit import confirm_visit
from chainbreak.app.show_visit import show_visit
from chainbreak.app.visit_address import enter_address, reveal_address
from chainbreak.app.visit_duty import put_on_duty, take_off_duty
from chainbreak.app.work_visit import accept_visit, arrive_visit, hand_off_visit, leave_visit
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.base.settings import Settings

ADDRESS = "东湖区桂花路7号2单元301"
WHY = {"purpose": "上门劝阻", "case": "C-7"}


def test_each_warning_that_asks_gets_one_visit_and_a_round_more_changes_nothing(scene: Scene) -> None:
    rows = list_visits(scene.office, scene.who("he"))
    assert sorted(row["warning_id"] for row in rows) == sorted(scene.warnings)
    assert {row["unit"]: row["officer"] in ("ma", "luo") for row in rows if row["unit"] == EAST} == {EAST: True}
    assert [row["officer"] for row in rows if row["unit"] == SOUTH] == ["tang"]
    assert [row["officer"] for row in rows if row["unit"] not in (EAST, SOUTH)] == [""]
    assert open_visits(scene.office) == {}


def test_one_visit_in_seven_days_unless_something_is_new(scene: Scene) -> None:
    accept_visit(scene.office, scene.who("ma"), scene.first)
    scene.finish("ma", entry="nobody", outcome="no_answer", card_left=True)
    assert warning_row(scene.office, scene.warnings[0])["state"] == "open"
    assert open_visits(scene.office) == {}, "the same warning asks no second time for the same"
    change_warning(scene.office, scene.warnings[0], visit_due_at_us=NOON_US + 60 * MIN_US)
    assert open_visits(scene.office)["held_back"] == 1
    held = visit_of(scene.office, scene.warnings[0], 2)
    assert (scene.state(held), visit_row(scene.office, held)["reason"]) == ("suppressed", "visited_lately")
    assert held in {row["visit_id"] for row in list_visits(scene.office, scene.who("wu"), "over")}
    assert open_visits(scene.office) == {}
    change_warning(scene.office, scene.warnings[0], last_us=NOON_US + MIN_US)
    assert open_visits(scene.office)["let_go"] == 1
    assert scene.state(held) == "open"


def test_a_visit_held_back_for_one_that_was_called_off_is_made(scene: Scene) -> None:
    person = warning_row(scene.office, scene.warnings[0])["recipient"]
    again = replace(event_of("urgent", person, NOON_US, 0), ref="again", campaign="finding:" + "1" * 32)
    other = add_warning(scene.office, again, NOON_US)
    assert open_visits(scene.office)["held_back"] == 1
    with scene.office.desk.begin() as conn:
        close_warning(conn, scene.who("gu"), [scene.warnings[0]], "resolved", "false_alarm", NOON_US)
    assert open_visits(scene.office)["let_go"] == 1
    assert scene.state(visit_of(scene.office, other)) == "open"
    assert open_visits(scene.office) == {}


def test_a_visit_follows_its_warning_and_ends_with_it(scene: Scene) -> None:
    sooner = NOON_US + 5 * MIN_US
    change_warning(scene.office, scene.warnings[0], visit_due_at_us=sooner, stake_fen=9)
    assert open_visits(scene.office)["changed"] == 1
    row = visit_row(scene.office, scene.first)
    assert (row["due_at_us"], row["stake_fen"]) == (sooner, 9)
    change_warning(scene.office, scene.warnings[0], expires_at_us=NOON_US)
    assert scene.first not in {row["visit_id"] for row in list_visits(scene.office, scene.who("he"))}, "at once"
    refused("CB-WA-162", lambda: accept_visit(scene.office, scene.who("ma"), scene.first))
    assert open_visits(scene.office)["called_off"] == 1
    assert scene.state() == "cancelled"


def test_nobody_goes_after_the_warning_is_resolved(scene: Scene) -> None:
    accept_visit(scene.office, scene.who("ma"), scene.first)
    with scene.office.desk.begin() as conn:
        close_warning(conn, scene.who("gu"), [scene.warnings[0]], "resolved", "dissuaded", NOON_US)
    assert (scene.state(), visit_row(scene.office, scene.first)["reason"]) == ("cancelled", "dissuaded")
    enter = scene.who("gu")
    refused("CB-WA-166", lambda: reveal_address(scene.office, scene.who("ma"), scene.first, **WHY))
    refused("CB-WA-162", lambda: enter_address(scene.office, enter, scene.first, ADDRESS))


def test_step_by_step_to_an_outcome_that_closes_the_warning(scene: Scene) -> None:
    ma = scene.who("ma")
    accept_visit(scene.office, ma, scene.first)
    scene.clock.advance(60)
    leave_visit(scene.office, ma, scene.first)
    scene.clock.advance(600)
    assert arrive_visit(scene.office, ma, scene.first)["state"] == "arrived"
    assert arrive_visit(scene.office, ma, scene.first)["arrived_at_us"] == NOON_US + 660_000_000, "kept from the first"
    scene.clock.advance(900)
    sent = scene.finish("ma", answers={"call_ended": "yes", "no_safe_account": "yes"})
    assert sent == Sent("taken")
    row, closed = visit_row(scene.office, scene.first), warning_row(scene.office, scene.warnings[0])
    assert (row["state"], row["outcome"], row["entry"]) == ("done", "dissuaded", "met")
    assert json.loads(str(row["checklist"])) == {
        "answers": {"call_ended": "yes", "no_safe_account": "yes"}, "list": "police@1",
    }  # fmt: skip
    assert (closed["state"], closed["outcome"]) == ("resolved", "dissuaded")
    assert closed["reached_at_us"] == row["ended_at_us"]
    moves = [move["move"] for move in show_visit(scene.office, ma, scene.first)["moves"]]
    assert moves == ["open", "accept", "leave", "arrive", "finish"]


def test_the_first_talk_counts_for_when_somebody_was_reached(scene: Scene) -> None:
    change_warning(scene.office, scene.warnings[0], reached_at_us=NOON_US, outcome="refused")
    accept_visit(scene.office, scene.who("ma"), scene.first)
    scene.clock.advance(1800)
    scene.finish("ma", outcome="refused")
    row = warning_row(scene.office, scene.warnings[0])
    assert (row["reached_at_us"], row["told_at_us"]) == (NOON_US, NOON_US + 30 * MIN_US)


def test_the_same_key_counts_once_and_nothing_that_comes_too_late_is_lost(scene: Scene) -> None:
    accept_visit(scene.office, scene.who("ma"), scene.first)
    first = scene.finish("ma")
    assert [scene.finish("ma"), scene.finish("ma")] == [first, first]
    late = scene.finish("ma", key="key-00000002", outcome="money_sent")
    assert late == Sent("conflict", "already_done")
    results = show_visit(scene.office, scene.who("he"), scene.first)["results"]
    assert [row["standing"] for row in results] == ["taken", "conflict"]
    assert results[1]["body"]["outcome"] == "money_sent"
    assert warning_row(scene.office, scene.warnings[0])["outcome"] == "dissuaded"
    over = {row["visit_id"]: row["conflicts"] for row in list_visits(scene.office, scene.who("he"), "over")}
    assert over[scene.first] == 1
    refused("CB-WA-161", lambda: settle_result(scene.office, scene.who("ma"), scene.first, "key-00000002"))
    settle_result(scene.office, scene.who("he"), scene.first, "key-00000002")
    refused("CB-WA-170", lambda: settle_result(scene.office, scene.who("he"), scene.first, "key-00000002"))


def test_a_result_of_a_visit_that_was_handed_off_meanwhile_is_kept(scene: Scene) -> None:
    accept_visit(scene.office, scene.who("ma"), scene.first)
    enter_address(scene.office, scene.who("gu"), scene.first, ADDRESS)
    hand_off_visit(scene.office, scene.who("he"), scene.first, "specialist", "specialist")
    assert (scene.state(), visit_row(scene.office, scene.first)["officer"]) == ("open", "")
    refused("CB-WA-166", lambda: reveal_address(scene.office, scene.who("ma"), scene.first, **WHY))
    assert scene.finish("ma") == Sent("conflict", "handed_off")
    assert scene.state() == "open"
    refused("CB-WA-161", lambda: scene.finish("tang", key="key-00000009"))


def test_the_officer_at_the_door_may_ask_to_come_again(scene: Scene) -> None:
    accept_visit(scene.office, scene.who("ma"), scene.first)
    scene.finish("ma", entry="refused", outcome="needs_visit")
    again = visit_row(scene.office, visit_of(scene.office, scene.warnings[0], 2))
    assert (again["state"], again["asked_by"], again["officer"] in ("ma", "luo")) == ("open", "ma", True)
    assert open_visits(scene.office) == {}


def test_two_go_at_night_and_the_second_confirms(scene: Scene) -> None:
    scene.clock.advance(11 * 3_600)  # 23:00
    change_warning(scene.office, scene.warnings[0], last_us=NOON_US + 1, visit_due_at_us=NOON_US + 12 * 3_600_000_000,
                   expires_at_us=NOON_US + 20 * 3_600_000_000)  # fmt: skip
    open_visits(scene.office)
    row = visit_row(scene.office, scene.first)
    assert {row["officer"], row["second"]} == {"ma", "luo"}
    ma = scene.who("ma")
    refused("CB-WA-163", lambda: accept_visit(scene.office, ma, scene.first))
    for wrong in ("ma", "gu", "nobody"):
        refused("CB-WA-164", lambda wrong=wrong: accept_visit(scene.office, ma, scene.first, wrong))
    accept_visit(scene.office, ma, scene.first, "luo")
    refused("CB-WA-172", lambda: confirm_visit(scene.office, ma, scene.first))
    confirm_visit(scene.office, scene.who("luo"), scene.first)
    assert [p["way"] for p in show_visit(scene.office, ma, scene.first)["proofs"]] == ["second"]


def test_an_officer_sees_the_unit_they_are_on_duty_for(scene: Scene) -> None:
    assert {row["unit"] for row in list_visits(scene.office, scene.who("tang"))} == {SOUTH}
    assert list_visits(scene.office, scene.who("bai")) == []
    refused("CB-WA-161", lambda: show_visit(scene.office, scene.who("tang"), scene.first))
    refused("CB-WA-161", lambda: list_visits(scene.office, scene.who("qian")))
    refused("CB-WA-160", lambda: show_visit(scene.office, scene.who("ma"), "V-000000000000"))
    assert {row["officer"] for row in list_visits(scene.office, scene.who("ma"), "mine")} <= {"ma"}


def test_who_leaves_duty_is_planned_for_no_more(scene: Scene) -> None:
    he = scene.who("he")
    take_off_duty(scene.office, he, "luo")
    assert {row["officer"] for row in list_visits(scene.office, scene.who("ma"))} == {"ma"}
    take_off_duty(scene.office, he, "ma")
    assert visit_row(scene.office, scene.first)["officer"] == ""
    refused("CB-WA-161", lambda: put_on_duty(scene.office, scene.who("ma"), "ma", EAST))
    refused("CB-WA-164", lambda: put_on_duty(scene.office, he, "gu", EAST))
    refused("CB-WA-164", lambda: take_off_duty(scene.office, he, "ma"))


def test_the_plan_says_what_will_be_late_and_changes_nothing_when_dry(scene: Scene) -> None:
    change_warning(scene.office, scene.warnings[0], visit_due_at_us=NOON_US - MIN_US, last_us=NOON_US)
    open_visits(scene.office)
    rows = plan_visits(scene.office, scene.who("he"), dry_run=True)
    late = {row["visit_id"]: row["late_min"] for row in rows}
    assert late[scene.first] > 0
    assert [row["unit"] for row in rows if not row["officer"]] == ["西陵区"], "nobody is on duty there, and it is said"
    assert plan_visits(scene.office, scene.who("he")) == rows
    refused("CB-WA-161", lambda: plan_visits(scene.office, scene.who("ma")))


def test_two_officers_press_at_once_and_one_gets_it(scene: Scene, at_once: Callable[..., list[object]]) -> None:
    ma, luo = scene.who("ma"), scene.who("luo")
    results = at_once(
        lambda: accept_visit(scene.office, ma, scene.first), lambda: accept_visit(scene.office, luo, scene.first)
    )
    assert sum(isinstance(result, dict) for result in results) == 1
    assert [r.code for r in results if isinstance(r, RefusedError)] == ["CB-WA-162"]


def test_whoever_was_visited_twice_is_visited_by_a_specialist(scene: Scene) -> None:
    add_person(scene.office, SETUP, "yu", ["officer"], "余专员")
    put_on_duty(scene.office, scene.who("he"), "yu", "specialist")
    for n in (1, 2):
        now = scene.clock.now_us()
        if n == 2:
            change_warning(scene.office, scene.warnings[0], last_us=now, visit_due_at_us=now + 9 * MIN_US)
            open_visits(scene.office)
        visit_id = visit_of(scene.office, scene.warnings[0], n)
        accept_visit(scene.office, scene.who("ma"), visit_id)
        finish_visit(scene.office, scene.who("ma"), visit_id, {"entry": "met", "outcome": "refused"}, f"key-{n:08d}")
        scene.clock.advance(60)
    change_warning(scene.office, scene.warnings[0], last_us=scene.clock.now_us())
    open_visits(scene.office)
    third = visit_row(scene.office, visit_of(scene.office, scene.warnings[0], 3))
    assert (third["unit"], third["officer"]) == ("specialist", "yu")


def test_a_result_needs_a_key_of_its_own(scene: Scene) -> None:
    accept_visit(scene.office, scene.who("ma"), scene.first)
    for key in ("", "short", "x" * 65, "键" * 10):
        with pytest.raises(UsageError, match="CB-WA-170"):
            scene.finish("ma", key=key)


def test_the_same_on_both_databases(desk_url: str, tmp_path: Path) -> None:
    office = init_centre(tmp_path / "centre", Settings(desk_url=desk_url), FixedClock(NOON_US))
    for name, roles in (("admin", ["admin"]), ("he", ["commander"])):
        add_person(office, SETUP, name, roles)
    warnings = visit_world(office)["urgent"]
    visit_id, ma = visit_of(office, warnings[0]), find_actor(office, "ma")
    accept_visit(office, ma, visit_id)
    arrive_visit(office, ma, visit_id)
    body = {"entry": "met", "outcome": "already_knew"}
    assert [finish_visit(office, ma, visit_id, body, "key-00000001").standing for _ in range(2)] == ["taken"] * 2
    assert warning_row(office, warnings[0])["state"] == "resolved"
    assert len(list_visits(office, find_actor(office, "he"))) == len(warnings) - 1
    office.desk.close()
