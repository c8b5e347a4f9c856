"""A report by others: family, a bank clerk, a community worker or a citizen says that somebody is being talked to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response

from chainbreak.app.current_policy import current_policy
from chainbreak.app.list_warnings import MAY_READ, tier_hue, tier_words
from chainbreak.app.report_imitation import MAY_REPORT, read_number, report_imitation
from chainbreak.app.report_texts import loss_in, type_names
from chainbreak.app.take_statement import KINDS, MAY_TAKE, TELLERS, URGENCIES, Told, take_statement
from chainbreak.base.errors import ChainbreakError, InputError, UsageError
from chainbreak.base.wording import codes
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render

router = APIRouter()
IMITATION = "imitation"
Short = Annotated[str, Form(max_length=64)]


@dataclass
class Filled:
    """What stands in the form."""

    number: str = ""
    kind: str = "report.third_party"
    told_by: str = TELLERS[0]
    urgency: str = "high"
    amount: str = ""
    fraud: str = ""
    district: str = ""
    words: str = ""


def filled(
    number: Short = "", kind: Short = "report.third_party", told_by: Short = TELLERS[0], urgency: Short = "high",
    amount: Short = "", fraud: Short = "", district: Short = "", words: Annotated[str, Form(max_length=4000)] = "",
) -> Filled:  # fmt: skip
    """The form as it was sent."""
    return Filled(number.strip(), kind, told_by, urgency, amount.strip(), fraud, district.strip(), words)


Sent = Annotated[Filled, Depends(filled)]


@router.get("/warnings/report")
def page(visit: Signed) -> Response:
    """The empty form."""
    visit.need(*MAY_REPORT)
    return _form(visit, Filled())


@router.post("/warnings/report/read")
def read(visit: Signed, sent: Sent) -> Response:
    """What was understood of the number so far."""
    visit.need(*MAY_REPORT)
    return render(visit, "_number_read.html", **_number(visit, sent.number))


@router.post("/warnings/report")
def take(visit: Signed, sent: Sent) -> Response:
    """Record it and warn; a number that posed as us goes before those who judge instead."""
    try:
        done = _take(visit, sent)
    except (InputError, UsageError) as e:
        return _form(visit, sent, wrong=e, status=422)
    return _form(visit, Filled(told_by=sent.told_by, district=sent.district), done=done)


def _take(visit: Visit, sent: Filled) -> dict[str, Any]:
    read_number(visit.office, sent.number)
    if sent.kind == IMITATION:
        return report_imitation(visit.office, visit.actor, sent.number, sent.words)
    told = Told(
        sent.number, sent.kind, sent.told_by, sent.urgency, visit.office.clock.now_us(), sent.words,
        loss_in(visit.office, sent.amount) or None, sent.fraud, sent.district,
    )  # fmt: skip
    done = take_statement(visit.office, visit.actor, told)
    with visit.office.desk.read() as conn:
        policy = current_policy(conn, visit.office)
    return done | {"word": tier_words(policy, done["tier"]), "hue": tier_hue(policy, done["tier"])}


def _number(visit: Visit, number: str) -> dict[str, Any]:
    if not number:
        return {"read": None, "unread": ""}
    try:
        return {"read": read_number(visit.office, number), "unread": ""}
    except InputError as e:
        return {"read": None, "unread": codes()[e.code]["title"][visit.lang]}


def _form(
    visit: Visit, shown: Filled, *, done: dict[str, Any] | None = None, wrong: ChainbreakError | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    may_take = visit.actor.has(*MAY_TAKE)
    kinds = (*KINDS[-1:], *KINDS[:-1], IMITATION) if may_take else (IMITATION,)
    return render(
        visit, "warning_report.html", status=status, here="warnings", filled=shown, done=done, kinds=kinds,
        tellers=TELLERS, urgencies=URGENCIES, frauds=type_names(visit.office), may_read=visit.actor.has(*MAY_READ),
        wrong=_wrong(visit, wrong) if wrong else None, **_number(visit, shown.number),
    )  # fmt: skip


def _wrong(visit: Visit, error: ChainbreakError) -> dict[str, str]:
    words = codes()[error.code]
    return {name: words[name][visit.lang] for name in ("title", "remedy")} | {"given": error.given}
