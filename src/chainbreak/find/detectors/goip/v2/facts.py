"""What the desk is told of a group beside its evidence: counts, hours, sites, and the level it looks like."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from chainbreak.find.detectors.goip.v2.measures import Cited, relayed_share
from chainbreak.find.detectors.goip.v2.site import Atlas, Site, sites_of

if TYPE_CHECKING:
    from chainbreak.find.detectors.goip.v2.judge import Evidence

Facts = dict[str, float | int | str]
REWRITTEN = 1.5
"""IMEIs a SIM above which the box rewrites them; replaced handsets stay below."""
KIT, RELAYED = 4, 0.2
"""Phones of an audio-cable kit at most (spec/goip.md 3: three), and share of a phone's calls that are relayed."""
BUSY_HOUR = 0.02
"""Share of a group's calls that makes an hour of the day one of its hours."""


def facts_of(e: Evidence, atlas: Atlas) -> Facts:
    """Facts by name; what is not known is left out. `columns_used` and `without` name the optional columns."""
    imeis = {s["imei"] for s in e.seats if s["imei"] is not None}
    cells = _weights(e)
    hours = _hours(e)
    facts: Facts = {
        "sims": len(e.members), "imeis": len(imeis), "tacs": len({s["imei_tac"] for s in e.seats if s["imei_tac"]}),
        "ports": e.ports, "cells": len(cells), "active_hours": len(hours), "first_call_us": str(e.first_us),
    }  # fmt: skip
    if e.totals:
        facts |= {"calls": e.totals["calls"], "callees": e.totals["callees"], "stayed_over_60_s": e.totals["stayed"]}
    if hours:
        facts["hours"] = _spans(hours)
    sites = sites_of(cells, _advance(e), atlas)
    facts |= _places(sites, cells, atlas)
    if e.hits:
        facts["hot_hits"] = len(e.hits)
    facts |= _columns(e)
    if e.is_group:
        facts["level_guess"] = _level(e, len(imeis), len(hours), sites)
    return facts


def _weights(e: Evidence) -> Counter[str]:
    """Cell -> records of the members in it."""
    found: Counter[str] = Counter()
    for seat in e.seats:
        if seat["cell_id"] is not None:
            found[seat["cell_id"]] += seat["legs"]
    return found


def _advance(e: Evidence) -> dict[str, float]:
    """Cell -> mean timing advance of the exhibits' calls there, in steps, where it is known."""
    found: dict[str, list[int]] = defaultdict(list)
    for leg in e.legs:
        if leg["cell_id"] is not None and leg["ta"] is not None:
            found[leg["cell_id"]].append(leg["ta"])
    return {cell: sum(steps) / len(steps) for cell, steps in found.items()}


def _places(sites: list[Site], cells: Counter[str], atlas: Atlas) -> Facts:
    facts: Facts = {}
    if cells:
        facts["main_cell"] = sites[0].cell if sites else min(cells, key=lambda c: (-cells[c], c))
        for place, (cell, _) in enumerate(sorted(cells.items(), key=lambda item: (-item[1], item[0]))[:3], 1):
            facts[f"cell{place}"] = cell
    for place, site in enumerate(sites, 1):
        name = "site" if place == 1 else f"site{place}"
        facts |= {f"{name}_lat": site.lat, f"{name}_lon": site.lon, f"{name}_r50_m": site.r50_m,
                  f"{name}_r90_m": site.r90_m, f"{name}_cell": site.cell, f"{name}_share": site.share}  # fmt: skip
    if sites:
        facts["sites"] = len(sites)
        if district := atlas.rows[sites[0].cell]["district"]:
            facts["district"] = district
    return facts


def _hours(e: Evidence) -> list[int]:
    total = sum(row["legs"] for row in e.hours)
    return sorted(row["local_hour"] for row in e.hours if row["legs"] >= max(1.0, BUSY_HOUR * total))


def _spans(hours: list[int]) -> str:
    """Hours of the day as spans.

    >>> _spans([9, 10, 11, 14])
    '09-12 14-15'
    """
    spans: list[list[int]] = []
    for hour in hours:
        if spans and spans[-1][1] == hour:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])
    return " ".join(f"{a:02d}-{b:02d}" for a, b in spans)


def _columns(e: Evidence) -> Facts:
    seen = {
        **{name: any(s[name] is not None for s in e.seats) for name in ("imei", "cell_id")},
        **{name: any(leg[name] is not None for leg in e.legs) for name in ("ta", "auth_ms")},
        "attach": bool(e.swapped) or any(s["kind"] in ("attach", "detach") for s in e.seats),
        "line": bool(e.lines),
    }  # fmt: skip
    facts: Facts = {"columns_used": ", ".join(name for name, is_there in seen.items() if is_there)}
    if missing := [name for name, is_there in seen.items() if not is_there]:
        facts["without"] = ", ".join(missing)
    return facts


def _level(e: Evidence, imeis: int, hours: int, sites: list[Site]) -> str:
    """The evasion level it looks like (spec/goip.md 3), by what would be hardest to bring about otherwise."""
    if len(e.members) <= KIT and relayed_share(Cited(tuple(e.legs))) >= RELAYED:
        return "L6"
    if len(sites) > 2:
        return "L4"
    if e.swapped and imeis > REWRITTEN * len(e.members):
        numbers = {s["msisdn"] for s in e.seats if s["msisdn"] is not None}
        return "L3" if any(leg["kind"] == "mt_call" and leg["peer"] in numbers for leg in e.legs) else "L2"
    return "L0" if hours >= 18 else "L1"
