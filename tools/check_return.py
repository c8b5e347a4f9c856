#!/usr/bin/env python3
"""Check the division of a return without the program that made it: standard library only, shares no code with it.

    chainbreak return show ID --as NAME --json | python check_return.py

Reads one object with `frozen_fen`, `case`, `returned_fen`, `surplus_fen` and `rows` (claim_id, loss_fen, earlier_fen,
reported_at_us, traced_fen, share, floor_fen, remainder, extra, amount_fen). Prints what is wrong, one a line, and exits
1; prints `ok` and exits 0 otherwise. It never computes a division: it tests what makes one right (one common ratio of
return r, so that each exact amount is the smaller of r x loss and the limit), which leaves no second answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any


def faults(told: dict[str, Any]) -> Iterator[str]:
    """Everything that is wrong with a division."""
    rows, frozen = told["rows"], told["frozen_fen"]
    exact = {row["claim_id"]: Fraction(row["share"]) * frozen for row in rows}
    limit = {row["claim_id"]: max(0, row["loss_fen"] - row["earlier_fen"]) for row in rows}
    for row in rows:
        yield from _row_faults(row, exact[row["claim_id"]], limit[row["claim_id"]])
    returned = sum(row["amount_fen"] for row in rows)
    if returned != told["returned_fen"] or returned + told["surplus_fen"] != frozen:
        yield f"{returned} returned + {told['surplus_fen']} still frozen is not {frozen}"
    if told["case"] == "pro_rata":
        yield from _proportion_faults(rows, exact, limit, frozen)
    else:
        for row in rows:
            if row["amount_fen"] != min(row["traced_fen"], limit[row["claim_id"]], frozen):
                yield f"{row['claim_id']}: not what is traced to it"
    yield from _extra_faults(rows, exact)


def _row_faults(row: dict[str, Any], exact: Fraction, limit: int) -> Iterator[str]:
    name = row["claim_id"]
    if Fraction(row["floor_fen"]) + Fraction(row["remainder"]) != exact or not 0 <= Fraction(row["remainder"]) < 1:
        yield f"{name}: whole fen and remainder are not the share"
    if row["floor_fen"] + row["extra"] != row["amount_fen"] or row["extra"] not in (0, 1):
        yield f"{name}: whole fen and extra fen are not the amount"
    if not 0 <= row["amount_fen"] <= limit or exact > limit:
        yield f"{name}: more than the loss less earlier returns"


def _proportion_faults(
    rows: list[dict[str, Any]], exact: dict[str, Fraction], limit: dict[str, int], frozen: int
) -> Iterator[str]:
    """One ratio r for all who are below their limit; who is at the limit would get at least that much by r."""
    losses = {row["claim_id"]: row["loss_fen"] for row in rows}
    if sum(exact.values()) != min(frozen, sum(limit.values())):
        yield "the shares do not use up the pot, nor do they reach every limit"
    ratios = {exact[name] / losses[name] for name in exact if exact[name] < limit[name]}
    if len(ratios) > 1:
        yield "victims below their limit get different parts of their loss"
    if ratios and any(limit[name] > min(ratios) * losses[name] for name in exact if exact[name] == limit[name]):
        yield "somebody at the limit got a larger part of the loss than the others"


def _extra_faults(rows: list[dict[str, Any]], exact: dict[str, Fraction]) -> Iterator[str]:
    """The extra fen went to the largest remainders, equal ones to the earlier (reported_at, claim_id)."""
    rest = {row["claim_id"]: exact[row["claim_id"]] - row["floor_fen"] for row in rows}
    ranked = sorted(rows, key=lambda row: (-rest[row["claim_id"]], row["reported_at_us"], row["claim_id"]))
    extra = sum(row["extra"] for row in rows)
    if extra != sum(rest.values()):
        yield f"{extra} extra fen, and remainders sum to {sum(rest.values())}"
    if [row["extra"] for row in ranked] != [1] * extra + [0] * (len(rows) - extra):
        yield "an extra fen went to a smaller remainder, or to the later of two equal ones"


if __name__ == "__main__":
    found = list(faults(json.load(sys.stdin)))
    print("\n".join(found) or "ok")
    sys.exit(1 if found else 0)
