"""What a table of one row a SIM says of it: the aggregates that per-SIM models of the literature are trained on.

The peer that clusters are measured against (spec/goip.md 8), and the yardstick of how hard a simulated world is. All
columns are float64, so that a learner takes them as they are; null where there is nothing to measure.
"""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.find.features.calls import of_known_sims, voice_of

SHORT_S, LONG_S = 10, 120
"""Answered calls below, and talks above: conventions of the call-record literature."""
NIGHT_ENDS, EVENING = 7, 20
"""Local hours before which, and from which, a call is a night's or an evening's."""


def sim_aggregates(call: Any, line: Any | None = None) -> Any:
    """One row a SIM that has a voice leg: `sim` (token) and the columns named in `FEATURES`, from the columns of `call`
    (and of the register `line`: imsi, msisdn, activated_at_us) as they are."""
    known = of_known_sims(call)
    voice = voice_of(known)
    parts = [_volumes(voice), _contacts(voice), _days(voice), _gaps(voice), _places(voice), _others(known)]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.left_join(part, "sim").drop("sim_right")
    joined = joined.mutate(
        calls_per_peer=_share(joined.calls, joined.peers), callees_per_day=_share(joined.callees, joined.days),
        calls_per_day=_share(joined.calls, joined.days), calls_per_cell=_share(joined.calls, joined.cells),
        home_share=_share(joined.home_calls, joined.calls),
        called_back_share=_share(joined.called_back, joined.callees),
        imeis_per_day=_share(joined.imeis, joined.days),
    )  # fmt: skip
    if line is None:
        joined = joined.mutate(tenure_days=ibis.null().cast("float64"))
    else:
        since = line.filter(line.imsi.notnull()).group_by("imsi").agg(activated_us=line.activated_at_us.min())
        joined = joined.left_join(since, joined.sim == since.imsi)
        joined = joined.mutate(tenure_days=(joined.last_us - joined.activated_us).cast("float64") / float(US_PER_DAY))
    return joined.select("sim", **{name: joined[name].cast("float64") for name in FEATURES})


FEATURES = (
    "calls", "mo_calls", "outgoing_share", "answered_share", "short_share", "long_share", "mean_s", "spread_s",
    "mo_mean_s", "night_share", "evening_share", "hours", "days", "busiest_day", "calls_per_day", "peers", "callees",
    "callers", "called_back", "called_back_share", "calls_per_peer", "callees_per_day", "peer_days", "gap_mean_min",
    "gap_spread_min", "gap_least_min", "cells", "home_share", "calls_per_cell", "imeis", "imeis_per_day", "tacs",
    "sms_out", "sms_in", "attaches", "tenure_days",
)  # fmt: skip
"""36 columns a SIM."""


def _share(part: Any, whole: Any) -> Any:
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def _mean(flag: Any) -> Any:
    return flag.cast("float64").mean()


def _spread(value: Any) -> Any:
    """Standard deviation from sums, which every engine answers alike; squared, as a tree needs only the order."""
    x = value.cast("float64")
    return (x * x).mean() - x.mean() * x.mean()


def _volumes(voice: Any) -> Any:
    mo = voice.kind == "mo_call"
    answered = voice.duration_s > 0
    return voice.group_by("sim").agg(
        calls=voice.count(), mo_calls=mo.cast("int64").sum(), outgoing_share=_mean(mo), answered_share=_mean(answered),
        short_share=_mean(answered & (voice.duration_s < SHORT_S)), long_share=_mean(voice.duration_s > LONG_S),
        mean_s=_mean(voice.duration_s), spread_s=_spread(voice.duration_s),
        mo_mean_s=_mean(ibis.cases((mo, voice.duration_s), else_=ibis.null().cast("int64"))),
        night_share=_mean(voice.local_hour < NIGHT_ENDS), evening_share=_mean(voice.local_hour >= EVENING),
        hours=voice.local_hour.nunique(), last_us=voice.at_us.max(),
    )  # fmt: skip


def _contacts(voice: Any) -> Any:
    named = voice.filter(voice.peer.notnull()).mutate(mo=(voice.kind == "mo_call").cast("int64"))
    pair = named.group_by("sim", "peer").agg(
        mo=named.mo.sum(), all=named.count(), days=named.local_day.nunique().cast("int64")
    )
    called, calling = pair.mo > 0, pair["all"] > pair.mo
    return pair.group_by("sim").agg(
        peers=pair.count(),
        callees=called.cast("int64").sum(),
        callers=calling.cast("int64").sum(),
        called_back=(called & calling).cast("int64").sum(),
        peer_days=_mean(pair.days),
    )


def _days(voice: Any) -> Any:
    day = voice.group_by("sim", "local_day").agg(calls=voice.count())
    return day.group_by("sim").agg(days=day.count(), busiest_day=day.calls.max())


def _gaps(voice: Any) -> Any:
    """Minutes between a SIM's calls of one day."""
    window = ibis.window(group_by=["sim", "local_day"], order_by=["at_us", "record_ref"])
    gap = voice.select("sim", minutes=(voice.at_us - voice.at_us.lag().over(window)).cast("float64") / US_PER_MIN)
    return gap.group_by("sim").agg(
        gap_mean_min=gap.minutes.mean(), gap_spread_min=_spread(gap.minutes), gap_least_min=gap.minutes.min()
    )


def _places(voice: Any) -> Any:
    here = voice.filter(voice.cell_id.notnull())
    cell = here.group_by("sim", "cell_id").agg(calls=here.count())
    return cell.group_by("sim").agg(cells=cell.count(), home_calls=cell.calls.max())


def _others(known: Any) -> Any:
    return known.group_by("sim").agg(
        imeis=known.imei.nunique(),
        tacs=known.imei_tac.nunique(),
        sms_out=(known.kind == "mo_sms").cast("int64").sum(),
        sms_in=(known.kind == "mt_sms").cast("int64").sum(),
        attaches=(known.kind == "attach").cast("int64").sum(),
    )
