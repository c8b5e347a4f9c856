"""From all records to what is known of each candidate SIM and of pairs of them (portable Ibis, run by the engine).

A SIM is a candidate when it called enough strangers for its days, whatever else it does: how it calls otherwise, where
from and in what is weighed later, together with the SIMs around it.
"""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.find.contract.detector import Keep, Screen, Tables
from chainbreak.find.detectors.goip.v2.pairs import (
    dialled,
    followers,
    inside_calls,
    relays,
    same_port,
    shared_strangers,
    swaps,
    taken,
)
from chainbreak.find.detectors.goip.v2.params import GoipParams
from chainbreak.find.detectors.goip.v2.sims import days_of, seen, stays, ties, who, worn
from chainbreak.find.detectors.goip.v2.standing import contacts
from chainbreak.find.features.calls import of_known_sims, voice_of

LINE_COLUMNS = ("record_ref", "msisdn", "imsi", "activated_at_us", "outlet_id", "plan")


def reduce_calls(tables: Tables, params: GoipParams, keep: Keep) -> dict[str, Any]:
    """Named tables for `group` and `judge`: `sims`, `stays`, `worn`, `lines` of candidates and of phones that relay to
    them; pairs of them as `swaps`, `shared`, `ports`, `inside`, `relays`; the register of `cells`."""
    contact, uses = tables["contacts"], tables["uses"]
    tie = keep("ties", ties(contact))
    by_day = keep("days", days_of(contact))
    known = keep("known", who(tie).join(by_day, "sim"))
    screened_in = candidates(known, params)
    candidate = keep("candidates", screened_in.union(hot_sims(tables["hotlist"], uses)).distinct())
    # Ties between cards count over the days that stand, as contacts and uses do; exhibits may look further back.
    window = keep("window", uses.select("local_day").distinct())
    legs = of_known_sims(tables["call"]).semi_join(window, "local_day")
    voice = voice_of(legs).select("sim", "kind", "cell_id", "at_us", "end_us")
    relay = relays(keep("dialled", dialled(voice, candidate)), keep("taken", taken(voice)))
    relay = keep("relays", relay.filter(relay.relays >= params.least_relays))
    wanted = keep("wanted", candidate.union(relay.select(sim="b")).distinct())
    my_uses = keep("my_uses", uses.semi_join(wanted, "sim"))
    my_ties = keep("my_ties", tie.semi_join(candidate, "sim"))
    sim = keep("seen", seen(my_uses))
    signals = legs.filter(legs.kind.isin(["attach", "detach"]), legs.cell_id.notnull()).semi_join(candidate, "sim")
    signals = keep("signals", signals.select("record_ref", "sim", "at_us", "kind", "cell_id"))
    shared, handsets = shared_strangers(my_ties), keep("worn", worn(my_uses))
    return {
        "sims": sim.left_join(known, "sim").drop("sim_right"),
        "stays": stays(my_uses), "worn": handsets,
        "swaps": swaps(followers(signals)),
        "shared": shared.filter((shared.shared >= params.least_shared) | (shared.soon > 0)),
        "ports": same_port(handsets), "inside": inside_calls(my_ties, sim.select("sim", "msisdn")),
        "relays": relay, "lines": _lines_of(tables["line"], sim, wanted),
        "cells": tables["cell"].select("cell_id", "lat", "lon", "district", "azimuth", "technology"),
    }  # fmt: skip


def screened(tables: Tables, params: GoipParams, kind: str, token: int) -> Screen:
    """Strangers called by one card (or line, or handset), against what a candidate must have called in as many days."""
    column = {"imsi": "imsi", "line": "msisdn", "imei": "imei"}[kind]
    call = tables["call"]
    contact = contacts(of_known_sims(call.filter(call[column] == token)))
    sim = who(ties(contact)).join(days_of(contact), "sim")
    spare = sim.mutate(spare=sim.strangers - params.least_strangers - params.strangers_a_day * (sim.days - 1))
    order = [ibis.desc(spare.spare), ibis.asc(spare.sim)]
    ranked = spare.mutate(rank=ibis.row_number().over(order_by=order))
    best = ranked.filter(ranked.rank == 0).select(strangers="strangers", strangers_beyond_the_least="spare")
    return Screen(best, {
        "strangers": (">=", params.least_strangers, "callee"), "strangers_beyond_the_least": (">=", 0.0, "callee"),
    })  # fmt: skip


def candidates(sim: Any, params: GoipParams) -> Any:
    """SIMs that called enough strangers (`least_strangers`, and `strangers_a_day` for every further day), and the
    `most_watched` with most numbers that never called back."""
    enough = sim.strangers >= params.least_strangers + params.strangers_a_day * (sim.days - 1)
    line_up = [ibis.desc(sim.one_way), ibis.asc(sim.sim)]
    ranked = sim.mutate(enough=enough, place=ibis.row_number().over(order_by=line_up))
    return ranked.filter(ranked.enough | ((ranked.place < params.most_watched) & (ranked.one_way > 0))).select("sim")


def hot_sims(hotlist: Any, uses: Any) -> Any:
    """Cards that a hot list names, by themselves, by their number, by a handset that held them or its type."""
    by_card = uses.semi_join(hotlist.filter(hotlist.imsi.notnull()).select(sim="imsi"), "sim").select("sim")
    named = hotlist.filter(hotlist.msisdn.notnull())
    by_number = uses.filter(uses.msisdn.notnull()).semi_join(named, "msisdn").select("sim")
    worn_by = uses.filter(uses.imei.notnull()).semi_join(hotlist.filter(hotlist.imei.notnull()), "imei").select("sim")
    types = hotlist.filter(hotlist.tac.notnull()).select(imei_tac="tac")
    by_type = uses.filter(uses.imei_tac.notnull()).semi_join(types, "imei_tac").select("sim")
    return by_card.union(by_number).union(worn_by).union(by_type).distinct()


def _lines_of(line: Any, sim: Any, wanted: Any) -> Any:
    by_number = line.filter(line.msisdn.notnull()).semi_join(sim.filter(sim.msisdn.notnull()), "msisdn")
    by_card = line.filter(line.imsi.notnull()).semi_join(wanted.select(imsi="sim"), "imsi")
    return by_number.select(*LINE_COLUMNS).union(by_card.select(*LINE_COLUMNS)).distinct()
