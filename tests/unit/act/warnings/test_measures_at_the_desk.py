"""Measures, a change of the tiers and a trigger's review on both databases: the same figures, the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from measure_world import Measured, a_drawn_month, call
from warning_world import known_lines

from chainbreak.act.warnings.tiers import preset_text
from chainbreak.app.decide_tiers import approve_tiers
from chainbreak.app.init_centre import init_centre
from chainbreak.app.list_tiers import back_test_again, list_tiers
from chainbreak.app.propose_tiers import propose_tiers
from chainbreak.app.retire_scripts import retire_worse_scripts
from chainbreak.app.trigger_precision import review_triggers
from chainbreak.app.warning_labels import warning_labels
from chainbreak.app.warning_measures import warning_measures
from chainbreak.base.clock import US_PER_DAY, FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records.actor import Actor, Role

NOON_US = 1_795_147_200_000_000
CHEN, LIN = Actor("chen", frozenset({Role.ANALYST})), Actor("lin", frozenset({Role.APPROVER}))
SOONER = preset_text("four").replace("name: four", "name: four-2", 1).replace("from: 120", "from: 100")


@pytest.fixture
def past(desk_url: str, tmp_path: Path) -> Iterator[Measured]:
    office = init_centre(tmp_path / "centre", Settings(desk_url=desk_url), FixedClock(NOON_US))
    world = Measured(office, tmp_path / "files")
    lines = known_lines(office, 130)
    a_drawn_month(world, lines[:100])
    with world.at_once():
        for n, line in enumerate(lines[100:]):
            event = call(line, world.now - 2 * US_PER_DAY, 300, campaign=f"series:{n}")
            world.warn(event, outcome="false_alarm", reached_min=3, told_min=1)
    yield world
    office.desk.close()


def test_every_question_is_answered_alike_on_both_databases(past: Measured) -> None:
    office = past.office
    found = warning_measures(office, CHEN)
    assert [(row["tier"], row["warnings"], row["unknown"]) for row in found["tiers"]] == [
        ("", 130, 0), ("high", 100, 0), ("medium", 30, 0),
    ]  # fmt: skip
    assert (found["uplift"]["early"] + found["uplift"]["late"], found["uplift"]["campaigns"]) == (100, 30)
    assert found["calls"]["verified"] | {"low": 0, "high": 0} == {
        "n": 100,
        "hits": 50,
        "rate": 0.5,
        "low": 0,
        "high": 0,
    }
    assert [(row["trigger"], row["fraud"], row["false"]) for row in found["triggers"]] == [
        ("duration_s above 600, kind call.fraud_line", 66, 34),
        ("duration_s from 120, kind call.fraud_line", 0, 30),
    ]
    assert len(warning_labels(office, CHEN)) == 130
    assert review_triggers(office) == [1]
    assert retire_worse_scripts(office) == []
    told = propose_tiers(office, CHEN, SOONER, "试")
    assert told["back_test"]["contacts"]["n"] == 30
    assert back_test_again(office, CHEN, 1)["same"]
    approve_tiers(office, LIN, 1)
    assert list_tiers(office, CHEN)["policy"].name == "four-2"
