"""Rules that look at the end only: who was reached at all, and one division of what is left."""

from __future__ import annotations

from collections import defaultdict

from tests.oracles.amounts import divided, lib_group
from tests.oracles.case import DE_MINIMIS, EXIT, HOLDING, IN_FLIGHT, UNKNOWN, Answer, Case

KINDS = (HOLDING, IN_FLIGHT, UNKNOWN, EXIT, DE_MINIMIS)
REASONS = ("", "no_coverage", "coverage_ended", "horizon")


def poison(case: Case) -> list[set[int]]:
    """Accounts reached of each claim: rows are read again and again until nobody new is reached."""
    return [_reached(case, claim) for claim in range(len(case.claims))]


def _reached(case: Case, claim: int) -> set[int]:
    """The first row that brought it to each account, lowered until it stays."""
    rows, start = case.alive(), case.claims[claim].row
    since: dict[int, int] = {}
    live: dict[int, int] = {}

    def arrive(i: int) -> bool:
        payee = rows[i].payee
        new = i < since.get(payee, len(rows))
        since[payee] = min(i, since.get(payee, len(rows)))
        if case.stop(payee, rows[i].at) is None and i < live.get(payee, len(rows)):
            live[payee] = i
            return True
        return new

    changed = arrive(start)
    while changed:
        changed = False
        for i in range(start + 1, len(rows)):
            row = rows[i]
            if live.get(row.payer, i) < i and row.at <= min(case.covered[row.payer], case.last(claim)):
                changed |= arrive(i)
    return set(since)


def paripassu(case: Case) -> Answer:
    """Pools of claims that ever met; each place of a pool, as the group's lowest balance left it, divided by loss.

    What a claim still has to get, at first its fen, is its weight: each comes out with exactly its fen. What is still
    there is divided before what is gone, and of each kind what was reached first.
    """
    by_dip, answer = lib_group(case), Answer()
    first: dict[int, int] = {}
    for flow in by_dip.flows:
        account = case.rows[flow.row].payee
        first[account] = min(flow.row, first.get(account, flow.row))
    for pool in _pools(len(case.claims), by_dip):
        pots: dict[tuple[int, str, str], int] = defaultdict(int)
        for (claim, *where), fen in by_dip.places.items():
            if claim in pool and fen:
                pots[where[0], where[1], where[2]] += fen
        left = {claim: case.claims[claim].fen for claim in sorted(pool)}
        for account, bucket, reason in sorted(
            pots, key=lambda p: (KINDS.index(p[1]), first[p[0]], p[0], REASONS.index(p[2]))
        ):
            for claim, fen in divided(pots[account, bucket, reason], left).items():
                left[claim] -= fen
                answer.put(claim, account, (bucket, reason), fen)
    return answer


def _pools(claims: int, answer: Answer) -> list[set[int]]:
    pools = [{claim} for claim in range(claims)]
    for met in answer.met:
        together = [pool for pool in pools if pool & met]
        pools = [pool for pool in pools if not pool & met] + [set().union(*together)]
    return pools
