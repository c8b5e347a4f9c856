"""Where a device stands, as far as cells can say: sites, the masts around them, who else lives in the same cells."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import local_day
from chainbreak.base.ground import Plane, outline

if TYPE_CHECKING:
    from chainbreak.store.engine import Engine

MOST_SITES = 10
OWN_SHARE = 0.02
"""A cell with less of the records than this is chance (a neighbour's overlap), not the device's own cell."""
MOST_CELLS = 12
HEAVY_CALLS_A_DAY = 30
"""So many calls from the same cells on an average day is what a box does and few subscribers do: goip's own screen."""
NEAR_M = 4_000
NEAR_MASTS = 24


def sites_of(facts: dict[str, Any], register: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a gateway: n, lat, lon, r50_m, r90_m (None where unknown), cell, district. The first is the main one."""
    districts = {row["cell_id"]: row["district"] for row in register}
    found = []
    for n in range(1, MOST_SITES + 1):
        name = "site" if n == 1 else f"site{n}"
        lat, lon = facts.get(f"{name}_lat"), facts.get(f"{name}_lon")
        if lat is None or lon is None:
            continue
        cell = str(facts.get(f"{name}_cell") or (facts.get("main_cell", "") if n == 1 else ""))
        found.append({
            "n": n, "lat": float(lat), "lon": float(lon), "r50_m": facts.get(f"{name}_r50_m"),
            "r90_m": facts.get(f"{name}_r90_m"), "cell": cell,
            "district": (facts.get("district") if n == 1 else "") or districts.get(cell) or "",
        })  # fmt: skip
    return found


def own_cells(cells: list[dict[str, Any]], sites: list[dict[str, Any]]) -> list[str]:
    """The cells that the device works in, the most used first; those of its sites where records name none."""
    named = [row["cell_id"] for row in cells if row["share"] >= OWN_SHARE]
    return list(dict.fromkeys([*named[:MOST_CELLS], *(site["cell"] for site in sites if site["cell"])]))


def masts_of(register: list[dict[str, Any]], own: list[str], sites: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a mast near a site or with a cell of the device: mast, lat, lon, district, near_m (to the nearest site),
    `cells` (cell_id, azimuth, technology, is_own); the nearest first, the device's own always."""
    at: dict[tuple[float, float], list[dict[str, Any]]] = defaultdict(list)
    for row in register:
        if row["lat"] is not None and row["lon"] is not None:
            at[row["lat"], row["lon"]].append(row)
    masts = []
    for (lat, lon), cells in at.items():
        plane = Plane(lat, lon)
        near = min((_length(plane.at(s["lat"], s["lon"])) for s in sites), default=0.0)
        masts.append({
            "mast": cells[0]["site_id"] or cells[0]["cell_id"], "lat": lat, "lon": lon,
            "district": cells[0]["district"] or "", "near_m": round(near),
            "cells": sorted(
                ({"cell_id": c["cell_id"], "azimuth": c["azimuth"], "technology": c["technology"],
                  "is_own": c["cell_id"] in own} for c in cells), key=lambda c: c["cell_id"]),
        })  # fmt: skip
    masts.sort(key=lambda m: (m["near_m"], m["mast"]))
    reach = max([NEAR_M, *(1.5 * (s["r90_m"] or 0) for s in sites)])
    near_ones = [m for m in masts if m["near_m"] <= reach][: NEAR_MASTS * max(1, len(sites))]
    return near_ones + [m for m in masts if m not in near_ones and any(c["is_own"] for c in m["cells"])]


def outlines_of(register: list[dict[str, Any]], districts: set[str]) -> list[dict[str, Any]]:
    """One row a district: its name and the `outline` (lat, lon) around its masts; no official border, none is known."""
    masts: dict[str, set[tuple[float, float]]] = defaultdict(set)
    for row in register:
        if row["district"] in districts and row["lat"] is not None and row["lon"] is not None:
            masts[row["district"]].add((row["lon"], row["lat"]))
    return [
        {"district": name, "outline": [(lat, lon) for lon, lat in outline(points)]}
        for name, points in sorted(masts.items()) if len(points) > 2
    ]  # fmt: skip


def _length(point: tuple[float, float]) -> float:
    return float((point[0] ** 2 + point[1] ** 2) ** 0.5)


def neighbours_of(engine: Engine, found: dict[str, Any], cells: list[str], mine: set[int], zone: str) -> dict[str, Any]:
    """Who else was served by `cells` in the finding's window, the device's own cards (`mine`, tokens) left out.

    `subscribers`: cards seen · `ordinary`: of them on no special class and no heavy callers · `heavy`: who made
    `HEAVY_CALLS_A_DAY` or more there on an average day · `classes`: one row a class of the register (plan, cards,
    heavy), the most heavy callers first.
    """
    import ibis

    call, line = engine.table("call"), engine.table("line")
    first, last = (local_day(int(found[at]), zone) for at in ("first_evidence_us", "found_at_us"))
    here = call.filter(call.cell_id.isin(cells), call.local_day >= first, call.local_day <= last)
    here = here.mutate(sim=ibis.coalesce(here.imsi, here.msisdn), is_mo=(here.kind == "mo_call").cast("int64"))
    here = here.filter(here.sim.notnull())
    if mine:
        here = here.filter(here.sim.notin(sorted(mine)))
    sims = here.group_by("sim").agg(calls=here.is_mo.sum(), days=here.local_day.nunique())
    sims = sims.mutate(heavy=(sims.calls >= HEAVY_CALLS_A_DAY * sims.days).cast("int64"))
    by_card = line.filter(line.imsi.notnull()).group_by(sim=line.imsi).agg(plan=line.plan.max())
    numbers = line.filter(line.imsi.isnull(), line.msisdn.notnull())
    by_number = numbers.group_by(sim=numbers.msisdn).agg(plan=numbers.plan.max())
    told = sims.left_join(by_card.union(by_number), "sim")
    rows = engine.run(told.group_by("plan").agg(cards=told.count(), heavy=told.heavy.sum())).to_pylist()
    classes: list[dict[str, Any]] = [
        {"plan": r["plan"] or "", "cards": int(r["cards"]), "heavy": int(r["heavy"])} for r in rows
    ]
    classes.sort(key=lambda r: (-r["heavy"], -r["cards"], r["plan"]))
    return {
        "subscribers": sum(r["cards"] for r in classes), "heavy": sum(r["heavy"] for r in classes),
        "ordinary": sum(r["cards"] - r["heavy"] for r in classes if not is_special(r["plan"])), "classes": classes,
    }  # fmt: skip


def is_special(plan: str) -> bool:
    """Whether a class of the register is somebody's trade; consumers' plans and unknown ones are not.

    >>> is_special("call_centre"), is_special("consumer_5g"), is_special("")
    (True, False, False)
    """
    return bool(plan) and not plan.startswith("consumer")
