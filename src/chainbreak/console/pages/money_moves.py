"""What people do with a trace: begin one, keep what they look at, draft holds from it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from chainbreak.app.claimed import Asked
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.show_trace import show_trace
from chainbreak.app.trace_money import trace_money
from chainbreak.app.trace_rights import must_trace
from chainbreak.base.errors import InputError
from chainbreak.base.units import yuan_to_fen
from chainbreak.console.money_look import Looked
from chainbreak.console.pages.money import run_values
from chainbreak.console.session import Signed
from chainbreak.console.view import render, said

router = APIRouter()
MOST_TRANSFERS = 200


@router.post("/money")
async def trace(visit: Signed) -> Response:
    """Trace a report: its certain payments, or exactly those chosen, each with the amount claimed of it."""
    form = await visit.request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    chosen = [one for one in form.getlist("transfer") if isinstance(one, str)][:MOST_TRANSFERS]
    asked = [Asked(ident, _fen(given.get(f"amount:{ident}", ""))) for ident in chosen]
    what, rule = given.get("what", "")[:255], given.get("rule", "fifo")
    run = await run_in_threadpool(trace_money, visit.office, visit.actor, what, rule, transfers=asked)
    return said(RedirectResponse(f"/money/{run['run_id']}", 303), "traced")


@router.post("/money/{run_id}/keep")
def keep(visit: Signed, run_id: str, look: Looked) -> Response:
    """Trace the same claims under the rule and at the moment looked at, and keep that as a run of its own."""
    must_trace(visit.office, visit.actor, f"trace:{run_id}"[:255])
    run = show_trace(visit.office, visit.actor, run_id)
    as_of = look.as_of(look.moments(run))
    asked = [Asked(claim["transfer_id"], claim["claim_fen"]) for claim in run["claims"]]
    made = trace_money(
        visit.office, visit.actor, run["what"], look.rule or run["rule"], as_of, run["terms"]["horizon_us"],
        run["terms"]["de_minimis_fen"], transfers=asked,
    )  # fmt: skip
    return said(RedirectResponse(f"/money/{made['run_id']}", 303), "traced")


@router.post("/money/{run_id}/draft")
def draft(
    visit: Signed, run_id: str, look: Looked, account: Annotated[list[str] | None, Form(max_length=200)] = None,
    top: Annotated[int | None, Form(ge=1, le=200)] = None,
) -> Response:  # fmt: skip
    """Draft holds on these accounts, or on the first K; each is answered for, with the order as it now stands."""
    rows = draft_holds(visit.office, visit.actor, run_id, accounts=account or (), top=None if account else top)
    if not visit.is_fragment:
        return said(RedirectResponse(f"/money/{run_id}?{look.query()}", 303), "drafted_holds")
    values = run_values(visit, run_id, look, drawn=False)
    return render(visit, "_money_panel.html", here="money", **values | {"batch": rows})


def _fen(text: str) -> int:
    if not text.strip():
        return 0
    try:
        return yuan_to_fen(text)
    except ValueError:
        raise InputError("CB-UI-011", "not an amount", given=text[:40], allowed="12,345.67") from None
