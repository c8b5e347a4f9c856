"""Tiers: those in force, changes of them with what they would have done, and triggers to be looked at again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.warnings.measure.replay import CALL, DONE
from chainbreak.act.warnings.tier_faults import LARGEST, Fault, faults, notes
from chainbreak.app.back_test_tiers import DAYS
from chainbreak.app.decide_tiers import approve_tiers, decline_tiers, withdraw_tiers
from chainbreak.app.list_tiers import list_tiers, show_tiers
from chainbreak.app.list_warnings import tier_hue, tier_words
from chainbreak.app.propose_tiers import MAY_PROPOSE, propose_tiers
from chainbreak.app.record_read import record_read
from chainbreak.app.trigger_precision import close_review
from chainbreak.app.word_tiers import change_in_words, value_in_words
from chainbreak.app.word_warning import clause_in_words
from chainbreak.base.errors import InputError
from chainbreak.base.wording import word
from chainbreak.console.draw.forest import pairs
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render, said

router = APIRouter()
HUES = {"proposed": "medium", "approved": "done", "declined": "lapsed", "withdrawn": "lapsed"}
ALWAYS = ("warnings", CALL)
"""What is drawn even when it stays as it is."""
Text = Annotated[str, Form(max_length=400)]


@router.get("/warnings/tiers")
def page(visit: Signed) -> Response:
    """The tiers in force, and every proposed change."""
    return _overview(visit)


@router.post("/warnings/tiers")
def propose(
    visit: Signed, body: Annotated[str, Form(max_length=LARGEST)], why: Text = "",
    days: Annotated[int, Form(ge=1)] = DAYS, operator_hours: Annotated[str, Form(max_length=8)] = "",
) -> Response:  # fmt: skip
    """Propose a change; faults are shown beside what was typed."""
    text = body.replace("\r\n", "\n")
    hours = float(operator_hours) if operator_hours.replace(".", "", 1).isdigit() else None
    try:
        told = propose_tiers(visit.office, visit.actor, text, why, days=days, operator_hours=hours)
    except InputError as e:
        wrong = faults(text) or [Fault(1, e.given, e.allowed)]
        typed = {"body": text, "why": why, "days": days, "operator_hours": operator_hours}
        return _overview(visit, typed=typed, wrong=[tuple(one) for one in wrong], refused=e.code, status=422)
    return said(RedirectResponse(f"/warnings/tiers/{told['version']}", 303), "tiers_proposed")


@router.get("/warnings/tiers/{version}")
def one(visit: Signed, version: int) -> Response:
    """One change: what differs, what it would have done, whose it is to decide."""
    found = show_tiers(visit.office, visit.actor, version)
    record_read(visit.office, visit.actor, "warning.policy.read", f"policy:{version}", often=True)
    tried, old, new = found["back_test"], found["old"], found["policy"]
    return render(
        visit, "tiers_change.html", here="warnings", tab="tiers", found=found, tried=tried, hues=HUES, done=DONE,
        differs=[change_in_words(change, old, new, visit.lang) for change in found["differs"]],
        notes=notes(new), pictures=_pictures(visit, found), tier_of=_named(visit, new, old),
        in_force=list_tiers(visit.office, visit.actor)["policy"].name,
    )  # fmt: skip


@router.post("/warnings/tiers/{version}/approve")
def approve(visit: Signed, version: int) -> Response:
    """Put it in force."""
    approve_tiers(visit.office, visit.actor, version)
    return said(RedirectResponse("/warnings/tiers", 303), "tiers_approved")


@router.post("/warnings/tiers/{version}/decline")
def decline(visit: Signed, version: int, reason: Text = "") -> Response:
    """Decline it, with a reason."""
    decline_tiers(visit.office, visit.actor, version, reason)
    return said(RedirectResponse(f"/warnings/tiers/{version}", 303), "tiers_declined")


@router.post("/warnings/tiers/{version}/withdraw")
def withdraw(visit: Signed, version: int) -> Response:
    """Take one's own proposal back."""
    withdraw_tiers(visit.office, visit.actor, version)
    return said(RedirectResponse(f"/warnings/tiers/{version}", 303), "tiers_withdrawn")


@router.post("/warnings/reviews/{review_id}")
def reviewed(visit: Signed, review_id: int, note: Text = "") -> Response:
    """Say that a trigger was looked at."""
    close_review(visit.office, visit.actor, review_id, note)
    return said(RedirectResponse("/warnings/tiers", 303), "trigger_reviewed")


def _overview(
    visit: Visit, *, typed: dict[str, Any] | None = None, wrong: list[Any] | None = None, refused: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    found = list_tiers(visit.office, visit.actor)
    policy = found["policy"]
    given = typed or {"body": found["body"], "why": "", "days": DAYS, "operator_hours": ""}
    return render(
        visit, "tiers.html", status=status, here="warnings", tab="tiers", found=found, policy=policy, hues=HUES,
        typed=given, wrong=wrong or [], refused=refused, may_propose=visit.actor.has(*MAY_PROPOSE),
        tier_of=_named(visit, policy), clause=lambda clause: clause_in_words(clause, visit.lang),
        value=lambda field, value: value_in_words(field, value, visit.lang, policy),
    )  # fmt: skip


def _named(visit: Visit, *policies: Any) -> Any:
    def told(name: str) -> dict[str, str]:
        policy = next((one for one in policies if name in one.ranks), policies[0])
        return {"word": tier_words(policy, name)[visit.lang], "hue": tier_hue(policy, name)}

    return told


def _pictures(visit: Visit, found: dict[str, Any]) -> dict[str, Any]:
    """What of each sort would be done a day, tier by tier, in force and proposed: warnings, calls, and whatever else
    would be another number than it is.
    """

    def t(key: str, **given: object) -> str:
        return word(key, visit.lang, **given)

    sides = {side: {row["tier"]: row for row in found["back_test"][side]["tiers"]} for side in ("old", "new")}
    tiers = [*found["policy"].ranks, *(name for name in found["old"].ranks if name not in found["policy"].ranks)]
    told = _named(visit, found["policy"], found["old"])
    drawn = {}
    for what in ("warnings", *DONE):
        rows = [
            (told(name)["word"], *(sides[side].get(name, {}).get(f"{what}_a_day", 0) for side in ("old", "new")))
            for name in tiers
        ]  # fmt: skip
        if what in ALWAYS or any(old != new for _, old, new in rows):
            drawn[what] = pairs(rows, t, t("warnings_measure.chart_said", what=t(f"warnings_measure.what.{what}")))
    return drawn
