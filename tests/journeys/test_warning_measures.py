"""Journeys: an analyst has tiers changed by way of a second person; a commander reads what warnings achieve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from measure_world import Measured, a_drawn_month, call
from warning_world import known_lines

from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR

SignIn = Callable[..., Any]


@pytest.fixture
def past(office: Office, tmp_path: Path) -> Measured:
    """Thirty calls of six minutes in the last days."""
    world = Measured(office, tmp_path / "files")
    for n, line in enumerate(known_lines(office, 30)):
        at = world.now - (1 + n % 5) * US_PER_DAY - US_PER_HOUR
        world.warn(
            call(line, at, 360, campaign=f"series:{n}", stake_fen=n * 10_000), outcome="dissuaded", reached_min=5
        )
    return world


def test_tiers_are_changed_by_two_people(past: Measured, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.goto(address + "/warnings/tiers")
    body = chen.input_value("#body")
    chen.fill("#body", body.replace("above: 600", "above: 300").replace("app.installed", "app.instaled"))
    chen.fill("#why", "五分钟的通话已足以转账")
    chen.click("form.propose button")
    told = chen.inner_text(".wrongs")
    assert "第22行" in told
    assert "did you mean app.installed?" in told
    assert chen.input_value("#why") == "五分钟的通话已足以转账", "nothing that was typed is lost"
    chen.fill("#body", body.replace("above: 600", "above: 300"))
    chen.click("form.propose button")
    assert "four-2" in chen.inner_text(".wrongs"), "the name to take is told"
    chen.fill("#body", body.replace("above: 600", "above: 300").replace("name: four", "name: four-2", 1))
    chen.click("form.propose button")
    chen.wait_for_selector(".differs")
    assert "与确认的诈骗号码通话，且时长超过5分钟" in chen.inner_text(".differs")
    assert chen.inner_text(".moved .n >> nth=0") == "30"
    assert chen.locator("text=批准并生效").count() == 0, "nobody decides on his own"

    lin = sign_in("lin")
    lin.goto(address + "/warnings/tiers/1")
    lin.click("text=批准并生效")
    lin.wait_for_url("**/warnings/tiers")
    assert "four-2" in lin.inner_text(".tier-page header >> nth=0")
    assert "超过5分钟" in lin.inner_text(".tiers-table")
    assert "已批准" in lin.inner_text(".tier-page")


def test_what_warnings_achieve_is_told_with_intervals_or_not_at_all(
    past: Measured, address: str, sign_in: SignIn
) -> None:
    he = sign_in("he")
    he.goto(address + "/warnings/measures")
    worth = he.inner_text(".worth")
    assert worth.count("尚不可知") == 5, "both shares, the difference twice, the loss averted"
    assert "每边至少要30人" in worth
    assert "从不与之相加" in worth
    precise = he.inner_text("table.measured >> nth=0 >> tr.is-all")
    assert "100% 89–100 (30/30)" in precise
    a_drawn_month(past, known_lines(past.office, 200))
    he.reload()
    assert "尚不可知" not in he.inner_text(".worth .figures")
    assert he.locator(".forest .estimate").count() == 1
    assert "95%区间" in he.inner_text(".worth .side")
    he.set_viewport_size({"width": 390, "height": 844})
    assert he.evaluate("document.documentElement.scrollWidth") <= 390
