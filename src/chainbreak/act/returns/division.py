"""The exact division: who gets how many fen, in integers and fractions, with everything needed to do it again by hand.

Pro rata: every victim gets the same part of the loss, but nobody more than the loss less earlier returns. What a limit
holds back goes to the others in the same proportion: a surplus is left only when everybody has all they may get.
Fractions of a fen are settled by the largest remainder; equal remainders go to the earlier (reported_at, claim_id).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import floor

from chainbreak.act.returns.model import Row, Victim

ZERO = Fraction(0)


def quotas(fund_fen: int, victims: Iterable[Victim]) -> dict[str, Fraction]:
    """claim_id -> exact fen: min(limit, r x loss) with the one r that uses up the fund, or each limit if all fit.

    >>> a, b = Victim("a", "", 300, 0), Victim("b", "", 100, 0, elsewhere_fen=90)
    >>> quotas(100, [a, b])
    {'b': Fraction(10, 1), 'a': Fraction(90, 1)}
    """
    open_ = sorted((v for v in victims if v.loss_fen > 0), key=lambda v: (Fraction(v.cap_fen, v.loss_fen), v.rank))
    left, losses = Fraction(fund_fen), sum(v.loss_fen for v in open_)
    found: dict[str, Fraction] = {}
    for victim in open_:
        # From the tightest limit on: once one is not reached, none of the rest is.
        exact = min(Fraction(victim.cap_fen), left * victim.loss_fen / losses)
        found[victim.claim_id] = exact
        left -= exact
        losses -= victim.loss_fen
    return found


def in_fen(exact: Mapping[str, Fraction], victims: Sequence[Victim]) -> dict[str, int]:
    """claim_id -> whole fen that sum to the floor of the exact sum: floors, then one fen each by largest remainder.

    >>> v = [Victim(c, "", 1, 0) for c in "abc"]
    >>> in_fen(dict.fromkeys("abc", Fraction(10, 3)), v)
    {'a': 4, 'b': 3, 'c': 3}
    """
    amounts = {claim_id: floor(fen) for claim_id, fen in exact.items()}
    missing = floor(sum(exact.values(), ZERO)) - sum(amounts.values())
    known = [v for v in victims if v.claim_id in exact]
    first = sorted(known, key=lambda v: (amounts[v.claim_id] - exact[v.claim_id], v.rank))
    for victim in first[:missing]:
        amounts[victim.claim_id] += 1
    return amounts


def rows_of(fund_fen: int, exact: Mapping[str, Fraction], victims: Sequence[Victim]) -> tuple[Row, ...]:
    """One row a victim in the order of `Victim.rank`; a victim without an exact amount gets nothing."""
    amounts, rows = in_fen(exact, victims), []
    for victim in sorted(victims, key=lambda v: v.rank):
        fen = exact.get(victim.claim_id, ZERO)
        whole, share = floor(fen), fen / fund_fen if fund_fen else ZERO
        amount = amounts.get(victim.claim_id, 0)
        rows.append(Row(
            victim.claim_id, written(share), whole, written(fen - whole), amount - whole, amount, fen == victim.cap_fen,
        ))  # fmt: skip
    return tuple(rows)


def written(fraction: Fraction) -> str:
    """A fraction in lowest terms as text.

    >>> written(Fraction(2, 6)), written(Fraction(0))
    ('1/3', '0/1')
    """
    return f"{fraction.numerator}/{fraction.denominator}"
