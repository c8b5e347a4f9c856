"""The records behind each group, fetched once the groups are known: calls of its exhibits, its swaps, numbers that
several members called, one record of every member in every port and cell, and counts over all of it.
Portable Ibis; `groups` has the rows of `group.GROUPS`.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import ibis

from chainbreak.base.clock import US_PER_S
from chainbreak.find.contract.detector import Keep, Tables
from chainbreak.find.detectors.goip.v2.pairs import followers
from chainbreak.find.detectors.goip.v2.params import GoipParams
from chainbreak.find.detectors.goip.v2.standing import LONG_S
from chainbreak.find.features.calls import of_known_sims, voice_of

LEG = ("record_ref", "sim", "msisdn", "imsi", "at_us", "end_us", "local_day", "local_hour", "kind", "peer", "imei",
       "imei_tac", "cell_id", "answered", "msisdn_class", "auth_ms", "ta")  # fmt: skip


def exhibits_of(tables: Tables, groups: Any, params: GoipParams, keep: Keep) -> dict[str, Any]:
    """Named tables for `judge`: `legs`, `seats`, `swapped`, `common`, `spans`, `totals`, `hits`."""
    member = groups.select("group", "sim", "is_exhibit")
    record = of_known_sims(tables["call"]).join(member, "sim")
    mine = keep("mine", record.select("group", "is_exhibit", *LEG))
    voice = voice_of(mine)
    out = voice.filter(voice.kind == "mo_call", voice.peer.notnull())
    return {
        "legs": _latest(voice.filter(voice.is_exhibit == 1), params.exhibit_legs),
        "seats": _seats(mine), "swapped": _swapped(mine, params), "common": _common(voice, out, params),
        "spans": voice.select("group", "at_us", "end_us"),
        "hours": voice.group_by("group", "local_hour").agg(legs=voice.count().cast("int64")),
        "totals": _totals(out), "hits": _hits(tables["hotlist"], mine),
    }  # fmt: skip


def _latest(voice: Any, most: int) -> Any:
    order = [ibis.desc(voice.at_us), ibis.asc(voice.record_ref)]
    ranked = voice.mutate(rank=ibis.row_number().over(group_by=["group", "sim"], order_by=order))
    return ranked.filter(ranked.rank < most).select("group", *LEG)


def _seats(mine: Any) -> Any:
    """One row (group, sim, imei, cell): records there, first and last (UTC µs), and the first record itself."""
    keys = ("group", "sim", "imei", "imei_tac", "cell_id")
    order = [ibis.asc(mine.at_us), ibis.asc(mine.record_ref)]
    ranked = mine.mutate(rank=ibis.row_number().over(group_by=["group", "sim", "imei", "cell_id"], order_by=order))

    def first(column: str) -> Any:
        value = ranked[column]
        return ibis.cases((ranked.rank == 0, value), else_=ibis.null().cast(value.type())).min()

    return ranked.group_by(*keys).agg(
        legs=ranked.count().cast("int64"), first_us=ranked.at_us.min(), last_us=ranked.at_us.max(),
        **{name: first(name) for name in ("record_ref", "msisdn", "kind", "peer")},
    )  # fmt: skip


def _swapped(mine: Any, params: GoipParams) -> Any:
    """One row a swap: a member that came after another left; the latest `exhibit_ties` of a group."""
    signals = mine.filter(mine.kind.isin(["attach", "detach"]), mine.cell_id.notnull())
    # A place of its own for each group: cells of two groups in one street must not mix.
    signals = signals.mutate(cell_id=signals.group.cast("string") + " " + signals.cell_id)
    follower = followers(signals.select("record_ref", "sim", "at_us", "kind", "cell_id", "group"), "group")
    return _most(follower, params.exhibit_ties, "at_us", "came_ref")


def _common(voice: Any, out: Any, params: GoipParams) -> Any:
    """One row (group, peer, sim): the first call of each member to a number that two or more called and that called
    none of them; of each group the numbers that most members called."""
    called = out.group_by("group", "peer").agg(sims=out.sim.nunique().cast("int64"))
    back = voice.filter(voice.kind == "mt_call", voice.peer.notnull()).select("group", "peer").distinct()
    strange = called.filter(called.sims >= 2).anti_join(back, ["group", "peer"])
    chosen = _most(strange, params.exhibit_ties, "sims", "peer").select("group", "peer")
    mine = out.semi_join(chosen, ["group", "peer"])
    order = [ibis.asc(mine.at_us), ibis.asc(mine.record_ref)]
    ranked = mine.mutate(rank=ibis.row_number().over(group_by=["group", "peer", "sim"], order_by=order))
    return ranked.filter(ranked.rank == 0).select("group", *LEG)


def _totals(out: Any) -> Any:
    """One row a group: calls placed, numbers called, numbers that stayed on for over a minute, first call (UTC µs)."""
    stayed = ibis.cases((out.end_us - out.at_us > LONG_S * US_PER_S, out.peer), else_=ibis.null().cast("int64"))
    marked = out.mutate(stayed=stayed)
    return marked.group_by("group").agg(
        calls=marked.count().cast("int64"), callees=marked.peer.nunique().cast("int64"),
        stayed=marked.stayed.nunique().cast("int64"), first_us=marked.at_us.min(),
    )  # fmt: skip


def _hits(hotlist: Any, mine: Any) -> Any:
    """One row (group, hit): hot-list entries that name a member's card, number, port or type of port."""
    found = []
    for column, of in (("imsi", "imsi"), ("msisdn", "msisdn"), ("imei", "imei"), ("tac", "imei_tac")):
        named = mine.filter(mine[of].notnull()).select("group", of).distinct()
        hit = hotlist.filter(hotlist[column].notnull()).select("record_ref", "at_us", "list", **{of: column})
        found.append(hit.join(named, of).select("group", "record_ref", "at_us", "list"))
    return reduce(lambda one, other: one.union(other), found).distinct()


def _most(rows: Any, most: int, by: str, *ties: str) -> Any:
    order = [ibis.desc(rows[by]), *(ibis.asc(rows[name]) for name in ties)]
    ranked = rows.mutate(rank=ibis.row_number().over(group_by="group", order_by=order))
    return ranked.filter(ranked.rank < most).drop("rank")
