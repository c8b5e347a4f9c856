"""Money: what is being traced, one trace as a canvas with its panel, the same as tables, on paper and as a picture."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from chainbreak.act.orders.guards import DRAFTERS
from chainbreak.app.claims_of_report import claims_of_report
from chainbreak.app.list_orders import list_orders
from chainbreak.app.open_money import open_money, untraced_reports
from chainbreak.app.propose_holds import propose_holds
from chainbreak.app.record_read import record_read
from chainbreak.app.report_texts import type_names
from chainbreak.app.show_report import show_report
from chainbreak.app.show_trace import show_trace
from chainbreak.app.trace_rights import MAY_TRACE, must_trace
from chainbreak.app.view_trace import view_trace
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import UsageError
from chainbreak.base.wording import word
from chainbreak.console.draw.money import WIDTH, money
from chainbreak.console.draw.money_shape import Shape, shape_of
from chainbreak.console.money_account import told_of
from chainbreak.console.money_look import Look, Looked
from chainbreak.console.pages.orders import HUE
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import STATIC, render
from chainbreak.find.tracing import RULES

router = APIRouter()
UNTRACED_US = 3 * US_PER_DAY
MOST_FOUND = 12
"""Accounts found that the picture draws; the table lists all."""
TABLE = 500
"""Rows of a table on the page; the terminal and the API have all."""
LISTED = 50
"""Proposals in the panel."""
SVG = "http://www.w3.org/2000/svg"
PAPER = 720.0
"""Of the picture on A4, so that its words are as large as the table's."""
HUE_OF_HOLD = {"proposed": "high", "held": "done", "empty": "lapsed", "small": "lapsed", "stopped": "urgent"}


@router.get("/money")
def listed(visit: Signed) -> Response:
    """What is being followed, the most money not yet held first, and reports that nobody has traced."""
    rows = open_money(visit.office, visit.actor)
    may = visit.actor.has(*MAY_TRACE)
    since = visit.office.clock.now_us() - UNTRACED_US
    untraced = untraced_reports(visit.office, visit.actor, since) if may else []
    return render(visit, "money_list.html", here="money", rows=rows, untraced=untraced, may_trace=may)


@router.get("/money/new")
def new(visit: Signed, report: Annotated[str, Query(max_length=255)] = "") -> Response:
    """The payments of a report: what is certain is chosen, a person chooses among the rest, and the trace begins.

    Without a report: the list of those that nobody has traced.
    """
    if not report:
        return RedirectResponse("/money", 303)
    must_trace(visit.office, visit.actor, f"report:{report}"[:255])
    found = show_report(visit.office, visit.actor, report)
    names = type_names(visit.office)
    return render(
        visit, "money_new.html", here="money", report=found, candidates=claims_of_report(visit.office, report),
        type_name=lambda key: names.get(key, {}).get(visit.lang, key) or "—", rules=RULES,
    )  # fmt: skip


@router.get("/money/{run_id}")
def page(visit: Signed, run_id: str, look: Looked) -> Response:
    """One trace with everything beside it."""
    return render(visit, "money.html", here="money", **run_values(visit, run_id, look))


@router.get("/money/{run_id}/canvas")
def canvas(visit: Signed, run_id: str, look: Looked) -> Response:
    """Facts and picture alone, for the slider and the switch of rules."""
    if not visit.is_fragment:
        return page(visit, run_id, look)
    return render(visit, "_money_main.html", here="money", **run_values(visit, run_id, look))


@router.get("/money/{run_id}/account")
def account(visit: Signed, run_id: str, look: Looked) -> Response:
    """The panel of one account, or of the proposals when none is named."""
    if not visit.is_fragment:
        return page(visit, run_id, look)
    record_read(visit.office, visit.actor, "trace.account", look.account or f"trace:{run_id}", often=not look.account)
    return render(visit, "_money_panel.html", here="money", **run_values(visit, run_id, look, drawn=False))


