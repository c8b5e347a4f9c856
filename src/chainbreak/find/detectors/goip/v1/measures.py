"""What goip@1 measures. Each function sees only the cited legs and register rows, so that anyone can recompute a
finding's values from the records it cites. Not-a-number means that there is nothing to measure.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.find.contract.detector import Remeasure, Rows

Row = Mapping[str, Any]
LEAST_LEGS = 5
"""Legs a SIM below which a share or a mean says nothing: one call is always in one cell."""


@dataclass(frozen=True)
class Cited:
    """The rows a value rests on: voice legs (with `sim` and `end_us`) and rows of the line register."""

    legs: tuple[Row, ...]
    lines: tuple[Row, ...] = ()

    def calls(self) -> list[Row]:
        """Outgoing legs that name the other party."""
        return [r for r in self.legs if r["kind"] == "mo_call" and r["peer"] is not None]

    def refs(self) -> tuple[str, ...]:
        """Record refs of everything cited."""
        return tuple(r["record_ref"] for r in (*self.legs, *self.lines))


def _is_thin(cited: Cited) -> bool:
    return len(cited.legs) < LEAST_LEGS * len({r["sim"] for r in cited.legs})


def _ratio(a: float, b: float) -> float:
    return a / b if b else math.nan


def callees_per_day(cited: Cited) -> float:
    """Different numbers called on the day, mean over SIMs (callee/day)."""
    called = {(r["sim"], r["peer"]) for r in cited.calls()}
    return _ratio(len(called), len({sim for sim, _ in called}))


def outgoing_share(cited: Cited) -> float:
    """Outgoing among voice legs (share)."""
    return math.nan if _is_thin(cited) else _ratio(sum(r["kind"] == "mo_call" for r in cited.legs), len(cited.legs))


def calls_per_callee(cited: Cited) -> float:
    """Calls for each number called (call/callee): people redial, a dialling list does not."""
    called = {(r["sim"], r["peer"]) for r in cited.calls()}
    return math.nan if _is_thin(cited) else _ratio(len(cited.calls()), len(called))


def called_back_share(cited: Cited) -> float:
    """Callees who also called (share)."""
    called = {(r["sim"], r["peer"]) for r in cited.calls()}
    calling = {(r["sim"], r["peer"]) for r in cited.legs if r["kind"] == "mt_call"}
    return math.nan if _is_thin(cited) else _ratio(len(called & calling), len(called))


def median_gap(cited: Cited) -> float:
    """Seconds from the end of an outgoing call to the start of the SIM's next, median (s)."""
    by_sim: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for r in cited.calls():
        by_sim[r["sim"]].append((r["at_us"], r["end_us"]))
    gaps = [
        max(0, following[0] - earlier[1]) / US_PER_S
        for spans in by_sim.values()
        for earlier, following in zip(sorted(spans), sorted(spans)[1:], strict=False)
    ]
    return math.nan if _is_thin(cited) or not gaps else float(np.median(gaps))


def cells_per_sim(cited: Cited) -> float:
    """Different cells used on the day, mean over SIMs (cell/day): a box stands still."""
    used = {(r["sim"], r["cell_id"]) for r in cited.legs if r["cell_id"] is not None}
    return math.nan if _is_thin(cited) else _ratio(len(used), len({sim for sim, _ in used}))


def sims_at_site(cited: Cited) -> float:
    """Candidate SIMs at home in one place (SIM)."""
    return float(len({r["sim"] for r in cited.legs})) or math.nan


def sims_per_imei(cited: Cited) -> float:
    """SIMs that took turns in the most shared port (SIM)."""
    by_imei: dict[int, set[int]] = defaultdict(set)
    for r in cited.legs:
        if r["imei"] is not None:
            by_imei[r["imei"]].add(r["sim"])
    return float(max(map(len, by_imei.values()))) if by_imei else math.nan


def imeis_per_sim(cited: Cited) -> float:
    """Handset identities of a SIM, mean over SIMs (IMEI/SIM): boxes rewrite theirs."""
    used = {(r["sim"], r["imei"]) for r in cited.legs if r["imei"] is not None}
    return _ratio(len(used), len({sim for sim, _ in used}))


def imeis_of_one_model(cited: Cited) -> float:
    """Handset identities of the commonest model among the members (IMEI): boxes are built of one module."""
    models = {(r["imei"], r["imei_tac"]) for r in cited.legs if r["imei"] is not None and r["imei_tac"] is not None}
    return float(max(Counter(tac for _, tac in models).values())) if models else math.nan


def tenure_days(cited: Cited) -> float:
    """Days from activation to the last cited call, median over lines (day)."""
    last = max((r["at_us"] for r in cited.legs), default=0)
    since = [r["activated_at_us"] for r in cited.lines if r["activated_at_us"] is not None]
    return float(np.median([(last - s) / US_PER_DAY for s in since])) if since and last else math.nan


MEASURES: dict[str, Callable[[Cited], float]] = {
    f.__name__: f
    for f in (
        callees_per_day, outgoing_share, calls_per_callee, called_back_share, median_gap, cells_per_sim,
        sims_at_site, sims_per_imei, imeis_per_sim, imeis_of_one_model, tenure_days,
    )
}  # fmt: skip


def _from_lake(rows: Rows) -> Cited:
    """Rows of the lake tables `call` and `line` in the form the measures read."""
    found = []
    for r in rows["call"].to_pylist():
        sim = r["imsi"] if r["imsi"] is not None else r["msisdn"]
        found.append({**r, "sim": sim, "end_us": r["at_us"] + (r["duration_s"] or 0) * US_PER_S})
    return Cited(tuple(found), tuple(rows["line"].to_pylist()))


def _remeasure(measure: Callable[[Cited], float]) -> Remeasure:
    return lambda rows, _subject: measure(_from_lake(rows))


REMEASURE: dict[str, Remeasure] = {name: _remeasure(measure) for name, measure in MEASURES.items()}
