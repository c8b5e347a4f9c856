"""Partners send observed contacts here, with their own token; and programs of the centre, with an API token."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from chainbreak.api.access import authenticated
from chainbreak.app.bootstrap import Office
from chainbreak.app.issue_receipt_token import partner_of_token
from chainbreak.app.take_partner_events import take_partner_events
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Actor, Role

router = APIRouter(prefix="/warnings", tags=["warnings"])
MOST = 2_000
"""Events of one request; the guard bounds its bytes as well."""


class Events(BaseModel):
    """Observed contacts, each as docs/reference/contact-events.md has it."""

    events: list[dict[str, Any]] = Field(min_length=1, max_length=MOST)


@dataclass(frozen=True)
class Sender:
    """Who sends: a partner, or a person's program; `source` is what its events are named by."""

    office: Office
    actor: Actor
    source: str


def sending(
    request: Request, authorization: Annotated[str, Header(max_length=200)] = "",
    x_csrf_token: Annotated[str | None, Header()] = None,
) -> Sender:  # fmt: skip
    """The sender behind a request.

    Raises:
        RefusedError: neither a partner's token nor one of the API (CB-UI-001).
    """
    office: Office = request.app.state.office
    scheme, _, token = authorization.partition(" ")
    try:
        partner_id = partner_of_token(office, token if scheme == "Bearer" else "")
    except RefusedError:
        call = authenticated(request, authorization, x_csrf_token)
        return Sender(office, call.actor, f"api.{call.actor.name}")
    return Sender(office, Actor(f"partner:{partner_id}", frozenset({Role.SERVICE}), "partner"), partner_id)


@router.post("/events")
def take(sender: Annotated[Sender, Depends(sending)], body: Events) -> dict[str, Any]:
    """Take every good row; `ok` is whether all were, `faults` says of each other row why not. Sent again, rows are
    known and change nothing."""
    done = take_partner_events(sender.office, sender.actor, sender.source, body.events)
    item = {name: value for name, value in asdict(done).items() if name != "faults"}
    return {"ok": not done.faults, "item": item, "faults": [asdict(fault) for fault in done.faults]}
