"""Visits on the officer's phone: the list, one visit with its steps, the result; the queue and the slip on paper.

An address is in no page but the answer to the POST that reveals it, which no browser keeps (`no-store`).
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from chainbreak.act.warnings.model import OUTCOMES
from chainbreak.act.warnings.visits.checklists import ANSWERS, checklists
from chainbreak.act.warnings.visits.model import ENTRIES
from chainbreak.app.finish_visit import finish_visit, settle_result
from chainbreak.app.list_visits import ORDERS, SHOWN, list_visits
from chainbreak.app.plan_visits import plan_visits
from chainbreak.app.prove_visit import confirm_visit, make_code, prove_by_distance, use_code
from chainbreak.app.record_read import record_read
from chainbreak.app.show_visit import show_visit
from chainbreak.app.visit_address import enter_address, reveal_address
from chainbreak.app.visit_duty import on_duty, put_on_duty, take_off_duty
from chainbreak.app.visit_rights import DESKS, LEADERS, VISITORS
from chainbreak.app.work_visit import HAND_OFF_REASONS, accept_visit, arrive_visit, hand_off_visit, leave_visit
from chainbreak.base.wording import word
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import STATIC, render
from chainbreak.records.actor import Role

router = APIRouter()
HUES = {"red": "urgent", "orange": "high", "yellow": "medium", "blue": "low"}
STATES = {
    "open": "high", "accepted": "medium", "travelling": "medium", "arrived": "medium", "done": "done",
    "cancelled": "lapsed", "suppressed": "lapsed",
}  # fmt: skip
SOURCES = ("citizen", "carrier", "bank")
Short = Annotated[str, Form(max_length=64)]


@router.get("/visits")
def page(
    visit: Signed, shown: Annotated[str, Query(pattern=f"^(?:{'|'.join(SHOWN)})?$")] = "",
    order: Annotated[str, Query(pattern=f"^(?:{'|'.join(ORDERS)})$")] = "left",
) -> Response:  # fmt: skip
    """The list: an officer's own first, everything for who leads."""
    is_officer = visit.actor.has(*VISITORS)
    shown = shown or ("mine" if is_officer else "unit")
    rows = list_visits(visit.office, visit.actor, shown, order)
    record_read(visit.office, visit.actor, "visit.list", "visit:*", often=True)
    duty = on_duty(visit.office, visit.actor)
    unit = next((one["unit"] for one in duty if one["name"] == visit.actor.name), "")
    tabs = [("mine", "mine")] * is_officer + [("unit", "unit" if is_officer else "all"), ("over", "over")]
    return render(
        visit, "visits.html", rows=rows, shown=shown, order=order, tabs=tabs, duty=duty, unit=unit,
        leads=visit.actor.has(*LEADERS), is_officer=is_officer, **_common(),
    )  # fmt: skip


@router.get("/visits/print")
def paper(visit: Signed) -> Response:
    """The queue on paper, by officer and turn; neither address nor number is on it."""
    rows = list_visits(visit.office, visit.actor, "unit", "tour")
    record_read(visit.office, visit.actor, "visit.print", "visit:*")
    return render(visit, "visits_print.html", rows=rows, outcomes=OUTCOMES, **_common())


@router.get("/visits/worker.js")
def worker() -> Response:
    """The service worker of visits: served from here, so that its scope is /visits/ and nothing else."""
    return FileResponse(STATIC / "js" / "visit_worker.js", media_type="text/javascript")


@router.get("/visits/offline")
def shell(request: Request) -> Response:
    """The page without a person or a visit that a phone keeps: every checklist, and the form."""
    return render(Visit(request, None), "visits_offline.html", lists=checklists(), **_form())


@router.get("/visits/{visit_id}")
def one(visit: Signed, visit_id: str) -> Response:
    """One visit, without its address."""
    return _page(visit, visit_id)


@router.post("/visits/plan")
def plan(visit: Signed) -> Response:
    """Plan every unit now."""
    plan_visits(visit.office, visit.actor)
    return RedirectResponse("/visits?order=tour", 303)


@router.post("/visits/duty")
def duty(visit: Signed, name: Short, unit: Short = "", place: Short = "", off: Short = "") -> Response:
    """Put an officer on duty, or take them off."""
    if off:
        take_off_duty(visit.office, visit.actor, name)
    else:
        put_on_duty(visit.office, visit.actor, name.strip(), unit, place.strip())
    return RedirectResponse("/visits", 303)


@router.post("/visits/{visit_id}/accept")
def accept(visit: Signed, visit_id: str, second: Short = "") -> Response:
    """Take it on, or open the time for its address again."""
    accept_visit(visit.office, visit.actor, visit_id, second)
    return _to(visit_id)


@router.post("/visits/{visit_id}/leave")
def leave(visit: Signed, visit_id: str) -> Response:
    """Set out."""
    leave_visit(visit.office, visit.actor, visit_id)
    return _to(visit_id)


@router.post("/visits/{visit_id}/arrive")
def arrive(visit: Signed, visit_id: str) -> Response:
    """Stand at the door."""
    arrive_visit(visit.office, visit.actor, visit_id)
    return _to(visit_id)


