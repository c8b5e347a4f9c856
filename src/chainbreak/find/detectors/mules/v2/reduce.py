"""From all transfers to the recent entries of few candidate accounts (portable Ibis, run by the engine)."""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.detector import Keep, Screen, Tables
from chainbreak.find.detectors.mules.v2.params import MulesParams
from chainbreak.find.features.accounts import entries, flows

ACCOUNT_COLUMNS = ("record_ref", "account", "opened_at_us", "outlet_id", "kind")
WEEK_US = 7 * US_PER_DAY


def reduce_transfers(tables: Tables, params: MulesParams, keep: Keep) -> dict[str, Any]:
    """Named tables for `judge`: `entries` of candidates up to a week past their busiest bucket, their `accounts`, and
    the `reports` that name identifiers."""
    entry = keep("entry", entries(tables["transfer"]))
    busiest = keep("busiest", busiest_buckets(entry, params))
    report = tables["report"]
    return {
        "entries": recent_entries(entry, busiest, params),
        "accounts": tables["account"].select(*ACCOUNT_COLUMNS).semi_join(busiest, "account"),
        "reports": report.filter(report.identifiers.notnull()).select("record_ref", "reported_at_us", "identifiers"),
    }


def busiest_buckets(entry: Any, params: MulesParams) -> Any:
    """One row a candidate account: `from_us` and `until_us` (UTC µs) of the screened bucket with most inflow.

    A day passes when much came in and at least half left; a week, when several paid in besides.
    """
    day, week = flows(entry, US_PER_DAY), flows(entry, WEEK_US)
    days = day.filter(day.in_fen >= params.min_inflow_fen, day.out_fen >= params.min_pass_through * day.in_fen)
    weeks = week.filter(
        week.in_fen >= params.min_inflow_fen, week.payers >= params.min_week_payers,
        week.out_fen >= params.min_pass_through * week.in_fen,
    )  # fmt: skip
    both = _spans(days, US_PER_DAY).union(_spans(weeks, WEEK_US))
    order = [ibis.desc(both.in_fen), ibis.asc(both.from_us), ibis.asc(both.until_us)]
    ranked = both.mutate(rank=ibis.row_number().over(group_by="account", order_by=order))
    return ranked.filter(ranked.rank == 0).select("account", "from_us", "until_us")


def screened(tables: Tables, params: MulesParams, token: int) -> Screen:
    """The day with most inflow of one account, against the sieve's limits."""
    entry = entries(tables["transfer"])
    day = flows(entry.filter(entry.account == token), US_PER_DAY)
    order = [ibis.desc(day.in_fen), ibis.asc(day.bucket)]
    ranked = day.mutate(
        pass_through=day.out_fen.cast("float64") / day.in_fen.nullif(0), rank=ibis.row_number().over(order_by=order)
    )
    best = ranked.filter(ranked.rank == 0).select("in_fen", "pass_through")
    limits = {
        "in_fen": (">=", float(params.min_inflow_fen), "fen"),
        "pass_through": (">=", params.min_pass_through, "ratio"),
    }
    return Screen(best, limits)


def _spans(flow: Any, bucket_us: int) -> Any:
    return flow.select("account", "in_fen", from_us=flow.bucket * bucket_us, until_us=(flow.bucket + 1) * bucket_us)


def recent_entries(entry: Any, busiest: Any, params: MulesParams) -> Any:
    """The candidates' latest entries, none later than a week past the busiest bucket; columns of `entry`."""
    near = entry.inner_join(busiest, "account")
    near = near.filter(
        near.booked_at_us >= near.from_us - params.history_us, near.booked_at_us < near.until_us + WEEK_US
    )
    order = [ibis.desc(near.booked_at_us), ibis.desc(near.seq), ibis.asc(near.record_ref)]
    ranked = near.mutate(rank=ibis.row_number().over(group_by="account", order_by=order))
    return ranked.filter(ranked.rank < params.most_entries).select(*entry.columns)
