"""In a real browser, by keyboard: a report is taken, corrected, found in its series; a link decided and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.link_reports import link_reports
from chainbreak.app.list_reports import list_reports
from chainbreak.app.list_series import list_series
from chainbreak.app.show_series import show_series
from chainbreak.app.take_report import Draft, take_report
from chainbreak.records.actor import Actor, Role

pytestmark = pytest.mark.browser
SignIn = Callable[..., Any]
CHEN = Actor("chen", frozenset({Role.ANALYST}))
STORY = (
    "今天上午10点，我接到自称京东客服的电话13800138000，让我下载www.jd-kf88.com的软件并打开屏幕共享，"
    "转账到卡6222020200112233448。我的手机是13912345678，后来打95588才知道被骗，共损失5万5千元。"
)


def press(page: Any, key: str, then: str) -> None:
    page.wait_for_load_state()  # the scripts that listen have run by then
    page.keyboard.press(key)
    page.wait_for_selector(then)


@pytest.fixture
def earlier(office: Office) -> None:
    """Two reports of the same fraud, taken before."""
    now = office.clock.now_us()
    for i in (1, 2):
        take_report(office, CHEN, Draft(f"{STORY}第{i}次。", now - i * 3_600_000_000, f"f{i}", loss_fen=100 * i))
    link_reports(office, CHEN)


@pytest.mark.usefixtures("earlier")
def test_a_report_is_taken_by_keyboard_and_joins_its_series(office: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.goto(f"{address}/cases")
    press(chen, "w", "#narrative:focus")
    chen.keyboard.insert_text(STORY)
    chen.wait_for_selector('#near:has-text("同一标识")')  # the same fraud, seen before saving
    assert chen.input_value("#loss") == "55000"
    assert chen.input_value("#type") == "fake_service"
    assert chen.is_enabled("#save")  # reading the story is not sending it
    assert chen.is_enabled("#save-money")
    chen.focus("#district")
    chen.keyboard.type("城东区")
    chen.focus("#add")
    chen.keyboard.insert_text("QQ 123456789")
    press(chen, "Enter", '#reading li:has-text("123456789")')
    assert chen.input_value("#district") == "城东区"  # what the person wrote outlives the next reading
    chen.focus('select[name="role:line:+8613800138000"]')
    press(chen, "Delete", '#reading li.is-away:has-text("+8613800138000")')
    chen.keyboard.press("Delete")
    press(chen, "Control+Enter", '#linked a:has-text("打开系列")')
    chen.wait_for_selector('#linked:has-text("最强一条")')
    taken = list_reports(office, CHEN)["rows"][0]
    assert (taken["district"], taken["loss_fen"], bool(taken["series"])) == ("城东区", 5_500_000, True)

    press(chen, "a", '.detail-head:has-text("chen负责")')
    press(chen, "e", "details#correct[open]")
    chen.fill("#c-loss", "3万5")
    chen.fill("#c-why", "报案人更正")
    press(chen, "Enter", '.facts:has-text("¥35,000.00")')
    chen.wait_for_selector('.timeline:has-text("报案人更正")')
    press(chen, "z", '.facts:has-text("¥55,000.00")')


@pytest.mark.usefixtures("earlier")
def test_a_link_is_decided_and_taken_back_by_keyboard(office: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.goto(f"{address}/series")
    press(chen, "j", 'tr[aria-selected="true"]')
    press(chen, "Enter", ".ladder-table .total")
    series = list_series(office)[0]["series_id"]
    press(chen, "u", '.detail-head:has-text("存疑")')  # changes no series: the page stays, its row says it
    chen.wait_for_selector('tr[aria-selected="true"] [data-state]:has-text("存疑")')
    press(chen, "d", '.title-bar:has-text("已终止")')  # takes effect at once: the two were all of it
    assert chen.inner_text(".detail-head .right").endswith("不是一伙")
    assert [d["kind"] for d in show_series(office, series)["decisions"]][-1] == "different"
    press(chen, "z", '.title-bar:has-text("现有")')
    assert show_series(office, series)["decisions"][-2]["undone_by"] is not None
    press(chen, "2", "#graph[data-drawn]")
    chen.wait_for_url(re.compile("tab=graph"))
    press(chen, "6", '.timeline:has-text("认定不是一伙")')
    press(chen, "p", "article.paper")


@pytest.mark.usefixtures("earlier")
def test_on_a_phone_the_report_that_was_touched_comes_into_sight(address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.set_viewport_size({"width": 390, "height": 844})
    chen.goto(f"{address}/cases")
    chen.click("tr[data-row] a.row")
    chen.wait_for_selector(".detail-head[data-shown]")
    chen.wait_for_function("document.getElementById('detail').getBoundingClientRect().top < 422")


@pytest.mark.usefixtures("earlier")
def test_the_graph_is_the_same_each_time_and_a_click_explains(office: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    series = list_series(office)[0]["series_id"]
    pictures = []
    for _ in range(2):
        chen.goto(f"{address}/series/{series}?tab=graph")
        chen.wait_for_selector("#graph[data-drawn]")
        pictures.append(chen.evaluate("document.getElementById('graph').dataset.places"))
    assert pictures[0]
    assert pictures[0] == pictures[1]
    x, y = chen.evaluate("document.getElementById('graph').dataset.first.split(' ').map(Number)")
    box = chen.locator("#graph").bounding_box()
    chen.mouse.click(box["x"] + x, box["y"] + y)
    chen.wait_for_selector('#detail:has-text("提到它的报案")')