@router.get("/money/{run_id}/picture.svg")
def picture(visit: Signed, run_id: str, look: Looked) -> Response:
    """The picture as a file of its own, with its colours in it."""
    values = run_values(visit, run_id, look)
    drawn = _picture(visit, values["run"], look, values["shape"], values["proposals"])
    style = "".join((STATIC / "css" / f"{name}.css").read_text(encoding="utf-8") for name in ("tokens", "money"))
    # The first tag is told its language of shapes, which a page does not need, and is followed by the colours.
    whole = str(drawn).replace("<svg", f'<svg xmlns="{SVG}"', 1)
    whole = whole.replace(">", f"><style>{style}svg{{background:var(--panel)}}</style>", 1)
    record_read(visit.office, visit.actor, "trace.export", f"trace:{run_id}")
    name = f"{values['run']['run_id']}-{values['run']['rule']}.svg"
    return Response(
        whole, media_type="image/svg+xml", headers={"content-disposition": f'attachment; filename="{name}"'}
    )


@router.get("/money/{run_id}/print")
def paper(visit: Signed, run_id: str, look: Looked) -> Response:
    """The trace on paper, for the case file."""
    values = run_values(visit, run_id, look)
    drawn = _picture(visit, values["run"], look, values["shape"], values["proposals"], width=PAPER)
    record_read(visit.office, visit.actor, "trace.print", f"trace:{run_id}")
    person = visit.session.person.display_name if visit.session else ""
    return render(visit, "money_print.html", here="money", **values | {"picture": drawn, "printed_by": person})


def run_values(visit: Visit, run_id: str, look: Look, *, drawn: bool = True) -> dict[str, Any]:
    """What the templates of a trace need. `drawn`: with the picture."""
    kept = show_trace(visit.office, visit.actor, run_id)
    moments = look.moments(kept)
    run = view_trace(visit.office, kept, look.rule, look.as_of(moments), compare=look.view == "rules")
    follows = "flows" in run and not run["terms"]["back"]
    proposals = propose_holds(visit.office, visit.actor, run["run_id"]) if run["kept"] and follows else []
    found = look.found(run)
    shape = shape_of(run, look.open, found[:MOST_FOUND], look.account) if drawn and "flows" in run else None
    told = told_of(run, look.account) if look.account else None
    if look.account and told is None and look.account not in {row["account"] for row in run.get("reached", ())}:
        raise UsageError("CB-FD-003", "the run found no money there", given=look.account[:40])
    report = run["what"].removeprefix("report:") if run["what"].startswith("report:") else ""
    return {
        "run": run, "look": look, "moments": moments, "rules": RULES, "found": found, "shape": shape, "told": told,
        "report": report, "proposals": proposals, "hold_hues": HUE_OF_HOLD, "order_hues": HUE, "table": TABLE,
        "picture": _picture(visit, run, look, shape, proposals) if shape else None,
        "begin_us": min(claim["booked_at_us"] for claim in run["claims"]),
        "proposal": next((row for row in proposals if row["account"] == look.account), None),
        "orders": list_orders(visit.office, about=look.account, limit=5) if look.account else [],
        "may_draft": visit.actor.has(*DRAFTERS), "may_trace": visit.actor.has(*MAY_TRACE),
        "name_of": lambda token: _name(run, token), "brief": _brief, "batch": None, "listed": LISTED,
    }  # fmt: skip


def _name(run: dict[str, Any], token: str) -> str:
    """The bank of an account, "" when nobody says."""
    return (run.get("accounts") or {}).get(token, {}).get("bank") or ""


def _brief(token: str) -> Markup:
    """The head of a token, as the picture has it; the whole in the tooltip."""
    return Markup('<span class="mono" title="{}">{}</span>').format(token, token.rpartition(":")[2][:6])


def _picture(
    visit: Visit, run: dict[str, Any], look: Look, shape: Shape | None, proposals: list[dict[str, Any]],
    width: float = WIDTH,
) -> Any:  # fmt: skip
    if shape is None:
        return None

    def t(key: str, **given: object) -> str:
        return word(key, visit.lang, **given)

    ranks = {row["account"]: row["rank"] for row in proposals if row["state"] == "proposed"}
    return money(shape, t, lambda **to: f"/money/{run['run_id']}?{look.query(**to)}", proposed=ranks,
                 chosen=look.account, width=width)  # fmt: skip
