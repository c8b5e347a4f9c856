"""From measures to a finding, under the rules that bind every detector.

1. Bits come from the version's table; bits above 0 are evidence, below 0 counter-evidence.
2. Totals under the reporting cut give no finding, except the watch list: the few subjects with most bits.
3. **Two kinds**: above watch needs evidence from two families that are not the same kind of thing (spec/goip.md 7).
4. **Protected classes** never rise above watch without a person.
5. A subject is a thing or an event, never a person.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from chainbreak.base.errors import Bug
from chainbreak.find.contract.detector import Detector, Measure, Suspicion
from chainbreak.records.finding import Action, Evidence, Finding, Level

NOTABLE_BITS = 1.0
"""Less than one bit (odds less than doubled) is no reason of its own; a convention of this project."""


@dataclass(frozen=True)
class Stamp:
    """What a run adds to every finding: as-of time (UTC µs) and the pinned lake versions."""

    as_of_us: int
    snapshot: Mapping[str, int]


def params_hash(detector: Detector) -> str:
    """16 hex digits over the settings and the weights table: a finding under other weights is another finding."""
    weights = detector.weights
    rules = [[r.name, r.family, r.unit, list(r.edges), list(r.bits)] for _, r in sorted(weights.rules.items())]
    table: list[Any] = [rules, weights.prior_bits, weights.report_bits, list(weights.levels)]
    return hashlib.sha256(rfc8785.dumps([detector.params.digest(), table])).hexdigest()[:16]


def weigh(measures: Iterable[Measure], detector: Detector) -> tuple[Evidence, ...]:
    """Each measure with its bits, in order of the rule's name; not-a-number (nothing to measure) is left out."""
    weighed = []
    for m in sorted(measures, key=lambda m: m.rule):
        if math.isnan(m.value):
            continue
        rule = detector.weights.rules[m.rule]
        records = tuple(sorted(set(m.records)))
        value = round(m.value, 6)
        weighed.append(Evidence(rule.name, value, rule.threshold, rule.unit, rule.family, rule.weigh(value), records))
    return tuple(weighed)


def total_bits(evidence: Iterable[Evidence]) -> float:
    """The sum of bits, exact to the order of addition, rounded to 6 places."""
    return round(math.fsum(e.bits for e in evidence), 6)


def has_two_kinds(evidence: Iterable[Evidence], detector: Detector) -> bool:
    """Whether reasons of both sets of families stand for it; counter-evidence weighs in the total, not here."""
    reasons = [e for e in evidence if e.bits > 0]
    return all(total_bits(e for e in reasons if e.family in kind) >= NOTABLE_BITS for kind in detector.two_kinds)


def is_reportable(evidence: tuple[Evidence, ...], detector: Detector) -> bool:
    """Whether the subject is reported on its own merit (not by the watch list)."""
    return total_bits(evidence) >= detector.weights.report_bits and has_two_kinds(evidence, detector)


def level_of(score: float, detector: Detector) -> Level:
    """Word for a score that may rise above watch."""
    medium, high, urgent = detector.weights.levels
    if score >= urgent:
        return Level.URGENT
    if score >= high:
        return Level.HIGH
    return Level.MEDIUM if score >= medium else Level.LOW


def proposed(level: Level, suspicion: Suspicion, detector: Detector) -> Action:
    """The rung of the detector's ladder for a level above watch; nobody is sent where no place is known."""
    action = detector.ladder[(Level.MEDIUM, Level.HIGH, Level.URGENT).index(level)]
    return Action.RESTRICT if action is Action.VISIT and "site_lat" not in suspicion.facts else action


def settle(suspicion: Suspicion, detector: Detector, stamp: Stamp) -> Finding:
    """The finding for one suspicion; the caller has decided that it is to be reported.

    Raises:
        Bug: the subject is a person (CB-FI-011), or nothing was measured (CB-FI-012).
    """
    if suspicion.subject_kind == "person" or suspicion.subject.startswith("person:"):
        raise Bug("CB-FI-011", "a detector scored a person", given=detector.name)
    weighed = weigh(suspicion.measures, detector)
    if not weighed:
        raise Bug("CB-FI-012", "a finding without a reason", given=detector.name)
    score = detector.weights.score(total_bits(weighed))
    level = level_of(score, detector)
    watch_only = bool(suspicion.protected) or not is_reportable(weighed, detector) or level is Level.LOW
    facts = dict(suspicion.facts) | ({"protected_class": suspicion.protected} if suspicion.protected else {})
    return Finding(
        detector=detector.name, version=detector.version,
        subject_kind=suspicion.subject_kind, subject=suspicion.subject,
        members=tuple(sorted(suspicion.members, key=lambda m: (m.kind, m.token))),
        score=score, level=Level.LOW if watch_only else level,
        first_evidence_us=suspicion.first_evidence_us, found_at_us=stamp.as_of_us,
        evidence=tuple(e for e in weighed if e.bits > 0), counter_evidence=tuple(e for e in weighed if e.bits <= 0),
        proposed_action=Action.WATCH if watch_only else proposed(level, suspicion, detector),
        params_hash=params_hash(detector), snapshot=dict(sorted(stamp.snapshot.items())), facts=facts,
    )  # fmt: skip


def choose(suspicions: list[Suspicion], detector: Detector) -> list[Suspicion]:
    """Those to report: all that pass on merit, and at most the detector's `watch_places` more, by most bits, each with
    at least one notable reason.

    The watch list shows where to look next when nothing passes; its scores are as low as the evidence is weak.
    """
    weighed = [(weigh(s.measures, detector), s) for s in suspicions]
    passed = [s for evidence, s in weighed if is_reportable(evidence, detector)]
    rest = [(total_bits(e), s) for e, s in weighed if not is_reportable(e, detector) and _has_reason(e)]
    rest.sort(key=lambda r: (-r[0], r[1].subject))
    return passed + [s for _, s in rest[: detector.watch_places]]


def _has_reason(evidence: tuple[Evidence, ...]) -> bool:
    return any(e.bits >= NOTABLE_BITS for e in evidence)
