"""One warning from two sides: an operator and a retraction, two campaigns and one telephone, a talk and its end,
a day and its night, tiers and keys that change.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from chainbreak.act.warnings.model import ContactEvent
from chainbreak.act.warnings.tiers import preset_text
from chainbreak.app import draw_order
from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.close_warning import close_warning
from chainbreak.app.find_actor import find_actor
from chainbreak.app.init_centre import init_centre
from chainbreak.app.next_warning import next_warning
from chainbreak.app.open_warning import open_warning
from chainbreak.app.record_outcome import record_outcome
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.app.send_warnings import send_warnings
from chainbreak.app.take_contacts import take_contacts
from chainbreak.app.take_money_sent import list_alerts
from chainbreak.app.tidy_warnings import tidy_warnings
from chainbreak.app.undo_outcome import undo_outcome
from chainbreak.app.verify_phrase import verify_phrase
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError
from chainbreak.base.settings import Settings
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_findings import finding
from chainbreak.store.desk.tables_warnings import warning, warning_draw, warning_policy, warning_send

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import SETUP, make_findings, save
from warning_world import GATEWAY, add_warning, event_of, known_lines, warning_world

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
MIN_US, HOUR_US = 60_000_000, 3_600_000_000


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path) -> Iterator[Office]:
    shutil.copy(sqlite_template, tmp_path / "desk.db")
    clock = FixedClock(NOON_US)
    made = init_centre(tmp_path / "centre", Settings(name="测试", desk_url=f"sqlite:///{tmp_path / 'desk.db'}"), clock)
    save(made, make_findings(made, 2))
    with made.desk.begin() as conn:
        conn.execute(update(finding).values(state="confirmed"))
    yield made
    made.desk.close()


@pytest.fixture
def gu(office: Office) -> Actor:
    add_person(office, SETUP, "admin", ["admin"], "管理")
    warning_world(office, each=0)
    return find_actor(office, "gu")


def later(office: Office, minutes: float) -> None:
    assert isinstance(office.clock, FixedClock)
    office.clock.advance(minutes * 60)


def rows(office: Office, table: Any = warning) -> list[dict[str, Any]]:
    with office.desk.read() as conn:
        return [dict(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns)).mappings()]


def row(office: Office, warning_id: str) -> dict[str, Any]:
    return next(one for one in rows(office) if one["warning_id"] == warning_id)


def waiting(office: Office, tier: str, n: int = 0, **more: Any) -> str:
    """An open warning of a tier; its id."""
    line = known_lines(office, n + 1)[n]
    return add_warning(office, replace(event_of(tier, line, office.clock.now_us(), n), **more), office.clock.now_us())


def contact(office: Office, kind: str, ref: str, who: str = "", **facts: Any) -> ContactEvent:
    ground = rows(office, finding)[0]["finding_id"]
    return ContactEvent(kind, who or known_lines(office, 1)[0], office.clock.now_us(), f"finding:{ground}", "records",
                        ref, "line:00000000000000ff", "series:S-1", facts=facts)  # fmt: skip


def night(office: Office) -> None:
    """23:00 in Shanghai."""
    later(office, 11 * 60)


# --- an outcome that is taken back after something else has happened


def test_an_undo_calls_nobody_again_about_what_was_taken_back_meanwhile(office: Office, gu: Actor) -> None:
    one = waiting(office, "high")
    next_warning(office, gu)
    record_outcome(office, gu, one, 1, "6")
    later(office, 0.1)
    with office.desk.begin() as conn:
        close_warning(conn, SERVICE, [one], "retracted", "", office.clock.now_us())
    with pytest.raises(RefusedError, match="CB-WA-146"):
        undo_outcome(office, gu)
    assert (row(office, one)["state"], row(office, one)["call_at_us"]) == ("retracted", None)


def test_an_undo_leaves_a_card_with_whoever_has_it_now(office: Office, gu: Actor) -> None:
    one, fang = waiting(office, "high"), find_actor(office, "fang")
    next_warning(office, gu)
    record_outcome(office, gu, one, 1, "6")
    open_warning(office, fang, one)
    with pytest.raises(RefusedError, match="CB-WA-146"):
        undo_outcome(office, gu)
    assert record_outcome(office, fang, one, 2, "1")["state"] == "resolved"


def test_an_undo_of_a_later_talk_leaves_the_alert_of_the_first(office: Office, gu: Actor) -> None:
    one = waiting(office, "urgent")
    next_warning(office, gu)
    record_outcome(office, gu, one, 1, "2")
    later(office, 0.1)
    record_outcome(office, gu, one, 2, "9")
    undo_outcome(office, gu)
    assert [alert["warning_id"] for alert in list_alerts(office, find_actor(office, "song"))] == [one]


# --- a talk that outlasts its warning


@pytest.mark.parametrize(("key", "outcome"), [("4", "false_alarm"), ("1", "dissuaded")])
def test_a_talk_that_outlasts_its_warning_settles_it(office: Office, gu: Actor, key: str, outcome: str) -> None:
    one = waiting(office, "high")
    next_warning(office, gu)
    with office.desk.begin() as conn:
        conn.execute(update(warning).values(expires_at_us=office.clock.now_us()))
    assert tidy_warnings(office)["lapse"] == 1
    record_outcome(office, gu, one, 1, key)
    assert (row(office, one)["state"], row(office, one)["outcome"]) == ("resolved", outcome)
    undo_outcome(office, gu)
    assert (row(office, one)["state"], row(office, one)["outcome"]) == ("lapsed", "")


def test_what_a_talk_came_to_stands_when_the_warning_lapses(office: Office, gu: Actor) -> None:
    one = waiting(office, "high")
    next_warning(office, gu)
    record_outcome(office, gu, one, 1, "5")
    later(office, 25 * 60)
    tidy_warnings(office)
    assert (row(office, one)["state"], row(office, one)["outcome"]) == ("lapsed", "refused")


# --- one person, one telephone; quiet hours


def test_nobody_is_rung_by_two_operators_about_two_campaigns(office: Office, gu: Actor) -> None:
    fang, first = find_actor(office, "fang"), waiting(office, "urgent")
    waiting(office, "high", campaign="series:S-2")
    assert {one["recipient"] for one in rows(office)} == {known_lines(office, 1)[0]}
    assert next_warning(office, gu)["warning_id"] == first  # type: ignore[index]
    assert next_warning(office, fang) is None
    record_outcome(office, gu, first, 1, "1")
    assert next_warning(office, fang) is not None


def test_who_was_not_reached_by_day_is_not_rung_at_night(office: Office, gu: Actor) -> None:
    waiting(office, "medium", 1)
    night(office)
    assert next_warning(office, gu) is None
    urgent = waiting(office, "urgent")
    assert next_warning(office, gu)["warning_id"] == urgent  # type: ignore[index]
    later(office, 9 * 60)
    assert next_warning(office, gu) is not None


def test_a_text_left_over_from_the_day_waits_for_the_morning(office: Office) -> None:
    take_contacts(office, SERVICE, [contact(office, "sms.template", "1", replied=False)])
    night(office)
    assert send_warnings(office, "sms").total() == 0
    (text,) = [one for one in rows(office, warning_send) if one["channel"] == "sms"]
    assert (text["state"], text["due_at_us"]) == ("due", NOON_US + 20 * HOUR_US)


def test_a_raised_warning_tells_at_night_what_it_would_have_told_in_the_morning(office: Office) -> None:
    night(office)
    take_contacts(office, SERVICE, [contact(office, "sms.template", "1", replied=False)])
    assert send_warnings(office, "sms").total() == 0
    take_contacts(office, SERVICE, [contact(office, "transfer.toward_mule", "2", stoppable=True)])
    assert send_warnings(office, "sms")["failed"] == 1, "no partner here: but it was to leave"


# --- tiers that changed, keys that changed


def in_force(office: Office, text: str) -> None:
    with office.desk.begin() as conn:
        conn.execute(insert(warning_policy).values(
            version=1, state="approved", body=text, why="", back_test="{}", proposed_by="gu",
            proposed_at_us=NOON_US, decided_by="he", decided_at_us=NOON_US, decided_why="",
        ))  # fmt: skip


def test_a_tier_that_a_change_took_away_is_drawn_none_the_less(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        waiting(office, "medium", n)
    with office.desk.begin() as conn:
        conn.execute(update(warning).values(rank=3, queue=3))
    in_force(office, preset_text("three").replace("name: three", "name: fewer"))
    assert draw_order.begin_draw(office, 3, draw_order.Capacity(1), 1) == 1
    monkeypatch.setattr(draw_order, "LOOKED_AT", 3)
    monkeypatch.setattr(draw_order, "capacity_now", lambda *_: draw_order.Capacity(1_000))
    assert draw_order.tend_draws(office)["ended"] == 0, "it was not looked through"
    monkeypatch.setattr(draw_order, "LOOKED_AT", 4)
    assert draw_order.tend_draws(office)["ended"] == 1
    assert rows(office, warning_draw)[0]["ended_at_us"] is not None


def test_after_new_keys_the_same_contact_is_the_same_and_a_phrase_still_serves(office: Office, gu: Actor) -> None:
    one = contact(office, "call.fraud_line", "1", duration_s=900)
    take_contacts(office, SERVICE, [one])
    next_warning(office, gu)
    rotate_keys(office, Actor("qian", frozenset({Role.ENGINEER})), [Identifier.LINE])
    (after,) = known_lines(office, 1)
    assert after != one.recipient
    taken = take_contacts(office, SERVICE, [replace(one, recipient=after)])
    assert (taken.new, taken.repeated, taken.raised) == (0, 1, 0)
    assert verify_phrase(office, GATEWAY, "13911110000")["answer"] == "shown"
