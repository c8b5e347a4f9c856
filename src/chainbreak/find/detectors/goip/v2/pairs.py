"""What ties two SIMs to one box, as rows (a, b) with a < b unless said otherwise. Portable Ibis over candidates."""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN, US_PER_S

SWAP_S = 240
"""Seconds within which a card follows another into a port: 20-120 (spec/goip.md 3), and clocks differ by 60."""
MOST_SHARING = 12
"""SIMs that rang a number up to which it says something: more ring a shop or a courier's customers' gate."""
SOON_US = 6 * US_PER_HOUR
"""Time between two cards' calls to one number that is still one round of a list; a convention of this project."""
MOST_HOLDERS = 64
"""SIMs in one IMEI above which it is a clone and no port (spec/goip.md 4: 50-5,000)."""
SLOT_US = 2 * US_PER_MIN
"""Calls meet by slots of this length and the slots beside: within two minutes always, beyond them not every time."""
EARLIEST_S, LATEST_S = -70, 150
"""Seconds after the start of a call taken within which the other phone of a cable kit dials on; clocks differ by 60."""
LEAST_TAKEN_S, SLACK_S = 10, 90
"""Seconds that the call taken lasts at least, and by which the other may outlast it; conventions of this project."""


def followers(signals: Any, *more: str) -> Any:
    """One row (cell_id, left, came, at_us, both refs): `came` attached within `SWAP_S` after `left` detached, with
    nothing between.

    `signals`: attach and detach records; `more` of their columns are carried along.
    """
    order = [signals.at_us, signals.kind.desc(), signals.sim, signals.record_ref]
    window = {"group_by": "cell_id", "order_by": order}
    lagged = signals.mutate(
        left=signals.sim.lag().over(**window), left_us=signals.at_us.lag().over(**window),
        left_kind=signals.kind.lag().over(**window), left_ref=signals.record_ref.lag().over(**window),
    )  # fmt: skip
    swapped = lagged.filter(
        lagged.kind == "attach", lagged.left_kind == "detach", lagged.left != lagged.sim,
        lagged.at_us - lagged.left_us <= SWAP_S * US_PER_S,
    )  # fmt: skip
    return swapped.select("cell_id", "left", *more, came="sim", at_us="at_us", left_ref="left_ref",
                          came_ref="record_ref")  # fmt: skip


def swaps(follower: Any) -> Any:
    """One row (a, b): how often one followed the other."""
    pair = follower.mutate(a=_least(follower.left, follower.came), b=_most(follower.left, follower.came))
    return pair.group_by("a", "b").agg(swaps=pair.count().cast("int64"))


def shared_strangers(tie: Any) -> Any:
    """One row (a, b): numbers that both called, that called neither back, and that few others called so; and how many
    of them both called for the first time within `SOON_US`: a missed number goes to the next card."""
    lone = tie.filter(tie.one_way == 1).select("sim", "peer", "first_us")
    rung = lone.group_by("peer").agg(sims=lone.count().cast("int64"))
    rare = lone.semi_join(rung.filter(rung.sims >= 2, rung.sims <= MOST_SHARING), "peer")
    other = rare.view().select(b="sim", peer="peer", b_us="first_us")
    both = rare.select(a="sim", peer="peer", a_us="first_us").join(other, "peer")
    both = both.filter(both.a < both.b)
    both = both.mutate(soon=((both.a_us - both.b_us).abs() <= SOON_US).cast("int64"))
    return both.group_by("a", "b").agg(shared=both.count().cast("int64"), soon=both.soon.sum().cast("int64"))


def same_port(worn: Any) -> Any:
    """One row (a, b): handset identities that held both."""
    held = worn.group_by("imei").agg(sims=worn.count().cast("int64"))
    port = worn.semi_join(held.filter(held.sims >= 2, held.sims <= MOST_HOLDERS), "imei")
    other = port.view().select(b="sim", imei="imei")
    both = port.select(a="sim", imei="imei").join(other, "imei")
    both = both.filter(both.a < both.b)
    return both.group_by("a", "b").agg(imeis=both.count().cast("int64"))


def dialled(legs: Any, candidate: Any) -> Any:
    """One row a call that a candidate placed: a, cell_id, out_us, out_end (UTC µs), slot (two minutes)."""
    out = legs.filter(legs.kind == "mo_call", legs.cell_id.notnull()).semi_join(candidate, "sim")
    return out.select(
        a="sim", cell_id="cell_id", out_us="at_us", out_end="end_us", slot=(out.at_us // SLOT_US).cast("int64")
    )


def taken(legs: Any) -> Any:
    """One row (call of at least 10 s that any SIM took, slot it falls in or beside): b, cell_id, in_us, in_end."""
    calls = legs.filter(
        legs.kind == "mt_call", legs.cell_id.notnull(), legs.end_us - legs.at_us >= LEAST_TAKEN_S * US_PER_S
    )
    slot = (calls.at_us // SLOT_US).cast("int64")
    of = calls.select(b="sim", cell_id="cell_id", in_us="at_us", in_end="end_us", slot=slot)
    return of.union(of.mutate(slot=of.slot - 1)).union(of.mutate(slot=of.slot + 1))


def relays(out: Any, around: Any) -> Any:
    """One row (a, b): calls that `a` placed (`dialled`) while `b`, in the same cell, had just `taken` one; not ordered.

    An audio-cable kit takes the call from abroad on one phone and dials the victim on the other (spec/goip.md 3, L6).
    """
    both = out.join(around, ["cell_id", "slot"])
    gap = both.out_us - both.in_us
    near = both.filter(
        both.a != both.b, gap >= EARLIEST_S * US_PER_S, gap <= LATEST_S * US_PER_S,
        both.out_end <= both.in_end + SLACK_S * US_PER_S,
    )  # fmt: skip
    return near.group_by("a", "b").agg(relays=near.out_us.nunique().cast("int64"))


def inside_calls(tie: Any, number: Any) -> Any:
    """One row (a, b): calls between two candidates, both ways; `number`: (sim, msisdn) of candidates."""
    mine = number.select(b="sim", peer="msisdn")
    known = tie.join(mine, "peer")
    pair = known.mutate(first=_least(known.sim, known.b), second=_most(known.sim, known.b), n=known.mo)
    pair = pair.filter(pair.first != pair.second)
    return pair.group_by(a=pair.first, b=pair.second).agg(inside=pair.n.sum().cast("int64"))


def _least(x: Any, y: Any) -> Any:
    return ibis.cases((x < y, x), else_=y)


def _most(x: Any, y: Any) -> Any:
    return ibis.cases((x < y, y), else_=x)
