"""The lead as a sheet of paper: the values of its template, and a file that stands alone for the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from chainbreak.base.errors import UsageError
from chainbreak.base.files import write_atomic
from chainbreak.base.ground import Plane
from chainbreak.base.wording import LANGS, Lang, catalogue, word
from chainbreak.console.draw.ground_map import ground_map
from chainbreak.console.draw.week import week
from chainbreak.console.show import measured, word_or
from chainbreak.console.story import story
from chainbreak.console.view import STATIC, environment, speaking

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

VISIT = "visit"
"""The proposed action that sends somebody to the place."""
SHEETS = ("tokens", "base", "plain", "device")
"""Style sheets that the paper needs; the page links them, the file holds them."""
LOOK_FOR = 6
"""Words a level has for what to look for; the numbers of its keys."""
REASONS, TURNS = 5, 2
"""So many fit on one side of A4."""
LEAST_BITS = 0.05
"""What rounds to 0.0 bits changes no odds, so it is neither for nor against."""
CHECKED = frozenset({"called_back_share", "outgoing_share", "tenure_days", "main_cell_share", "cells_per_sim"})
"""Reasons against that the checks of the same list say in counts already."""


def sheet_values(lead: dict[str, Any], lang: Lang, printed_by: str, values: dict[str, str]) -> dict[str, Any]:
    """What `_lead_sheet.html` shows of `lead` (app.show_lead); `values`: written token -> value, where revealed."""

    def t(key: str, **given: object) -> str:
        return word(key, lang, **given)

    found, sites = lead["found"], lead["sites"]
    reasons = sorted((e for e in found["evidence"] if e["bits"] >= LEAST_BITS), key=lambda e: -e["bits"])
    against = sorted(
        (e for e in found["counter_evidence"] if e["bits"] <= -LEAST_BITS and e["rule"] not in CHECKED),
        key=lambda e: e["bits"],
    )
    return {
        "lead": lead, "found": found, "printed_by": printed_by or lead["printed_by"], "values": values,
        "story": story(found["facts"], t), "reasons": reasons[:REASONS], "against": against[:TURNS],
        "turns": [_turn(turn, lang) for turn in lead["turns"][:TURNS]],
        "to_visit": found["proposed_action"] == VISIT, "place": "gateway" if lead["level"] == "L4" else "place",
        "map": ground_map(sites, lead["masts"], lead["outlines"], t, 520, 390), "heat": week(lead["heat"], t),
        "site_maps": [
            (site, ground_map([site], _near(lead["masts"], site, sites), lead["outlines"], t, 420, 300))
            for site in (sites if len(sites) > 1 else ())
        ],
        "look_for": _look_for(lead["level"], t),
    }  # fmt: skip


def _near(masts: list[dict[str, Any]], site: dict[str, Any], sites: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The masts, nearest to this site first; own cells of the other gateways are neighbours here."""
    others = {other["cell"] for other in sites if other is not site}
    rows = []
    for mast in masts:
        cells = [c | {"is_own": c["is_own"] and c["cell_id"] not in others} for c in mast["cells"]]
        near = round(_apart(mast, site))
        rows.append(mast | {"cells": cells, "near_m": near})
    reach = max(3_000.0, 2.0 * float(site["r90_m"] or 0))
    return sorted((m for m in rows if m["near_m"] <= reach), key=lambda m: (m["near_m"], m["mast"]))


def _apart(a: dict[str, Any], b: dict[str, Any]) -> float:
    east, north = Plane(a["lat"], a["lon"]).at(b["lat"], b["lon"])
    return math.hypot(east, north)


def _turn(turn: dict[str, Any], lang: Lang) -> str:
    """What would make the lead weaker, as a sentence; a percentage needs no unit."""
    said = word(
        f"find.explain.turn_{turn['side']}", lang,
        name=word_or(f"find.rule_name.{turn['rule']}", turn["rule"], lang), value=measured(turn["value"], turn["unit"]),
        unit="" if turn["unit"] == "share" else word_or(f"console_findings.in_unit.{turn['unit']}", turn["unit"], lang),
        outcome=word_or(f"find.outcome.{turn['outcome']}", turn["outcome"], lang),
    )  # fmt: skip
    return " ".join(said.split()).replace(" ，", "，")


def _look_for(level: str, t: Callable[..., str]) -> list[str]:
    """The checklist of a level; without one, of any box."""
    name = level or "any"
    keys = [f"console_lead.look.{name}.{n}" for n in range(1, LOOK_FOR + 1)]
    return [t(key) for key in keys if key in catalogue()]


def sheet_file(
    lead: dict[str, Any], lang: Lang, zone: str, centre: str, printed_by: str, values: dict[str, str]
) -> str:
    """The sheet as one HTML file with its styles in it, to be printed or kept with the case."""
    body = environment().get_template("_lead_sheet.html").render(
        settings={"name": centre}, **speaking(lang, zone), **sheet_values(lead, lang, printed_by, values)
    )  # fmt: skip
    css = Markup("\n".join((STATIC / "css" / f"{name}.css").read_text(encoding="utf-8") for name in SHEETS))  # noqa: S704 our own files
    title = word("console_lead.title", lang)
    return Markup(
        '<!doctype html>\n<html lang="{}" data-theme="light"><head><meta charset="utf-8"><title>{} {}</title>'
        "<style>{}</style></head><body>{}</body></html>\n"
    ).format("zh-CN" if lang == "zh" else "en", title, lead["found"]["finding_id"], css, Markup(body))  # noqa: S704 rendered with autoescape


def write_sheet(office: Office, lead: dict[str, Any], lang: str, values: dict[str, str], out: Path) -> None:
    """Write the sheet; only its owner may read it when it holds identifiers in clear. `lang` "": the centre's own.

    Raises:
        UsageError: no such language (CB-US-001).
    """
    settings = office.centre.settings
    chosen = next((known for known in LANGS if known == (lang or settings.language)), None)
    if chosen is None:
        raise UsageError("CB-US-001", "no such language", given=lang, allowed=", ".join(LANGS))
    text = sheet_file(lead, chosen, settings.zone, settings.name, lead["printed_by"], values)
    write_atomic(out, text.encode(), mode=0o600 if values else 0o640)
