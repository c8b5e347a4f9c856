"""What the first calls of a card say: portable, nothing later than its N-th call, nothing of its lifetime.

Grain: one row a card (the line where no IMSI is given) that has N voice legs or more; the first N decide. Cards seen
before the window opens are at their first N calls *of the window*. Overlap with other cards is a detector's matter.
"""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.find.features.calls import of_known_sims, voice_of
from chainbreak.find.features.integers import one

FEATURES: dict[str, str] = {
    "outgoing_share": "share", "answered_share": "share", "answered_out_share": "share", "mean_talk_s": "s",
    "longest_talk_s": "s", "short_share": "share", "long_share": "share", "peers": "peer",
    "calls_per_peer": "call/peer", "top_peer_share": "share", "once_share": "share", "mutual_share": "share",
    "mobile_share": "share", "landline_share": "share", "service_share": "share", "foreign_share": "share",
    "cells": "cell", "calls_per_cell": "call/cell", "imeis": "handset", "hours": "hour", "night_share": "share",
    "calls_per_hour": "call/h", "shortest_gap_s": "s", "mean_gap_s": "s", "quick_share": "share",
    "ta_values": "step value", "mean_auth_ms": "ms", "roaming_share": "share",
}  # fmt: skip
"""Feature -> unit. Shares are of the N calls, `answered_out_share` of the outgoing; gaps run from one end to the next
start; `once_share` and `mutual_share` of the peers."""
MARKS = ("short", "long", "mobile", "landline", "service", "foreign", "night", "quick", "roaming")
SHORT_S, LONG_S, QUICK_S, NIGHT_H = 10, 120, 30, 7
"""Talk that ends before anything is said, talk that may be a victim's, a dialler's pause, hours before seven."""


def first_legs(call: Any, first: int) -> Any:
    """One row a voice leg among the first `first` of its card, of cards that have as many; `gap_us` to the leg before
    (negative: they overlap), null for the first. Ties of time are broken by record reference.
    """
    voice = voice_of(of_known_sims(call))
    legs = voice.mutate(talk_s=voice.duration_s, picked_up=one(voice.answered))
    in_order = {"group_by": "sim", "order_by": [legs.at_us, legs.record_ref]}
    ranked = legs.mutate(nth=ibis.row_number().over(**in_order), before_us=legs.end_us.lag().over(**in_order))
    early = ranked.filter(ranked.nth < first).mutate(gap_us=ibis._.at_us - ibis._.before_us)
    reached = ranked.filter(ranked.nth == first - 1).select("sim")
    return early.semi_join(reached, "sim")


def line_features(call: Any, first: int) -> Any:
    """One row a card: `sim` (token) and `FEATURES`, in that order; null where nothing can be said."""
    legs = first_legs(call, first)
    whole = _of_calls(legs).join(_of_peers(legs), "sim", how="left")
    shares = {"calls_per_peer": _per(whole.calls, whole.peers), "calls_per_cell": _per(whole.calls, whole.cells)}
    for name in ("once", "mutual"):
        shares[f"{name}_share"] = _per(whole[name], whole.peers)
    shares["top_peer_share"] = _per(whole.top_calls, whole.calls)
    return whole.mutate(**shares).select("sim", *FEATURES)


def _of_calls(legs: Any) -> Any:
    leg = _marks(legs)
    sums = leg.group_by("sim").agg(
        calls=leg.count(), mo=leg.is_mo.sum(), up=leg.picked_up.sum(), talk=leg.talk_s.sum(),
        longest_talk_s=leg.talk_s.max(), cells=leg.cell_id.nunique(), imeis=leg.imei.nunique(),
        hours=leg.local_hour.nunique(), span_us=leg.at_us.max() - leg.at_us.min(),
        shortest_gap_s=leg.gap_us.min() / 1_000_000, mean_gap_s=leg.gap_us.mean() / 1_000_000,
        ta_values=leg.ta.nunique(), mean_auth_ms=leg.auth_ms.mean(), out_up=leg.out_up.sum(),
        **{name: leg[name].sum() for name in MARKS},
    )  # fmt: skip
    return sums.mutate(
        outgoing_share=_per(sums.mo, sums.calls), answered_share=_per(sums.up, sums.calls),
        answered_out_share=_per(sums.out_up, sums.mo), mean_talk_s=_per(sums.talk, sums.up),
        calls_per_hour=_per(sums.calls * 3_600_000_000, sums.span_us),
        **{f"{name}_share": _per(sums[name], sums.calls) for name in MARKS},
    )  # fmt: skip


def _marks(legs: Any) -> Any:
    """Each leg with 0 or 1 for what is counted."""
    true = {
        "out_up": (legs.is_mo == 1) & (legs.picked_up == 1), "short": (legs.picked_up == 1) & (legs.talk_s <= SHORT_S),
        "long": legs.talk_s > LONG_S, "mobile": legs.peer_class == "mobile", "landline": legs.peer_class == "landline",
        "service": legs.peer_class.isin(["service", "short", "emergency"]), "foreign": legs.peer_class == "foreign",
        "night": legs.local_hour < NIGHT_H, "quick": legs.gap_us < QUICK_S * 1_000_000, "roaming": legs.roaming,
    }  # fmt: skip
    return legs.mutate(**{name: one(mark) for name, mark in true.items()})


def _of_peers(legs: Any) -> Any:
    known = legs.filter(legs.peer.notnull())
    pair = known.group_by("sim", "peer").agg(n=known.count(), mo=known.is_mo.sum())
    marked = pair.mutate(once=(pair.n == 1).cast("int64"), mutual=((pair.mo > 0) & (pair.mo < pair.n)).cast("int64"))
    return marked.group_by("sim").agg(
        peers=marked.count(), once=marked.once.sum(), mutual=marked.mutual.sum(), top_calls=marked.n.max()
    )


def _per(above: Any, below: Any) -> Any:
    return above.cast("float64") / below.nullif(0)
