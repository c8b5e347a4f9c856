"""The loop detect, warn, intercept: the warning side knows nothing before its time, and its desk keeps its rules."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.act.warnings.model import ContactEvent
from chainbreak.act.warnings.tiers import preset, read_policy
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, parse_moment
from chainbreak.bench.warnings import loop_contacts, loop_desk
from chainbreak.bench.warnings.loop import ARMS, RULE, UNWARNED, Arm, Delays, Loop
from chainbreak.bench.warnings.loop_contacts import DOMAIN, LINE, Indicator, contacts
from chainbreak.bench.warnings.loop_desk import BELIEVED, NO_ANSWER, SETTLED, Desk, Staff
from chainbreak.bench.warnings.loop_score import summary
from chainbreak.bench.warnings.loop_town import READ, DayMade, History, Town, history
from chainbreak.city.reactions import assumed
from chainbreak.city.state import State
from chainbreak.city.world import ZONE

NOON = parse_moment("2026-11-02", ZONE) + 12 * US_PER_HOUR
TINY = 303


def call(recipient: int, at_us: int, seconds: int = 700, line: str = "L") -> tuple[int, ContactEvent]:
    """A talk with a confirmed line, known as soon as it ended."""
    ended = at_us + seconds * 1_000_000
    ref, facts = f"{at_us}-{seconds}", {"duration_s": seconds, "outgoing": False}
    return ended, ContactEvent("call.fraud_line", f"{recipient}", at_us, "finding:1", "records", ref, line, "C",
                               ended_at_us=ended, facts=facts)  # fmt: skip


def desk(operators: int = 1, visitors: int = 1, rule: bool = False) -> Desk:
    """A desk with the four tiers, or with the rule of thumb."""
    return Desk(read_policy(RULE) if rule else preset("four"), Staff(operators, visitors), ZONE)


def silent(number: str, at_us: int, channel: str, tier: str) -> str:
    """Nobody is ever reached."""
    return NO_ANSWER


def test_the_warning_side_imports_nothing_of_the_city() -> None:
    for module in (loop_contacts, loop_desk):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not [name for name in named if "city" in name or "loop_town" in name], module.__name__


def test_three_attempts_at_growing_gaps_and_then_a_visit() -> None:
    one = desk()
    one.run([call(1, NOON)], NOON + US_PER_DAY, silent)
    calls = [made.at_us for made in one.made if made.channel == "call"]
    ended = NOON + 700_000_000
    assert [at - ended for at in calls] == [0, 5 * US_PER_MIN, 35 * US_PER_MIN]
    (visit,) = [made for made in one.made if made.channel == "visit"]
    assert visit.at_us == calls[-1] + 20 * US_PER_MIN


def test_nobody_is_tried_again_after_he_believed_us() -> None:
    one = desk()
    one.run([call(1, NOON), call(1, NOON + US_PER_MIN, 640)], NOON + US_PER_DAY, lambda *_: BELIEVED)
    assert [made.channel for made in one.made] == ["call"]


def test_a_short_talk_in_the_night_waits_for_the_morning_and_a_long_one_does_not() -> None:
    late = NOON + 11 * US_PER_HOUR
    one = desk()
    one.run([call(1, late, 130), call(2, late, 900)], NOON + 2 * US_PER_DAY, lambda *_: BELIEVED)
    first = {made.number: made.at_us for made in reversed(one.made)}
    assert first["1"] == parse_moment("2026-11-03", ZONE) + 8 * US_PER_HOUR
    assert first["2"] == late + 900_000_000


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 300), st.integers(5, 1_500)), max_size=25),
       st.integers(1, 3), st.integers(0, 5), st.integers(1, 299))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_desk_never_exceeds_its_people_and_never_knows_the_future(
    talks: list[tuple[int, int, int]], operators: int, mood: int, cut: int
) -> None:
    def answer(number: str, at_us: int, channel: str, tier: str) -> str:
        return (NO_ANSWER, SETTLED, BELIEVED)[(int(number) + mood + at_us // US_PER_MIN) % 3]

    events = sorted((call(who, NOON + minute * US_PER_MIN, seconds) for who, minute, seconds in talks),
                    key=lambda pair: (pair[0], pair[1].event_id))  # fmt: skip
    whole, part = desk(operators), desk(operators)
    whole.run(events, NOON + US_PER_DAY, answer)
    until = NOON + cut * US_PER_MIN
    part.run([pair for pair in events if pair[0] < until], until, answer)
    assert part.made == [made for made in whole.made if made.at_us < until]
    calls = [made.at_us for made in whole.made if made.channel == "call"]
    for at in calls:
        assert sum(at - US_PER_MIN < other <= at for other in calls) <= operators
    texts = Counter(made.number for made in whole.made if made.channel == "sms")
    assert all(count <= 2 for count in texts.values())


def test_a_copy_of_a_desk_leaves_the_first_as_it_was() -> None:
    one = desk()
    one.run([call(1, NOON)], NOON + 15 * US_PER_MIN, silent)
    before, two = len(one.made), one.copy()
    two.run([call(1, NOON + 20 * US_PER_MIN, line="M")], NOON + US_PER_DAY, silent)
    assert len(one.made) == before < len(two.made)
    assert {"L"} == one.warnings[one.made[0].warning_id].indicators


@pytest.fixture(scope="module")
def town() -> Town:
    """A tiny city."""
    return Town.of("tiny", TINY)


@pytest.fixture(scope="module")
def found(town: Town, tmp_path_factory: pytest.TempPathFactory) -> History:
    """What detectors find in it when nobody acts, looking twice a day."""
    return history(town, tmp_path_factory.mktemp("loop"), False, Delays().confirm_us, 12)


@pytest.fixture(scope="module")
def first_day(town: Town) -> DayMade:
    """Its first day without warnings."""
    return town.day(State.initial(town.world), [], assumed())


def test_records_to_come_do_not_change_what_is_known(town: Town, found: History, first_day: DayMade) -> None:
    dawn = town.world.day_us(1)
    indicators = found.indicators(0)
    window = (dawn, dawn + US_PER_DAY)
    whole = contacts(first_day.tables, indicators, town.registers, US_PER_MIN, window)
    assert whole
    until = dawn + 16 * US_PER_HOUR
    times = {"call": "at_us", "lookup": "at_us", "message": "at_us", "transfer": "booked_at_us"}
    early = {kind: first_day.tables[kind].filter(pc.less(first_day.tables[kind][time], until))
             for kind, time in times.items()}  # fmt: skip
    by_then = [one for one in indicators if one.since_us < until]
    part = contacts(early, by_then, town.registers, US_PER_MIN, (dawn, until))
    assert [(at, event.event_id) for at, event in part] == [
        (at, event.event_id) for at, event in whole if at < until
    ]  # fmt: skip


def test_nothing_is_known_before_it_was_confirmed(town: Town, found: History, first_day: DayMade) -> None:
    dawn = town.world.day_us(1)
    delay = Delays().confirm_us
    assert all((one.read_until_us - dawn) % (12 * US_PER_HOUR) == 0 for one in found.found)
    for at_us, event in contacts(first_day.tables, found.indicators(delay), town.registers, 0,
                                 (dawn, dawn + 3 * US_PER_DAY)):  # fmt: skip
        since = min(one.since_us for one in found.indicators(delay) if one.value == event.indicator)
        assert at_us >= since >= dawn + 12 * US_PER_HOUR + delay


def test_the_same_inputs_give_the_same_play_and_the_day_settles(town: Town, found: History) -> None:
    arm = next(arm for arm in ARMS if arm.name == "warn only")
    one, two = (Loop(town, found, arm, preset("four"), Delays()) for _ in range(2))
    assert one.play() == two.play()
    assert one.desk.made == two.desk.made
    assert [(row["number"], row["at_us"]) for row in one.rows] == [(made.number, made.at_us) for made in one.desk.made]


def test_people_act_on_what_they_heard_and_no_warning_costs_nothing(town: Town, found: History) -> None:
    nobody = Arm("nobody", rule="tiers", staff=Staff(0, 0), changed={"reads_text": 0, "sees_push": 0,
                 "believes_bank": 0})  # fmt: skip
    few, many = (Arm("x", rule="tiers", staff=Staff(n, n)) for n in (1, 1_000))
    lost = [Loop(town, found, arm, preset("four"), Delays()).play().lost_yuan for arm in (nobody, few, many)]
    none = sum(case["loss_fen"] for case in found.cases.values()) / 100
    assert lost[0] == pytest.approx(none)
    assert lost[2] <= lost[1] <= none


def test_rows_say_what_the_arms_are_compared_with(town: Town, found: History) -> None:
    arm = next(arm for arm in ARMS if arm.name == "warn only")
    after = Loop(town, found, arm, preset("four"), Delays()).play()
    before = after.__class__(**{**vars(after), "lost_yuan": after.lost_yuan + 50, "warnings": 0})
    rows = summary({"none": [before, before], "warn only": [after, after]}, UNWARNED)
    assert rows[0].keys() == rows[1].keys()
    assert rows[0]["saved_of_none_yuan"] is None
    assert rows[1]["saved_of_none_yuan"] == rows[1]["saved_by_warning_yuan"] == 50
    assert rows[1]["saved_of_none_low"] == rows[1]["saved_of_none_high"] == 50


def test_a_domain_named_in_a_text_and_a_page_opened_are_contacts() -> None:
    empty = {name: pa.array([], pa.string()) for name in ("msisdn", "peer", "kind", "payer", "payee", "transfer_id")}
    none = pa.array([], pa.int64())
    records = {
        "call": pa.table({"msisdn": empty["msisdn"], "peer": empty["peer"], "kind": empty["kind"], "at_us": none,
                          "duration_s": none, "answered": pa.array([], pa.bool_())}),
        "transfer": pa.table({**{k: empty[k] for k in ("payer", "payee", "transfer_id", "kind")},
                              "booked_at_us": none, "amount_fen": none}),
        "lookup": pa.table({"at_us": [NOON, NOON + US_PER_MIN], "client": ["1"] * 2, "domain": ["bad.top"] * 2}),
        "message": pa.table({"at_us": [NOON], "sender": ["9"], "recipient": ["2"], "text": ["去 bad.top 看"]}),
    }  # fmt: skip
    told = [Indicator(DOMAIN, "bad.top", NOON - US_PER_DAY, "finding:1", "bad.top"), Indicator(LINE, "7", 0, "f", "c")]
    found = contacts(records, told, loop_contacts.Registers({}), US_PER_MIN, (NOON, NOON + US_PER_HOUR))
    assert sorted((event.kind, event.recipient) for _, event in found) == [
        ("sms.template", "2"), ("visit.scam_domain", "1")]  # fmt: skip
    assert set(records) <= set(READ)
