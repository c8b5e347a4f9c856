"""From reduced rows to suspicions: candidates are grouped by port and place, and each group is measured."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from chainbreak.find.contract.detector import Measure, Rows, Suspicion
from chainbreak.find.contract.weights import Weights
from chainbreak.find.detectors.goip.v1.group import group, ports_in_turn
from chainbreak.find.detectors.goip.v1.measures import MEASURES, Cited, Row
from chainbreak.find.detectors.goip.v1.params import GoipParams
from chainbreak.find.detectors.goip.v1.sims import OF_ONE_SIM, Sim, measure, read_sims
from chainbreak.find.detectors.goip.v1.site import Atlas, estimate, read_atlas
from chainbreak.records.finding import Member, write_token
from chainbreak.records.kind import Identifier

LINK_BITS = 3.0
"""What standing in a group adds to a SIM's own bits for its probability as a member; a convention of this version."""
REWRITTEN = 1.5
"""IMEIs a SIM above which the box rewrites them; replaced handsets stay below."""


def judge_sims(reduced: Rows, params: GoipParams, weights: Weights) -> list[Suspicion]:
    """Every group of candidate SIMs with its measures, ordered by subject."""
    atlas = read_atlas(reduced["cells"].to_pylist())
    sims = read_sims(reduced, params, weights)
    ports = ports_in_turn(reduced)
    counts = {row["sim"]: row for row in reduced["totals"].to_pylist()}
    found = [
        _suspicion(sorted(members, key=lambda s: (-s.callees, s.token)), ports, atlas, counts, params)
        for members in group(sims, reduced, params)
    ]
    return sorted(found, key=lambda s: s.subject)


def _suspicion(
    members: list[Sim], ports: dict[int, set[int]], atlas: Atlas,
    counts: Mapping[int, Row], params: GoipParams,
) -> Suspicion:  # fmt: skip
    is_group = len(members) > 1
    kinds = {s.protected for s in members if s.protected}
    return Suspicion(
        subject_kind="device_cluster" if is_group else "line",
        subject=_name(members) if is_group else _single(members[0]),
        members=_members(members, is_group),
        measures=tuple(_measures(members, ports, params)),
        first_evidence_us=min(s.first_us for s in members),
        facts=_facts(members, atlas, counts),
        protected=min(kinds) if kinds else "",
    )


def _name(members: list[Sim]) -> str:
    # Named after the member seen first: SIMs that join later do not make it another box.
    eldest = min(members, key=lambda s: (s.first_us, s.token))
    return f"box:{hashlib.sha256(eldest.written.encode()).hexdigest()[:16]}"


def _single(sim: Sim) -> str:
    return write_token(Identifier.LINE, min(sim.msisdns)) if sim.msisdns else sim.written


def _members(members: list[Sim], is_group: bool) -> tuple[Member, ...]:
    likely: dict[str, float] = {}
    for sim in members:
        own = round(1.0 / (1.0 + 2.0 ** -(sim.bits + (LINK_BITS if is_group else 0.0))), 4)
        tokens = [sim.written, *(write_token(Identifier.LINE, n) for n in sim.msisdns)]
        if is_group:
            tokens += [write_token(Identifier.IMEI, u["imei"]) for u in sim.uses if u["imei"] is not None]
        for token in tokens:
            likely[token] = max(own, likely.get(token, 0.0))
    return tuple(Member(token.partition(":")[0], token, p) for token, p in sorted(likely.items()))


def _measures(members: list[Sim], ports: dict[int, set[int]], params: GoipParams) -> list[Measure]:
    shown = members[: params.exhibit_sims]
    behaviour = Cited(tuple(leg for s in shown for leg in s.legs))
    last = max(behaviour.legs, key=lambda r: (r["at_us"], r["record_ref"]))
    register = Cited((last,), tuple(line for s in shown for line in s.lines))
    at_home = Cited(tuple(min(s.uses, key=lambda u: (-u["legs"], u["record_ref"])) for s in members if s.home))
    uses = [u for s in members for u in s.uses if u["imei"] is not None]
    return [
        *measure(OF_ONE_SIM, behaviour),
        Measure("tenure_days", MEASURES["tenure_days"](register), register.refs()),
        _measured("sims_at_site", at_home),
        _measured("sims_per_imei", _most_shared(uses, ports)),
        _measured("imeis_per_sim", _one_each(uses, "sim", "imei")),
        _measured("imeis_of_one_model", _commonest_model(uses)),
    ]


