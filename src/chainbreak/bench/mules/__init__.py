"""Mule accounts on public sets: amlsim20k under both protocols and without its traps, AMLworld where a user has it.

amlsim20k is easy and synthetic: a check, not proof (spec/tracing.md 11). Every transfer below 20.00 joins two labelled
accounts, so that a rule of one line reaches F1 .81; the table has the set as published, with the amounts below 10 drawn
anew as its README asks, and with all amounts below 20 drawn anew. What then still tells most rings is that their
transfers are repeated several times on one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chainbreak.bench import BenchRow, watch

if TYPE_CHECKING:
    from chainbreak.bench.mules.protocols import Reached

SETS = Path(__file__).resolve().parents[5] / "shared" / "data"
TRAPS = {"": 0, ", below 10 drawn anew": 1_000, ", below 20 drawn anew": 2_000}
"""Variant -> amounts (cents) under which they are drawn anew."""
README_AP_AUC_F1 = (0.778, 0.894, 0.808)
"""LightGBM on 21 count, amount and time features, five folds, the set as published (shared/data/README.md)."""


@dataclass
class MulesRow(BenchRow):
    """A measured line with what it reached, each from 0 to 1: average precision, AUC, F1 at the method's threshold,
    share of guilty among the hundred highest, rings half (any) of whose members were flagged; and days to a ring's
    first flag.
    """

    ap: float | None = None
    auc: float | None = None
    f1: float | None = None
    p_at_100: float | None = None
    ring_recall: float | None = None
    ring_any: float | None = None
    days_to_alert: float | None = None


def run(scale: str) -> list[BenchRow]:
    """small: amlsim20k as published, folds only."""
    return [*_amlsim(scale), *_amlworld()]


def _amlsim(scale: str) -> list[BenchRow]:
    folder = SETS / "amlsim20k"
    if not (folder / "nodes.parquet").is_file():
        return [BenchRow("amlsim20k: left out, shared/data/amlsim20k is not beside the repository")]
    from chainbreak.bench.mules.payments import read_amlsim, redrawn
    from chainbreak.bench.mules.protocols import by_folds, by_time

    with watch() as reading:
        published = read_amlsim(folder)
    read = BenchRow("amlsim20k: read", len(published.payer), reading.seconds, reading.cpu_s)
    quoted = MulesRow("amlsim20k, folds: its README's LightGBM on 21 features, quoted", published.accounts)
    quoted.ap, quoted.auc, quoted.f1 = README_AP_AUC_F1
    rows: list[BenchRow] = [read, quoted]
    protocols = {"folds": by_folds, "cut": by_time} if scale == "full" else {"folds": by_folds}
    for variant, below in TRAPS.items() if scale == "full" else [("", 0)]:
        payments = redrawn(published, below) if below else published
        for protocol, evaluate in protocols.items():
            with watch() as cost:
                reached = evaluate(payments)
            rows += [_row(f"amlsim20k{variant}, {protocol}", of) for of in reached]
            rows.append(BenchRow(f"amlsim20k{variant}, {protocol}: all of the above", None, cost.seconds, cost.cpu_s))
    return rows


def _row(what: str, of: Reached) -> MulesRow:
    row = MulesRow(f"{what}: {of.method}", of.accounts, ap=of.ap, auc=of.auc, f1=of.f1, p_at_100=of.p_at_top)
    if of.rings:
        row.ring_recall, row.ring_any, row.days_to_alert = of.ring_recall, of.ring_any, of.days_to_alert
    return row


def _amlworld() -> list[BenchRow]:
    from chainbreak.bench.mules.amlworld import TRANSACTIONS, evaluate, read_amlworld

    folder = SETS / "amlworld"
    if not (folder / TRANSACTIONS).is_file():
        return [
            BenchRow(f"AMLworld: left out, no {TRANSACTIONS} in shared/data/amlworld; the project holds none of it")
        ]
    with watch() as cost:
        told = evaluate(read_amlworld(folder))
    found = None if np.isnan(told["attempts_found"]) else told["attempts_found"]
    what = "AMLworld HI-Small, last fifth in time: LightGBM on causal features; F1 of the laundering class"
    return [MulesRow(what, int(told["rows"]), cost.seconds, cost.cpu_s, ap=told["ap"], f1=told["f1"], ring_any=found)]
