"""Measure what holds of stolen money would save on simulated cities, and what they would do to others: one table.

    python scripts/evaluate_funds.py --seeds 921 922 923 924 925 --preset town --work DIR --out figures.md

Cities are built under `--work` once. Every reported theft is reported anew, so many minutes after the victim's first
payment; banks act so many minutes after that. Figures are means over cities and their standard deviation; within a city
all thefts count by their value. A benchmark with known truth, never evidence of field performance.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from chainbreak.bench.funds.book import read_book
from chainbreak.bench.funds.figures import Sums, markdown, sums_of
from chainbreak.city.build import build


def main() -> None:
    """Build, measure, write."""
    args = arguments()
    by_seed: dict[int, Sums] = {}
    for seed in args.seeds:
        mix = "" if args.mix is None else f"-{args.mix.stem}"
        folder = args.work / f"{args.preset}{mix}-{seed}"
        if not (folder / "manifest.json").exists():
            build(folder, args.preset, seed, mix=args.mix)
        began = time.process_time()
        book = read_book(folder)
        by_seed[seed] = sums_of(book, args.rule)
        sys.stderr.write(f"{seed}: {len(book.thefts)} thefts, {time.process_time() - began:.1f} CPU s\n")
        title = f"preset {args.preset}{mix}, rule {args.rule}, seeds {', '.join(map(str, by_seed))}"
        args.out.write_text(markdown(list(by_seed.values()), title), encoding="utf-8")
        plain = {seed: [[*key, vars(of)] for key, of in sums.items()] for seed, sums in by_seed.items()}
        args.out.with_suffix(".json").write_text(json.dumps(plain, indent=1), encoding="utf-8")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--preset", default="town")
    parser.add_argument("--mix", type=Path, help="a mix file")
    parser.add_argument("--rule", default="fifo", choices=("fifo", "lifo", "prorata", "lib"), help="of our traces")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="table.md; the sums go beside it as .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
