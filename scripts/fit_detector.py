"""Fit a detector's weights table on simulated towns and write it back, with its card.

    python scripts/fit_detector.py goip --fit 101 102 103 104 105 106 --hold 201 202 203 --work DIR

Bits are fitted on the `--fit` seeds, reliability is read on the `--hold` seeds, which take no part in fitting. The bins
(edges), shapes, families and units are a person's choice and are kept as they stand. Protected lines and accounts are
left out: the register decides about them, not the score. Cities are built and ingested under `--work` once.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.ingest_folder import ingest_folder
from chainbreak.app.init_centre import init_centre
from chainbreak.app.truth import read_truth
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.settings import Settings
from chainbreak.find.contract.calibration import (
    columns_of,
    conformal_cut,
    expected_calibration_error,
    fit,
    reliability,
)
from chainbreak.find.contract.detector import Detector
from chainbreak.find.contract.evaluate import is_true
from chainbreak.find.contract.runner import suspect
from chainbreak.find.contract.settle import total_bits, weigh
from chainbreak.find.contract.weights import read_weights
from chainbreak.find.registry import detector_named
from chainbreak.records.actor import SERVICE

BUDGET = {"goip": 0.02, "mules": 0.002, "sites": 0.001}
"""Share of honest candidates that may pass the cut. goip: spec/goip.md 8 allows 1 false cluster per 100,000 SIM-days,
of which a county has a million with some 220 candidates: half of the allowance is used; mules: about one account in a
town of 28,000; sites: one honest name in three towns, each with some 330 candidates."""
DAYS_BACK = {"sites": (0, 2, 4), "goip": (0, 9)}
"""Days before the end at which subjects are measured too: a site must be known before its reports have all come in, a
box within its first days."""
PRESET = {"goip": "county"}
"""What a detector is fitted on; a town where nothing is said."""

Subject = tuple[dict[str, float], bool]


def city_folder(work: Path, seed: int, preset: str = "town", mix: Path | None = None) -> Path:
    """Where the city of `seed` and its centre lie: `city/` and `centre/` in it."""
    return work / "-".join([preset, *([mix.stem] if mix else []), str(seed)])


def centre_of(work: Path, seed: int, preset: str = "town", mix: Path | None = None) -> Office:
    """A centre that holds the city of `seed`; built once."""
    root = city_folder(work, seed, preset, mix)
    if not (root / "centre" / "settings.toml").exists():
        from chainbreak.app.build_city import build_city

        build_city(root / "city", preset, seed, "2026-11-02", mix=mix)
        office = init_centre(root / "centre", Settings(name=f"{preset} {seed}"))
        for _ in ingest_folder(office, SERVICE, root / "city" / "records"):
            pass
    return open_office(root / "centre")


def subjects(detector: Detector, work: Path, seed: int) -> list[Subject]:
    """Every unprotected candidate of the city with what was measured, and whether it is guilty."""
    preset = PRESET.get(detector.name, "town")
    office = centre_of(work, seed, preset)
    truth = read_truth(office, detector, city_folder(work, seed, preset) / "city" / "truth")
    session = office.engine()
    try:
        stamp, suspicions = suspect(session, detector)
        for days in DAYS_BACK.get(detector.name, (0,))[1:]:
            suspicions = suspicions + suspect(session, detector, stamp.as_of_us - days * US_PER_DAY)[1]
    finally:
        session.close()
    found = []
    for s in suspicions:
        units = frozenset(m.token for m in s.members if m.kind == detector.unit)
        if not s.protected and units <= (truth.device.keys() | truth.kind.keys()):
            found.append(({m.rule: m.value for m in s.measures}, is_true(units, truth)))
    sys.stderr.write(f"{preset} {seed}: {len(found)} candidates, {sum(guilty for _, guilty in found)} guilty\n")
    return found


def main() -> None:
    """Fit, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("detector")
    parser.add_argument("--fit", type=int, nargs="+", required=True)
    parser.add_argument("--hold", type=int, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    detector = detector_named(args.detector)
    package = type(detector).__module__
    edges = {name: rule.edges for name, rule in detector.weights.rules.items()}
    shapes = {name: rule.shape for name, rule in detector.weights.rules.items() if rule.shape}
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(partial(subjects, detector, args.work), [*args.fit, *args.hold]))
    dev = [s for part in found[: len(args.fit)] for s in part]
    columns = columns_of([row for row, _ in dev], edges)
    fitted = fit(columns, [guilty for _, guilty in dev], edges, shapes)
    path = Path(str(resources.files(import_module(package)).joinpath("weights.toml")))
    write(path, detector, fitted.bits, fitted.prior_bits, 0.0, {})
    negatives = [bits for bits, guilty in scored(detector, dev) if not guilty]
    cut = round(conformal_cut(negatives, BUDGET[detector.name]), 3)
    weights = read_weights(package)
    held = scored(detector, [s for part in found[len(args.fit) :] for s in part])
    table = reliability([weights.score(bits) for bits, _ in held], [guilty for _, guilty in held])
    guilty = [bits for bits, is_guilty in held if is_guilty]
    honest = [bits for bits, is_guilty in held if not is_guilty]
    write(path, detector, fitted.bits, fitted.prior_bits, cut, {
        "fitted_on": f"simulated cities, preset {PRESET.get(detector.name, 'town')}, seeds "
                     f"{', '.join(map(str, args.fit))}: {len(dev)} unprotected candidates, "
                     f"{sum(g for _, g in dev)} guilty",
        "budget": f"{BUDGET[detector.name]} of honest candidates pass the cut, conformal on {len(negatives)} of "
                  "the same cities",
        "held_out": f"seeds {', '.join(map(str, args.hold))}: {sum(b >= cut for b in guilty)} of {len(guilty)} guilty "
                    f"and {sum(b >= cut for b in honest)} of {len(honest)} honest "
                    "candidates reach the cut, before the rule of two kinds",
        "ece_held_out": expected_calibration_error(table),
        "reliability": [[b.low, b.high, b.n, b.mean_score, b.true_share] for b in table],
    })  # fmt: skip


def scored(detector: Detector, found: list[Subject]) -> list[tuple[float, bool]]:
    """(total bits, guilty) of each subject by the table just written."""
    from dataclasses import dataclass

    from chainbreak.find.contract.detector import Measure

    @dataclass
    class Fresh:
        weights: Any

    fresh: Any = Fresh(read_weights(type(detector).__module__))
    return [
        (total_bits(weigh([Measure(rule, value, ()) for rule, value in row.items()], fresh)), guilty)
        for row, guilty in found
    ]


def write(
    path: Path, detector: Detector, bits: dict[str, tuple[float, ...]], prior: float, cut: float, card: dict[str, Any]
) -> None:
    """The table as TOML, rules in their old order."""
    lines = [
        "# Written by scripts/fit_detector.py; edges are chosen by hand, bits, prior and cut are fitted.",
        f"prior_bits = {prior}", f"report_bits = {cut}", f"levels = {list(detector.weights.levels)}", "", "[card]",
    ]  # fmt: skip
    for key, value in card.items():
        text = f'"{value}"' if isinstance(value, str) else str(value)
        lines.append(f"{key} = {text}")
    for name, rule in detector.weights.rules.items():
        lines += ["", f"[rules.{name}]", f'family = "{rule.family}"', f'unit = "{rule.unit}"',
                  *([f'shape = "{rule.shape}"'] if rule.shape else []),
                  f"edges = {list(rule.edges)}", f"bits = {list(bits[name])}"]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
