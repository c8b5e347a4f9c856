"""Measure mules on simulated towns nothing was fitted on: accounts, look-alikes, rings, layers, days to an alert.

    python scripts/evaluate_mules.py --seeds 911 912 913 914 915 --work DIR --delay

Prints JSON lines: every row of `detect evaluate`, then rings against gangs (an account may serve several): pairs and B³
over accounts that stolen money reached, where one that is in no ring stands alone. `--delay` also judges at the end of
each day.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from fit_detector import centre_of, city_folder

from chainbreak.app.bootstrap import Office
from chainbreak.app.evaluate_detector import evaluate_detector
from chainbreak.app.truth import read_truth
from chainbreak.app.truth.tables import truth_table, unit_tokens
from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.detector import Detector
from chainbreak.find.contract.runner import Run, run_one
from chainbreak.find.evaluate.counts import above_watch
from chainbreak.find.evaluate.tally import Tally
from chainbreak.find.registry import detector_named

DAYS = 7
Gangs = Mapping[str, frozenset[int]]


def main() -> None:
    """Every seed adds to one tally."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--delay", action="store_true")
    args = parser.parse_args()
    detector, tally = detector_named("mules"), Tally()
    for seed in args.seeds:
        office, folder = centre_of(args.work, seed), city_folder(args.work, seed) / "city" / "truth"
        tally.add(evaluate_detector(office, "mules", folder))
        count_rings(office, detector, folder, tally)
        if args.delay:
            count_days(office, detector, folder, tally)
        sys.stderr.write(f"town {seed} measured\n")
    for row in tally.rows():
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def count_rings(office: Office, detector: Detector, folder: Path, tally: Tally) -> None:
    """Pairs, B³ and layers of the accounts that stolen money reached, and honest accounts put into rings."""
    ring, layer = rings_of(_run(office, detector, None))
    truth = read_truth(office, detector, folder)
    gangs = gangs_of(office, detector, folder)
    reached = sorted(truth.device)
    name = {a: ring.get(a, a) for a in reached}
    both = right = wanted = 0
    precision, recall = [], []
    for a in reached:
        mine = [b for b in reached if name[b] == name[a]]
        mates = [b for b in reached if gangs[a] & gangs[b]]
        shared = sum(bool(gangs[a] & gangs[b]) for b in mine)
        both, right, wanted = both + shared - 1, right + len(mine) - 1, wanted + len(mates) - 1
        precision.append(shared / len(mine))
        recall.append(shared / len(mates))
    method = f"{detector.name}@{detector.version} rings"
    tally.share((method, "pairs of one gang", "pairs of one ring"), both // 2, right // 2)
    tally.share((method, "pairs of one ring", "pairs of one gang"), both // 2, wanted // 2)
    tally.share((method, "B3 precision, per thousand", "all"), round(1000 * sum(precision)), 1000 * len(precision))
    tally.share((method, "B3 recall, per thousand", "all"), round(1000 * sum(recall)), 1000 * len(recall))
    tally.share((method, "honest", "accounts in rings"), sum(a not in truth.device for a in ring), len(ring))
    for level in ("first", "middle", "last"):
        told = [a for a in ring if truth.device.get(a) and truth.level[a] == level]
        tally.share((method, "layer right", level), sum(layer[a] == level for a in told), len(told))


def count_days(office: Office, detector: Detector, folder: Path, tally: Tally) -> None:
    """Days from the first stolen fen on an account to the end of the day whose run reports it first."""
    first = arrivals(office, detector, folder)
    begin = min(first.values()) // US_PER_DAY * US_PER_DAY
    found: dict[str, int] = {}
    for day in range(1, DAYS + 2):
        moment = begin + day * US_PER_DAY
        for finding in above_watch(_run(office, detector, moment)):
            found.setdefault(finding.subject, moment)
    days = [(found[a] - at) / US_PER_DAY if a in found else float("inf") for a, at in first.items()]
    tally.value((f"{detector.name}@{detector.version}", "days to first report, judged once a day", "all"), days)


def rings_of(run: Run) -> tuple[dict[str, str], dict[str, str]]:
    """Account -> its ring, and its layer, of the findings above watch."""
    told = {f.subject: f.facts for f in above_watch(run) if "ring" in f.facts}
    return {a: str(f["ring"]) for a, f in told.items()}, {a: str(f["layer"]) for a, f in told.items()}


def gangs_of(office: Office, detector: Detector, folder: Path) -> Gangs:
    """Account -> the gangs it works for."""
    accounts = truth_table(folder, "accounts")
    found: dict[str, set[int]] = defaultdict(set)
    for unit, gang in zip(
        unit_tokens(office, detector, accounts["account"]), accounts["gang"].to_pylist(), strict=True
    ):
        if gang is not None:
            found[unit].add(gang)
    return {unit: frozenset(gangs) for unit, gangs in found.items()}


def arrivals(office: Office, detector: Detector, folder: Path) -> dict[str, int]:
    """Account -> when the first stolen fen came (UTC µs)."""
    from chainbreak.records.finding import write_token

    stolen = set(truth_table(folder, "transfers")["transfer_id"].to_pylist())
    guilty, found = read_truth(office, detector, folder).device, dict[str, int]()
    session = office.engine()
    try:
        transfer = session.table("transfer").select("transfer_id", "payee", "booked_at_us")
        for row in session.run(transfer).to_pylist():
            unit = write_token(detector.unit, row["payee"])
            if row["transfer_id"] in stolen and unit in guilty:
                found[unit] = min(row["booked_at_us"], found.get(unit, row["booked_at_us"]))
    finally:
        session.close()
    return found


def _run(office: Office, detector: Detector, moment: int | None) -> Run:
    session = office.engine()
    try:
        return run_one(session, detector, moment)
    finally:
        session.close()


if __name__ == "__main__":
    main()
