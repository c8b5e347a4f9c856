"""In a real browser of a phone's size: a visit from the list to its result, with and without a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from visit_world import visit_of, visit_row, visit_world, warning_row

from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.show_visit import show_visit
from chainbreak.app.visit_address import enter_address
from chainbreak.app.work_visit import accept_visit, hand_off_visit
from chainbreak.store.desk.tables_visits import visit_result

SignIn = Callable[..., Any]
PHONE = {"width": 390, "height": 844}
STREET = "桂花路"


@pytest.fixture
def world(office: Office) -> dict[str, Any]:
    """A warning of the top tier, its visit with an address, planned for ma or luo."""
    warning = visit_world(office)["urgent"][0]
    visit_id = visit_of(office, warning)
    enter_address(office, find_actor(office, "gu"), visit_id, f"东湖区{STREET}7号2单元301")
    return {"warning": warning, "visit": visit_id}


@pytest.fixture
def phone(sign_in: SignIn) -> SignIn:
    """Signs somebody in on a phone."""

    def phone(name: str, **options: Any) -> Any:
        page = sign_in(name, **options)
        page.set_viewport_size(PHONE)
        return page

    return phone


def results(office: Office) -> list[str]:
    with office.desk.read() as conn:
        return [row.standing for row in conn.execute(select(visit_result).order_by(visit_result.c.received_at_us))]


def take_on(page: Any, address: str, visit_id: str) -> None:
    page.goto(f"{address}/visits/{visit_id}")
    page.select_option('select[name="second"]', "luo")  # at night it is asked for, by day it may be
    page.click('.thumb button:has-text("接办")')
    page.wait_for_selector('[data-state="accepted"]')


def choose(page: Any, words: str) -> None:
    page.click(f'label:has-text("{words}")')


def kept(page: Any) -> dict[str, str]:
    return dict(page.evaluate("Object.fromEntries(Object.entries(localStorage))"))


@pytest.mark.browser
def test_a_visit_from_the_list_to_its_result(
    office: Office, address: str, world: dict[str, Any], phone: SignIn
) -> None:
    ma = phone("ma")
    ma.goto(f"{address}/visits?shown=unit")
    ma.click(f'a[href="/visits/{world["visit"]}"]')
    ma.wait_for_selector('[data-state="open"]')
    assert "接办后才能查看地址" in ma.inner_text("#address")
    take_on(ma, address, world["visit"])
    ma.click('#address button:has-text("显示地址")')
    ma.wait_for_selector(f'.address-text:has-text("{STREET}")')
    ma.click('[data-step="leave"] button')
    ma.click('[data-step="arrive"]:not([hidden]) button')
    assert STREET in ma.inner_text("#address"), "the steps leave the address where it is"
    choose(ma, "见到本人")
    ma.click('.check:has-text("与骗子的通话") label:has-text("是")')
    choose(ma, "已劝阻，未转账")
    ma.click("[data-send]")
    ma.wait_for_url(re.compile("said=taken"))
    assert STREET not in ma.content()
    row = visit_row(office, world["visit"])
    assert (row["state"], row["outcome"]) == ("done", "dissuaded")
    assert None not in (row["left_at_us"], row["arrived_at_us"])
    assert warning_row(office, world["warning"])["state"] == "resolved"
    assert kept(ma).get("visit-outbox") == "[]"


@pytest.mark.browser
def test_offline_finished_page_killed_reopened_and_the_result_is_there_once(
    office: Office, address: str, world: dict[str, Any], phone: SignIn
) -> None:
    ma = phone("ma")
    take_on(ma, address, world["visit"])
    ma.evaluate("navigator.serviceWorker.ready.then(() => true)")
    ma.click('#address button:has-text("显示地址")')
    ma.wait_for_selector(".address-text")
    context = ma.context
    context.set_offline(True)
    ma.click('[data-step="leave"] button')
    ma.wait_for_selector('#net:has-text("没有网络")')
    choose(ma, "无人在家")
    ma.close()

    # The phone was locked, the page is gone: without a network the kept page carries on where it was left.
    again = context.new_page()
    again.goto(f"{address}/visits/{world['visit']}")
    again.wait_for_selector("[data-shell] form[data-result]:not([hidden])")
    assert again.is_checked('input[name="entry"][value="nobody"]')
    assert STREET not in again.content()
    again.click('[data-step="arrive"]:not([hidden]) button')
    choose(again, "已留提示卡")
    choose(again, "未见到人")
    again.click("[data-send]")
    again.wait_for_selector('#net:has-text("结果已存在本机")')
    assert results(office) == []
    text = str(kept(again))
    assert not re.search(f"{STREET}|马警官|1391111|line:|W-", text), "nothing in clear but the id, answers and times"
    again.close()

    context.set_offline(False)
    last = context.new_page()
    last.goto(f"{address}/visits/{world['visit']}")
    last.wait_for_url(re.compile("said=taken"))
    last.reload()
    row = visit_row(office, world["visit"])
    assert (row["state"], row["entry"], row["outcome"], row["card_left"]) == ("done", "nobody", "no_answer", True)
    assert results(office) == ["taken"]
    assert kept(last) == {"visit-outbox": "[]"}
    assert warning_row(office, world["warning"])["state"] == "open"


@pytest.mark.browser
def test_what_changed_while_the_phone_was_away_is_shown_and_nothing_is_lost(
    office: Office, address: str, world: dict[str, Any], phone: SignIn
) -> None:
    ma = phone("ma")
    take_on(ma, address, world["visit"])
    ma.context.set_offline(True)
    choose(ma, "见到本人")
    choose(ma, "本人已识破")
    ma.click("[data-send]")
    ma.wait_for_selector('#net:has-text("结果已存在本机")')
    hand_off_visit(office, find_actor(office, "he"), world["visit"], "specialist", "specialist")
    ma.context.set_offline(False)
    ma.wait_for_url(re.compile("said=conflict"))
    assert "已报指挥长核对" in ma.inner_text(".told")
    assert results(office) == ["conflict"]
    he = phone("he")
    he.goto(f"{address}/visits/{world['visit']}")
    assert "本人已识破" in he.inner_text(".doubt")
    he.click('.doubt button:has-text("已核对")')
    he.wait_for_selector('.doubt:has-text("已核对"):not(:has(button))', state="attached")
    found = show_visit(office, find_actor(office, "he"), world["visit"])["results"]
    assert [row["standing"] for row in found] == ["settled"]


@pytest.mark.browser
def test_a_commander_hands_off_on_a_desk_and_the_hotline_gives_a_code(
    office: Office, address: str, world: dict[str, Any], phone: SignIn
) -> None:
    gu = phone("gu")
    gu.goto(f"{address}/visits/{world['visit']}")
    gu.click("details summary")
    gu.click('button:has-text("生成核验码")')
    code = re.search(r"\d{3} \d{3}", gu.inner_text(".told"))
    assert code is not None
    ma = phone("ma")
    take_on(ma, address, world["visit"])
    choose(ma, "见到本人")
    choose(ma, "误报")
    ma.fill('input[name="code"]', code[0])
    ma.click("[data-send]")
    ma.wait_for_url(re.compile("said=taken"))
    ma.click("details summary")
    assert "说出了只发给其本人的核验码" in ma.inner_text("details")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (390, "dark"), (1366, "light")])
def test_nothing_is_wider_than_the_screen_and_every_target_is_large(
    office: Office, address: str, world: dict[str, Any], phone: SignIn, width: int, scheme: str
) -> None:
    accept_visit(office, find_actor(office, "ma"), world["visit"], "luo")
    page = phone("ma", color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    for lang in ("zh", "en"):
        for path in ("/visits", "/visits?shown=unit", "/visits?shown=over", f"/visits/{world['visit']}"):
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={lang}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        small = page.evaluate(
            """[...document.querySelectorAll('.phone button, .phone fieldset label > span, .phone select, .phone a')]
            .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44)
            .map(one => one.textContent)"""
        )
        assert small == []
        send = page.locator("[data-send]").bounding_box()
        assert send is not None
        assert send["y"] + send["height"] <= 844, "the main action is under the thumb"
