"""The log over the API: checkpoints for everybody, verification for those who work here, entries for auditors."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request

from chainbreak.api.access import Caller
from chainbreak.api.shape import safe
from chainbreak.app.list_checkpoints import list_checkpoints
from chainbreak.app.list_entries import MOST, list_entries
from chainbreak.app.prove_entry import prove_entry
from chainbreak.app.verify_log import verify_log

router = APIRouter(prefix="/log", tags=["log"])
Purpose = Annotated[str, Header(alias="X-Purpose", max_length=255)]
Case = Annotated[str, Header(alias="X-Case", max_length=64)]


@router.get("/checkpoint")
def checkpoints(request: Request) -> dict[str, Any]:
    """The newest published checkpoints; public, so that anybody can hold one against us."""
    return {"ok": True, "items": safe(list_checkpoints(request.app.state.office))}


@router.get("/verify")
def verify(call: Caller) -> dict[str, Any]:
    """Recompute the whole log and compare it with every published checkpoint."""
    return {"ok": True, "item": verify_log(call.office)}


@router.get("/entries")
def entries(
    call: Caller, purpose: Purpose = "", case: Case = "", before: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100, who: str = "", action: str = "", object: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Entries newest first, with `X-Purpose`; `next` is the `before` of the page after."""
    asked = {"who": who, "action": action, "object": object}
    rows = list_entries(call.office, call.actor, purpose=purpose, case=case, limit=limit, before=before, **asked)
    return {"ok": True, "items": rows, "next": rows[-1]["sequence"] if len(rows) == limit else None}


@router.get("/entries/{sequence}/proof")
def proof(
    call: Caller, sequence: Annotated[int, Path(ge=0, lt=2**63)], purpose: Purpose = "", case: Case = ""
) -> dict[str, Any]:
    """The receipt of one entry, with `X-Purpose`; it checks offline."""
    return {"ok": True, "item": safe(prove_entry(call.office, call.actor, sequence, purpose=purpose, case=case))}
