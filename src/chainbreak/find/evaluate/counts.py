"""What is counted of reported clusters: devices by level, false clusters, look-alikes, precision, calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chainbreak.find.contract.evaluate import Truth, alarms_by_class, found_devices, is_true, recall_by_level
from chainbreak.find.contract.runner import Run
from chainbreak.find.contract.settle import total_bits, weigh
from chainbreak.find.evaluate.tally import Tally
from chainbreak.records.finding import Action, Finding, Level

APART = ("corporate_gateway", "farm")
"""Classes that are neither false alarms nor what is looked for: contracted gateways are radio-identical to the lowest
levels and only the contract register tells them apart (spec/goip.md 4); farms register accounts for the same gangs."""
FALSE_SHARES = (1e-3, 1e-4)
"""Shares of honest active SIMs at which SIM recall is read (spec/goip.md 8)."""


@dataclass(frozen=True)
class World:
    """One world as it is measured: its truth, the units active in it (written tokens) and their active days in all."""

    truth: Truth
    active: frozenset[str]
    unit_days: int


def units_of(finding: Finding, unit: str) -> frozenset[str]:
    """Written tokens of the finding's members of the counted kind."""
    return frozenset(m.token for m in finding.members if m.kind == unit)


def above_watch(run: Run) -> list[Finding]:
    """The findings that ask for more than watching."""
    return [f for f in run.findings if f.proposed_action is not Action.WATCH]


def count_clusters(
    method: str, clusters: Sequence[frozenset[str]], world: World, tally: Tally, *, single: bool = False
) -> None:
    """Recall, false clusters and look-alikes of one method, from its clusters alone: baselines are counted likewise.

    `single`: the method knows SIMs only; a device then counts as found if half of its SIMs are flagged.
    """
    truth = world.truth
    for level, share in recall_by_level(_by_device(clusters, truth) if single else clusters, truth).items():
        tally.share((method, "devices found", level), share.hits, share.n)
    if not single:
        # A cluster that joins two boxes of one room is a true lead, though neither is found by the rule.
        for level, share in recall_by_level(clusters, replace(truth, any_device=True)).items():
            tally.share((method, "devices in a cluster of several", level), share.hits, share.n)
    flagged = frozenset().union(*clusters) if clusters else frozenset()
    for level in sorted(set(truth.level.values())):
        mine = {unit for unit, device in truth.device.items() if truth.level[device] == level}
        tally.share((method, "SIMs found", level), len(mine & flagged), len(mine))
    tally.share((method, "SIMs found", "all"), len(flagged & truth.device.keys()), len(truth.device))
    count_false(method, clusters, world, tally)
    honest = Truth({}, {}, {unit: kind for unit, kind in truth.kind.items() if unit in world.active})
    for kind, share in alarms_by_class(clusters, honest).items():
        tally.share((method, "FPR", kind), share.hits, share.n)
    protected = truth.protected & world.active
    tally.share((method, "FPR", "(protected)"), len(flagged & protected), len(protected))


def _by_device(clusters: Sequence[frozenset[str]], truth: Truth) -> list[frozenset[str]]:
    """The flagged units of each device as one cluster: a grouping that no method could do better."""
    found: dict[str, set[str]] = {}
    for unit in frozenset().union(*clusters) & truth.device.keys() if clusters else ():
        found.setdefault(truth.device[unit], set()).add(unit)
    return [frozenset(units) for units in found.values()]


def count_false(method: str, clusters: Sequence[frozenset[str]], world: World, tally: Tally) -> None:
    """False clusters per 100,000 active unit-days; clusters of the classes in `APART` are counted for themselves."""
    false = 0
    apart = dict.fromkeys(APART, 0)
    for cluster in clusters:
        if is_true(cluster, world.truth):
            continue
        kinds = [world.truth.kind.get(unit, "") for unit in cluster]
        common = next((kind for kind in APART if 2 * kinds.count(kind) > len(kinds)), "")
        if common:
            apart[common] += 1
        else:
            false += 1
    tally.rate((method, "false clusters per 100,000 SIM-days", "all"), false, world.unit_days)
    for kind, count in apart.items():
        tally.rate((method, "clusters apart, per 100,000 SIM-days", kind), count, world.unit_days)


def count_precision(method: str, run: Run, truth: Truth, tally: Tally) -> None:
    """True among reported, by grade: all above watch, by level, and those that propose a visit."""
    kept = above_watch(run)
    grades = {
        "above watch": kept,
        "high or urgent": [f for f in kept if f.level in (Level.HIGH, Level.URGENT)],
        "urgent": [f for f in kept if f.level is Level.URGENT],
        "visit": [f for f in kept if f.proposed_action is Action.VISIT],
    }
    for grade, findings in grades.items():
        true = sum(is_true(units_of(f, run.detector.unit), truth) for f in findings)
        tally.share((method, "precision", grade), true, len(findings))


def count_calibration(method: str, run: Run, truth: Truth, tally: Tally) -> None:
    """Scores of all suspicions, and of reported findings, with whether each is true."""
    detector = run.detector
    for s in run.suspicions:
        units = frozenset(m.token for m in s.members if m.kind == detector.unit)
        score = detector.weights.score(total_bits(weigh(s.measures, detector)))
        tally.score((method, "ECE", "all suspicions"), [(score, is_true(units, truth))])
    reported = [(f.score, is_true(units_of(f, detector.unit), truth)) for f in above_watch(run)]
    tally.score((method, "ECE", "above watch"), reported)


def unit_scores(run: Run) -> dict[str, tuple[float, float]]:
    """Unit -> (member probability, bits of its subject): the rank of a unit, best of all subjects it is in. Protected
    subjects are left out, as the register keeps them out of reports."""
    detector, best = run.detector, dict[str, tuple[float, float]]()
    for s in run.suspicions:
        if s.protected:
            continue
        bits = total_bits(weigh(s.measures, detector))
        for m in s.members:
            if m.kind == detector.unit:
                best[m.token] = max(best.get(m.token, (0.0, -math.inf)), (m.probability, bits))
    return best


def count_ranked(method: str, scores: Mapping[str, tuple[float, float]], world: World, tally: Tally) -> None:
    """Recall of guilty units by level at the lowest score that at most a share of honest active units reach; units
    without a score come last, ties are all in or all out."""
    truth, last = world.truth, (-math.inf, -math.inf)
    honest = [u for u in world.active if u not in truth.device and truth.kind.get(u) not in APART]
    ranked = sorted((scores[u] for u in honest if u in scores), reverse=True)
    for share in FALSE_SHARES:
        allowed = int(share * len(honest))
        cut = ranked[allowed] if len(ranked) > allowed else last
        by_level: dict[str, list[bool]] = {"all": []}
        for unit, device in truth.device.items():
            if unit in world.active:
                hit = scores.get(unit, last) > cut
                by_level["all"].append(hit)
                by_level.setdefault(truth.level[device], []).append(hit)
        for level, hits in sorted(by_level.items()):
            tally.share((method, f"SIM recall at FPR {share:g}", level), sum(hits), len(hits))


def found_findings(findings: Sequence[Finding], unit: str, truth: Truth) -> dict[str, Finding]:
    """Device -> the finding it is found in; the one with the highest score of several."""
    found: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda f: (f.score, f.finding_id)):
        for device, is_found in found_devices([units_of(finding, unit)], truth).items():
            if is_found:
                found[device] = finding
    return found
