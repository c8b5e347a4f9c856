"""In a real browser, by keyboard: a trace is walked, a hold drafted in place, the moment moved, the picture saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from money_world import TEN_US, bring_all

from chainbreak.app.bootstrap import Office
from chainbreak.app.list_orders import list_orders

pytestmark = pytest.mark.browser
SignIn = Callable[..., Any]


@pytest.fixture
def money(office: Office, tmp_path: Path) -> Office:
    """The small ledger of `money_world` and its report."""
    assert office.clock.now_us() > TEN_US
    bring_all(office, tmp_path / "files")
    return office


def press(page: Any, key: str, then: str) -> None:
    page.wait_for_load_state()  # the scripts that listen have run by then
    page.keyboard.press(key)
    page.wait_for_selector(then)


def begin(address: str, chen: Any) -> None:
    """From the report to its trace: two keys."""
    chen.goto(f"{address}/cases/r1")
    press(chen, "t", "table.money-candidates")
    press(chen, "s", "svg.money")


def test_from_a_report_to_drafted_holds_by_keyboard(money: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    begin(address, chen)
    press(chen, "j", ".money-hold")  # the first proposal opens beside the picture
    chen.wait_for_selector("svg.money.is-lit .flow.is-way")
    press(chen, "d", '#detail .said:has-text("已起草")')
    chen.wait_for_selector('#detail:has-text("已有措施")')
    press(chen, "b", ".money-holds")
    chen.fill("#top", "2")
    chen.press("#top", "Escape")
    press(chen, "d", '#detail .said:has-text("已起草")')
    held = [row for row in list_orders(money) if row["kind"] == "funds.hold"]
    assert sorted(row["amount_fen"] for row in held) == [20_000, 50_000, 150_000]
    assert {row["state"] for row in held} == {"draft"}


def test_the_picture_is_walked_with_arrow_keys(money: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    begin(address, chen)
    chen.focus("a.node.is-victim")
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        chen.keyboard.press(key)
        seen.append(chen.evaluate("document.activeElement.dataset.account"))
    assert len(set(seen)) >= 3
    chen.keyboard.press("Enter")
    chen.wait_for_selector(f'#detail [data-account="{seen[-1]}"]')
    assert f"account={seen[-1].replace(':', '%3A')}" in chen.url


def test_the_slider_steps_through_moments_and_the_rule_is_switched(
    money: Office, address: str, sign_in: SignIn
) -> None:
    chen = sign_in("chen")
    begin(address, chen)
    chen.focus("#step")
    chen.keyboard.press("ArrowLeft")
    chen.wait_for_selector('.list-note:has-text("没有存档")')
    chen.wait_for_function("document.activeElement.id === 'step'")
    for _ in range(2):
        chen.keyboard.press("ArrowLeft")
    chen.wait_for_selector('#step-at:has-text("2/5")')
    assert "step=2" in chen.url
    chen.wait_for_selector('.money-facts:has-text("5分")')
    chen.click('nav a:has-text("后进先出")')
    chen.wait_for_selector('nav a[aria-current]:has-text("后进先出")')
    chen.click('button:has-text("存为一次追踪")')
    chen.wait_for_url("**/money/T-000002")


def test_the_picture_is_saved_as_svg_and_png(money: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    begin(address, chen)
    for name in ("SVG", "PNG"):
        with chen.expect_download() as waiting:
            chen.click(f'text="存为{name}"')
        assert waiting.value.suggested_filename == f"T-000001-fifo.{name.lower()}"
        assert Path(waiting.value.path()).stat().st_size > 2_000


@pytest.mark.parametrize("width", [390, 1366])
def test_nothing_is_wider_than_the_screen(width: int, money: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    begin(address, chen)
    chen.set_viewport_size({"width": width, "height": 768})
    for path in ("/money", "/money/T-000001", "/money/T-000001?view=rules", "/money/clock", "/money/clock/r1"):
        for lang in ("zh", "en"):
            chen.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={lang}")
            assert chen.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, lang)


def test_without_a_script_the_same_pages_do_the_same(
    money: Office, address: str, open_page: Callable[..., Any], sign_in: SignIn
) -> None:
    chen = sign_in("chen", java_script_enabled=False)
    chen.goto(f"{address}/cases/r1")
    chen.click('a:has-text("追踪资金")')
    chen.click('button:has-text("开始追踪")')
    chen.wait_for_selector("svg.money")
    chen.click("a.node.is-account rect.hit >> nth=0")
    chen.wait_for_selector('#detail:has-text("回到被害人的路径")')
    chen.click('button:has-text("起草这项止付")')
    chen.wait_for_selector('#detail:has-text("已有措施")')
    assert len(list_orders(money)) == 1
