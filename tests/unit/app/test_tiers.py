"""A change of the tiers: tried on past days, decided by somebody else, in force; the same days give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from measure_world import Measured, call, document, number_of
from warning_world import known_lines

from chainbreak.act.warnings.tiers import preset_text
from chainbreak.app.back_test_tiers import canonical
from chainbreak.app.bootstrap import Office
from chainbreak.app.current_policy import current_policy
from chainbreak.app.decide_tiers import approve_tiers, decline_tiers, withdraw_tiers
from chainbreak.app.list_tiers import back_test_again, list_tiers, show_tiers
from chainbreak.app.propose_tiers import propose_tiers
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import Actor, Role

CHEN = Actor("chen", frozenset({Role.ANALYST}))
LIN, HE = Actor("lin", frozenset({Role.APPROVER})), Actor("he", frozenset({Role.APPROVER, Role.COMMANDER}))
AUDITOR = Actor("wu", frozenset({Role.AUDITOR}))
SOONER = preset_text("four").replace("name: four", "name: four-2", 1).replace("above: 600", "above: 300")
WHY = "五分钟的通话已足以转账"


@pytest.fixture
def world(new_office: Office, tmp_path: Path) -> Measured:
    """Forty calls of the last days, of six minutes or twelve; four of the people lost money half an hour later."""
    made = Measured(new_office, tmp_path / "files")
    lines = known_lines(new_office, 40)
    reports = []
    for n, line in enumerate(lines):
        at = made.now - (1 + n % 9) * US_PER_DAY
        made.warn(call(line, at, 360 if n % 2 else 720, stake_fen=n * 100, campaign=f"series:{n}"), retracted=n == 39)
        if n % 10 == 1:
            reports.append((f"r{n}", at + 30 * US_PER_MIN, at + 12 * US_PER_HOUR, 100_000, document(n)))
    made.register([(number_of(n), document(n)) for n in range(40)])
    made.reports(reports)
    return made


def name_in_force(office: Office) -> str:
    with office.desk.read() as conn:
        return current_policy(conn, office).name


def test_a_proposal_says_who_would_have_been_reached_at_what_work(world: Measured) -> None:
    told = propose_tiers(world.office, CHEN, SOONER, WHY, operator_hours=8)
    tried = told["back_test"]
    old, new = ({row["tier"]: row for row in tried[side]["tiers"]} for side in ("old", "new"))
    assert (old["high"]["warnings"], old["medium"]["warnings"]) == (20, 20)
    assert (new["high"]["warnings"], new["medium"]["warnings"]) == (40, 0)
    assert tried["moves"]["counts"] == {"up": 20, "down": 0, "new": 0, "gone": 0}
    assert [row["stake_fen"] for row in tried["moves"]["examples"]["up"]] == [3900, 3700, 3500, 3300, 3100]
    assert all(row["recipient"].startswith("line:") for row in tried["moves"]["examples"]["up"])
    assert tried["old"]["before_paying"] == {"lost": 4, "seen": 4, "called": 0, "told": 0}
    assert tried["new"]["before_paying"] == {"lost": 4, "seen": 4, "called": 4, "told": 0}
    assert (tried["new"]["work"]["calls_a_day"], tried["capacity_hours"]) == (round(40 / 14, 2), 8)
    assert tried["new"]["work"]["hours_a_day"] == pytest.approx(40 / 14 * 3 / 60, abs=0.01)
    assert [row["where"] for row in told["changes"]] == [
        ("tiers", "high", "when", "duration_s above 300, kind call.fraud_line"),
        ("tiers", "high", "when", "duration_s above 600, kind call.fraud_line"),
    ]
    assert (old["high"]["taken_back"], new["high"]["taken_back"]) == (0, 1)


def test_the_same_days_give_the_same_bytes_until_a_contact_is_told_of_further(world: Measured) -> None:
    propose_tiers(world.office, CHEN, SOONER, WHY)
    again = back_test_again(world.office, AUDITOR, 1)
    assert again["same"]
    assert canonical(json.loads(canonical(again["back_test"]))) == canonical(again["back_test"])
    world.warn(call(known_lines(world.office, 1)[0], world.now - 3 * US_PER_HOUR, 900))
    again = back_test_again(world.office, AUDITOR, 1)
    assert not again["same"]
    assert again["digest_was"] != again["digest_is"]


def test_another_approver_decides_and_the_newest_approved_is_in_force(world: Measured) -> None:
    office = world.office
    propose_tiers(office, HE, SOONER, WHY)
    with pytest.raises(RefusedError, match="CB-WA-186"):
        approve_tiers(office, HE, 1)
    with pytest.raises(RefusedError, match="CB-WA-180"):
        approve_tiers(office, CHEN, 1)
    assert name_in_force(office) == "four"
    approve_tiers(office, LIN, 1)
    assert name_in_force(office) == "four-2"
    assert list_tiers(office, AUDITOR)["body"] == SOONER
    with pytest.raises(RefusedError, match="CB-WA-191"):
        decline_tiers(office, LIN, 1, "后悔了")


def test_what_was_tried_against_other_tiers_is_not_put_in_force(world: Measured) -> None:
    later = SOONER.replace("four-2", "four-3").replace("contact_min: 10", "contact_min: 8")
    propose_tiers(world.office, CHEN, SOONER, WHY)
    propose_tiers(world.office, CHEN, later, WHY)
    approve_tiers(world.office, LIN, 1)
    with pytest.raises(RefusedError, match="CB-WA-188"):
        approve_tiers(world.office, LIN, 2)
    withdraw_tiers(world.office, CHEN, 2)
    told = propose_tiers(world.office, CHEN, later.replace("four-3", "four-4"), WHY)
    approve_tiers(world.office, LIN, told["version"])
    assert name_in_force(world.office) == "four-4"
    assert show_tiers(world.office, AUDITOR, 1)["old"].name == "four"


def test_declined_says_why_and_leaves_everything(world: Measured) -> None:
    propose_tiers(world.office, CHEN, SOONER, WHY)
    with pytest.raises(UsageError, match="CB-WA-184"):
        decline_tiers(world.office, LIN, 1, " ")
    decline_tiers(world.office, LIN, 1, "人手不够")
    shown = show_tiers(world.office, AUDITOR, 1)
    assert (shown["state"], shown["decided_by"], shown["decided_why"]) == ("declined", "lin", "人手不够")
    assert not shown["may_decide"]
    assert name_in_force(world.office) == "four"
    propose_tiers(world.office, CHEN, SOONER.replace("four-2", "four-3"), WHY)
    with pytest.raises(RefusedError, match="CB-WA-186"):
        withdraw_tiers(world.office, LIN, 2)


@pytest.mark.parametrize(
    ("text", "why", "days", "code"),
    [
        (SOONER, " ", 14, "CB-WA-184"), (SOONER, WHY, 93, "CB-WA-190"),
        (SOONER.replace("ttl_h: 12", "ttl: 12"), WHY, 14, "CB-WA-181"),
        (SOONER.replace("four-2", "three"), WHY, 14, "CB-WA-182"), (preset_text("four"), WHY, 14, "CB-WA-183"),
    ],
)  # fmt: skip
def test_what_cannot_be_proposed(world: Measured, text: str, why: str, days: int, code: str) -> None:
    with pytest.raises((InputError, UsageError), match=code):
        propose_tiers(world.office, CHEN, text, why, days=days)
    assert list_tiers(world.office, AUDITOR)["changes"] == []


def test_a_name_is_used_once_and_a_dry_run_keeps_nothing(world: Measured) -> None:
    assert propose_tiers(world.office, CHEN, SOONER, WHY, dry_run=True)["version"] == 0
    assert list_tiers(world.office, AUDITOR)["changes"] == []
    propose_tiers(world.office, CHEN, SOONER, WHY)
    with pytest.raises(InputError, match="four-3"):
        propose_tiers(world.office, CHEN, SOONER.replace("above: 300", "above: 400"), WHY)
    for role in set(Role) - {Role.HOTLINE, Role.ANALYST, Role.ENGINEER, Role.COMMANDER}:
        with pytest.raises(RefusedError, match="CB-WA-180"):
            propose_tiers(world.office, Actor("x", frozenset({role})), SOONER, WHY)


def test_every_step_is_in_the_log(world: Measured) -> None:
    from sqlalchemy import select

    from chainbreak.audit.tables import entries

    propose_tiers(world.office, CHEN, SOONER, WHY)
    decline_tiers(world.office, LIN, 1, "人手不够")
    with world.office.desk.read() as conn:
        rows = conn.execute(select(entries.c.actor, entries.c.object).where(entries.c.action == "warning.policy")).all()
    assert [tuple(row) for row in rows] == [("chen", "policy:1"), ("lin", "policy:1")]
