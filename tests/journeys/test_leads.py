"""In a real browser: a finding becomes a lead and comes back as an outcome, by key, through four people's hands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from desk_world import SETUP

from chainbreak.act.leads.drafting import Wish
from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.draft_lead import draft_lead
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_findings import list_findings
from chainbreak.app.show_lead_file import show_lead_file
from chainbreak.store.desk.findings import Filter

SignIn = Callable[..., Any]


def press(page: Any, key: str, then: str) -> None:
    page.wait_for_load_state()  # the scripts that listen have run by then
    page.keyboard.press(key)
    page.wait_for_selector(then)


def state_of(office: Office, lead_id: str) -> str:
    return str(show_lead_file(office, find_actor(office, "wu"), lead_id)["state"])


@pytest.fixture
def ids(office: Office) -> list[str]:
    """Six leads that chen drafted, and an officer."""
    add_person(office, SETUP, "ma", ["officer"], "马警官")
    found = [row["finding_id"] for row in list_findings(office, Filter(None))][:6]
    chen = find_actor(office, "chen")
    return [draft_lead(office, chen, Wish(findings=(f,), unit="南屏区", case_ref="C-7")).lead_id for f in found]


@pytest.mark.browser
def test_a_finding_becomes_a_lead_and_an_outcome_by_key(office: Office, address: str, sign_in: SignIn) -> None:
    add_person(office, SETUP, "ma", ["officer"], "马警官")
    chen = sign_in("chen")
    chen.goto(f"{address}/findings")
    press(chen, "n", "#detail .facts")
    press(chen, "e", '.notice:has-text("已起草核查单")')
    assert chen.url.startswith(f"{address}/leads/L-000001")
    assert not chen.query_selector('[data-key="y"]'), "nobody reviews their own"

    lin = sign_in("lin")
    lin.goto(f"{address}/leads")
    press(lin, "n", '.detail-head:has-text("L-000001")')
    press(lin, "y", '.detail-head:has-text("待派发")')
    lin.wait_for_selector('#row-L-000001 [data-state]:has-text("待派发")')
    press(lin, "z", '.detail-head:has-text("待审核")')
    press(lin, "y", '.detail-head:has-text("待派发")')

    he = sign_in("he")
    he.goto(f"{address}/leads?stage=dispatch")
    press(he, "j", '.detail-head:has-text("待派发")')
    he.fill('.actions input[name="unit"]', "东湖区")
    he.select_option('.actions select[name="hours"]', "24")
    he.keyboard.press("Escape")
    he.click('.actions button[data-key="d"]')
    he.wait_for_selector('.lead-facts:has-text("东湖区")')
    assert "还剩" in he.inner_text(".lead-facts")

    ma = sign_in("ma")
    ma.goto(f"{address}/leads")
    press(ma, "n", '.detail-head:has-text("L-000001")')
    press(ma, "a", '.detail-head:has-text("已接办")')
    press(ma, "w", "details.pop[open] textarea:focus")
    ma.keyboard.type("已到现场")
    ma.click('details.pop[open] button:has-text("记录进展")')
    ma.wait_for_selector('.detail-head:has-text("核查中")')
    press(ma, "1", '.detail-head:has-text("已查获")')
    assert state_of(office, "L-000001") == "closed"


@pytest.mark.browser
def test_rows_are_chosen_by_key_and_a_batch_says_what_became_of_each(
    office: Office, address: str, ids: list[str], sign_in: SignIn
) -> None:
    lin = sign_in("lin")
    lin.goto(f"{address}/leads?stage=review")
    assert not lin.is_visible("#batch")
    for _ in range(2):
        press(lin, "j", "#detail .lead-facts")
        lin.wait_for_selector('tr[aria-selected="true"]')
        lin.keyboard.press("x")
    lin.wait_for_selector('#batch [data-count]:has-text("2")')
    chosen = [box.get_attribute("value") for box in lin.query_selector_all('input[name="lead"]:checked')]
    lin.click('#batch button:has-text("审核通过")')
    lin.wait_for_selector('.detail-head:has-text("批量处理结果")')
    assert all(lead in lin.inner_text("#detail") for lead in chosen)
    assert [state_of(office, lead) for lead in chosen] == ["reviewed", "reviewed"]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_nothing_is_wider_than_the_screen_and_the_actions_stay_in_sight(
    address: str, ids: list[str], sign_in: SignIn, scheme: str, width: int, height: int
) -> None:
    page = sign_in("lin", color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})
    for lang in ("zh", "en"):
        for path in (f"/leads/{ids[0]}?stage=review", "/leads?stage=all", "/leads/measures"):
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={lang}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(f"{address}/leads/{ids[0]}?stage=review&lang={lang}")
        box = page.locator('[data-key="y"]').bounding_box()
        assert box["y"] + box["height"] <= height
        assert box["height"] >= 24


def test_a_terminal_killed_in_the_middle_of_a_batch_moved_all_or_nothing(office: Office, ids: list[str]) -> None:
    command = [sys.executable, "-m", "chainbreak", "lead", "bulk", "review", *ids, "--as", "lin", "--json"]
    environment = os.environ | {"CHAINBREAK_CENTRE": str(office.centre.root)}
    for after_s in (0.4, 0.7, 1.0):
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            timer = threading.Timer(after_s, run.send_signal, [signal.SIGKILL])
            timer.start()
            run.wait()
            timer.cancel()
        assert len({state_of(office, lead) for lead in ids}) == 1
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["lead_id"] for row in rows] == ids
    assert {state_of(office, lead) for lead in ids} == {"reviewed"}
