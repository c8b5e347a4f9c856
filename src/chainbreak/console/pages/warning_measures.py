"""How warnings do: what calling early is worth, shares by tier, trigger and district, all with their intervals."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chainbreak.app.list_warnings import tier_hue, tier_words
from chainbreak.app.trigger_precision import policies_by_name
from chainbreak.app.warning_measures import DAYS, LONGEST_DAYS, SMALL, warning_measures
from chainbreak.app.word_warning import clause_in_words
from chainbreak.base.wording import word
from chainbreak.console.draw.forest import forest
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render

router = APIRouter()
SPANS = (7, 30, 90, 366)


@router.get("/warnings/measures")
def page(visit: Signed, days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = DAYS) -> Response:
    """All measures of the last days."""
    found = warning_measures(visit.office, visit.actor, days)
    t = _words(visit)
    uplift = found["uplift"] | {"label": t("warnings_measure.all")}
    scripts = [
        row | {"label": f"{n}", "name": _script(visit, row["script"])} for n, row in enumerate(found["scripts"], 1)
    ]
    return render(
        visit, "warning_measures.html", here="warnings", tab="measures", found=found, days=days, spans=SPANS,
        uplift=uplift, picture=forest([uplift], t), scripts=scripts, script_picture=forest(scripts, t, left=48),
        small=SMALL, floor=visit.office.centre.settings.trigger_floor, tier_of=_tiers(visit),
        clause=lambda clause: clause_in_words(clause, visit.lang),
    )  # fmt: skip


def _words(visit: Visit) -> Any:
    return lambda key, **given: word(key, visit.lang, **given)


def _script(visit: Visit, script: str) -> str:
    from chainbreak.app.report_texts import type_names

    fraud, _, version = script.rpartition(".")
    return f"{type_names(visit.office).get(fraud, {}).get(visit.lang, fraud)} {version}"


def _tiers(visit: Visit) -> Any:
    """Name of a tier -> its word and hue, of whatever tiers it stood in."""
    with visit.office.desk.read() as conn:
        policies = list(policies_by_name(conn).values())

    def told(name: str) -> dict[str, str]:
        policy = next((one for one in reversed(policies) if name in one.ranks), policies[0])
        return {"word": tier_words(policy, name)[visit.lang], "hue": tier_hue(policy, name)}

    return told
