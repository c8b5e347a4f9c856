"""In a real browser, by keyboard: what is frozen is divided, reviewed, published, objected to, decided and paid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainbreak.act.returns.model import Victim
from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_returns import list_returns
from chainbreak.app.plan_return import plan_return
from chainbreak.app.publish_return import publish_return
from chainbreak.app.return_claims import Given, statement_from
from chainbreak.app.review_return import review_return
from chainbreak.app.show_return import show_return
from chainbreak.base.clock import US_PER_DAY

pytestmark = pytest.mark.browser
SignIn = Callable[..., Any]
CLAIMS = "D1,王强,50000,,2026-09-14\nD2,周敏,40000,,2026-09-15\nD3,吴刚,30000,29000,2026-09-16"


def press(page: Any, key: str, then: str) -> None:
    page.wait_for_load_state()
    page.keyboard.press(key)
    page.wait_for_selector(then)


def fill_form(page: Any, address: str) -> None:
    page.goto(f"{address}/returns/new")
    for name, value in (("account", "6222020200112239999"), ("frozen", "10000"), ("until", "2036-03-01"),
                        ("basis", "杭公冻〔2026〕0999号"), ("claims", CLAIMS)):  # fmt: skip
        page.fill(f"[name={name}]", value)


def test_the_calculator_is_live_and_a_plan_goes_to_somebody_else(office: Office, address: str, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.goto(f"{address}/returns/new")
    with chen.expect_response("**/returns/calculate"):
        chen.keyboard.type("6222")
    assert chen.evaluate("document.activeElement.name") == "account"  # no field not yet reached speaks up
    fill_form(chen, address)
    chen.wait_for_selector('#calculated .returns-rows tr:has-text("D1"):has-text("¥5,000.00")')
    chen.wait_for_selector('#calculated .applies:has-text("按比例返还")')
    chen.fill("[name=frozen]", "20000")
    chen.wait_for_selector('#calculated .returns-rows tr:has-text("D1"):has-text("¥10,555.56")')
    chen.fill("[name=claims]", "D1,王强,many,,2026-09-14")
    chen.wait_for_selector('#calculated [role=alert]:has-text("CB-RM-007")')
    chen.fill("[name=claims]", CLAIMS)
    chen.wait_for_selector("#calculated .returns-rows")
    chen.click("button.primary")
    chen.wait_for_selector('.detail-head:has-text("待审核")')
    assert chen.locator(".actions button[data-key=y]").count() == 0  # not one's own
    lin = sign_in("lin")
    lin.goto(f"{address}/returns")
    press(lin, "j", ".returns-rows")
    press(lin, "y", '.detail-head:has-text("已审核")')
    press(lin, "u", '.detail-head:has-text("公告中")')
    press(lin, "o", "details.pop[open] input[name=objector]:focus")
    lin.keyboard.type("孙敏")
    lin.fill("details.pop[open] textarea[name=reason]", "损失有误")
    lin.click("details.pop[open] form button.primary")
    lin.wait_for_selector('.objection:has-text("孙**"):has-text("待决")')
    he = sign_in("he")
    he.goto(f"{address}/returns/RT-000001")
    he.fill(".objection textarea", "经核属实")
    he.click('.objection button[value="upheld"]')
    he.wait_for_selector('.detail-head:has-text("异议成立待修改")')
    assert [row["standing"] for row in list_returns(office, find_actor(office, "he"))] == ["reopened"]


def published(office: Office) -> str:
    chen, lin = find_actor(office, "chen"), find_actor(office, "lin")
    now = office.clock.now_us()
    victims = tuple(Victim(f"D{i}", "王**", 1_000_00 * (i + 1), now - 9 + i) for i in range(5))
    given = Given("6222020200112239999", 777_77, "通知书", now + 200 * US_PER_DAY, victims=victims)
    found = plan_return(office, chen, given)
    review_return(office, lin, found.return_id, found.digest)
    return publish_return(office, chen, found.return_id).code


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_one_more_victim_is_tried_and_nothing_runs_out_of_the_screen(
    office: Office, address: str, sign_in: SignIn, width: int, height: int
) -> None:
    code = published(office)
    lin = sign_in("lin")
    lin.set_viewport_size({"width": width, "height": height})
    before = show_return(office, find_actor(office, "lin"), "RT-000001")
    lin.goto(f"{address}/returns/RT-000001")
    lin.fill("#late-loss", "1500")
    lin.wait_for_selector(".returns-rows .is-late")
    assert show_return(office, find_actor(office, "lin"), "RT-000001")["rows"] == before["rows"]
    for path in ("/returns/RT-000001", "/returns/new", f"/announcement/{code}"):
        for lang in ("zh", "en"):
            lin.goto(f"{address}{path}?lang={lang}")
            assert lin.evaluate("document.documentElement.scrollWidth") <= width, (path, lang)


def test_traced_money_is_decided_at_once_and_paid(office: Office, address: str, sign_in: SignIn) -> None:
    chen, lin = find_actor(office, "chen"), find_actor(office, "lin")
    zone, now = office.centre.settings.zone, office.clock.now_us()
    rows = "T1,2026-09-14 09:01:22,,in,500,6217001180003344556,D1\nT2,2026-09-14 09:31:47,,in,400,6228480123456789,D2"
    victims = (Victim("D1", "王**", 50_000, 1), Victim("D2", "周**", 40_000, 2))
    found = plan_return(office, chen, Given("6222020200112230002", 90_000, "通知书", now + US_PER_DAY, victims=victims,
                                            statement=statement_from(rows, zone)))  # fmt: skip
    review_return(office, lin, found.return_id, found.digest)
    he = sign_in("he")
    he.goto(f"{address}/returns/RT-000001")
    he.wait_for_selector('.paths:has-text("T2")')
    press(he, "d", '.detail-head:has-text("待银行返还")')
    zhou = sign_in("zhou")
    zhou.goto(f"{address}/returns/RT-000001")
    press(zhou, "r", "details.pop[open]")
    zhou.fill("details.pop[open] textarea[name=receipts]", "D1,B-1,500\nD2,B-2,400")
    zhou.click("details.pop[open] form button.primary")
    zhou.wait_for_selector('.detail-head:has-text("已返还")')
    press(zhou, "p", 'article.return-paper:has-text("冻结资金返还决定明细")')
