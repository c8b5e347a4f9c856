"""Returns of frozen money: the list, one return with its calculation and proof, the calculator, the paper."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.returns.machine import may
from chainbreak.act.returns.model import Victim
from chainbreak.app.list_returns import ALL, STAGES, count_returns, list_returns
from chainbreak.app.move_return import may_read
from chainbreak.app.plan_return import calculate_return, plan_return, what_if
from chainbreak.app.record_read import record_read
from chainbreak.app.return_claims import Given, statement_from, victims_from
from chainbreak.app.show_return import division_rows, show_return
from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import ChainbreakError, InputError
from chainbreak.base.units import yuan_to_fen
from chainbreak.base.wording import codes
from chainbreak.console.return_paper import names_of, paper_pdf, paper_values, shown_share
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render

router = APIRouter()
PAGE = 50
HUES = {
    "planned": "medium", "reviewed": "low", "published": "low", "notice_over": "high", "reopened": "urgent",
    "decided": "high", "paid": "done", "withdrawn": "lapsed",
}  # fmt: skip
TESTS = ("single", "separable", "pro_rata")
Stage = Annotated[str, Query(pattern=f"^(?:{'|'.join(STAGES)})$")]
Long = Annotated[str, Form(max_length=400_000)]
Text = Annotated[str, Form(max_length=2_000)]
Line = Annotated[str, Form(max_length=255)]


@router.get("/returns")
def page(visit: Signed, stage: Stage = ALL, after: Annotated[str, Query(max_length=16)] = "") -> Response:
    """The list, with nothing opened."""
    return show_page(visit, stage, None, after=after)


@router.get("/returns/new")
def new(visit: Signed, account: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The calculator of a new return."""
    may_read(visit.actor)
    filled = {"account": account, "claims": "", "statement": "", "opening": "", "frozen": "", "basis": "", "until": "",
              "bank": "", "case_ref": "", "note": ""}  # fmt: skip
    return render(visit, "return_new.html", here="returns", filled=filled, may_plan=may("plan", visit.actor),
                  **_nothing())  # fmt: skip


@router.post("/returns/calculate")
def calculate(
    visit: Signed, account: Line = "", frozen: Line = "", basis: Text = "", until: Line = "", bank: Line = "",
    claims: Long = "", statement: Long = "", opening: Line = "", case_ref: Line = "", note: Text = "",
) -> Response:  # fmt: skip
    """What the form gives so far, kept nowhere; what is not right in it stands beside it, not in its way."""
    may_read(visit.actor)
    shown = _nothing()
    if account.strip() and claims.strip():
        try:
            given = _given(visit, account, frozen, basis, until, bank, claims, statement, opening, case_ref, note)
            plan, division = calculate_return(visit.office, visit.actor, given)
            shown |= _calculated(plan, division)
        except ChainbreakError as e:
            shown["refused"] = _refused(visit, e)
    return render(visit, "_return_calculated.html", **shown)


@router.post("/returns")
def plan(
    visit: Signed, account: Line = "", frozen: Line = "", basis: Text = "", until: Line = "", bank: Line = "",
    claims: Long = "", statement: Long = "", opening: Line = "", case_ref: Line = "", note: Text = "",
) -> Response:  # fmt: skip
    """Keep it as a plan, to be reviewed by somebody else."""
    given = _given(visit, account, frozen, basis, until, bank, claims, statement, opening, case_ref, note)
    found = plan_return(visit.office, visit.actor, given)
    return RedirectResponse(f"/returns/{found.return_id}", 303)


@router.get("/returns/{return_id}")
def one(visit: Signed, return_id: str, stage: Stage = ALL) -> Response:
    """One return beside the list, or alone for htmx. Looking is noted in the log."""
    found = _read(visit, return_id)
    return detail(visit, stage, found) if visit.is_fragment else show_page(visit, stage, found)


@router.get("/returns/{return_id}/print")
def paper(visit: Signed, return_id: str) -> Response:
    """The announcement and schedule, to print."""
    found = _read(visit, return_id)
    return render(visit, "return_print.html", found=found, paper=_paper(visit, found))


@router.get("/returns/{return_id}/schedule.pdf")
def as_pdf(visit: Signed, return_id: str) -> Response:
    """The same as a PDF."""
    made = paper_pdf(_paper(visit, _read(visit, return_id)))
    name = f'inline; filename="{return_id}.pdf"'
    return Response(made, media_type="application/pdf", headers={"content-disposition": name})


@router.post("/returns/{return_id}/what-if")
def late_victim(visit: Signed, return_id: str, loss: Line = "") -> Response:
    """Each victim's line as it would be with one more victim of this loss; kept nowhere."""
    found = show_return(visit.office, visit.actor, return_id)
    record_read(visit.office, visit.actor, "return.what_if", f"return:{return_id}", often=True)
    before = {row["claim_id"]: row["amount_fen"] for row in found["rows"]}
    fen = _yuan(loss, "loss")
    if not fen or fen < 0:
        return render(visit, "_return_rows.html", found=found, what_if=None, share_of=share_of)
    late = Victim("·", "", fen, visit.office.clock.now_us())
    made = _calculated(*what_if(visit.office, return_id, [late]))
    for row in made["rows"]:
        row["change_fen"] = row["amount_fen"] - before.get(row["claim_id"], 0)
    return render(visit, "_return_rows.html", found=found, what_if=made, share_of=share_of)


