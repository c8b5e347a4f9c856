"""The page of an order that was drafted from a trace: the claim, the way its money came, the rule, and their links."""

from __future__ import annotations

from browser import Browser
from fund_world import FundWorld

from chainbreak.app.add_person import add_person
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
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
