"""The form of a new report: the story is typed, the page fills in the rest, the person corrects and saves."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from chainbreak.app.list_reports import known_districts
from chainbreak.app.read_draft import near_reports, read_draft
from chainbreak.app.report_rights import MAY_ACT
from chainbreak.app.report_texts import LONGEST, OF_INTEREST, ROLES, loss_in, moment_in, type_names
from chainbreak.app.take_report import Draft, take_report
from chainbreak.app.trace_money import trace_money
from chainbreak.base.errors import ChainbreakError, InputError, SetupError, UsageError
from chainbreak.base.failure import failure_of
from chainbreak.base.wording import codes, word
from chainbreak.console.case_form import CHANNELS, Filled, filled_in, local_minute
from chainbreak.console.marks import marked_story
from chainbreak.console.session import Signed, Visit
from chainbreak.console.show import word_or, yuan
from chainbreak.console.view import render, said

router = APIRouter()


@router.get("/cases/new")
def page(visit: Signed) -> Response:
    """An empty form. Its receipt is what makes sending it twice one report."""
    visit.need(*MAY_ACT)
    now = visit.office.clock.now_us()
    empty = Filled("", now, secrets.token_hex(16), "", "", None, None, None, None, {}, ())
    return render(visit, "case_new.html", here="cases", **_values(visit, empty))


@router.post("/cases/new/read")
async def read(visit: Signed) -> Response:
    """What the machine reads in the story so far: alone for htmx, else in the whole form."""
    filled = await _sent(visit)
    values = await run_in_threadpool(_values, visit, filled)
    return render(visit, "_reading.html" if visit.is_fragment else "case_new.html", here="cases", **values)


@router.post("/cases/new/near")
async def near(visit: Signed) -> Response:
    """Reports that share an identifier with the draft, or are told in the same words."""
    filled = await _sent(visit)
    return await run_in_threadpool(_near, visit, filled)


@router.post("/cases")
async def save(visit: Signed) -> Response:
    """Take the report and show it with the series it joined."""
    filled = await _sent(visit)
    then = str((await visit.request.form()).get("then", ""))
    try:
        return await run_in_threadpool(_save, visit, filled, then)
    except ChainbreakError as error:
        # What was typed is worth more than a page about the error: the form comes back with the reason on top.
        values = await run_in_threadpool(_values, visit, filled)
        failure = failure_of(error)
        told = codes()[error.code]
        values["refused"] = {
            "title": told["title"][visit.lang],
            "given": error.given,
            "remedy": told["remedy"][visit.lang],
        }
        return render(visit, "case_new.html", status=failure.status, here="cases", **values)


async def _sent(visit: Visit) -> Filled:
    form = await visit.request.form()
    return filled_in(visit, form, [one for one in form.getlist("added") if isinstance(one, str)])


def _save(visit: Visit, filled: Filled, then: str) -> Response:
    read = _reading(visit, filled)
    if read["unread"]:
        raise UsageError("CB-RT-005", "this names nothing that can be looked for", given=", ".join(read["unread"])[:80],
                         allowed="a number, an account, an address")  # fmt: skip
    added = {row["name"]: filled.roles.get(row["name"], row["role"]) for row in read["named"] if row["added"]}
    roles = {name: role for name, role in {**filled.paid_roles, **filled.roles, **added}.items()
             if role or name not in added}  # fmt: skip
    taken = take_report(visit.office, visit.actor, Draft(
        _told(visit, filled), filled.reported_at_us, filled.receipt, filled.report_id, filled.type,
        read["district"] if filled.district is None else filled.district,
        read["loss_fen"] if filled.loss is None else loss_in(visit.office, filled.loss),
        read["occurred_at_us"] if filled.occurred is None else moment_in(visit.office, filled.occurred),
        filled.victim, roles,
    ))  # fmt: skip
    if then == "money":
        return _traced(visit, str(taken["report_id"]))
    return said(RedirectResponse(f"/cases/{taken['report_id']}", 303), "taken" if taken["new"] else "taken_before")


def _told(visit: Visit, filled: Filled) -> str:
    """The story, with how the money was paid: a report has no column for that, and whoever reads it needs it."""
    if not filled.channel or not filled.narrative.strip():
        return filled.narrative
    way = word(f"console_cases.channel.{filled.channel}", visit.centre_lang)
    return f"{filled.narrative.rstrip()}\n{word('console_cases.channel_said', visit.centre_lang, way=way)}"


def _traced(visit: Visit, report_id: str) -> Response:
    """Trace the money at once; where a person must choose among payments first, to that page."""
    try:
        run = trace_money(visit.office, visit.actor, f"report:{report_id}")
    except (UsageError, InputError, SetupError):
        return said(RedirectResponse(f"/money/new?report={quote(report_id, safe='')}", 303), "taken")
    return said(RedirectResponse(f"/money/{run['run_id']}", 303), "traced")


def _near(visit: Visit, filled: Filled) -> Response:
    read = _reading(visit, filled)
    keys = [(row["key"], filled.roles.get(row["name"], row["role"])) for row in read["named"]]
    found = near_reports(visit.office, visit.actor, filled.narrative, keys)
    clear = {row["key"]: row["value"] for row in read["named"]}
    return render(visit, "_near.html", near=found, clear=clear, **_names(visit))


def _reading(visit: Visit, filled: Filled) -> dict[str, Any]:
    read = read_draft(visit.office, visit.actor, filled.narrative, filled.reported_at_us, filled.by_hand)
    for row in read["named"]:
        row["role"] = filled.paid_roles.get(row["name"], row["role"])
    return read


def _names(visit: Visit) -> dict[str, Any]:
    names = type_names(visit.office)

    def kind_word(kind: str) -> str:
        return word_or(f"console.thing.{kind}", word_or(f"console_cases.kind.{kind}", kind, visit.lang), visit.lang)

    return {
        "types": names, "type_name": lambda key: names.get(key, {}).get(visit.lang, key) or "—", "kind_word": kind_word,
    }  # fmt: skip


def _values(visit: Visit, filled: Filled) -> dict[str, Any]:
    """What the form shows: the machine's reading, and the person's word wherever there is one."""
    read, zone = _reading(visit, filled), visit.office.centre.settings.zone
    names = _names(visit)

    def t(key: str, **given: object) -> str:
        return word(key, visit.lang, **given)

    machine = {
        "type": read["type"]["key"], "loss": yuan(read["loss_fen"]), "district": read["district"],
        "occurred": local_minute(read["occurred_at_us"], zone),
    }  # fmt: skip
    own: Mapping[str, str | None] = {
        "type": filled.type, "loss": filled.loss, "district": filled.district, "occurred": filled.occurred,
    }  # fmt: skip
    return names | {
        "filled": filled, "read": read, "refused": None, "machine": machine, "own": own, "roles": ROLES,
        "of_interest": OF_INTEREST, "channels": CHANNELS,
        "shown": {name: machine[name] if own[name] is None else own[name] for name in machine},
        "districts": known_districts(visit.office), "longest": LONGEST,
        "reported": local_minute(filled.reported_at_us, zone), "reported_us": filled.reported_at_us,
        "story": marked_story(filled.narrative, read["mentions"], read["words"], t, names["kind_word"]),
    }  # fmt: skip