def detail(visit: Visit, stage: str, found: dict[str, Any] | None) -> Response:
    """The detail alone."""
    return render(visit, "_return.html", stage=stage, **_one(found))


def answer(visit: Visit, stage: str, return_id: str) -> Response:
    """What a write is answered with: the return as it stands, alone for htmx or at its own address."""
    path = f"/returns/{return_id}?stage={stage}"
    if not visit.is_fragment:
        return RedirectResponse(path, 303)
    response = detail(visit, stage, show_return(visit.office, visit.actor, return_id))
    response.headers["HX-Push-Url"] = path
    return response


def show_page(visit: Visit, stage: str, found: dict[str, Any] | None, *, after: str = "") -> Response:
    """List and detail."""
    rows = list_returns(visit.office, visit.actor, stage=stage, after=after, limit=PAGE + 1)
    record_read(visit.office, visit.actor, "return.list", "return:*", often=True)
    return render(
        visit, "returns.html", here="returns", stage=stage, counts=count_returns(visit.office, visit.actor),
        rows=rows[:PAGE], next_after=rows[PAGE - 1]["return_id"] if len(rows) > PAGE else None, is_first=not after,
        shown=found["return_id"] if found else None, may_plan=may("plan", visit.actor), **_one(found),
    )  # fmt: skip


def share_of(row: dict[str, Any]) -> tuple[str, str]:
    """The exact fraction of a row, and its percentage.

    >>> share_of({"share": "1/3"}), share_of({"share": "1/1"})
    (('1/3', '33.33%'), ('', '100%'))
    """
    exact, _, percent = shown_share(row["share"]).rpartition(" ")
    return exact, percent


def _one(found: dict[str, Any] | None) -> dict[str, Any]:
    return {"found": found, "hues": HUES, "tests": TESTS, "share_of": share_of, "what_if": None}


def _read(visit: Visit, return_id: str) -> dict[str, Any]:
    found = show_return(visit.office, visit.actor, return_id)
    record_read(visit.office, visit.actor, "return.read", f"return:{return_id}", case=found["case_ref"])
    return found


def _paper(visit: Visit, found: dict[str, Any]) -> dict[str, Any]:
    settings, base = visit.office.centre.settings, str(visit.request.base_url)
    return paper_values(found, visit.lang, settings, names_of(visit.office), base)


def _nothing() -> dict[str, Any]:
    return {"made": None, "refused": None, "tests": TESTS, "share_of": share_of}


def _calculated(plan: Any, division: Any) -> dict[str, Any]:
    made = {
        "case": division.case, "why": division.why, "frozen_fen": division.frozen_fen, "account": plan.pot.account,
        "returned_fen": division.returned_fen, "surplus_fen": division.surplus_fen, "holds": plan.pot.holds,
        "losses_fen": sum(v.loss_fen for v in plan.victims), "rows": division_rows(plan, division),
    }  # fmt: skip
    return {"made": made, "rows": made["rows"], **{k: made[k] for k in ("case", "why", "frozen_fen", "surplus_fen")}}


def _given(
    visit: Visit, account: str, frozen: str, basis: str, until: str, bank: str, claims: str, statement: str,
    opening: str, case_ref: str, note: str,
) -> Given:  # fmt: skip
    zone = visit.office.centre.settings.zone
    given_opening = _yuan(opening, "opening")
    return Given(
        account.strip(), _yuan(frozen, "frozen"), basis.strip(), _day(until, zone), bank.strip(),
        victims_from(claims, zone) if claims.strip() else (),
        statement_from(statement, zone) if statement.strip() else (),
        -1 if given_opening is None else given_opening, case_ref=case_ref.strip()[:64], note=note.strip(),
    )  # fmt: skip


def _yuan(text: str, field: str) -> int | None:
    try:
        return yuan_to_fen(text) if text.strip() else None
    except ValueError:
        raise InputError("CB-RM-007", f"{field} is no amount in yuan", given=text[:64]) from None


def _day(text: str, zone: str) -> int | None:
    try:
        return parse_moment(text, zone) if text.strip() else None
    except (ValueError, OverflowError):
        raise InputError("CB-RM-007", "until is no day", given=text[:64]) from None


def _refused(visit: Visit, error: ChainbreakError) -> dict[str, str]:
    words = codes()[error.code]
    said = f"{error.what}: {error.given}" if error.given else error.what
    return {
        "code": error.code,
        "title": words["title"][visit.lang],
        "remedy": words["remedy"][visit.lang],
        "said": said,
    }
