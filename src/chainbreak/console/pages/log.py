"""The transparency log: entries for auditors, checkpoints and verification for everybody who works here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import JSONResponse

from chainbreak.app.list_checkpoints import list_checkpoints
from chainbreak.app.list_entries import list_entries
from chainbreak.app.prove_entry import prove_entry
from chainbreak.app.verify_log import verify_log
from chainbreak.app.who_saw import who_saw
from chainbreak.base.clock import parse_moment
from chainbreak.console.session import Signed
from chainbreak.console.view import render
from chainbreak.records.actor import Role

router = APIRouter()
PAGE = 60
Text = Annotated[str, Query(max_length=255)]


@router.get("/log")
def page(
    visit: Signed, purpose: Text = "", case: Text = "", who: Text = "", action: Text = "", object: Text = "",
    before: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> Response:  # fmt: skip
    """Entries, newest first, once a purpose was given: reading the log is itself in the log."""
    asked = {"purpose": purpose, "case": case, "who": who, "action": action, "object": object}
    is_auditor = visit.actor.has(Role.AUDITOR)
    rows: list[dict[str, Any]] = []
    if is_auditor and purpose.strip():
        rows = _with_time(list_entries(visit.office, visit.actor, limit=PAGE, before=before, **asked))
    return render(
        visit, "log.html", here="log", asked=asked, rows=rows, is_auditor=is_auditor, verdict=None,
        checkpoints=list_checkpoints(visit.office), next_before=rows[-1]["sequence"] if len(rows) == PAGE else None,
    )  # fmt: skip


@router.post("/log/verify")
def verify(visit: Signed) -> Response:
    """Recompute the whole log and say whether it is sound."""
    return render(visit, "_log_verdict.html", verdict=verify_log(visit.office))


@router.post("/log/prove")
def prove(
    visit: Signed, sequence: Annotated[int, Form(ge=0, lt=2**63)], purpose: Annotated[str, Form(max_length=255)] = ""
) -> Response:
    """The receipt of one entry as a file that checks offline."""
    receipt = prove_entry(visit.office, visit.actor, sequence, purpose=purpose)
    name = f'attachment; filename="receipt-{sequence}.json"'
    return JSONResponse(receipt, headers={"content-disposition": name})


@router.get("/log/who-saw")
def saw(visit: Signed, object: Text = "", purpose: Text = "", case: Text = "") -> Response:
    """Who looked at one thing."""
    is_auditor = visit.actor.has(Role.AUDITOR)
    rows: list[dict[str, Any]] = []
    if is_auditor and object.strip() and purpose.strip():
        rows = _with_time(who_saw(visit.office, visit.actor, object.strip(), purpose=purpose, case=case))
    asked = {"object": object, "purpose": purpose, "case": case}
    return render(visit, "who_saw.html", here="log", asked=asked, rows=rows, is_auditor=is_auditor)


def _with_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"at_us": parse_moment(row["time"], "UTC")} for row in rows]
