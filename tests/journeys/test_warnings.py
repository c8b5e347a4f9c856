"""In a real browser: a report by others is taken by keyboard alone; a commander reads the board and a story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from warning_world import warning_world

from chainbreak.app.bootstrap import Office
from chainbreak.base.wording import LANGS

SignIn = Callable[..., Any]
CLIPPED = """() => [...document.querySelectorAll('th, td, dd, h1, h2, button, .state, .tabs a')]
    .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible')
    .map(e => e.innerText)"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def made(office: Office) -> dict[str, list[str]]:
    """Tier -> its warnings."""
    return warning_world(office)


@pytest.mark.browser
def test_a_report_is_taken_by_keyboard_alone(address: str, made: dict[str, list[str]], sign_in: SignIn) -> None:
    page = sign_in("gu")
    page.goto(f"{address}/warnings/report?lang=zh")
    page.wait_for_load_state()
    page.keyboard.type("138 0013 8000")  # the cursor stands in the number
    page.wait_for_selector('#read:has-text("+8613800138000")')
    for keys in (("Tab", "ArrowDown"), ("Tab", "ArrowDown"), ("Tab", "ArrowDown"), ("Tab",)):
        for key in keys:
            page.keyboard.press(key)
    page.keyboard.type("3万")
    page.keyboard.press("Enter")
    page.wait_for_selector('.said:has-text("已登记并预警")')
    page.click(".said a")
    page.wait_for_selector(".observed")
    story = page.inner_text("main")
    assert "付款时被报告共享屏幕或远程控制，金额¥30,000.00，报告人称正在付款" in story
    assert "银行柜员" in story
    assert "138" not in page.inner_text(".detail-head")


@pytest.mark.browser
def test_a_commander_goes_from_today_to_the_story_of_a_warning(
    address: str, made: dict[str, list[str]], sign_in: SignIn
) -> None:
    page = sign_in("he")
    page.goto(f"{address}/?lang=zh")
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url("**/warnings*")
    assert "没有人在岗接打" in page.inner_text("main")
    page.select_option('select[name="kind"]', "visit.scam_domain")
    page.click(".queue .filters button")
    page.wait_for_url("**kind=visit.scam_domain*")
    assert page.locator(".queue-table tr[data-row]").count() == 3
    page.click(".queue-table a.row")
    page.wait_for_selector(".story-pair")
    assert "打开确认的诈骗网站，且已提交表单" in page.inner_text("main")
    page.click(".reveal button")
    page.wait_for_selector('.revealed:has-text("+861391111")')
    page.reload()
    page.goto(page.url.removesuffix("/reveal"))
    assert page.locator(".revealed").count() == 0, "shown until the page is left"


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [1366, 390])
def test_no_word_is_cut_and_nothing_scrolls_sideways(
    address: str, made: dict[str, list[str]], sign_in: SignIn, lang: str, width: int
) -> None:
    page = sign_in("he")
    page.set_viewport_size({"width": width, "height": 768})
    for path in ("/warnings", "/warnings/suppressed", f"/warnings/{made['high'][0]}", "/warnings/report", "/texts"):
        page.goto(f"{address}{path}?lang={lang}")
        assert not page.evaluate(SIDEWAYS), path
        if width == 1366:
            assert page.evaluate(CLIPPED) == [], path
