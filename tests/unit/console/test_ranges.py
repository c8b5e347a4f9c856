"""An approver sees that an order is about a range of numbers before signing it."""

from __future__ import annotations

from collections.abc import Callable

from browser import Browser

from chainbreak.act.orders.drafting import Wish
from chainbreak.app.bootstrap import Office
from chainbreak.app.draft_range import draft_range
from chainbreak.app.list_findings import list_findings
from chainbreak.app.submit_order import submit_order
from chainbreak.records.actor import Actor, Role


def test_the_page_of_an_order_says_how_many_numbers_it_is_about(
    office: Office, sign_in: Callable[[str], Browser]
) -> None:
    chen = Actor("chen", frozenset({Role.ANALYST}))
    finding = next(f for f in list_findings(office) if f["subject"].startswith("line:"))
    wish = Wish("A-1", "protect", rung="block", ladder_reason="one gateway's block")
    order = draft_range(office, chen, finding["finding_id"], wish, 3)
    submit_order(office, chen, order.order_id)
    page = sign_in("lin").get(f"/orders/{order.order_id}").text
    assert "末 3 位任意，共 1,000 个号码" in page
