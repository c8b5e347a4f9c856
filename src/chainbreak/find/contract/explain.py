"""Why a finding is what it is, checked rather than told: the bits add up to the score, the finding is computed again on
its pinned snapshot, and each "would not have fired below …" is settled again with the changed value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainbreak.base.clock import rfc3339
from chainbreak.find.contract.detector import Detector, Measure, Suspicion, ident
from chainbreak.find.contract.runner import as_seen, run_one, suspect
from chainbreak.find.contract.settle import Stamp, choose, is_reportable, settle, total_bits, weigh
from chainbreak.records.finding import Action, Evidence, Finding
from chainbreak.store.engine import Engine


@dataclass(frozen=True)
class Turn:
    """A counterfactual: with `rule` at `value` (in `unit`; `side`: below or from), the finding would be `outcome`."""

    rule: str
    side: str
    value: float
    unit: str
    outcome: str


@dataclass(frozen=True)
class Explanation:
    """A finding with its arithmetic. `same_bytes`: computed again on the pinned snapshot it came out identical."""

    finding: Finding
    prior_bits: float
    bits: float
    score: float
    turns: tuple[Turn, ...]
    same_bytes: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; reasons in order of weight."""
        f = self.finding
        reasons = sorted((*f.evidence, *f.counter_evidence), key=lambda e: (-abs(e.bits), e.rule))
        return {
            "finding_id": f.finding_id, "detector": f"{f.detector}@{f.version}", "subject": f.subject,
            "level": str(f.level), "action": str(f.proposed_action), "score": f.score, "facts": f.facts,
            "data_from": rfc3339(f.first_evidence_us), "data_until": rfc3339(f.found_at_us), "snapshot": f.snapshot,
            "prior_bits": self.prior_bits, "bits": self.bits, "score_from_bits": self.score,
            "reasons": [_as_dict(e) for e in reasons],
            "would_change": [vars(turn) for turn in self.turns], "same_bytes": self.same_bytes,
        }  # fmt: skip


def _as_dict(e: Evidence) -> dict[str, Any]:
    return {"rule": e.rule, "value": e.value, "threshold": e.threshold, "unit": e.unit, "family": e.family,
            "bits": e.bits, "records": list(e.records)}  # fmt: skip


def explain(finding: Finding, detector: Detector, engine: Engine) -> Explanation:
    """Explain a finding of `detector`; `engine` stands on the finding's own snapshot.

    Raises:
        DeclinedError: a pinned table is no longer there.
    """
    run = run_one(engine, detector, finding.found_at_us)
    again = next((f for f in run.findings if f.finding_id == finding.finding_id), None)
    weighed = (*finding.evidence, *finding.counter_evidence)
    bits = total_bits(weighed)
    turns = tuple(turns_of_finding(finding, detector))
    same = again is not None and again.as_bytes() == finding.as_bytes()
    return Explanation(finding, detector.weights.prior_bits, bits, detector.weights.score(bits), turns, same)


def turns_of_finding(finding: Finding, detector: Detector) -> Sequence[Turn]:
    """`turns_of` a kept finding, from its own measures: reads no records."""
    measures = tuple(Measure(e.rule, e.value, e.records) for e in (*finding.evidence, *finding.counter_evidence))
    frozen = Suspicion(
        finding.subject_kind, finding.subject, finding.members, measures, finding.first_evidence_us, finding.facts,
        str(finding.facts.get("protected_class", "")),
    )  # fmt: skip
    return turns_of(frozen, detector, Stamp(finding.found_at_us, finding.snapshot))


def turns_of(suspicion: Suspicion, detector: Detector, stamp: Stamp) -> Sequence[Turn]:
    """For each rule that speaks for the finding, the nearest edge at which it would be reported lower or not at all."""
    now = _outcome(suspicion, detector, stamp)
    found = []
    for e in weigh(suspicion.measures, detector):
        if e.bits <= 0:
            continue
        rule = detector.weights.rules[e.rule]
        at = sum(edge <= e.value for edge in rule.edges)
        lower = [(i, "below", rule.edges[i]) for i in reversed(range(at))]
        upper = [(i + 1, "from", rule.edges[i]) for i in range(at, len(rule.edges))]
        for bin_index, side, edge in (*lower, *upper):
            inside = edge if side == "from" else _inside(rule.edges, bin_index)
            changed = [replace(m, value=inside) if m.rule == e.rule else m for m in suspicion.measures]
            outcome = _outcome(replace(suspicion, measures=tuple(changed)), detector, stamp)
            if outcome != now:
                found.append(Turn(e.rule, side, edge, rule.unit, outcome))
                break
    return found


def _inside(edges: tuple[float, ...], bin_index: int) -> float:
    """A value inside bin `bin_index`, which is not the last."""
    return edges[bin_index - 1] if bin_index else edges[0] - 1.0


def _outcome(suspicion: Suspicion, detector: Detector, stamp: Stamp) -> str:
    finding = settle(suspicion, detector, stamp)
    if finding.proposed_action is not Action.WATCH:
        return str(finding.level)
    return "watch" if choose([suspicion], detector) else "nothing"


@dataclass(frozen=True)
class WhyNot:
    """Why a thing is not reported: the stage it fell short at, and each reason with value, threshold and shortfall."""

    subject: str
    detector: str
    stage: str
    bits: float | None
    needed_bits: float | None
    reasons: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"subject": self.subject, "detector": self.detector, "stage": self.stage, "bits": self.bits,
                "needed_bits": self.needed_bits, "reasons": list(self.reasons)}  # fmt: skip


def why_not(
    engine: Engine, detector: Detector, subject: str, kind: str, token: Any, as_of_us: int | None = None
) -> WhyNot:
    """Where the subject (a written token of `kind`, or a domain, which is its own token) fell short: `unseen` in the
    records, at the `screen`, when `measured`, or not at all (`reported`).

    Raises:
        DeclinedError: the detector cannot run here.
    """
    stamp, suspicions = suspect(engine, detector, as_of_us)
    for suspicion in suspicions:
        if any(m.token == subject for m in suspicion.members):
            return _why_not_measured(subject, suspicion, detector)
    tables = {n.table: as_seen(engine, n, stamp.as_of_us, f"{detector.name}_why") for n in detector.needs}
    screen = detector.screen(tables, kind, token)
    rows = engine.run(screen.expr).to_pylist()
    if not rows:
        return WhyNot(subject, ident(detector), "unseen", None, None, ())
    reasons = tuple(_held_against(name, rows[0][name], *limit) for name, limit in screen.limits.items())
    return WhyNot(subject, ident(detector), "screen", None, None, reasons)


def _held_against(name: str, value: float | None, sign: str, limit: float, unit: str) -> dict[str, Any]:
    """One fact of the screen; `short` is by how much it misses the limit, 0 when it does not."""
    short = 0.0 if value is None else max(0.0, limit - value if sign == ">=" else value - limit)
    rounded = None if value is None else round(value, 4)
    return {"rule": name, "value": rounded, "threshold": limit, "unit": unit, "sign": sign, "short": round(short, 4)}


def _why_not_measured(subject: str, suspicion: Suspicion, detector: Detector) -> WhyNot:
    weighed = weigh(suspicion.measures, detector)
    reasons = tuple(_as_dict(e) for e in sorted(weighed, key=lambda e: (e.bits, e.rule)))
    stage = "reported" if is_reportable(weighed, detector) else "measured"
    return WhyNot(subject, ident(detector), stage, total_bits(weighed), detector.weights.report_bits, reasons)
