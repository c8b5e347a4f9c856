"""What goip@2 measures of a group. Each function sees only the cited records, so that anyone can recompute a finding's
values from what it cites. Not-a-number means that there is nothing to measure.
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
from chainbreak.find.detectors.goip.v2.pairs import EARLIEST_S, LATEST_S, LEAST_TAKEN_S, SLACK_S

Row = Mapping[str, Any]
LEAST_LEGS = 4
"""Legs a SIM below which a share or a mean says nothing: one call is always in one cell."""
AT_HOME = 0.8
"""Share of a SIM's cited legs in one cell for it to stand still there."""


@dataclass(frozen=True)
class Cited:
    """The rows a value rests on: records of calls (with `sim` and `end_us`), of the line register, of hot lists."""

    legs: tuple[Row, ...] = ()
    lines: tuple[Row, ...] = ()
    hits: tuple[Row, ...] = ()

    def calls(self) -> list[Row]:
        """Outgoing legs that name the other party."""
        return [r for r in self.legs if r["kind"] == "mo_call" and r["peer"] is not None]

    def refs(self) -> tuple[str, ...]:
        """Record refs of everything cited."""
        return tuple(r["record_ref"] for r in (*self.legs, *self.lines, *self.hits))


def _is_thin(cited: Cited) -> bool:
    return len(cited.legs) < LEAST_LEGS * len({r["sim"] for r in cited.legs})


def _ratio(a: float, b: float) -> float:
    return a / b if b else math.nan


def callees_per_day(cited: Cited) -> float:
    """Different numbers called a day, mean over SIMs and their days (callee/day)."""
    called = {(r["sim"], r["local_day"], r["peer"]) for r in cited.calls()}
    return _ratio(len(called), len({(sim, day) for sim, day, _ in called}))


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


def stranger_share(cited: Cited) -> float:
    """Numbers called once or twice that never called, among the numbers called (share)."""
    times = Counter((r["sim"], r["peer"]) for r in cited.calls())
    calling = {(r["sim"], r["peer"]) for r in cited.legs if r["kind"] == "mt_call"}
    strange = sum(n <= 2 and pair not in calling for pair, n in times.items())
    return math.nan if _is_thin(cited) else _ratio(strange, len(times))


def answered_share(cited: Cited) -> float:
    """Answered among the calls placed (share): strangers pick up less."""
    calls = [r for r in cited.calls() if r["answered"] is not None]
    return math.nan if _is_thin(cited) else _ratio(sum(r["answered"] for r in calls), len(calls))


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


def main_cell_share(cited: Cited) -> float:
    """Share of a SIM's legs in its commonest cell, median over SIMs: a box stands still."""
    used: dict[int, Counter[str]] = defaultdict(Counter)
    for r in cited.legs:
        if r["cell_id"] is not None:
            used[r["sim"]][r["cell_id"]] += 1
    shares = [max(c.values()) / c.total() for c in used.values() if c.total() >= LEAST_LEGS]
    return float(np.median(shares)) if shares else math.nan


def cells_per_sim(cited: Cited) -> float:
    """Different cells a SIM used, mean over SIMs (cell): a box has few, people at work and at home have many."""
    used = {(r["sim"], r["cell_id"]) for r in cited.legs if r["cell_id"] is not None}
    return math.nan if _is_thin(cited) else _ratio(len(used), len({sim for sim, _ in used}))


def sims_at_site(cited: Cited) -> float:
    """Members seen in the cell that most of them were seen in (SIM)."""
    at: dict[str, set[int]] = defaultdict(set)
    for r in cited.legs:
        if r["cell_id"] is not None:
            at[r["cell_id"]].add(r["sim"])
    return float(max(map(len, at.values()))) if at else math.nan


def shared_cells(cited: Cited) -> float:
    """Cells in which at least half of the members were seen (cell): remote banks move their cards between the same
    few; 1 for a box that stands still."""
    at: dict[str, set[int]] = defaultdict(set)
    for r in cited.legs:
        if r["cell_id"] is not None:
            at[r["cell_id"]].add(r["sim"])
    members = len({r["sim"] for r in cited.legs})
    return float(sum(2 * len(sims) >= members for sims in at.values())) if at and members > 1 else math.nan


def sims_per_imei(cited: Cited) -> float:
    """SIMs that one handset identity held, at most (SIM)."""
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