@router.post("/visits/{visit_id}/reveal")
def reveal(
    visit: Signed, visit_id: str, purpose: Annotated[str, Form(max_length=200)] = "", case: Short = ""
) -> Response:  # fmt: skip
    """The address, in this answer alone."""
    shown = reveal_address(visit.office, visit.actor, visit_id, purpose=purpose, case=case)
    if visit.is_fragment:
        return render(visit, "_visit_address.html", address=shown)
    return _page(visit, visit_id, address=shown)


@router.post("/visits/{visit_id}/address")
def address(
    visit: Signed, visit_id: str, address: Annotated[str, Form(max_length=400)], source: Short = "citizen"
) -> Response:  # fmt: skip
    """Seal an address."""
    enter_address(visit.office, visit.actor, visit_id, address, source)
    return _to(visit_id)


@router.post("/visits/{visit_id}/result")
async def result(visit: Signed, request: Request, visit_id: str) -> Response:
    """The result of a form; a phone that was offline sends it to the API under the same key."""
    from starlette.concurrency import run_in_threadpool

    form = {name: str(value) for name, value in (await request.form()).items()}
    answers = {name[7:]: value for name, value in form.items() if name.startswith("answer_")}
    body = form | {"answers": answers, "card_left": form.get("card_left") == "1"}
    sent = await run_in_threadpool(
        finish_visit, visit.office, visit.actor, visit_id, body, form.get("client_key", ""), form.get("code", "")
    )
    said = "wrong_code" if sent.code == "wrong" else sent.standing
    return RedirectResponse(f"/visits/{visit_id}?said={said}", 303)


@router.post("/visits/{visit_id}/handoff")
def handoff(visit: Signed, visit_id: str, unit: Short, reason: Short) -> Response:
    """Give it to another unit."""
    hand_off_visit(visit.office, visit.actor, visit_id, unit, reason)
    return RedirectResponse("/visits", 303)


@router.post("/visits/{visit_id}/code")
def code(visit: Signed, visit_id: str) -> Response:
    """A code for the resident, in this answer alone."""
    return _page(visit, visit_id, code=make_code(visit.office, visit.actor, visit_id, "said"))


@router.post("/visits/{visit_id}/card")
def card(visit: Signed, visit_id: str) -> Response:
    """The slip to be left, with a code of its own."""
    made = make_code(visit.office, visit.actor, visit_id, "card")
    return render(visit, "visit_card.html", visit_id=visit_id, code=made)


@router.post("/visits/{visit_id}/card-code")
def card_code(visit: Signed, visit_id: str, code: Short) -> Response:
    """The code that a citizen reads from the slip."""
    use_code(visit.office, visit.actor, visit_id, "card", code)
    return _to(visit_id)


@router.post("/visits/{visit_id}/distance")
def distance(
    visit: Signed, visit_id: str, lat: Annotated[float, Form(ge=-90, le=90)],
    lon: Annotated[float, Form(ge=-180, le=180)],
) -> Response:  # fmt: skip
    """How far the phone is from the mast."""
    prove_by_distance(visit.office, visit.actor, visit_id, lat, lon)
    return _to(visit_id)


@router.post("/visits/{visit_id}/confirm")
def confirm(visit: Signed, visit_id: str) -> Response:
    """The colleague's word."""
    confirm_visit(visit.office, visit.actor, visit_id)
    return _to(visit_id)


@router.post("/visits/{visit_id}/settle")
def settle(visit: Signed, visit_id: str, client_key: Short) -> Response:
    """A result that could not be taken has been seen to."""
    settle_result(visit.office, visit.actor, visit_id, client_key)
    return _to(visit_id)


def _page(visit: Visit, visit_id: str, **shown: Any) -> Response:
    found = show_visit(visit.office, visit.actor, visit_id)
    record_read(visit.office, visit.actor, "visit.read", f"visit:{visit_id}", case=found["warning_id"], often=True)
    said = visit.request.query_params.get("said", "")
    actor = visit.actor
    values = {"address": None, "code": ""} | shown
    return render(
        visit, "visit.html", found=found, notice=f"warnings_visits.said.{said}" if said in SAID else "",
        client_key=secrets.token_hex(16), leads=actor.has(*LEADERS), on_desk=actor.has(*DESKS, *LEADERS),
        is_hotline=actor.has(Role.HOTLINE), is_officer=actor.has(*VISITORS), reasons=HAND_OFF_REASONS, sources=SOURCES,
        purpose=word("warnings_visits.purpose.visit", visit.lang), **values, **_form(), **_common(),
    )  # fmt: skip


SAID = ("taken", "conflict", "wrong_code")


def _to(visit_id: str) -> Response:
    return RedirectResponse(f"/visits/{visit_id}", 303)


def _form() -> dict[str, Any]:
    return {"doors": ENTRIES, "answers": ANSWERS, "outcomes": OUTCOMES}


def _common() -> dict[str, Any]:
    return {"hues": HUES, "states": STATES}
