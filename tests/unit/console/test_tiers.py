"""The pages of tiers and results: what was typed stays, who may decide is shown, both languages, nothing invented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Browser
from measure_world import Measured, a_drawn_month, call
from warning_world import known_lines

from chainbreak.act.warnings.tiers import preset_text
from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import US_PER_DAY
from chainbreak.console.draw.forest import forest, pairs

SignIn = Callable[[str], Browser]
SOONER = preset_text("four").replace("name: four", "name: four-2", 1).replace("above: 600", "above: 300")


@pytest.fixture
def past(office: Office, tmp_path: Path) -> Measured:
    world = Measured(office, tmp_path / "files")
    for n, line in enumerate(known_lines(office, 12)):
        world.warn(call(line, world.now - US_PER_DAY, 360, campaign=f"series:{n}"), outcome="dissuaded", reached_min=5)
    return world


def test_faults_are_shown_beside_what_was_typed(past: Measured, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    answer = chen.press("/warnings/tiers", body=SOONER.replace("ttl_h: 12", "ttl: 12"), why="早些打", days=14)
    assert answer.status_code == 422
    assert "CB-WA-181" in answer.text
    assert "ttl_h is missing" in answer.text
    assert "早些打" in answer.text
    assert "above: 300" in answer.text
    assert "CB-WA-182" in chen.press("/warnings/tiers", body=SOONER.replace("four-2", "three"), why="x").text


def test_a_proposal_is_read_in_words_and_decided_by_another(past: Measured, sign_in: SignIn) -> None:
    chen, he = sign_in("chen"), sign_in("he")
    page = chen.press(
        "/warnings/tiers", body=SOONER.replace("\n", "\r\n"), why="早些打", days=14, operator_hours="0.01"
    ).text
    assert "已提出并试算" in page
    assert "与确认的诈骗号码通话，且时长超过5分钟" in page
    assert "超出现有工时" in page
    assert "撤回提案" in page
    assert "批准并生效" not in page
    english = he.get("/warnings/tiers/1?lang=en").text
    he.get("/warnings/tiers?lang=zh")
    assert "Approve and put in force" in english
    assert "a call with a confirmed fraud line, and duration over 5 min" in english
    assert "新分级已生效" in he.press("/warnings/tiers/1/approve").text
    assert "four-2" in chen.get("/warnings/tiers").text
    again = he.press("/warnings/tiers/1/decline", reason="再议")
    assert again.status_code == 403
    assert "CB-WA-191" in again.text


@pytest.mark.parametrize("name", ["zhou", "admin"])
def test_tiers_and_results_are_for_those_who_work_with_them(office: Office, sign_in: SignIn, name: str) -> None:
    reader = sign_in(name)
    assert reader.get("/warnings/tiers").status_code == 403
    assert reader.get("/warnings/tiers/1").status_code == 403
    assert reader.get("/warnings/measures").status_code == 403


def test_results_without_and_with_a_past(office: Office, tmp_path: Path, sign_in: SignIn) -> None:
    wu = sign_in("wu")
    assert "这段时间没有预警" in wu.get("/warnings/measures").text
    world = Measured(office, tmp_path / "files")
    a_drawn_month(world, known_lines(office, 200))
    for lang in ("zh", "en"):
        page = wu.get(f"/warnings/measures?lang={lang}&days=90")
        assert page.status_code == 200
        assert 'class="estimate is-for"' in page.text
        assert "&lt;span" not in page.text
    assert wu.get("/warnings/measures?days=0").status_code == 422


def words(key: str, **_: object) -> str:
    return key


def test_an_interval_across_nothing_is_neither_for_nor_against() -> None:
    rows = [{"label": "a", "difference": d, "low": low, "high": high} for d, low, high in
            ((0.1, 0.02, 0.18), (0.0, -0.1, 0.1), (-0.2, -0.3, -0.1))]  # fmt: skip
    drawn = str(forest([*rows, {"label": "<b>", "difference": None, "low": None, "high": None}], words))
    assert [drawn.count(f'class="estimate{sort}"') for sort in (" is-for", "", " is-against")] == [1, 1, 1]
    assert "&lt;b&gt;" in drawn
    assert forest([], words) == ""


def test_bars_of_a_pair_are_to_one_scale() -> None:
    drawn = str(pairs([("a", 10, 20), ("b", 0, 0)], words, "said"))
    assert 'class="old" x="96" y="6.0" width="154.0"' in drawn
    assert 'class="new" x="96" y="17.0" width="308.0"' in drawn
    assert drawn.count("<rect") == 2