def swaps(cited: Cited) -> float:
    """Times one member came within minutes after another had left the cell (swap)."""
    return float(sum(r["kind"] == "attach" for r in cited.legs))


def shared_strangers(cited: Cited) -> float:
    """Numbers that two or more members called (callee): a list handed from card to card."""
    by_peer: dict[int, set[int]] = defaultdict(set)
    for r in cited.calls():
        by_peer[r["peer"]].add(r["sim"])
    return float(sum(len(sims) > 1 for sims in by_peer.values()))


def relayed_share(cited: Cited) -> float:
    """Calls placed while another member had just taken one in the same cell, as a share of the calls of the member with
    most of them (share): an audio-cable kit takes the call from abroad on one phone and dials on the other."""
    taken = [r for r in cited.legs if r["kind"] == "mt_call" and r["end_us"] - r["at_us"] >= LEAST_TAKEN_S * US_PER_S]
    placed: dict[int, list[bool]] = defaultdict(list)
    for r in cited.calls():
        placed[r["sim"]].append(any(_relays(r, other) for other in taken))
    shares = [sum(found) / len(found) for found in placed.values() if len(found) >= LEAST_LEGS]
    return max(shares) if shares and len({r["sim"] for r in cited.legs}) > 1 else math.nan


def _relays(out: Row, taken: Row) -> bool:
    gap = out["at_us"] - taken["at_us"]
    return (
        out["sim"] != taken["sim"] and out["cell_id"] is not None and out["cell_id"] == taken["cell_id"]
        and EARLIEST_S * US_PER_S <= gap <= LATEST_S * US_PER_S
        and out["end_us"] <= taken["end_us"] + SLACK_S * US_PER_S
    )  # fmt: skip


def inside_share(cited: Cited) -> float:
    """Incoming calls that came from members, of all incoming (share): a pool that calls itself."""
    numbers = {r["msisdn"] for r in cited.legs if r["msisdn"] is not None}
    taken = [r for r in cited.legs if r["kind"] == "mt_call" and r["peer"] is not None]
    return _ratio(sum(r["peer"] in numbers for r in taken), len(taken)) if len(taken) >= LEAST_LEGS else math.nan


def authentication(cited: Cited) -> float:
    """Latency of authentication, median over records that carry it (ms): remote SIM banks are slow."""
    known = [r["auth_ms"] for r in cited.legs if r["auth_ms"] is not None]
    return float(np.median(known)) if len(known) >= LEAST_LEGS else math.nan


def tenure_days(cited: Cited) -> float:
    """Days from activation to the last cited call, median over lines (day)."""
    last = max((r["at_us"] for r in cited.legs), default=0)
    since = [r["activated_at_us"] for r in cited.lines if r["activated_at_us"] is not None]
    return float(np.median([(last - s) / US_PER_DAY for s in since])) if since and last else math.nan


def hot_hits(cited: Cited) -> float:
    """Entries of hot lists that name a member's card, number or handset (hit)."""
    return float(len(cited.hits)) if cited.hits else math.nan


MEASURES: dict[str, Callable[[Cited], float]] = {
    f.__name__: f
    for f in (
        callees_per_day, outgoing_share, calls_per_callee, called_back_share, stranger_share, answered_share,
        median_gap, main_cell_share, cells_per_sim, sims_at_site, shared_cells, sims_per_imei, imeis_per_sim,
        imeis_of_one_model, swaps, shared_strangers, relayed_share, inside_share, authentication, tenure_days,
        hot_hits,
    )
}  # fmt: skip


def _from_lake(rows: Rows) -> Cited:
    """Rows of the lake tables in the form the measures read."""
    found = []
    for r in rows["call"].to_pylist():
        sim = r["imsi"] if r["imsi"] is not None else r["msisdn"]
        answered = r["answered"] if r["answered"] is not None else (r["duration_s"] or 0) > 0
        found.append({**r, "sim": sim, "end_us": r["at_us"] + (r["duration_s"] or 0) * US_PER_S, "answered": answered})
    hits = rows["hotlist"].to_pylist() if "hotlist" in rows else []
    return Cited(tuple(found), tuple(rows["line"].to_pylist()), tuple(hits))


def _remeasure(measure: Callable[[Cited], float]) -> Remeasure:
    return lambda rows, _subject: measure(_from_lake(rows))


REMEASURE: dict[str, Remeasure] = {name: _remeasure(measure) for name, measure in MEASURES.items()}
