"""From all calls to a few rows a candidate SIM (portable Ibis, run by the engine).

A SIM is a candidate when on some day it called many numbers, mostly outward, with few calls back. Of each candidate
only its busiest day comes out leg by leg; devices, places and totals come out as counts.
"""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.base.clock import US_PER_MIN, US_PER_S
from chainbreak.find.contract.detector import Keep, Screen, Tables
from chainbreak.find.detectors.goip.v1.params import GoipParams
from chainbreak.find.features.calls import cell_loads, contact_days, legs, sim_days

LINE_COLUMNS = ("record_ref", "msisdn", "imsi", "activated_at_us", "plan")


def reduce_calls(tables: Tables, params: GoipParams, keep: Keep) -> dict[str, Any]:
    """Named tables for `judge`: `days` (legs of each candidate's busiest day), `uses`, `slots`, `totals`, `loads`,
    `active`, `lines`, `cells`."""
    leg = keep("leg", legs(tables["call"]))
    busiest = keep("busiest", busiest_days(sim_days(contact_days(leg)), params))
    mine = keep("mine", leg.semi_join(busiest, "sim"))
    return {
        "days": mine.semi_join(busiest, ["sim", "local_day"]),
        "uses": uses(mine),
        "slots": shared_slots(mine, params),
        "totals": totals(mine),
        "loads": cell_loads(leg),
        "active": leg.aggregate(sims=leg.sim.nunique().cast("int64")),
        "lines": _lines_of(tables["line"], mine),
        "cells": tables["cell"].select("cell_id", "site_id", "lat", "lon", "district"),
    }


def busiest_days(sim_day: Any, params: GoipParams) -> Any:
    """One row a candidate SIM: of its days that pass the screen the one with most one-way callees (earliest of equals).

    The `most_watched` busiest one-way callers are taken along even when no day of theirs passes.
    """
    passes = (
        (sim_day.callees >= params.min_callees)
        & (sim_day.mo_calls >= params.min_outgoing_share * (sim_day.mo_calls + sim_day.mt_calls))
        & (sim_day.called_back <= params.max_called_back * sim_day.callees)
    )
    marked = sim_day.mutate(passes=passes.cast("int64"), one_way=sim_day.callees - sim_day.called_back)
    order = [ibis.desc(marked.passes), ibis.desc(marked.one_way), ibis.asc(marked.local_day)]
    best = marked.mutate(rank=ibis.row_number().over(group_by="sim", order_by=order))
    best = best.filter(best.rank == 0, best.one_way > 0)
    line_up = [ibis.desc(best.one_way), ibis.asc(best.sim)]
    watched = best.mutate(place=ibis.row_number().over(order_by=line_up))
    chosen = watched.filter((watched.passes == 1) | (watched.place < params.most_watched))
    return chosen.select("sim", "local_day")


def screened(tables: Tables, params: GoipParams, kind: str, token: int) -> Screen:
    """The day with most numbers called of one card (or line, or handset), against the sieve's limits."""
    column = {"imsi": "imsi", "line": "msisdn", "imei": "imei"}[kind]
    call = tables["call"]
    day = sim_days(contact_days(legs(call.filter(call[column] == token))))
    spoken = (day.mo_calls + day.mt_calls).nullif(0)
    shares = day.mutate(
        outgoing_share=day.mo_calls.cast("float64") / spoken,
        called_back_share=day.called_back.cast("float64") / day.callees.nullif(0),
    )
    order = [ibis.desc(shares.callees), ibis.asc(shares.local_day), ibis.asc(shares.sim)]
    ranked = shares.mutate(rank=ibis.row_number().over(order_by=order))
    best = ranked.filter(ranked.rank == 0).select("callees", "outgoing_share", "called_back_share")
    return Screen(best, {
        "callees": (">=", params.min_callees, "callee/day"),
        "outgoing_share": (">=", params.min_outgoing_share, "share"),
        "called_back_share": ("<=", params.max_called_back, "share"),
    })  # fmt: skip


def uses(leg: Any) -> Any:
    """One row (sim, imei, model, cell): legs, first time (µs UTC), and one record that shows it."""
    return leg.group_by("sim", "imei", "imei_tac", "cell_id").agg(
        legs=leg.count().cast("int64"), first_us=leg.at_us.min(), record_ref=leg.record_ref.min(),
    )  # fmt: skip


def shared_slots(leg: Any, params: GoipParams) -> Any:
    """One row (imei, sim, ten minutes) for IMEIs that held several candidate SIMs: shows whether they took turns."""
    worn = leg.filter(leg.imei.notnull())
    sharing = worn.group_by("imei").agg(sims=worn.sim.nunique().cast("int64"))
    shared = sharing.filter(sharing.sims >= 2, sharing.sims <= params.max_sims_per_imei)
    slot = worn.mutate(slot=(worn.at_us // (10 * US_PER_MIN)).cast("int64"))
    return slot.semi_join(shared, "imei").select("imei", "sim", "slot").distinct()


def totals(leg: Any) -> Any:
    """One row a candidate SIM: outgoing calls, numbers called, numbers that stayed on for over a minute."""
    out = leg.filter(leg.kind == "mo_call")
    stayed = ibis.cases((out.end_us - out.at_us > 60 * US_PER_S, out.peer), else_=ibis.null().cast("int64"))
    marked = out.mutate(stayed=stayed)
    return marked.group_by("sim").agg(
        calls=marked.count().cast("int64"), callees=marked.peer.nunique().cast("int64"),
        stayed=marked.stayed.nunique().cast("int64"),
    )  # fmt: skip


def _lines_of(line: Any, leg: Any) -> Any:
    by_number = line.semi_join(leg.filter(leg.msisdn.notnull()), "msisdn")
    by_card = line.semi_join(leg.filter(leg.imsi.notnull()), "imsi")
    return by_number.select(*LINE_COLUMNS).union(by_card.select(*LINE_COLUMNS)).distinct()
