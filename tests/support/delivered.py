"""An order about a number, signed and passed on to the carriers, for tests of pages and the API."""

from __future__ import annotations

from chainbreak.act.orders.drafting import Wish
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.draft_order import draft_order
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_findings import list_findings
from chainbreak.app.send_due import send_due
from chainbreak.app.submit_order import submit_order
from chainbreak.store.desk.findings import Filter


def delivered_order(office: Office) -> str:
    """Its id; the carriers hold it."""
    found = next(row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "line")
    wish = Wish("C-1", "阻断", kind="number.block", rung="label")
    order = draft_order(office, find_actor(office, "chen"), found["finding_id"], wish)
    order = submit_order(office, find_actor(office, "chen"), order.order_id)
    approve_order(office, find_actor(office, "lin"), order.order_id, order.digest)
    send_due(office)
    return order.order_id
