"""Measure goip on several simulated cities and print one table of all: what spec/goip.md 8 asks for.

    python scripts/evaluate_goip.py --seeds 901 902 --mixes default unseen-a.yaml --preset county --work DIR \\
        --train 101 102 103 --delay --perturb loss10 --out table.md

Cities are built and ingested under `--work` once, one at a time; counts are summed over cities, never averaged. The
per-SIM peer is trained on the `--train` seeds of the default mix and the same preset, which are not measured.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from fit_detector import centre_of, city_folder

from chainbreak.app.evaluate_detector import evaluate_detector, train_naive
from chainbreak.find.evaluate.naive import Naive
from chainbreak.find.evaluate.perturb import PERTURBATIONS
from chainbreak.find.evaluate.tally import Tally

DEFAULT = "default"
LEVELS = ("L0", "L1", "L2", "L3", "L4", "L5", "L6", "all")


def main() -> None:
    """Build, measure, sum, write."""
    args = arguments()
    naive = trained(args.work, args.train, args.preset) if args.train else None
    total = Tally()
    for mix in args.mixes:
        path = None if mix == DEFAULT else Path(mix)
        for seed in args.seeds:
            began = time.perf_counter()
            office = centre_of(args.work, seed, args.preset, path)
            built = time.perf_counter() - began
            truth = city_folder(args.work, seed, args.preset, path) / "city" / "truth"
            total.add(evaluate_detector(
                office, args.detector, truth, delay=args.delay, faults=args.perturb or (), naive=naive
            ))  # fmt: skip
            took = time.perf_counter() - began - built
            sys.stderr.write(f"{mix} {seed}: built in {built:.0f} s, measured in {took:.0f} s\n")
            write(args, total.rows())


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", default="goip", help="goip, or goip@1")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--mixes", nargs="+", default=[DEFAULT], help=f"mix files, or {DEFAULT}")
    parser.add_argument("--preset", default="county")
    parser.add_argument("--train", type=int, nargs="*", default=[], help="seeds the per-SIM peer learns from")
    parser.add_argument("--delay", action="store_true")
    parser.add_argument("--perturb", nargs="*", choices=PERTURBATIONS)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="table.md; the rows go beside it as .json")
    args = parser.parse_args()
    if set(args.seeds) & set(args.train):
        parser.error("a seed is both measured and trained on")
    return args


def trained(work: Path, seeds: list[int], preset: str) -> Naive:
    """The per-SIM peer of the default mix."""
    return train_naive([
        (centre_of(work, seed, preset), city_folder(work, seed, preset) / "city" / "truth") for seed in seeds
    ])  # fmt: skip


def write(args: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """The table so far: as Markdown, and as JSON beside it."""
    args.out.write_text(markdown(rows, args), encoding="utf-8")
    plain = [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()} for row in rows]
    args.out.with_suffix(".json").write_text(json.dumps(plain, indent=1), encoding="utf-8")


def markdown(rows: list[dict[str, Any]], args: argparse.Namespace) -> str:
    """Measures with a value for every level as one table a method; the others as lists below."""
    seeds = ", ".join(map(str, args.seeds))
    cities = f"preset {args.preset}; mixes {', '.join(args.mixes)}; seeds {seeds}"
    lines = [f"Simulated cities ({cities}). A benchmark, never evidence of field performance. Intervals: 95 %.", ""]
    levels = [level for level in LEVELS if any(row["of"] == level for row in rows)]
    by_level: dict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    other = []
    for row in rows:
        if row["of"] in LEVELS[:-1] or any(
            r["of"] in LEVELS[:-1] and (r["method"], r["measure"]) == (row["method"], row["measure"]) for r in rows
        ):
            by_level[row["method"], row["measure"]][row["of"]] = row
        else:
            other.append(row)
    lines += ["| Method | Measure | " + " | ".join(levels) + " |", "|---" * (len(levels) + 2) + "|"]
    for (method, measure), cells in by_level.items():
        lines.append(f"| {method} | {measure} | " + " | ".join(figure(cells.get(level)) for level in levels) + " |")
    lines += ["", "| Method | Measure | Of | n | Figure |", "|---|---|---|---|---|"]
    lines += [f"| {r['method']} | {r['measure']} | {r['of']} | {r['n']} | {figure(r)} |" for r in other]
    return "\n".join(lines) + "\n"


def figure(row: dict[str, Any] | None) -> str:
    """One cell: hits/n and the share with its interval, a rate with its interval, or median and 90th percentile."""
    if row is None or not row["n"]:
        return "–"
    if "median" in row:
        return f"{row['median']:g}; p90 {row['p90']:g} (n {row['n']})"
    interval = f" ({row['low']:g}–{row['high']:g})" if "low" in row else ""
    bound = f", bound {row['bound']:g}" if "bound" in row else ""
    mean = f", mean score {row['mean_score']:g}" if "mean_score" in row else ""
    return f"{row['hits']}/{row['n']} = {row['rate']:g}{interval}{bound}{mean}"


if __name__ == "__main__":
    main()
