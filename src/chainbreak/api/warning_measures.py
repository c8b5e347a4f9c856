"""Measures of warnings and changes of their tiers over the API: rights and results as on the pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chainbreak.act.warnings.tier_faults import LARGEST
from chainbreak.api.access import Caller, Writer
from chainbreak.api.shape import safe
from chainbreak.app.back_test_tiers import DAYS as TRIED_DAYS
from chainbreak.app.back_test_tiers import LONGEST_DAYS as MOST_TRIED
from chainbreak.app.decide_tiers import approve_tiers, decline_tiers, withdraw_tiers
from chainbreak.app.list_tiers import list_tiers, show_tiers
from chainbreak.app.propose_tiers import propose_tiers
from chainbreak.app.record_read import record_read
from chainbreak.app.warning_labels import warning_labels
from chainbreak.app.warning_measures import DAYS, LONGEST_DAYS, warning_measures

router = APIRouter(prefix="/warnings", tags=["warnings"])


class Proposal(BaseModel):
    """Changed tiers (YAML), what for, over how many days they are tried, and the operator-hours there are a day."""

    body: str = Field(max_length=LARGEST)
    why: str = Field(max_length=400)
    days: int = Field(TRIED_DAYS, ge=1, le=MOST_TRIED)
    operator_hours: float | None = Field(None, ge=0, le=100_000)


class Reason(BaseModel):
    """Why."""

    reason: str = Field(max_length=400)


@router.get("/measures")
def measures(call: Caller, days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = DAYS) -> dict[str, Any]:
    """Shares with 95 % intervals, and what being called early is worth; null: not known yet, or too few to show."""
    found = warning_measures(call.office, call.actor, days)
    triggers = [{name: value for name, value in row.items() if name != "clause"} for row in found["triggers"]]
    return {"ok": True, "item": safe(found | {"triggers": triggers})}


@router.get("/labels")
def labels(call: Caller, ref: Annotated[list[str] | None, Query(max_length=100)] = None) -> dict[str, Any]:
    """What people who were warned said of the findings and orders (`finding:ID`) their warnings rested on."""
    return {"ok": True, "items": safe(warning_labels(call.office, call.actor, ref))}


@router.get("/tiers")
def tiers(call: Caller) -> dict[str, Any]:
    """The tiers in force as YAML, every proposed change, and triggers to be looked at again."""
    found = list_tiers(call.office, call.actor)
    return {"ok": True, "item": safe(found | {"policy": found["policy"].name})}


@router.get("/tiers/{version}")
def change(call: Caller, version: int) -> dict[str, Any]:
    """One proposed change, what differs and its back-test. Looking is noted in the log: it shows examples."""
    found = show_tiers(call.office, call.actor, version)
    record_read(call.office, call.actor, "warning.policy.read", f"policy:{version}", often=True)
    told = {
        "policy": found["policy"].name,
        "old": found["old"].name,
        "differs": [vars(one) for one in found["differs"]],
    }
    return {"ok": True, "item": safe(found | told)}


@router.post("/tiers")
def propose(call: Writer, body: Proposal) -> dict[str, Any]:
    """Propose a change; it is tried on past contacts first, and another approver decides."""
    told = propose_tiers(call.office, call.actor, body.body, body.why, days=body.days,
                         operator_hours=body.operator_hours)  # fmt: skip
    return {"ok": True, "item": safe(told)}


@router.post("/tiers/{version}/approve")
def approve(call: Writer, version: int) -> dict[str, Any]:
    """Put it in force; an approver other than the proposer."""
    approve_tiers(call.office, call.actor, version)
    return {"ok": True, "item": {"version": version, "state": "approved"}}


@router.post("/tiers/{version}/decline")
def decline(call: Writer, version: int, body: Reason) -> dict[str, Any]:
    """Decline it, with a reason."""
    decline_tiers(call.office, call.actor, version, body.reason)
    return {"ok": True, "item": {"version": version, "state": "declined"}}


@router.post("/tiers/{version}/withdraw")
def withdraw(call: Writer, version: int) -> dict[str, Any]:
    """Take one's own proposal back."""
    withdraw_tiers(call.office, call.actor, version)
    return {"ok": True, "item": {"version": version, "state": "withdrawn"}}
