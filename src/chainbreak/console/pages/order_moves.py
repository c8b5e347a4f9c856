"""The buttons of an order: each calls one verb and shows the order as it stands after."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.orders.drafting import Wish
from chainbreak.app.acknowledge_order import acknowledge_order
from chainbreak.app.approve_order import approve_order
from chainbreak.app.draft_choices import draft_choices
from chainbreak.app.draft_order import draft_order
from chainbreak.app.edit_order import edit_order
from chainbreak.app.extend_order import extend_order
from chainbreak.app.let_go import let_go
from chainbreak.app.one_write import one_write
from chainbreak.app.order_version import unless_changed
from chainbreak.app.return_order import return_order
from chainbreak.app.send_due import send_due
from chainbreak.app.show_finding import show_finding
from chainbreak.app.submit_order import submit_order
from chainbreak.app.take_emergency import take_emergency
from chainbreak.app.withdraw_order import withdraw_order
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import InputError
from chainbreak.base.units import yuan_to_fen
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render, said

router = APIRouter()
Reason = Annotated[str, Form(max_length=2000)]
Line = Annotated[str, Form(max_length=255)]


def seen_visit(visit: Signed, order_id: str, seen: Annotated[str, Form(max_length=40)] = "") -> Visit:
    """A visit whose write goes through only if the order is still at the version that the form shows."""
    if seen:
        visit.office = one_write(visit.office, "", condition=unless_changed(order_id, seen))
    return visit


Seen = Annotated[Visit, Depends(seen_visit)]


@router.get("/orders/new")
def new(visit: Signed, finding: str, kind: Annotated[str, Query(max_length=24)] = "") -> Response:
    """The form of a draft from a finding; everything that follows from the finding is filled in."""
    found = show_finding(visit.office, finding)
    choices = draft_choices(visit.office, finding, kind)
    return render(visit, "order_new.html", here="orders", found=found, choices=choices)


@router.post("/orders")
def draft(
    visit: Signed, finding: Line, kind: Line, object: Line, rung: Line, case_ref: Line, purpose: Reason,
    basis: Annotated[list[str], Form()], hours: Annotated[int, Form(ge=1, le=10_000)],
    ladder_reason: Reason = "", amount: Line = "", at_once: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Keep the draft, or take the measure at once where the kind allows an emergency."""
    now = visit.office.clock.now_us()
    wish = Wish(
        case_ref=case_ref.strip(), purpose=purpose.strip(), kind=kind, rung=rung, object=object,
        legal_basis=tuple(basis), ladder_reason=ladder_reason.strip(), amount_fen=_fen(amount),
        expires_at_us=None if at_once else now + hours * US_PER_HOUR,
    )  # fmt: skip
    make = take_emergency if at_once else draft_order
    order = make(visit.office, visit.actor, finding, wish)
    return said(RedirectResponse(f"/orders/{order.order_id}?tab={'awaiting' if at_once else 'draft'}", 303), "drafted")


@router.post("/orders/{order_id}/edit")
def edit(visit: Seen, order_id: str, rung: Line, ladder_reason: Reason = "", purpose: Reason = "") -> Response:
    """Correct the rung, its reason and the purpose; every signature is void after that."""
    changes = {"rung": rung, "ladder_reason": ladder_reason.strip(), "purpose": purpose.strip()}
    edit_order(visit.office, visit.actor, order_id, changes)
    return _shown(order_id, "saved", "draft")


@router.post("/orders/{order_id}/submit")
def submit(visit: Seen, order_id: str) -> Response:
    """Hand in for approval."""
    submit_order(visit.office, visit.actor, order_id)
    return _shown(order_id, "submitted", "awaiting")


@router.post("/orders/{order_id}/approve")
def approve(visit: Signed, order_id: str, digest: Line) -> Response:
    """Sign the digest that was on the screen."""
    approve_order(visit.office, visit.actor, order_id, digest)
    return _shown(order_id, "approved", "under_way")


@router.post("/orders/{order_id}/return")
def send_back(visit: Seen, order_id: str, reason: Reason) -> Response:
    """Return with a reason."""
    return_order(visit.office, visit.actor, order_id, reason)
    return _shown(order_id, "returned", "draft")


@router.post("/orders/{order_id}/withdraw")
def withdraw(visit: Seen, order_id: str, reason: Reason = "") -> Response:
    """Take back what no partner holds yet."""
    withdraw_order(visit.office, visit.actor, order_id, reason)
    return _shown(order_id, "withdrawn", "over")


@router.post("/orders/{order_id}/release")
def release(visit: Signed, order_id: str, reason: Line, note: Reason = "") -> Response:
    """Let go before the end, or ask those who may to."""
    if let_go(visit.office, visit.actor, order_id, reason, note)["outcome"] == "asked":
        return _shown(order_id, "release_asked", "in_force")
    return _shown(order_id, "released", "over")


@router.post("/orders/{order_id}/send")
def send(visit: Signed, order_id: str) -> Response:
    """Send now what the service would send within seconds: it acts, whoever presses."""
    send_due(visit.office)
    return _shown(order_id, "sent", "under_way")


@router.post("/orders/{order_id}/ack")
def acknowledge(visit: Signed, order_id: str, target: Line, outcome: Line) -> Response:
    """Enter a partner's answer."""
    acknowledge_order(visit.office, visit.actor, order_id, target, outcome)
    return _shown(order_id, "acknowledged", "in_force")


@router.post("/orders/{order_id}/extend")
def extend(visit: Signed, order_id: str, finding: Line) -> Response:
    """Ask for the kind's length again on a newer finding."""
    extend_order(visit.office, visit.actor, order_id, finding.strip())
    return _shown(order_id, "submitted", "awaiting")


def _shown(order_id: str, what: str, tab: str) -> Response:
    return said(RedirectResponse(f"/orders/{order_id}?tab={tab}", 303), what)


def _fen(amount: str) -> int | None:
    if not amount.strip():
        return None
    try:
        return yuan_to_fen(amount)
    except ValueError:
        raise InputError("CB-UI-011", "not an amount", given=amount[:40], allowed="12,345.67") from None
