"""In a real browser: from the one-time link to an order in force and a verified log, by hand and by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.list_findings import list_findings
from chainbreak.app.list_orders import list_orders
from chainbreak.store.desk.findings import Filter

pytestmark = pytest.mark.browser
SignIn = Callable[..., Any]


def chosen(page: Any) -> str:
    return str(page.get_attribute('tr[aria-selected="true"]', "id")).removeprefix("row-")


def press(page: Any, key: str, then: str) -> None:
    page.wait_for_load_state()  # the scripts that listen have run by then
    page.keyboard.press(key)
    page.wait_for_selector(then)


def test_from_verdict_to_an_order_in_force_and_a_verified_log(office: Office, address: str, sign_in: SignIn) -> None:
    both = sign_in("both")
    press(both, "g", "body")
    press(both, "f", '#detail:has-text("从左侧选一条线索")')
    press(both, "n", "#detail .facts")
    finding = chosen(both)
    press(both, "c", '.detail-head:has-text("属实")')
    both.wait_for_selector(f'#row-{finding} [data-state]:has-text("属实")')
    press(both, "z", '.detail-head:has-text("待研判")')
    press(both, "c", '.detail-head:has-text("属实")')
    press(both, "o", ".order-form")
    both.fill("#case_ref", "C-2026-1")
    both.select_option("#rung", "block")
    both.fill("#ladder_reason", "标记与核验数小时内即被规避")
    both.click('button:has-text("存为草稿")')
    both.wait_for_selector('.detail-head:has-text("草稿")')
    press(both, "s", '.detail-head:has-text("待审批")')

    press(both, "y", "text=CB-OR-030")
    assert list_orders(office)[0]["standing"] == "submitted"

    lin = sign_in("lin")
    lin.goto(f"{address}/orders")
    press(lin, "j", '.detail-head:has-text("待审批")')
    press(lin, "y", '.notice:has-text("已批准")')

    zhou = sign_in("zhou")
    order = list_orders(office)[0]["order_id"]
    zhou.goto(f"{address}/orders/{order}?tab=under_way")
    if zhou.query_selector('button:has-text("送出")'):  # the service may have been quicker
        zhou.click('button:has-text("送出")')
    zhou.wait_for_selector('.detail-head:has-text("生效中")')
    assert list_orders(office)[0]["in_force"]

    wu = sign_in("wu")
    wu.goto(f"{address}/log?purpose=例行检查")
    press(wu, "v", '#verdict:has-text("核验通过")')
    assert "批准" in wu.inner_text("table")


def test_keys_move_and_are_dead_in_fields_and_can_be_switched_off(
    office: Office, address: str, sign_in: SignIn
) -> None:
    chen = sign_in("chen")
    chen.goto(f"{address}/findings")
    ranked = [row["finding_id"] for row in list_findings(office)]
    for wanted in ranked[:3]:
        press(chen, "j", f'tr[aria-selected="true"]#row-{wanted}')
        chen.wait_for_selector(f'.detail-head[data-shown="{wanted}"]')
    press(chen, "k", f'.detail-head[data-shown="{ranked[1]}"]')
    chen.focus("input.note")
    chen.keyboard.type("cfu?")
    assert chen.input_value("input.note") == "cfu?"
    assert list_findings(office, Filter("confirmed")) == []
    chen.keyboard.press("Escape")
    press(chen, "?", "dialog#help[open]")
    chen.keyboard.press("Escape")
    press(chen, "Control+k", "dialog#palette[open]")
    chen.keyboard.type("orders")
    chen.keyboard.press("Enter")
    chen.wait_for_url(re.compile("/orders$"))
    chen.goto(f"{address}/")
    press(chen, "j", 'tr[aria-selected="true"]')
    chen.keyboard.press("Enter")
    chen.wait_for_url(re.compile("/findings/[0-9a-f]{16}"))
    chen.goto(f"{address}/me")
    chen.uncheck("input[name=keys_on]")
    chen.click('button:has-text("保存")')
    chen.goto(f"{address}/findings")
    chen.keyboard.press("j")
    chen.wait_for_timeout(200)
    assert chen.query_selector('tr[aria-selected="true"]') is None


def test_language_and_theme_switch_and_stay(address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen", color_scheme="dark")
    assert "rgb(18, 20, 22)" in chen.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    chen.click("text=English")
    chen.wait_for_selector("text=Findings")
    chen.goto(f"{address}/findings")
    assert "To judge" in chen.inner_text(".title-bar")
    chen.click('button:has-text("System")')
    chen.wait_for_selector('html[data-theme="light"]')
    assert "rgb(251, 251, 250)" in chen.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def test_twenty_rows_facts_and_actions_fit_the_reference_screen(office: Office, address: str, sign_in: SignIn) -> None:
    from desk_world import make_findings, save

    save(office, make_findings(office, 60, seed=3))
    chen = sign_in("chen")
    chen.goto(f"{address}/findings/{list_findings(office)[0]['finding_id']}")
    seen = chen.evaluate(
        "[...document.querySelectorAll('tr[data-row]')]"
        ".filter(row => row.getBoundingClientRect().bottom <= innerHeight - 34).length"
    )
    assert seen >= 20
    for part in (".facts", ".actions"):
        box = chen.query_selector(part).bounding_box()
        assert box["y"] + box["height"] <= 768


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_public_page_fits_a_telephone_and_needs_no_script(
    address: str, open_page: Callable[..., Any], lang: str
) -> None:
    page = open_page(java_script_enabled=False)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}/status?lang={lang}")
    page.fill("#code", "WRONG")
    page.click("button.primary")
    assert page.query_selector('[role="alert"]') is not None
    assert page.query_selector("main").bounding_box()["width"] <= 360


def test_a_lost_connection_is_said_and_what_was_typed_stays(address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.goto(f"{address}/findings")
    press(chen, "j", "#detail .facts")
    chen.fill("input.note", "号码属快递站")
    chen.context.set_offline(True)
    chen.click('button[data-key="c"]')
    chen.wait_for_selector('#notice:has-text("连接中断")')
    assert chen.input_value("input.note") == "号码属快递站"
    chen.context.set_offline(False)
    press(chen, "c", '.detail-head:has-text("属实")')


def test_a_failed_message_is_found_and_queued_again_by_key_alone(office: Office, address: str, sign_in: SignIn) -> None:
    from chainbreak.act.orders.drafting import Wish
    from chainbreak.app.approve_order import approve_order
    from chainbreak.app.draft_order import draft_order
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.list_outbox import list_outbox
    from chainbreak.app.submit_order import submit_order

    zhou, chen = sign_in("zhou"), find_actor(office, "chen")
    found = next(row for row in list_findings(office) if row["subject_kind"] == "line")["finding_id"]
    order = draft_order(office, chen, found, Wish("C-1", "阻断", kind="number.block", rung="label"))
    submit_order(office, chen, order.order_id)
    approve_order(office, find_actor(office, "lin"), order.order_id, order.digest)
    with office.desk.begin() as conn:
        conn.exec_driver_sql("UPDATE outbox SET state = 'failed', attempts = 9, detail = 'no route'")
    press(zhou, "g", "body")
    press(zhou, "p", '.partners-table tbody tr:first-child:has-text("电信运营商")')
    press(zhou, "j", 'tr[aria-selected="true"]')
    press(zhou, "Enter", "#detail .contact")
    zhou.wait_for_selector('tr:has-text("no route")')
    press(zhou, "j", "#detail .way .failed")
    zhou.keyboard.press("r")
    zhou.wait_for_selector("#detail .way .failed", state="detached")
    assert all(message["state"] != "failed" for message in list_outbox(office, every=True))


def test_the_notice_says_on_every_sheet_which_order_it_is(address: str, office: Office, sign_in: SignIn) -> None:
    from chainbreak.act.orders.drafting import Wish
    from chainbreak.app.draft_order import draft_order
    from chainbreak.app.find_actor import find_actor

    found = next(row for row in list_findings(office) if row["subject_kind"] == "line")["finding_id"]
    wish = Wish("C-1", "阻断", kind="number.block", rung="label")
    order = draft_order(office, find_actor(office, "chen"), found, wish)
    both = sign_in("both")
    both.goto(f"{address}/orders/{order.order_id}/notice")
    both.emulate_media(media="print")
    foot = both.query_selector(".sheet footer")
    assert foot.evaluate("e => getComputedStyle(e).display") == "table-footer-group"
    assert order.digest in foot.inner_text()
    assert both.query_selector(".sheet svg") is not None
    assert not both.query_selector(".no-print").is_visible()
