"""The page of an order that was drafted from a trace: the claim, the way its money came, the rule, and their links."""

from __future__ import annotations

from browser import Browser
from fund_world import MINUTE, FundWorld

from chainbreak.app.add_person import add_person
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.issue_api_token import issue_api_token
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
from chainbreak.app.show_order import show_order
from chainbreak.app.why_order import why_order
from chainbreak.base.clock import from_us
from chainbreak.records.actor import Actor, Role
from chainbreak.web.application import create_app

SETUP = Actor("os:test", frozenset({Role.ADMIN}))


def test_an_approver_reads_what_the_hold_rests_on(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    made = draft_holds(fund.office, fund.world.li, run, accounts=[fund.token("M2")])[0]["order_id"]
    add_person(fund.office, SETUP, "admin", ["admin"])
    add_person(fund.office, SETUP, "lin", ["approver"], "林审")
    browser = Browser(create_app(fund.office), base_url="http://testserver")
    assert browser.post(issue_sign_in_link(fund.office, SETUP, "lin")).status_code == 200
    page = browser.get(f"/orders/{made}")
    assert page.status_code == 200
    for said in ('href="/cases/r1"', f'href="/money/{run}"', "t1", "t2", "¥40,000.00", "¥90,000.00", "先进先出"):
        assert said in page.text, said
    assert "转出" in page.text
    assert "呼出" not in page.text, "money is not a call"


def test_who_owns_the_account_reads_which_payment_is_meant(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    made = [row["order_id"] for row in draft_holds(fund.office, fund.world.li, run)]
    shown = {o["object"]: o["content"]["notice"] for o in (show_order(fund.office, one) for one in made)}
    notice = shown[fund.token("M2")]
    zone = fund.office.centre.settings.zone
    at, stolen = (from_us(fund.t0 - ago * MINUTE, zone).strftime("%Y-%m-%d %H:%M") for ago in (25, 30))
    assert f"涉及的入账：{at} 转入 ¥60,000.00（流水号 t2）；" in notice["zh"]
    assert f"其中 ¥40,000.00 来自 {stolen} 的一笔被骗付款，前后共 2 笔转账。" in notice["zh"]
    assert "以上按先进先出逐笔核算" in notice["zh"]
    assert "(number t2)" in notice["en"]
    assert f"对象：账户（代号 {fund.token('M2').removeprefix('account:')}）。" in notice["zh"]
    assert "account:" not in notice["zh"]
    assert fund.token("V1") not in notice["zh"] + notice["en"], "whose money it was is nobody else's business"
    assert "该笔即被骗付款，其中 ¥10,000.00 仍在账上" in shown[fund.token("M1")]["zh"]
    assert why_order(fund.office, made[0])["way"] in notice["zh"]


def test_the_same_over_the_api(fund: FundWorld) -> None:
    add_person(fund.office, SETUP, "admin", ["admin"])
    add_person(fund.office, SETUP, "mei", ["fund_desk"])
    token = issue_api_token(fund.office, SETUP, "mei")
    browser = Browser(create_app(fund.office), base_url="http://testserver")
    browser.headers["Authorization"] = f"Bearer {token}"
    run = fund.trace("r1", "t1")["run_id"]
    asked = browser.get(f"/api/v1/money/traces/{run}/holds").json()
    assert [row["amount_fen"] for row in asked["items"]] == [40_000_00, 30_000_00, 10_000_00]
    assert [row["share"] for row in asked["captured"]] == [0.5, 1, 1, 1]
    where, wish = f"/api/v1/money/traces/{run}/drafts", {"top": 2}
    assert browser.post(where, json=wish).status_code == 422
    key = {"Idempotency-Key": "morning-0001"}
    made = browser.post(where, json=wish, headers=key)
    assert (made.status_code, [row["ok"] for row in made.json()["items"]]) == (201, [True, True])
    assert browser.post(where, json=wish, headers=key).status_code == 409
    clock = browser.get("/api/v1/money/reports/r1/clock").json()["item"]
    assert clock["worst"] == "report"
    assert browser.get("/api/v1/money/clock?by=bank").json()["item"]["groups"][0]["reports"] == 1
    void = browser.post(
        "/api/v1/money/claims/C-000001/void", json={"reason": "his son"}, headers={"Idempotency-Key": "morning-0002"}
    )
    assert len(void.json()["item"]["withdrawn"]) == 2
