"""`python -m tests.oracles.million LEDGERS [--state FILE] [--part K/N] …`: core beside oracles on random small ledgers.

Ledgers come in blocks of one seed; each block done is a line of JSON in the state file, so that a run goes on where it
was stopped, and several processes share a run by its parts. Ends with the sums over all lines; exit 1 on a mismatch.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.oracles.against import COMPARED, FRACTIONS, differences, under_one_term
from tests.oracles.draw import fast

BLOCK, TOGETHER = 2_000, 100
"""Ledgers of one seed, and how many of them are asked as one."""
SHOWN = 3


def block(seed: int, rules: list[str]) -> dict[str, Any]:
    """Compare the ledgers of one seed: by comparison how many were compared, abstained from, and differ."""
    compared: Counter[str] = Counter()
    abstained: Counter[str] = Counter()
    differ: Counter[str] = Counter()
    shown: list[str] = []
    began, drawn = time.process_time(), list(fast(seed, BLOCK))
    for at in range(0, BLOCK, TOGETHER):
        cases = under_one_term(drawn[at : at + TOGETHER])
        compared.update(dict.fromkeys(rules, len(cases)))
        if "prorata" in rules:
            compared[FRACTIONS] += 0 if cases[0].de_minimis else len(cases)
        for rule, i, said in differences(cases, rules, seed * BLOCK + at // TOGETHER):
            (differ if said else abstained)[rule] += 1
            if said and len(shown) < SHOWN:
                shown.append(f"{rule}: {said} in {cases[i]}")
    compared.subtract(abstained)
    return {
        "seed": seed, "ledgers": BLOCK, "cpu_s": round(time.process_time() - began, 2),
        "compared": compared, "abstained": abstained, "differ": differ, "shown": shown,
    }  # fmt: skip


def main() -> int:
    """Run what is missing, print the sums."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("ledgers", type=int)
    asked.add_argument("--state", type=Path)
    asked.add_argument("--part", default="0/1", help="which seeds this process takes, as K/N")
    asked.add_argument("--seed", type=int, default=1, help="the first seed")
    asked.add_argument("--rules", default=",".join(COMPARED))
    given = asked.parse_args()
    part, parts = map(int, given.part.split("/"))
    seeds = range(given.seed, given.seed - (-given.ledgers // BLOCK))
    lines = _done(given.state)
    for seed in seeds:
        if seed % parts == part and seed not in lines:
            lines[seed] = block(seed, given.rules.split(","))
            if given.state:
                with given.state.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(lines[seed]) + "\n")
    told = _sums([lines[seed] for seed in seeds if seed in lines])
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if told["differ"] else 0


def _done(state: Path | None) -> dict[int, dict[str, Any]]:
    if state is None or not state.exists():
        return {}
    lines = [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()]
    return {line["seed"]: line for line in lines}


def _sums(lines: list[dict[str, Any]]) -> dict[str, Any]:
    sums: dict[str, Any] = {"ledgers": 0, "cpu_s": 0.0, "shown": []}
    for key in ("compared", "abstained", "differ"):
        sums[key] = dict(sum((Counter(line[key]) for line in lines), Counter()))
    for line in lines:
        sums["ledgers"] += line["ledgers"]
        sums["cpu_s"] = round(sums["cpu_s"] + line["cpu_s"], 2)
        sums["shown"] = (sums["shown"] + line["shown"])[:SHOWN]
    return sums


if __name__ == "__main__":
    sys.exit(main())
