"""The rules of mules@2: how each is measured on cited entries, and how it is computed again from the lake's records."""

from __future__ import annotations

import math
from collections.abc import Callable

from chainbreak.find.contract.detector import Remeasure, Rows
from chainbreak.find.detectors.mules.v2 import habits, passing, ties
from chainbreak.find.detectors.mules.v2.cited import Cited, entries_of, in_order
from chainbreak.find.detectors.mules.v2.params import INSTITUTIONS
from chainbreak.records.finding import read_token

MEASURES: dict[str, Callable[[Cited], float]] = {
    f.__name__: f
    for f in (
        passing.pass_through_1h, passing.pass_through_24h, passing.pass_through_7d, passing.dwell_median,
        passing.dwell_p10, passing.residual_share, habits.fan_in, habits.fan_out, habits.new_counterparties,
        habits.regular_payers, habits.regular_payees, habits.dormant_days, habits.burst, habits.age_days,
        habits.night_share, habits.round_share, habits.limit_share, habits.cash_share, habits.channel_switch,
        habits.credit_median, habits.everyday_debits,
    )
}  # fmt: skip


def _remeasure(measure: Callable[[Cited], float]) -> Remeasure:
    def from_lake(rows: Rows, subject: str) -> float:
        entries = in_order(entries_of(rows, read_token(subject)[1]))
        return measure(Cited(entries, tuple(rows["account"].to_pylist())))

    return from_lake


def institution(rows: Rows, _subject: str) -> float:
    """1 when the register calls the account an institution, else 0."""
    kinds = {a["kind"] for a in rows["account"].to_pylist() if a["kind"] is not None}
    return float(bool(kinds & set(INSTITUTIONS))) if kinds else math.nan


REMEASURE: dict[str, Remeasure] = {name: _remeasure(measure) for name, measure in MEASURES.items()} | {
    f.__name__: f
    for f in (
        ties.traced_hops, ties.traced_minutes, ties.partners, ties.shared_devices, ties.outlet_peers,
        ties.named_in_reports, institution,
    )
}  # fmt: skip
