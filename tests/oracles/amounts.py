"""Rules that move amounts: rolling charge in exact fractions and in whole fen, both lowest intermediate balances.

One walk over the rows in order; a rule says how much of what each claim has on the payer a debit carries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

from tests.oracles.case import HOLDING, UNKNOWN, Answer, Case, Flow, balances

Held = dict[int, int]
"""claim -> what it has on one account."""
Rule = Callable[[Held, int, int], Held]
"""(what each has there, the balance with unknown money, the debit) -> what the debit carries of each."""


class Overlapping(Exception):
    """A claim lies on money that another claim of the group has reached: what belongs to whom is not defined."""


def prorata(case: Case) -> Answer:
    """Rolling charge of the group in whole fen, the stated rounding."""
    return _walk(case, _prorata, range(len(case.claims)), group=True)


def prorata_exactly(case: Case) -> Answer:
    """Rolling charge in fractions, each claim by itself (they add up): amounts are `Fraction`."""
    return _walk(case, _exactly, range(len(case.claims)), group=False)


def lib(case: Case) -> Answer:
    """Own money first, each claim by itself; what stands for more than the balance is scaled down at the end."""
    answer = Answer()
    for claim in range(len(case.claims)):
        alone = _walk(case, _dip, [claim], group=False)
        answer.flows += alone.flows
        answer.places.update(alone.places)
    stands = balances(case)
    for account, held in answer.holdings().items():
        if sum(held.values()) > stands[account]:
            for claim, fen in divided(stands[account], held).items():
                answer.places[claim, account, HOLDING, ""] = fen
                answer.put(claim, account, (UNKNOWN, "overlap"), held[claim] - fen)
    return answer


def lib_group(case: Case) -> Answer:
    """Own money first; the claims share each dip by what each has there."""
    return _walk(case, _dip, range(len(case.claims)), group=True)


def divided(pot: int, weight: dict[int, int]) -> dict[int, int]:
    """`pot` by weight in whole fen: largest remainder, ties to the earlier claim."""
    whole = sum(weight.values())
    exact = {claim: Fraction(pot * w, whole) for claim, w in weight.items()}
    share = {claim: x.numerator // x.denominator for claim, x in exact.items()}
    late = sorted(exact, key=lambda claim: (share[claim] - exact[claim], claim))
    for claim in late[: pot - sum(share.values())]:
        share[claim] += 1
    return share


def _prorata(held: Held, balance: int, debit: int) -> Held:
    """The group takes floor(debit × sum / balance)."""
    return divided(debit * sum(held.values()) // balance, held)


def _exactly(held: Held, balance: int, debit: int) -> Held:
    return {claim: fen * Fraction(debit, balance) for claim, fen in held.items()}  # type: ignore[misc]


def _dip(held: Held, balance: int, debit: int) -> Held:
    return divided(max(0, sum(held.values()) - (balance - debit)), held)


def _walk(case: Case, rule: Rule, claims: range | list[int], group: bool) -> Answer:
    answer, stands = Answer(), [max(0, fen) for fen in case.opening]
    has: list[Held] = [{} for _ in stands]
    claimed: dict[int, list[int]] = defaultdict(list)
    for claim in claims:
        claimed[case.claims[claim].row].append(claim)
    for i, row in enumerate(case.alive()):
        balance, carried = max(stands[row.payer], row.fen), {}
        if has[row.payer] and row.at <= case.covered[row.payer]:
            carried = rule(has[row.payer], balance, row.fen)
        stands[row.payer] = balance - row.fen
        stands[row.payee] += row.fen
        arriving = _leaving(case, has[row.payer], carried, i, answer)
        for claim in claimed[i]:
            arriving[claim] = arriving.get(claim, 0) + case.claims[claim].fen
            answer.flows.append(Flow(claim, i, 0, case.claims[claim].fen, -1))
        if group and sum(arriving.values()) > row.fen:
            raise Overlapping
        for claim, fen in arriving.items():
            if stop := case.stop(row.payee, row.at):
                answer.put(claim, row.payee, stop, fen)
            else:
                has[row.payee][claim] = has[row.payee].get(claim, 0) + fen
                answer.met |= {frozenset((claim, other)) for other in has[row.payee]}
    for account, held in enumerate(has):
        for claim, fen in held.items():
            answer.put(claim, account, case.rest(account), fen)
    return answer


def _leaving(case: Case, has: Held, carried: Held, i: int, answer: Answer) -> Held:
    """What of `carried` goes on by row `i`; it is off the payer either way."""
    arriving: Held = {}
    for claim, fen in sorted(carried.items()):
        if not fen:
            continue
        has[claim] -= fen
        if not has[claim]:
            del has[claim]
        answer.events += 1
        if halt := case.halt(claim, case.rows[i], fen):
            answer.put(claim, case.rows[i].payer, halt, fen)
        else:
            arriving[claim] = fen
            answer.flows.append(Flow(claim, i, 0, fen, -2))
    return arriving
