"""The buttons of a lead: each calls one verb and shows the lead as it stands after."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.leads.drafting import Wish
from chainbreak.act.leads.model import Lead
from chainbreak.app.answer_lead import accept_lead, receive_lead, return_lead
from chainbreak.app.close_lead import close_lead
from chainbreak.app.dispatch_lead import dispatch_lead, recall_lead
from chainbreak.app.draft_lead import draft_lead, revise_lead
from chainbreak.app.reveal_lead_target import reveal_lead_target
from chainbreak.app.review_lead import review_lead, send_back_lead, withdraw_lead
from chainbreak.app.show_lead_file import show_lead_file
from chainbreak.app.snooze_lead import snooze_lead, undo_lead, wake_lead
from chainbreak.app.work_lead import work_lead
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.console.pages.leads import Filtered, Wanted, answer, detail, show_page
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import said

router = APIRouter()
Text = Annotated[str, Form(max_length=2000)]
Line = Annotated[str, Form(max_length=64)]
Seen = Annotated[int, Form(ge=1)]


@router.post("/leads")
def draft(
    visit: Signed, finding: Line = "", series: Annotated[str, Form(max_length=16)] = "",
    target: Annotated[str, Form(max_length=255)] = "", unit: Line = "", question: Text = "",
) -> Response:  # fmt: skip
    """A draft from a finding's or a series' page; what follows from the evidence is filled in and can be revised."""
    wish = Wish(target=target, unit=unit.strip(), question=question.strip(), series_id=series.strip(),
                findings=(finding,) if finding else ())  # fmt: skip
    lead = draft_lead(visit.office, visit.actor, wish)
    path = f"/leads/{lead.lead_id}?stage=review"
    response = Response(headers={"HX-Redirect": path}) if visit.is_fragment else RedirectResponse(path, 303)
    return said(response, "lead_drafted")


@router.post("/leads/{lead_id}/revise")
def revise(
    visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, unit: Line = "", question: Text = "", note: Text = ""
) -> Response:
    """Change unit, question and note; the lead needs a new review."""
    changes = {"unit": unit.strip(), "question": question.strip(), "note": note.strip()}
    return _shown(visit, wanted, revise_lead(visit.office, visit.actor, lead_id, changes, seen=seen))


@router.post("/leads/{lead_id}/review")
def review(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen) -> Response:
    """Pass it."""
    return _shown(visit, wanted, review_lead(visit.office, visit.actor, lead_id, seen=seen))


@router.post("/leads/{lead_id}/send_back")
def send_back(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, reason: Text = "") -> Response:
    """Give it back to its drafter."""
    return _shown(visit, wanted, send_back_lead(visit.office, visit.actor, lead_id, reason, seen=seen))


@router.post("/leads/{lead_id}/withdraw")
def withdraw(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, reason: Text = "") -> Response:
    """Give it up."""
    return _shown(visit, wanted, withdraw_lead(visit.office, visit.actor, lead_id, reason, seen=seen))


@router.post("/leads/{lead_id}/dispatch")
def dispatch(
    visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, unit: Line = "",
    hours: Annotated[int, Form(ge=1, le=5_000)] = 24,
) -> Response:  # fmt: skip
    """Send it to a unit."""
    due = visit.office.clock.now_us() + hours * US_PER_HOUR
    return _shown(visit, wanted, dispatch_lead(visit.office, visit.actor, lead_id, unit, due, seen=seen))


@router.post("/leads/{lead_id}/recall")
def recall(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, reason: Text = "") -> Response:
    """Call it back."""
    return _shown(visit, wanted, recall_lead(visit.office, visit.actor, lead_id, reason, seen=seen))


@router.post("/leads/{lead_id}/receive")
def receive(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen) -> Response:
    """Sign for it."""
    return _shown(visit, wanted, receive_lead(visit.office, visit.actor, lead_id, seen=seen))


@router.post("/leads/{lead_id}/accept")
def accept(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen) -> Response:
    """Take it on."""
    return _shown(visit, wanted, accept_lead(visit.office, visit.actor, lead_id, seen=seen))


@router.post("/leads/{lead_id}/return")
def give_back(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, code: Line, reason: Text = "") -> Response:
    """Return it to the centre."""
    return _shown(visit, wanted, return_lead(visit.office, visit.actor, lead_id, code, reason, seen=seen))


@router.post("/leads/{lead_id}/work")
def work(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, reason: Text = "") -> Response:
    """Note progress."""
    return _shown(visit, wanted, work_lead(visit.office, visit.actor, lead_id, reason, seen=seen))


@router.post("/leads/{lead_id}/close")
def close(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, outcome: Line, reason: Text = "") -> Response:
    """Say what came of it."""
    return _shown(visit, wanted, close_lead(visit.office, visit.actor, lead_id, outcome, reason, seen=seen))


@router.post("/leads/{lead_id}/snooze")
def snooze(
    visit: Signed, wanted: Filtered, lead_id: str, seen: Seen, days: Annotated[int, Form(ge=1, le=180)],
    reason: Text = "",
) -> Response:  # fmt: skip
    """Put it to sleep."""
    until = visit.office.clock.now_us() + days * US_PER_DAY
    return _shown(visit, wanted, snooze_lead(visit.office, visit.actor, lead_id, until, reason, seen=seen))


@router.post("/leads/{lead_id}/wake")
def wake(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen) -> Response:
    """End its sleep."""
    return _shown(visit, wanted, wake_lead(visit.office, visit.actor, lead_id, seen=seen))


@router.post("/leads/{lead_id}/undo")
def undo(visit: Signed, wanted: Filtered, lead_id: str, seen: Seen) -> Response:
    """Take back one's own last step."""
    return _shown(visit, wanted, undo_lead(visit.office, visit.actor, lead_id, seen=seen))


@router.post("/leads/{lead_id}/reveal")
def reveal(
    visit: Signed, wanted: Filtered, lead_id: str, purpose: Annotated[str, Form(max_length=200)] = "", case: Line = ""
) -> Response:
    """What it is about, in clear, until the page is left."""
    shown = reveal_lead_target(visit.office, visit.actor, lead_id, purpose=purpose, case=case)
    found = show_lead_file(visit.office, visit.actor, lead_id)
    show = detail if visit.is_fragment else show_page
    return show(visit, wanted, found | {"revealed": shown.value, "revealed_until_us": shown.until_us})


def _shown(visit: Visit, wanted: Wanted, lead: Lead) -> Response:
    return answer(visit, wanted, show_lead_file(visit.office, visit.actor, lead.lead_id))
