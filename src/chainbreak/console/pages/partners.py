"""Partners: all at a glance, and one with its messages, how fast it is, what is disputed, how it is set."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.list_outbox import VIEWS
from chainbreak.app.reconcile_now import reconcile_now
from chainbreak.app.show_partner import show_partner, show_partners
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.console.pages.outbox import Wanted, show_messages
from chainbreak.console.session import Signed
from chainbreak.console.view import render, said
from chainbreak.records.actor import Role

router = APIRouter()
WINDOWS = {"hour": US_PER_HOUR, "day": US_PER_DAY, "week": 7 * US_PER_DAY, "month": 30 * US_PER_DAY}
HUE = {"up": "done", "down": "urgent", "unseen": "low", "retired": "lapsed"}
COUNTED = ("waiting", "withdrawals", "failed", "disputes")
Window = Annotated[str, Query(pattern=f"^(?:{'|'.join(WINDOWS)})$")]


@router.get("/partners")
def page(visit: Signed, window: Window = "day") -> Response:
    """Every partner, one row each."""
    rows = show_partners(visit.office, visit.actor, window_us=WINDOWS[window])
    rows.sort(key=lambda row: (row["standing"] != "down", -row["failed"], -row["waiting"], -row["disputes"]))
    return render(
        visit, "partners.html", here="partners", rows=rows, window=window, windows=list(WINDOWS), partner_hues=HUE,
        total={name: sum(row[name] for row in rows) for name in COUNTED},
        down=sum(row["standing"] == "down" for row in rows),
    )  # fmt: skip


@router.get("/partners/{partner_id}")
def one(
    visit: Signed, partner_id: str, window: Window = "day",
    view: Annotated[str, Query(pattern=f"^(?:{'|'.join(VIEWS)})$")] = VIEWS[0],
    q: Annotated[str, Query(max_length=64)] = "",
) -> Response:  # fmt: skip
    """One partner: its messages, and beside them how it does."""
    row = show_partner(visit.office, visit.actor, partner_id, window_us=WINDOWS[window])
    wanted = Wanted(view, q, partner_id)
    card: dict[str, Any] = {
        "row": row, "phone": _phone(row["call"]), "window": window, "windows": list(WINDOWS), "partner_hues": HUE,
        "wanted": wanted, "may_act": visit.actor.has(Role.LIAISON),
    }  # fmt: skip
    return render(visit, "_partner.html", **card) if visit.is_fragment else show_messages(visit, **card)


@router.post("/partners/{partner_id}/reconcile")
def reconcile(visit: Signed, partner_id: str) -> Response:
    """Compare what it really holds with the desk, and mend the difference."""
    found = reconcile_now(visit.office, visit.actor, partner_id)
    told = "not_compared" if found["error"] else "mended" if found["missing"] or found["extra"] else "in_step"
    return said(RedirectResponse(f"/partners/{partner_id}", 303), told)


def _phone(call: str) -> str:
    """The number in what a person typed about whom to call, as a telephone takes it; empty if there is none.

    >>> _phone("王工 0571-8888 1234（夜间）"), _phone("the duty officer")
    ('057188881234', '')
    """
    found = re.search(r"\+?[\d][\d ()-]{3,}\d", call)
    return re.sub(r"[^\d+]", "", found[0]) if found else ""
