"""From a series or from findings to what a lead about one of their things would say, and which things are worth one.

A series comes as `app.show_series` gives it, findings as `records.finding.Finding`; nothing else is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainbreak.act.leads.model import KINDS, MOST_EVIDENCE, Content, Evidence, Signals, kind_of
from chainbreak.act.leads.ranking import merged
from chainbreak.base.clock import US_PER_DAY
from chainbreak.records.finding import Finding

LEAST_REPORTS = 2
"""A thing that one report alone names is worth no lead of the series: it says nothing that the report did not."""
MOST_SIGNALS = 200
"""Losses a lead is ranked by, the newest; older money has left anyway."""
WORTH = ("device", "account", "outlet", "domain", "chat", "number")
"""Kinds of which a series gives one lead each, the costliest to replace first."""


@dataclass(frozen=True)
class Wish:
    """What a drafter says; what is left empty follows from the evidence. `findings` and `reports` are ids."""

    target: str = ""
    kind: str = ""
    unit: str = ""
    question: str = ""
    note: str = ""
    case_ref: str = ""
    expires_at_us: int | None = None
    series_id: str = ""
    findings: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


def targets_of_series(shown: Mapping[str, Any], now_us: int) -> list[str]:
    """Things of a series worth a lead: of each kind the one most reports name, if two do, it is no hub, and its newest
    trace is younger than such a lead may become: an older one would be stale when it is drafted.

    >>> ids = [{"key": "account:00", "n": 3, "hub": 0.0, "last_us": 9}, {"key": "account:01", "n": 5, "hub": 0.9}]
    >>> targets_of_series({"identifiers": [*ids, {"key": "a.example", "n": 1, "hub": 0.0}]}, 10)
    ['account:00']
    """
    best: dict[str, tuple[int, str]] = {}
    for row in shown["identifiers"]:
        kind = kind_of(row["key"])
        if kind not in WORTH or int(row["n"]) < LEAST_REPORTS or _is_hub(row):
            continue
        if now_us - int(row["last_us"]) > KINDS[kind].expiry_us:
            continue
        # Most reports first, then the written form, so that two runs choose alike.
        if kind not in best or (-int(row["n"]), row["key"]) < best[kind]:
            best[kind] = (-int(row["n"]), row["key"])
    return [best[kind][1] for kind in WORTH if kind in best]


def _is_hub(row: Mapping[str, Any]) -> bool:
    # More likely a service of many than a thing of this gang; such a key speaks for no link.
    return float(row.get("hub") or 0.0) >= 0.5 or float(row.get("bits", 1.0)) <= 0


def content_of_series(shown: Mapping[str, Any], wish: Wish, now_us: int) -> Content:
    """A lead about one thing of a series, or about the series itself when no target is wished."""
    series_id = str(shown["series_id"])
    target = wish.target or series_id
    kind = wish.kind or kind_of(target) or ""
    members = sorted(shown["members"], key=lambda m: (-int(m["reported_at_us"]), m["report_id"]))
    named = next((row for row in shown["identifiers"] if row["key"] == target), None)
    # Which of the members name the thing is not told here, so that each counts by the share that do.
    share = 1.0 if named is None else min(1.0, int(named["n"]) / max(1, len(members)))
    last = int(named["last_us"]) if named else max((int(m["reported_at_us"]) for m in members), default=now_us)
    newest = members[:MOST_SIGNALS]
    # The time of a report stands for that of its transfer: the clock of the money starts late, never early. Each
    # report also stands for one victim not heard of yet, as long as it is fresh.
    signals = Signals(
        tuple((int(m["reported_at_us"]), round(int(m["loss_fen"] or 0) * share)) for m in newest if m["loss_fen"]),
        tuple((int(m["reported_at_us"]), share) for m in newest), last,
    )  # fmt: skip
    evidence = [Evidence(f"series:{series_id}", now_us)]
    evidence += [Evidence(f"report:{m['report_id']}", int(m["reported_at_us"])) for m in members]
    districts = sorted(shown["districts"].items(), key=lambda item: (-item[1], item[0]))
    unit = wish.unit or (districts[0][0] if districts else "")
    return _content(kind, target, unit, evidence[:MOST_EVIDENCE], signals, wish, now_us, series_id)


def content_of_findings(found: Sequence[Finding], wish: Wish, now_us: int) -> Content:
    """A lead about the subject of the first finding, or about the target wished, on all of them."""
    target = wish.target or found[0].subject
    kind = wish.kind or kind_of(target) or ""
    losses, contacts = zip(*(_signals(f) for f in found), strict=True)
    signals = Signals(
        tuple(pair for part in losses for pair in part), tuple(pair for part in contacts for pair in part),
        max(f.found_at_us for f in found),
    )  # fmt: skip
    evidence = [Evidence(f"finding:{f.finding_id}", f.found_at_us, _digest(f)) for f in found]
    evidence += [Evidence(f"report:{report_id}", now_us) for report_id in wish.reports]
    unit = wish.unit or next((str(f.facts["district"]) for f in found if f.facts.get("district")), "")
    return _content(kind, target, unit, evidence, signals, wish, now_us, wish.series_id)


def _content(
    kind: str, target: str, unit: str, evidence: Iterable[Evidence], signals: Signals, wish: Wish, now_us: int,
    series_id: str,
) -> Content:  # fmt: skip
    length = KINDS[kind].expiry_us if kind in KINDS else 0
    return Content(
        kind, target, unit, tuple(sorted(evidence, key=lambda e: e.ref)), merged(signals),
        wish.expires_at_us or now_us + length, wish.question, wish.note, series_id, wish.case_ref,
    )  # fmt: skip


def _digest(found: Finding) -> str:
    return hashlib.sha256(found.as_bytes()).hexdigest()


def _signals(found: Finding) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, float], ...]]:
    """Losses and contacts that a finding's facts tell of: money that came in and has not gone out again; victims that
    stayed on the line, or clients of a site, of the last day.
    """
    facts, at = found.facts, found.found_at_us
    left = int(facts.get("in_fen", 0)) - int(facts.get("out_fen", 0))
    talked = float(facts.get("stayed_over_60_s", facts.get("clients", 0)))
    days = max(1.0, (at - found.first_evidence_us) / US_PER_DAY)
    return (((at, left),) if left > 0 else ()), (((at, round(talked / days, 3)),) if talked else ())
