"""The golden hour: the clock of one report, and how long stolen money could be reached, by month, bank and district."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chainbreak.app.golden_hour import GROUPS, golden_hour, report_clock
from chainbreak.app.list_traces import list_traces
from chainbreak.base.wording import word
from chainbreak.console.draw.survival import falling, survival
from chainbreak.console.pages.orders import HUE
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render

router = APIRouter()
MOST_GROUPS = 24
SHOWN_MIN = 24 * 60.0
"""Where curves side by side end: what was not stopped within a day is another office's matter."""


@router.get("/money/clock")
def centre(visit: Signed, by: Annotated[str, Query(pattern=f"^(?:{'|'.join(GROUPS)})$")] = "month") -> Response:
    """Survival curves with intervals, and the median of every step, over all reports of a year."""
    found = golden_hour(visit.office, visit.actor, by)
    groups = found["groups"]
    everything = next((group for group in groups if not group["name"]), None)
    some = [group for group in groups if group["name"]][:MOST_GROUPS]
    ends = [row["minute"] for group in groups for row in group["curve"][-1:]]
    last = min(max(ends, default=0.0), SHOWN_MIN)
    curves = {group["name"]: _curve(visit, group, everything, last) for group in [*groups[:1], *some]}
    return render(visit, "golden_hour.html", here="money", by=by, ways=GROUPS, everything=everything, groups=some,
                  curves=curves, left_out=max(len(groups) - 1 - MOST_GROUPS, 0))  # fmt: skip


@router.get("/money/clock/{report_id:path}")
def one(visit: Signed, report_id: str) -> Response:
    """The steps of one report with their minutes and yuan, and the curve of what could be reached."""
    clock = report_clock(visit.office, visit.actor, report_id)
    traces = list_traces(visit.office, visit.actor, f"report:{report_id}", 1)
    return render(visit, "report_clock.html", here="money", clock=clock, picture=falling(clock, _words(visit)),
                  trace=traces[0] if traces else None, order_hues=HUE)  # fmt: skip


def _words(visit: Visit) -> Any:
    return lambda key, **given: word(key, visit.lang, **given)


def _curve(visit: Visit, group: dict[str, Any], everything: dict[str, Any] | None, last: float) -> Any:
    t, name = _words(visit), group["name"]
    behind = everything["curve"] if name and everything else ()
    said = t("console_money.survival_said", name=name or t("console_money.everything"))
    size = {} if name else {"width": 620.0, "height": 240.0}
    return survival(group["curve"], t, behind=behind, last_min=last, said=said, **size)
