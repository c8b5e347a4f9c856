"""In a real browser: a liaison sees what is stuck, queues it again, asks for a release; an approver lets go everywhere
in one key and watches until every partner has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainbreak.act.orders.drafting import Wish
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.draft_order import draft_order
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_findings import list_findings
from chainbreak.app.list_outbox import list_outbox
from chainbreak.app.send_due import send_due
from chainbreak.app.show_receipts import show_receipts
from chainbreak.app.submit_order import submit_order
from chainbreak.store.desk.findings import Filter

SignIn = Callable[..., Any]


def press(page: Any, key: str, then: str) -> None:
    page.wait_for_load_state()  # the scripts that listen have run by then
    page.keyboard.press(key)
    page.wait_for_selector(then)


@pytest.fixture
def orders(office: Office) -> list[str]:
    """Numbers that two carriers block, in force before the server starts."""
    zhou, chen, lin = (find_actor(office, name) for name in ("zhou", "chen", "lin"))
    add_partner(office, zhou, "mobile-a", "numbers", ["number.block"], name_zh="一号运营商", call="王工 0571-8888 1234")
    change_partner(office, zhou, "carriers", call="总值班 0571-8720 0000")
    made = []
    for row in [row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "line"][:4]:
        order = draft_order(office, chen, row["finding_id"], Wish("C-1", "阻断", kind="number.block", rung="label"))
        order = submit_order(office, chen, order.order_id)
        approve_order(office, lin, order.order_id, order.digest)
        made.append(order.order_id)
    send_due(office)
    return made


@pytest.mark.browser
def test_a_dead_letter_is_found_by_key_and_queued_again(orders: list[str], office: Office, sign_in: SignIn) -> None:
    with office.desk.begin() as conn:
        conn.exec_driver_sql("DELETE FROM receipt WHERE target = 'mobile-a' AND step <> 'sent'")
        conn.exec_driver_sql("UPDATE outbox SET state = 'failed', detail = 'no route' WHERE target = 'mobile-a'")
    zhou = sign_in("zhou")
    press(zhou, "g", "body")
    press(zhou, "p", ".partners-table")
    assert "一号运营商" in zhou.inner_text(".partners-table tbody tr:first-child"), "what is in trouble stands on top"
    zhou.click('a.row:has-text("一号运营商")')
    zhou.wait_for_selector(".call")
    assert zhou.get_attribute(".call a", "href") == "tel:057188881234"
    press(zhou, "j", "#detail .way .failed")
    zhou.wait_for_load_state()
    zhou.keyboard.press("r")
    zhou.wait_for_selector("#detail .way .failed", state="detached")
    assert len(list_outbox(office, view="failed")) == len(orders) - 1


@pytest.mark.browser
def test_a_liaison_asks_and_an_approver_lets_go_everywhere_in_one_key(
    orders: list[str], office: Office, address: str, sign_in: SignIn
) -> None:
    zhou = sign_in("zhou")
    zhou.goto(f"{address}/outbox/orders/{orders[0]}?view=all")
    press(zhou, "w", 'details.release[open] input[type="radio"]:focus')
    zhou.keyboard.press("ArrowDown")
    press(zhou, "Enter", "#detail .asked")
    assert show_receipts(office, orders[0])["standing"] == "in_force", "asking changes nothing"

    lin = sign_in("lin")
    lin.goto(f"{address}/orders/{orders[0]}?tab=in_force")
    assert "zhou: wrong_object" in lin.inner_text(".asked")
    press(lin, "w", 'details.release[open] input[type="radio"]:focus')
    press(lin, "Enter", "#gone")
    lin.wait_for_selector('#gone:not([hx-trigger]):has-text("各执行单位均已撤除")', timeout=30_000)
    assert {p["gone_by"] for p in show_receipts(office, orders[0])["partners"]} == {"probe"}


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_nothing_is_wider_than_the_screen(
    orders: list[str], address: str, sign_in: SignIn, width: int, height: int
) -> None:
    page = sign_in("zhou")
    page.set_viewport_size({"width": width, "height": height})
    for lang in ("zh", "en"):
        for path in ("/partners?", "/partners/carriers?", "/outbox?view=all&", f"/outbox/orders/{orders[0]}?view=all&"):
            page.goto(f"{address}{path}lang={lang}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            for part in page.query_selector_all(".panel, .list > .scroll"):
                assert part.evaluate("e => e.scrollWidth <= e.clientWidth"), f"{path} {lang} is cut"
