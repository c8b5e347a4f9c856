"""Measure every method of linkage on casebooks of fresh seeds and write a line of JSON a method and seed.

    python scripts/evaluate_linkage.py --reports 200000 --out linkage-200k.jsonl --work DIR

Seeds that stand in the file are not measured again, so that a run that was stopped goes on where it was. Every method
runs in a process of its own (bench/linkage/trial.py); at the end means and standard deviations over seeds are printed.
Seeds from 901 on have been used for no fitting and no choice.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from chainbreak.bench.linkage import measured, teach

SEEDS = (901, 902, 903, 904, 905)
SHOWN = ("pair_precision", "pair_recall", "pair_f1", "b3_f1", "sub_pair_f1", "sub_b3_f1", "ap", "precision_at_1000",
         "largest", "largest_false", "cpu_s", "seconds", "peak_mib")  # fmt: skip


def main() -> None:
    """Measure what is missing, then print the table of all that stands in the file."""
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    taught = args.work / "taught" / "splink.json"
    if not taught.is_file():
        shutil.rmtree(args.work / "taught", ignore_errors=True)
        teach(args.work)
    done = {(line["reports"], line["seed"]) for line in lines(args.out)}
    for seed in args.seeds:
        if (args.reports, seed) not in done:
            measure(args, seed, taught)
    sys.stdout.write(table([line for line in lines(args.out) if line["reports"] == args.reports]))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--out", type=Path, required=True, help="lines of JSON, added to")
    parser.add_argument("--work", type=Path, required=True, help="folder for casebooks; each is removed when measured")
    return parser.parse_args()


def measure(args: argparse.Namespace, seed: int, taught: Path) -> None:
    """All methods on the casebook of `seed`; the lines of a seed are written together, or none of them."""
    folder = args.work / f"{args.reports}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    found = []
    for _, cost, told in measured(folder, args.reports, seed, taught):
        found += [{"seed": seed, **line, "peak_mib": cost.peak_mib} for line in told]
        sys.stderr.write(f"{seed}: {told[0]['method']}: pair F1 {told[0]['pair_f1']:.3f}, {cost.seconds:.0f} s\n")
    with args.out.open("a", encoding="utf-8") as out:
        out.write("".join(json.dumps(line) + "\n" for line in found))
        out.flush()
        os.fsync(out.fileno())
    shutil.rmtree(folder)


def lines(path: Path) -> list[dict[str, Any]]:
    """What was measured before."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: a line a method, mean ± standard deviation over seeds."""
    by_method: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_method[row["method"].split(" (")[0]].append(row)
    seeds = sorted({row["seed"] for row in rows})
    text = [f"Seeds {', '.join(map(str, seeds))}; a simulation, never evidence of field performance.", ""]
    text += ["| Method | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    text += [
        f"| {name} | " + " | ".join(figure(of, measure) for measure in SHOWN) + " |" for name, of in by_method.items()
    ]
    return "\n".join(text) + "\n"


def figure(rows: list[dict[str, Any]], measure: str) -> str:
    """Mean ± standard deviation; a dash where the method has no such measure."""
    values = [row[measure] for row in rows if measure in row]
    if not values:
        return "–"
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.4g} ± {spread:.2g}"


if __name__ == "__main__":
    main()
