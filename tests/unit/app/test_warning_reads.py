"""What is seen of warnings: the order of the board, filters and pages, what is held back, a warning's own story."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_world import make_world
from sqlalchemy import insert, update
from warning_world import known_lines, warning_world

from chainbreak.act.warnings.model import send_id_of
from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_suppressed import list_suppressed
from chainbreak.app.list_warnings import list_warnings
from chainbreak.app.show_warning import show_warning
from chainbreak.app.text_campaign import text_campaign
from chainbreak.app.warning_board import SURGE, warning_board
from chainbreak.app.warnings_for_me import warnings_for_me
from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN, FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor
from chainbreak.store.desk import warning_reads
from chainbreak.store.desk.tables_warnings import warning, warning_mute, warning_send

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_world(tmp_path / "centre", FixedClock(NOON_US), findings=4)


@pytest.fixture
def made(office: Office) -> dict[str, list[str]]:
    """Tier -> its three warnings, the first to be called first."""
    return warning_world(office)


@pytest.fixture
def wu(office: Office) -> Actor:
    """An auditor."""
    return find_actor(office, "wu")


def ids(office: Office, actor: Actor, **given: object) -> list[str]:
    """Every page of a list, three rows a page."""
    found, after = [], ""
    for _ in range(100):
        page = list_warnings(office, actor, after=after, limit=3, **given)  # type: ignore[arg-type]
        found += [row["warning_id"] for row in page["rows"]]
        after = page["after"]
        if not after:
            return found
    raise AssertionError("the list has no end")


def change(office: Office, warning_id: str, **columns: object) -> None:
    with office.desk.begin() as conn:
        conn.execute(update(warning).where(warning.c.warning_id == warning_id).values(**columns))


def test_pages_run_through_all_tiers_in_the_order_of_calling(
    office: Office, made: dict[str, list[str]], wu: Actor
) -> None:
    everyone = [one for tier in ("urgent", "high", "medium", "low") for one in made[tier]]
    assert ids(office, wu) == everyone
    change(office, made["medium"][2], queue=0, call_order=0)
    assert ids(office, wu)[0] == made["medium"][2], "past half of its deadline it is called with the tier above"
    assert ids(office, wu, tier="medium") == made["medium"][:2]


def test_each_filter_leaves_what_it_names(office: Office, made: dict[str, list[str]], wu: Actor) -> None:
    assert ids(office, wu, kind="transfer.toward_mule") == made["urgent"]
    assert ids(office, wu, district="东湖区") == [made[tier][0] for tier in ("urgent", "high", "medium", "low")]
    assert ids(office, wu, campaign="template:7") == made["low"]
    assert ids(office, wu, campaign="template:7", kind="visit.scam_domain") == []
    assert ids(office, wu, without=("template:7", "domain:rebate.example")) == made["urgent"] + made["high"]
    assert ids(office, wu, district="东湖区", tier="high") == [made["high"][0]]


def test_a_filter_that_few_meet_is_answered_in_parts_and_misses_nobody(
    office: Office, made: dict[str, list[str]], wu: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warning_reads, "SCANNED", 2)
    monkeypatch.setattr(warning_reads, "FEW", 0)
    assert ids(office, wu, kind="sms.template") == made["low"]
    assert ids(office, wu, district="西陵区", kind="call.fraud_line") == [made["high"][2]]
    for warning_id in made["medium"]:
        change(office, warning_id, state="resolved")
    assert ids(office, wu, state="resolved", district="南屏区") == [made["medium"][1]]


def test_what_is_past_its_end_is_lapsed_although_nothing_has_said_so(
    office: Office, made: dict[str, list[str]], wu: Actor
) -> None:
    change(office, made["high"][0], expires_at_us=NOON_US)
    change(office, made["high"][1], state="lapsed", expires_at_us=NOON_US - 1)
    assert ids(office, wu, state="lapsed") == made["high"][:2]
    assert made["high"][0] not in ids(office, wu)
    assert show_warning(office, wu, made["high"][0])["standing"] == "lapsed"


def test_the_board_says_who_waits_who_is_late_and_what_is_short(
    office: Office, made: dict[str, list[str]], wu: Actor
) -> None:
    urgent, high, _, low = warning_board(office, wu)["tiers"]
    assert (urgent["to_call"], urgent["next"]) == (3, made["urgent"][0])
    assert urgent["next_due_us"] == show_warning(office, wu, made["urgent"][0])["due_at_us"]
    assert (low["to_call"], low["to_text"]) == (0, 3)
    assert (urgent["will_be_late"], high["will_be_late"]) == (3, 3), "nobody is on shift"
    change(office, made["high"][0], holder="gu", held_until_us=NOON_US + 10 * US_PER_MIN)
    board = warning_board(office, wu)
    assert board["capacity"]["operators"] == 1
    assert board["capacity"]["short"] == board["capacity"]["needed"] - 1 > 0
    assert board["tiers"][0]["will_be_late"] == 2, "due in just under three minutes: one call of three fits"
    change(office, made["urgent"][0], due_at_us=NOON_US - US_PER_MIN)
    assert warning_board(office, wu)["tiers"][0]["past_due"] == 1


def test_a_surge_is_one_row_with_its_count(office: Office, made: dict[str, list[str]], wu: Actor) -> None:
    with office.desk.begin() as conn:
        row = dict(conn.execute(warning.select().where(warning.c.warning_id == made["low"][0])).mappings().one())
        several = [row | {"warning_id": f"W-{n:012x}", "recipient": line, "campaign": "template:9"}
                   for n, line in enumerate(known_lines(office, SURGE))]  # fmt: skip
        conn.execute(insert(warning), several)
    [surge] = warning_board(office, wu)["surges"]
    assert (surge["campaign"], surge["n"]) == ("template:9", SURGE)
    assert len(ids(office, wu, without=(surge["campaign"],))) == 12
    assert len(ids(office, wu, campaign="template:9")) == SURGE


def send(office: Office, warning_id: str, channel: str, **columns: object) -> None:
    with office.desk.begin() as conn:
        conn.execute(insert(warning_send).values(**{
            "send_id": send_id_of(warning_id, channel, "warn"), "warning_id": warning_id, "recipient": "line:1",
            "campaign": "template:7", "channel": channel, "purpose": "warn", "rank": 3, "state": "due", "reason": "",
            "planned_at_us": NOON_US, "due_at_us": NOON_US, "expires_at_us": NOON_US + US_PER_HOUR, "attempts": 0,
            "receipt": "", **columns,
        }))  # fmt: skip


def test_what_is_held_back_is_listed_with_its_reason_and_time(
    office: Office, made: dict[str, list[str]], wu: Actor
) -> None:
    first, second, third = made["low"]
    send(office, first, "sms", state="suppressed", reason="cap", settled_at_us=NOON_US)
    send(office, first, "push", state="suppressed", reason="muted", settled_at_us=NOON_US, due_at_us=NOON_US + 1)
    send(office, second, "sms", due_at_us=NOON_US + US_PER_HOUR)
    send(office, third, "sms", state="cancelled", reason="dissuaded", settled_at_us=NOON_US)
    page = list_suppressed(office, wu, limit=1)
    rest = list_suppressed(office, wu, after=page["after"])
    assert [row["reason"] for row in page["rows"] + rest["rows"]] == ["muted", "cap"]
    assert rest["after"] == ""
    [later] = list_suppressed(office, wu, view="later")["rows"]
    assert (later["reason"], later["until_us"]) == ("quiet_hours", NOON_US + US_PER_HOUR)
    assert [row["reason"] for row in list_suppressed(office, wu, view="cancelled")["rows"]] == ["dissuaded"]
    sends = warning_board(office, wu)["sends"]
    assert (sends["sms"]["suppressed"], sends["sms"]["due"], sends["push"]["suppressed"]) == (1, 1, 1)


def test_a_story_names_the_trigger_and_what_was_done(office: Office, made: dict[str, list[str]], wu: Actor) -> None:
    send(office, made["high"][0], "sms", state="delivered", handed_at_us=NOON_US + 1, settled_at_us=NOON_US + 2)
    told = show_warning(office, wu, made["high"][0])
    assert told["why"]["tier"] == "high"
    assert told["why"]["clause"]["kind"] == "call.fraud_line"
    assert told["why"]["event_id"] == told["events"][0]["event_id"]
    assert [(one["what"], one.get("step")) for one in told["course"]] == [
        ("opened", None), ("send", "planned_at_us"), ("send", "handed_at_us"), ("send", "settled_at_us")
    ]  # fmt: skip
    assert told["events"][0]["rests_on"]["kind"] == "finding"
    assert told["looks"] == []
    assert show_warning(office, find_actor(office, "gu"), made["high"][0])["looks"] is None


def test_who_does_not_read_warnings_is_refused_and_wrong_words_are_named(
    office: Office, made: dict[str, list[str]], wu: Actor
) -> None:
    for name in ("qian", "admin", "ma"):
        nobody = find_actor(office, name)
        for ask in (warning_board, list_warnings, list_suppressed):
            with pytest.raises(RefusedError, match="CB-WA-200"):
                ask(office, nobody)
        with pytest.raises(RefusedError, match="CB-WA-200"):
            show_warning(office, nobody, made["low"][0])
    for given in ({"tier": "hgh"}, {"state": "opne"}, {"kind": "call"}):
        with pytest.raises(UsageError, match="CB-US-001"):
            list_warnings(office, wu, **given)
    with pytest.raises(UsageError, match="CB-WA-201"):
        show_warning(office, wu, "W-' or 1=1")
    with pytest.raises(UsageError, match="CB-US-001"):
        list_suppressed(office, wu, view="all")


def test_a_campaign_is_texted_once_and_within_the_caps(office: Office, made: dict[str, list[str]], wu: Actor) -> None:
    he, campaign = find_actor(office, "he"), show_warning(office, wu, made["high"][0])["campaign"]
    send(office, made["high"][0], "sms", campaign=campaign, state="delivered")
    with office.desk.begin() as conn:
        conn.execute(insert(warning_mute).values(
            recipient=show_warning(office, wu, made["low"][0])["recipient"], at_us=NOON_US, until_us=2 * NOON_US,
            asked_by="gu",
        ))  # fmt: skip
    assert text_campaign(office, he, campaign) == {"planned": 2, "held_back": 0}
    assert text_campaign(office, he, campaign) == {"planned": 0, "held_back": 0}
    assert text_campaign(office, he, "template:7") == {"planned": 2, "held_back": 1}, (
        "one wants none of the lowest tier"
    )
    assert [row["reason"] for row in list_suppressed(office, wu)["rows"]] == ["muted"]
    with pytest.raises(RefusedError, match="CB-WA-205"):
        text_campaign(office, find_actor(office, "gu"), campaign)
    with pytest.raises(UsageError, match="CB-WA-206"):
        text_campaign(office, he, "template:404")


def test_today_shows_leaders_what_runs_late_and_an_operator_whom_to_call(
    office: Office, made: dict[str, list[str]]
) -> None:
    late = [made["medium"][1], made["urgent"][2]]
    for n, warning_id in enumerate(late):
        change(office, warning_id, due_at_us=NOON_US - (9 - n) * US_PER_MIN)
    change(office, made["high"][0], due_at_us=NOON_US - US_PER_HOUR, told_at_us=NOON_US)
    told = warnings_for_me(office, find_actor(office, "he"), 5)
    assert {name: [row["warning_id"] for row in rows] for name, rows in told.items()} == {"late": late}
    calls = warnings_for_me(office, find_actor(office, "gu"), 2)["calls"]
    assert [row["warning_id"] for row in calls] == made["urgent"][:2]
