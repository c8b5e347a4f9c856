"""A device: its page with what its records draw, the records a reason cites, and the lead for a visit."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response

from chainbreak.app.device_records import MAY_READ, must_be_device
from chainbreak.app.record_read import record_read
from chainbreak.app.reveal_lead import reveal_lead
from chainbreak.app.show_cited import show_cited
from chainbreak.app.show_device import show_device
from chainbreak.app.show_finding import show_finding
from chainbreak.app.show_lead import show_lead
from chainbreak.base.wording import word
from chainbreak.console.draw import lanes, week
from chainbreak.console.pages.findings import HUE_OF_STATE, reasons_of
from chainbreak.console.session import Signed, Visit
from chainbreak.console.sheet import sheet_values
from chainbreak.console.story import story
from chainbreak.console.view import render

router = APIRouter()
FACTS = (
    "sims", "ports", "imeis", "cells", "calls", "callees", "victims_over_60_s", "stayed_over_60_s",
    "calls_before_alert", "hot_hits",
)  # fmt: skip
SAME = {"stayed_over_60_s": "victims_over_60_s"}
"""A fact that another version of the detector calls by another name."""
Day = Annotated[str, Query(max_length=10)]
Rows = Literal["ports", "sims"]


@router.get("/findings/{finding_id}/device")
def page(visit: Signed, finding_id: str) -> Response:
    """What the finding says, at once; what its records draw is fetched by the page."""
    found = show_finding(visit.office, finding_id)
    must_be_device(found)
    record_read(visit.office, visit.actor, "finding.read", f"finding:{finding_id}")
    return render(visit, "device.html", device=None, **_frame(visit, found))


@router.get("/findings/{finding_id}/device/records")
def records(visit: Signed, finding_id: str, day: Day = "", rows: Rows = "ports") -> Response:
    """The pictures and tables from the records: alone for htmx, else in the whole page."""
    device = show_device(visit.office, visit.actor, finding_id, day, rows)
    values = _drawn(visit, device, rows)
    if visit.is_fragment:
        return render(visit, "_device_records.html", found=device["found"], **values)
    return render(visit, "device.html", **_frame(visit, device["found"]), **values)


@router.get("/findings/{finding_id}/cited")
def cited(visit: Signed, finding_id: str, rule: Annotated[str, Query(max_length=60)]) -> Response:
    """The records that one reason rests on."""
    return render(visit, "cited.html", here="findings", **show_cited(visit.office, visit.actor, finding_id, rule))


@router.get("/findings/{finding_id}/lead")
def lead(visit: Signed, finding_id: str, case: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The sheet for the visit; identifiers masked."""
    found = show_lead(visit.office, visit.actor, finding_id, case=case.strip())
    return _sheet(visit, found, {})


@router.post("/findings/{finding_id}/lead")
def lead_in_clear(
    visit: Signed, finding_id: str, purpose: Annotated[str, Form(max_length=200)] = "",
    case: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """The sheet with the device's handsets and cards in clear, for a purpose in a case; never those it called."""
    found = show_lead(visit.office, visit.actor, finding_id, purpose=purpose.strip(), case=case.strip())
    return _sheet(visit, found, reveal_lead(visit.office, visit.actor, found, purpose=purpose, case=case))


def _sheet(visit: Visit, found: dict[str, Any], values: dict[str, str]) -> Response:
    person = visit.session.person.display_name if visit.session else ""
    return render(visit, "lead.html", here="findings", **sheet_values(found, visit.lang, person, values))


def _frame(visit: Visit, found: dict[str, Any]) -> dict[str, Any]:
    facts = found["facts"]
    return {
        "here": "findings", "found": found, "hues": HUE_OF_STATE, "may_read": visit.actor.has(*MAY_READ),
        "story": story(facts, lambda key, **given: word(key, visit.lang, **given)),
        "first_facts": [(name, facts[name]) for name in FACTS if name in facts and SAME.get(name) not in facts],
        **reasons_of(found),
    }  # fmt: skip


def _drawn(visit: Visit, device: dict[str, Any], rows: str) -> dict[str, Any]:
    zone = visit.office.centre.settings.zone

    def t(key: str, **given: object) -> str:
        return word(key, visit.lang, **given)

    def chosen(day: str, way: str) -> str:
        return f"/findings/{device['found']['finding_id']}/device/records?{urlencode({'day': day, 'rows': way})}"

    most = max((row["calls"] for row in device["days"]), default=0)
    return {
        "device": device, "rows_are": rows, "chosen": chosen,
        "axis": lanes.axis(device["lanes_are"], t),
        "lanes": lanes.lanes(device["lanes"], device["day_from_us"], device["lanes_are"], zone, t),
        "heat": week.week(device["heat"], t),
        "day_bars": [(row, week.day_bar(row, most)) for row in device["days"]],
    }  # fmt: skip
