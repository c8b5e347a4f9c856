"""The hotline's desk: one card for one operator, outcomes and undo, phrases that serve once, scripts under review."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from chainbreak.act.warnings.phrase import TRIES, phrase_of
from chainbreak.act.warnings.scripts import NEVER, WITHIN, faults, shipped
from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.call_scripts import decide_script, list_scripts, propose_script, show_script
from chainbreak.app.find_actor import find_actor
from chainbreak.app.hotline_shift import hotline_shift
from chainbreak.app.init_centre import init_centre
from chainbreak.app.mute_warnings import mute_warnings
from chainbreak.app.next_warning import next_warning
from chainbreak.app.open_visits import open_visits
from chainbreak.app.open_warning import keep_warning, open_warning, reveal_recipient
from chainbreak.app.phrase_of_card import renew_phrase
from chainbreak.app.record_outcome import record_outcome
from chainbreak.app.show_report import show_report
from chainbreak.app.take_money_sent import list_alerts, take_alert
from chainbreak.app.undo_outcome import undo_outcome
from chainbreak.app.verify_log import verify_log
from chainbreak.app.verify_phrase import WRONG, verify_phrase
from chainbreak.app.warning_card import warning_card
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import ChainbreakError, InputError, RefusedError, UsageError
from chainbreak.base.settings import Settings
from chainbreak.base.wording import LANGS, word
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.tables_hotline import warning_phrase
from chainbreak.store.desk.tables_visits import visit
from chainbreak.store.desk.tables_warnings import warning, warning_call, warning_mute, warning_send

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from warning_world import GATEWAY, SETUP, add_warning, event_of, known_lines, warning_world

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
MIN_US = 60_000_000


class Desk:
    """An office under a clock that moves when told, and its operators."""

    def __init__(self, office: Office, clock: FixedClock, made: dict[str, list[str]]) -> None:
        self.office, self.clock, self.made = office, clock, made
        self.gu, self.fang = find_actor(office, "gu"), find_actor(office, "fang")

    def row(self, warning_id: str) -> dict[str, Any]:
        with self.office.desk.read() as conn:
            return dict(conn.execute(select(warning).where(warning.c.warning_id == warning_id)).mappings().one())

    def later(self, minutes: float) -> None:
        self.clock.advance(minutes * 60)

    def number(self, warning_id: str) -> str:
        return reveal_recipient(self.office, self.gu, warning_id).value

    def take(self, actor: Actor | None = None) -> dict[str, Any]:
        card = next_warning(self.office, actor or self.gu)
        assert card is not None
        return card

    def end(self, card: dict[str, Any], key: str, **more: Any) -> dict[str, Any]:
        return record_outcome(self.office, self.gu, card["warning_id"], card["next_attempt"], key, **more)


def make_desk(root: Path, desk_url: str = "") -> Desk:
    clock = FixedClock(NOON_US)
    office = init_centre(root, Settings(name="测试市反诈中心", desk_url=desk_url), clock)
    people = {"admin": ["admin"], "lin": ["approver"], "he": ["approver", "hotline", "commander"], "wu": ["auditor"]}
    for name, roles in people.items():
        add_person(office, SETUP, name, roles, name)
    return Desk(office, clock, warning_world(office, each=3))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """Made once on SQLite; each test works on its own copy."""
    made = make_desk(tmp_path_factory.mktemp("hotline") / "centre")
    made.office.desk.close()
    return made.office.centre.root, made.made


@pytest.fixture
def hotline(template: tuple[Path, dict[str, list[str]]], tmp_path: Path) -> Iterator[Desk]:
    """A desk of the hotline on SQLite."""
    shutil.copytree(template[0], tmp_path / "centre")
    clock = FixedClock(NOON_US)
    opened = Desk(open_office(tmp_path / "centre", clock), clock, template[1])
    yield opened
    opened.office.desk.close()


@pytest.fixture
def either(tmp_path: Path, desk_url: str) -> Iterator[Desk]:
    """The same on both databases."""
    opened = make_desk(tmp_path / "centre", desk_url)
    yield opened
    opened.office.desk.close()


def test_operators_in_parallel_never_have_the_same_person_on_the_line(either: Desk) -> None:
    for i, line in enumerate(known_lines(either.office, 40)[20:]):
        add_warning(either.office, event_of("urgent", line, NOON_US, i), NOON_US)
    spoken: list[str] = []
    wrong: list[BaseException] = []

    def work(name: str) -> None:
        office = open_office(either.office.centre.root, either.clock)
        actor = find_actor(office, name)
        try:
            while card := next_warning(office, actor):
                record_outcome(office, actor, card["warning_id"], 1, "1")
                spoken.append(card["warning_id"])
        except BaseException as e:
            wrong.append(e)
        finally:
            office.desk.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("gu", "fang", "he")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(spoken) == len(set(spoken)) == 20 + 9, "everybody whose tier asks for a call, once"


def test_the_most_urgent_first_and_nobody_picks(either: Desk) -> None:
    first = either.take()
    assert first["tier"] == "urgent"
    assert either.take()["warning_id"] == first["warning_id"], "the same until there is an outcome"
    assert either.take(either.fang)["warning_id"] != first["warning_id"]
    order = [first["tier"]]
    either.end(first, "1")
    while card := next_warning(either.office, either.gu):
        order.append(card["tier"])
        either.end(card, "1")
    assert order == ["urgent", "urgent", "high", "high", "high", "medium", "medium", "medium"]


def test_a_card_left_alone_is_free_after_ten_minutes_and_one_in_use_is_not(hotline: Desk) -> None:
    card = hotline.take()
    hotline.later(6)
    keep_warning(hotline.office, hotline.gu, card["warning_id"])
    hotline.later(6)
    assert hotline.take(hotline.fang)["warning_id"] != card["warning_id"]
    hotline.later(11)
    assert hotline.take(hotline.fang)["warning_id"] == card["warning_id"]
    with pytest.raises(RefusedError, match="CB-WA-142"):
        hotline.end(card, "1")


@pytest.mark.parametrize(("key", "outcome", "state", "reached"), [
    ("1", "dissuaded", "resolved", True), ("2", "money_sent", "resolved", True),
    ("3", "already_knew", "resolved", True), ("4", "false_alarm", "resolved", True),
    ("5", "refused", "open", True), ("6", "no_answer", "open", False),
    ("7", "wrong_person", "resolved", False), ("8", "needs_visit", "open", False), ("9", "other", "resolved", True),
])  # fmt: skip
def test_what_each_key_does(hotline: Desk, key: str, outcome: str, state: str, reached: bool) -> None:
    card = hotline.take()
    told = hotline.end(card, key, stake_fen=123, note="n")
    row = hotline.row(card["warning_id"])
    assert (told["outcome"], row["outcome"], row["state"]) == (outcome, outcome, state)
    assert (row["reached_at_us"] is not None) == reached
    assert (row["attempts"], row["holder"]) == (1, None)
    with pytest.raises(UsageError, match="CB-WA-144"):
        hotline.end(card, "0")


def test_who_was_dissuaded_is_neither_called_nor_sent_anything_again(hotline: Desk) -> None:
    card = hotline.take()
    send(hotline, card["warning_id"])
    hotline.end(card, "1")
    with hotline.office.desk.read() as conn:
        assert conn.execute(select(warning_send.c.state)).scalars().all() == ["cancelled"]
    for _ in range(12):
        hotline.later(30)
        while (again := next_warning(hotline.office, hotline.gu)) is not None:
            assert again["warning_id"] != card["warning_id"]
            hotline.end(again, "1")


def test_no_answer_is_called_again_at_growing_gaps_then_escalated(hotline: Desk) -> None:
    warning_id = hotline.made["high"][0]
    gaps = []
    for _ in range(3):
        card = open_warning(hotline.office, hotline.gu, warning_id)
        told = hotline.end(card, "6")
        gaps.append((told["call_at_us"] - hotline.clock.now_us()) // MIN_US if told["call_at_us"] else None)
        hotline.later(31)
    assert gaps == [5, 30, None]
    row = hotline.row(warning_id)
    assert row["escalated"] == 2
    assert row["visit_due_at_us"] is not None, "its tier visits people who were not reached"
    with hotline.office.desk.read() as conn:
        medium = hotline.made["medium"][0]
    for _ in range(3):
        hotline.end(open_warning(hotline.office, hotline.gu, medium), "6")
        hotline.later(31)
    with hotline.office.desk.read() as conn:
        sent = conn.execute(select(warning_send.c.channel).where(warning_send.c.warning_id == medium)).scalars().all()
    assert sent == ["sms"], "its tier texts them"
    other = hotline.made["medium"][1]
    for _ in range(3):
        hotline.later(31)
        hotline.end(open_warning(hotline.office, hotline.gu, other), "6")
    undo_outcome(hotline.office, hotline.gu)
    with hotline.office.desk.read() as conn:
        assert conn.execute(select(warning_send).where(warning_send.c.warning_id == other)).all() == []


def test_a_refusal_in_the_top_tier_opens_a_visit_and_elsewhere_another_call(hotline: Desk) -> None:
    with hotline.office.desk.begin() as conn:
        conn.execute(update(warning).values(visit_due_at_us=None))
    top = open_warning(hotline.office, hotline.gu, hotline.made["urgent"][0])
    assert hotline.end(top, "5")["visit_due_at_us"] == NOON_US + 15 * MIN_US
    high = open_warning(hotline.office, hotline.gu, hotline.made["high"][0])
    told = hotline.end(high, "5")
    assert (told["visit_due_at_us"], told["call_at_us"]) == (None, NOON_US + 5 * MIN_US)


def test_the_same_outcome_twice_is_one_and_another_is_refused(hotline: Desk) -> None:
    card = hotline.take()
    first, second = hotline.end(card, "6", note="忙音"), hotline.end(card, "6", note="again")
    assert (first["again"], second["again"]) == (False, True)
    with pytest.raises(RefusedError, match="CB-WA-145"):
        hotline.end(card, "1")
    with pytest.raises(RefusedError, match="CB-WA-145"):
        record_outcome(hotline.office, hotline.gu, card["warning_id"], 9, "6")
    with hotline.office.desk.read() as conn:
        assert conn.execute(select(warning_call.c.note)).scalars().all() == ["忙音"]


@pytest.mark.parametrize("key", list("13456789"))
def test_undo_within_a_minute_leaves_everything_as_it_was(hotline: Desk, key: str) -> None:
    card = hotline.take()
    send(hotline, card["warning_id"])
    open_visits(hotline.office)
    before = hotline.row(card["warning_id"])
    hotline.end(card, key)
    hotline.later(0.9)
    assert undo_outcome(hotline.office, hotline.gu) == card["warning_id"]
    after = hotline.row(card["warning_id"])
    moving = {"held_until_us", "updated_at_us"}
    assert {k: v for k, v in after.items() if k not in moving} == {k: v for k, v in before.items() if k not in moving}
    with hotline.office.desk.read() as conn:
        assert conn.execute(select(warning_send.c.state)).scalars().all() == ["due"]
        assert conn.execute(select(warning_call)).all() == []
        mine = select(visit.c.state).where(visit.c.warning_id == card["warning_id"])
        assert conn.execute(mine).scalars().all() == ["open"], "somebody goes there after all"
    hotline.end(card, "1")
    hotline.later(1.1)
    with pytest.raises(RefusedError, match="CB-WA-146"):
        undo_outcome(hotline.office, hotline.gu)
    with pytest.raises(RefusedError, match="CB-WA-146"):
        undo_outcome(hotline.office, hotline.fang)


def test_money_sent_takes_a_report_and_alerts_the_fund_desk_once(either: Desk) -> None:
    card, song = either.take(), find_actor(either.office, "song")
    told = either.end(card, "2", stake_fen=3_500_000, note="转到6222020200112233448，对方13800138000")
    assert either.end(card, "2")["report_id"] == told["report_id"]
    alert = list_alerts(either.office, song)[0]
    assert (alert["report_id"], alert["stake_fen"]) == (told["report_id"], 3_500_000)
    report = show_report(either.office, song, told["report_id"])
    assert report["loss_fen"] == 3_500_000
    assert "13800138000" not in str(report)
    with pytest.raises(RefusedError, match="CB-WA-149"):
        take_alert(either.office, either.gu, card["warning_id"])
    assert take_alert(either.office, song, card["warning_id"]) == told["report_id"]
    assert list_alerts(either.office, song) == []
    with pytest.raises(UsageError, match="CB-WA-147"):
        take_alert(either.office, song, card["warning_id"])
    either.later(0.1)
    other = either.take()
    either.end(other, "2")
    undo_outcome(either.office, either.gu)
    assert list_alerts(either.office, song) == [], "taken back with the outcome"


def test_a_long_call_is_kept_from_its_beginning_and_its_note_is_masked(hotline: Desk) -> None:
    card = hotline.take()
    for _ in range(3):
        hotline.later(4)
        keep_warning(hotline.office, hotline.gu, card["warning_id"])
    hotline.end(card, "9", note="让我打13800138000")
    with hotline.office.desk.read() as conn:
        call = conn.execute(select(warning_call)).mappings().one()
    assert call["note"].startswith("让我打[line:")
    assert (call["began_at_us"], call["ended_at_us"]) == (NOON_US, NOON_US + 12 * MIN_US)


def test_a_phrase_is_confirmed_by_its_own_person_and_never_twice(either: Desk) -> None:
    card = either.take()
    own, stranger = either.number(card["warning_id"]), "13911110011"
    phrase = card["proof"]["zh"]
    assert verify_phrase(either.office, GATEWAY, stranger, phrase)["answer"] == "none"
    assert verify_phrase(either.office, GATEWAY, own, phrase + "0")["answer"] == "wrong"
    assert verify_phrase(either.office, GATEWAY, own, f" {card['proof']['en'].upper()} ")["answer"] == "confirmed"
    assert verify_phrase(either.office, GATEWAY, own, phrase)["answer"] == "none", "heard once, it proves nothing"
    assert warning_card(either.office, either.gu, card["warning_id"])["proof"]["state"] == "confirmed"
    assert either.end(card, "1", refused=True)["verified"] == "phrase", "what we know goes before what is ticked"


def test_a_phrase_that_is_shown_is_used_up_and_another_can_be_made(hotline: Desk) -> None:
    card = hotline.take()
    own = hotline.number(card["warning_id"])
    shown = verify_phrase(hotline.office, GATEWAY, own, way="sms")
    assert shown["phrase"]["zh"] == card["proof"]["zh"]
    assert card["proof"]["zh"] in shown["text"]["zh"]
    assert verify_phrase(hotline.office, GATEWAY, own)["answer"] == "none"
    assert verify_phrase(hotline.office, GATEWAY, own, card["proof"]["zh"])["answer"] == "none"
    renew_phrase(hotline.office, hotline.gu, card["warning_id"])
    again = warning_card(hotline.office, hotline.gu, card["warning_id"])["proof"]
    assert (again["state"], again["code"]) == ("live", card["proof"]["code"])
    assert verify_phrase(hotline.office, GATEWAY, own, again["zh"])["answer"] == "confirmed"


def test_a_phrase_ends_by_time_by_wrong_tries_and_by_the_next_attempt(hotline: Desk) -> None:
    card = hotline.take()
    own = hotline.number(card["warning_id"])
    for _ in range(TRIES):
        verify_phrase(hotline.office, GATEWAY, own, "错词10")
    assert warning_card(hotline.office, hotline.gu, card["warning_id"])["proof"]["state"] == "locked"
    assert verify_phrase(hotline.office, GATEWAY, own, card["proof"]["zh"])["answer"] == "none"
    renew_phrase(hotline.office, hotline.gu, card["warning_id"])
    fresh = warning_card(hotline.office, hotline.gu, card["warning_id"])["proof"]
    hotline.later(9)
    keep_warning(hotline.office, hotline.gu, card["warning_id"])
    hotline.later(7)
    assert warning_card(hotline.office, hotline.gu, card["warning_id"])["proof"]["state"] == "expired"
    assert verify_phrase(hotline.office, GATEWAY, own, fresh["zh"])["answer"] == "none"
    hotline.end(card, "6")
    hotline.later(5)
    assert open_warning(hotline.office, hotline.gu, card["warning_id"])["proof"]["zh"] != fresh["zh"]


def test_nobody_finds_a_phrase_by_asking(hotline: Desk) -> None:
    card = hotline.take()
    own = hotline.number(card["warning_id"])
    for _ in range(WRONG):
        verify_phrase(hotline.office, GATEWAY, own, "错词10")
    with pytest.raises(RefusedError, match="CB-WA-156"):
        verify_phrase(hotline.office, GATEWAY, own, card["proof"]["zh"])
    hotline.later(11)
    verify_phrase(hotline.office, GATEWAY, own)
    with pytest.raises(RefusedError, match="CB-WA-159"):
        verify_phrase(hotline.office, "carriers", own)
    for bad in ({"line": "not a number"}, {"line": own, "said": "x" * 41}):
        with pytest.raises(InputError, match="CB-WA-159"):
            verify_phrase(hotline.office, GATEWAY, **bad)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(st.sampled_from(["right", "shown", "wrong", "english"]), max_size=4))
def test_whatever_is_asked_at_most_one_answer_is_a_yes(hotline: Desk, asked: list[str]) -> None:
    card = hotline.take()
    hotline.later(11)  # what was asked before is forgotten, and the card is taken anew
    renew_phrase_of(hotline, card["warning_id"])
    proof = warning_card(hotline.office, hotline.gu, card["warning_id"])["proof"]
    said = {"right": proof["zh"], "english": proof["en"], "shown": "", "wrong": "错词10"}
    answers = [verify_phrase(hotline.office, GATEWAY, "13911110000", said[one])["answer"] for one in asked]
    assert sum(answer in ("confirmed", "shown") for answer in answers) <= 1
    yes = [i for i, one in enumerate(asked) if one != "wrong"]
    assert answers[: yes[0]] == ["wrong"] * yes[0] if yes else set(answers) <= {"wrong"}


def renew_phrase_of(hotline: Desk, warning_id: str) -> None:
    open_warning(hotline.office, hotline.gu, warning_id)
    renew_phrase(hotline.office, hotline.gu, warning_id)


def test_phrases_are_drawn_from_all_there_are_and_kept_nowhere(hotline: Desk) -> None:
    card = hotline.take()
    with hotline.office.desk.read() as conn:
        row = conn.execute(select(warning_phrase)).mappings().one()
    assert card["proof"]["zh"] not in str(dict(row))
    drawn = {phrase_of(b"k" * 32, f"{i:032x}", "W-000000000000").zh for i in range(2_000)}
    assert len(drawn) > 1_900, "of about 62,000"
    assert phrase_of(b"x" * 32, "0" * 32, "W-1") != phrase_of(b"k" * 32, "0" * 32, "W-1")


def test_who_calls_back_with_the_code_is_on_the_line_with_whoever_answers(either: Desk) -> None:
    card = either.take()
    opened = open_warning(either.office, either.fang, card["proof"]["code"])
    assert (opened["warning_id"], opened["is_mine"], opened["proof"]["called_back"]) == (card["warning_id"], True, True)
    with pytest.raises(RefusedError, match="CB-WA-142"):
        either.end(card, "1")
    told = record_outcome(either.office, either.fang, card["warning_id"], 1, "1")
    assert told["verified"] == "call_back"
    either.later(121)
    with pytest.raises(UsageError, match="CB-WA-143"):
        open_warning(either.office, either.fang, card["proof"]["code"])


def test_who_opens_anothers_card_reads_it_without_its_phrase_or_number(hotline: Desk) -> None:
    card = hotline.take()
    looked = open_warning(hotline.office, hotline.fang, card["warning_id"])
    assert (looked["is_mine"], looked["held_by"], looked["proof"]) == (False, "gu", None)
    for verb in (reveal_recipient, renew_phrase, keep_warning):
        with pytest.raises(RefusedError, match="CB-WA-142"):
            verb(hotline.office, hotline.fang, card["warning_id"])
    with pytest.raises(UsageError, match="CB-WA-141"):
        open_warning(hotline.office, hotline.gu, "W-none")


def test_the_hotline_alone_works_calls(hotline: Desk) -> None:
    stranger = Actor("x", frozenset(Role) - {Role.HOTLINE})
    warning_id = hotline.made["urgent"][0]
    tries: list[Any] = [
        lambda: next_warning(hotline.office, stranger), lambda: open_warning(hotline.office, stranger, warning_id),
        lambda: record_outcome(hotline.office, stranger, warning_id, 1, "1"),
        lambda: undo_outcome(hotline.office, stranger), lambda: mute_warnings(hotline.office, stranger, warning_id),
        lambda: hotline_shift(hotline.office, stranger),
    ]  # fmt: skip
    for one in tries:
        with pytest.raises(RefusedError, match="CB-WA-140"):
            one()


def test_the_card_says_why_in_one_line_and_what_others_said_of_the_indicator(hotline: Desk) -> None:
    card = open_warning(hotline.office, hotline.gu, hotline.made["high"][0])
    assert card["why"]["zh"] == "与确认的诈骗号码通话，时长14分钟，3分钟前结束"
    assert card["why"]["en"] == "a call with a confirmed fraud line, 14 min long, ended 3 min ago"
    assert card["masked"] == "139 •••• 0003"
    hotline.end(card, "4")
    hotline.end(open_warning(hotline.office, hotline.gu, hotline.made["high"][1]), "1")
    said = open_warning(hotline.office, hotline.gu, hotline.made["high"][2])["said"]
    assert list(said.values()) == [{"fraud": 1, "false_alarm": 1, "wrong_person": 0}]


def test_the_shift_counts_what_was_done_and_what_comes(either: Desk) -> None:
    either.end(either.take(), "1")
    card = either.take()
    verify_phrase(either.office, GATEWAY, either.number(card["warning_id"]))
    either.end(card, "6")
    told = hotline_shift(either.office, either.gu)
    assert told["shift"] == {"calls": 2, "reached": 1, "dissuaded": 1, "verified": 1}
    assert [row["warning_id"] for row in told["again"]] == [card["warning_id"]]
    assert told["waiting"] == 7
    assert verify_log(either.office)["sound"]


def test_a_mute_lasts_as_long_as_was_asked(hotline: Desk) -> None:
    warning_id = hotline.made["low"][0]
    assert mute_warnings(hotline.office, hotline.gu, warning_id, 30) == NOON_US + 30 * 1440 * MIN_US
    with pytest.raises(UsageError, match="CB-WA-158"):
        mute_warnings(hotline.office, hotline.gu, warning_id, 181)
    mute_warnings(hotline.office, hotline.gu, warning_id, 0)
    with hotline.office.desk.read() as conn:
        assert conn.execute(select(warning_mute)).all() == []


@pytest.mark.parametrize("fraud", sorted(shipped()))
def test_every_script_says_first_what_we_never_ask_for(fraud: str) -> None:
    script = shipped()[fraud]
    assert faults(script) == []
    for lang in LANGS:
        start = script.in_(lang).filled("测试市反诈中心", "96110").opening[: WITHIN[lang]].lower()
        assert all(term in start for term in NEVER[lang])
        assert word(f"warnings_hotline.type.{fraud}", lang)


def test_a_script_needs_two_people_and_the_newest_approved_is_shown(hotline: Desk) -> None:
    office, he, lin = hotline.office, find_actor(hotline.office, "he"), find_actor(hotline.office, "lin")
    mine = show_script(office, he, "police")
    mine.pop("fraud")
    mine["zh"]["spell"] = "没有安全账户这回事。"
    assert propose_script(office, he, "police", yaml.safe_dump(mine, allow_unicode=True), "太长") == 2
    with pytest.raises(RefusedError, match="CB-WA-157"):
        decide_script(office, he, "police", 2, approve=True)
    with pytest.raises(RefusedError, match="CB-WA-155"):
        decide_script(office, hotline.gu, "police", 2, approve=True)
    assert shown_to(hotline) == {"police.1"}
    decide_script(office, lin, "police", 2, approve=True)
    assert shown_to(hotline) == {"police.2"}
    card = hotline.take()
    assert card["script"]["zh"]["spell"] == "没有安全账户这回事。"
    hotline.end(card, "6")
    told = {(row["version"], row["state"], row["shown"], row["spoken"]) for row in list_scripts(office, he, "police")}
    assert told == {(1, "retired", False, 0), (2, "approved", True, 1)}
    with pytest.raises(UsageError, match="CB-WA-153"):
        decide_script(office, lin, "police", 2, approve=True)


def test_versions_that_are_compared_are_drawn_by_the_warning(either: Desk) -> None:
    office, he, lin = either.office, find_actor(either.office, "he"), find_actor(either.office, "lin")
    for i, line in enumerate(known_lines(office, 40)[20:]):
        add_warning(office, event_of("urgent", line, NOON_US, 100 + i), NOON_US)
    body = yaml.safe_dump(shipped()["police"].model_dump(), allow_unicode=True)
    propose_script(office, he, "police", body, "试一试")
    decide_script(office, lin, "police", 2, approve=True, beside=True)
    assert shown_to(either) == {"police.1", "police.2"}
    assert {row["version"] for row in list_scripts(office, he, "police") if row["shown"]} == {1, 2}
    propose_script(office, he, "police", body, "定下来")
    decide_script(office, lin, "police", 3, approve=True)
    assert shown_to(either) == {"police.3"}


@pytest.mark.parametrize(("path", "value", "code"), [
    (("zh", "opening"), "您好，这里是{centre}{hotline}。", "CB-WA-151"),
    (("zh", "spell"), "请打开 http://a.cn 核实。", "CB-WA-151"),
    (("en", "now"), ["Call 13800138000", "wait"], "CB-WA-151"), (("zh", "questions"), ["一个？"], "CB-WA-150"),
    (("zh", "spell"), "我是{operator}，听我说。", "CB-WA-151"), (("author",), "", "CB-WA-150"),
])  # fmt: skip
def test_a_script_that_must_not_be_spoken_is_never_proposed(
    hotline: Desk, path: tuple[str, ...], value: Any, code: str
) -> None:
    script = shipped()["general"].model_dump()
    at: Any = script
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    body = yaml.safe_dump(script, allow_unicode=True)
    with pytest.raises(ChainbreakError, match=code):
        propose_script(hotline.office, hotline.gu, "general", body, "x")


def shown_to(hotline: Desk) -> set[str]:
    """The versions of the police script that cards show."""
    with hotline.office.desk.read() as conn:
        ids = conn.execute(select(warning.c.warning_id).where(warning.c.fraud == "police")).scalars().all()
    return {warning_card(hotline.office, hotline.gu, warning_id)["script"]["shown"] for warning_id in ids}


def send(hotline: Desk, warning_id: str) -> None:
    """A message about a warning that has not left yet."""
    now = hotline.clock.now_us()
    with hotline.office.desk.begin() as conn:
        conn.execute(insert(warning_send).values(
            send_id=warning_id.ljust(32, "0"), warning_id=warning_id, recipient="line:0", campaign="c", channel="bank",
            purpose="warn", rank=0, state="due", reason="", planned_at_us=now, due_at_us=now, attempts=0, receipt="",
            expires_at_us=now + 600 * MIN_US,
        ))  # fmt: skip
        conn.execute(update(warning).where(warning.c.warning_id == warning_id).values(updated_at_us=now))