def _measured(name: str, cited: Cited) -> Measure:
    return Measure(name, MEASURES[name](cited), cited.refs())


def _one_each(uses: list[Row], *keys: str) -> Cited:
    """The first record (by ref) of each combination of `keys`."""
    first: dict[tuple[Any, ...], Row] = {}
    for use in sorted(uses, key=lambda u: str(u["record_ref"])):
        first.setdefault(tuple(use[k] for k in keys), use)
    return Cited(tuple(first.values()))


def _most_shared(uses: list[Row], ports: dict[int, set[int]]) -> Cited:
    """One record a SIM of the port that most members took turns in; one record of any member when none is shared."""
    holders: dict[int, set[int]] = defaultdict(set)
    for use in uses:
        if use["imei"] in ports:
            holders[use["imei"]].add(use["sim"])
    if not holders:
        return Cited(tuple(sorted(uses, key=lambda u: str(u["record_ref"]))[:1]))
    best = min(holders, key=lambda imei: (-len(holders[imei]), imei))
    return _one_each([u for u in uses if u["imei"] == best], "sim")


def _commonest_model(uses: list[Row]) -> Cited:
    known = [u for u in uses if u["imei_tac"] is not None]
    if not known:
        return Cited(())
    models = Counter(tac for _, tac in {(u["imei"], u["imei_tac"]) for u in known})
    best = min(models, key=lambda tac: (-models[tac], tac))
    return _one_each([u for u in known if u["imei_tac"] == best], "imei")


def _facts(members: list[Sim], atlas: Atlas, counts: Mapping[int, Row]) -> dict[str, float | int | str]:
    legs = [leg for s in members for leg in s.legs]
    uses = [u for s in members for u in s.uses]
    imeis = {u["imei"] for u in uses if u["imei"] is not None}
    cells = Counter[str]()
    for use in uses:
        if use["cell_id"] is not None:
            cells[use["cell_id"]] += use["legs"]
    hours = sorted({leg["local_hour"] for leg in legs if leg["local_hour"] is not None})
    mine = [counts[s.token] for s in members if s.token in counts]
    facts: dict[str, float | int | str] = {
        "sims": len(members), "imeis": len(imeis), "ports": _ports(legs), "cells": len(cells),
        "calls": sum(row["calls"] for row in mine), "callees": sum(row["callees"] for row in mine),
        "stayed_over_60_s": sum(row["stayed"] for row in mine), "active_hours": len(hours),
    }  # fmt: skip
    if cells:
        facts["main_cell"] = main = min(cells, key=lambda c: (-cells[c], c))
        if main in atlas.districts:
            facts["district"] = atlas.districts[main]
    if site := estimate(uses, atlas.points):
        facts |= {"site_lat": site.lat, "site_lon": site.lon, "site_r50_m": site.r50_m, "site_r90_m": site.r90_m}
    missing = [name for name, seen in (("imei", imeis), ("cell_id", cells)) if not seen]
    if missing:
        facts["without"] = ", ".join(missing)
    if len(members) > 1:
        facts["level_guess"] = _level(len(members), len(imeis), len(hours))
    return facts


def _level(sims: int, imeis: int, hours: int) -> str:
    """The evasion level it looks like (spec/goip.md 3): identities rewritten, round the clock, or office hours."""
    if imeis > REWRITTEN * sims:
        return "L2"
    return "L0" if hours >= 20 else "L1"


def _ports(legs: list[Row]) -> int:
    """Most calls under way at once on one day: the box has at least so many ports."""
    steps: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for leg in legs:
        if leg["end_us"] > leg["at_us"]:
            steps[leg["local_day"]] += [(leg["at_us"], 1), (leg["end_us"], -1)]
    most = 1
    for of_day in steps.values():
        open_now = 0
        for _, step in sorted(of_day):
            open_now += step
            most = max(most, open_now)
    return most
