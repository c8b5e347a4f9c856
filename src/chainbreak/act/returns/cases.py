"""Which of the three legal cases applies, tested in their order, and the division it gives.

Article 8 of the 2016 rules on returning frozen money (spec/tracing.md section 8): one credit, back to its victim;
several credits that time stamps tell apart, back to each victim; else in proportion to each victim's loss, with notice.
A case applies only when it is shown for *every* frozen fen; otherwise the next one is tested.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from chainbreak.act.returns.division import quotas, rows_of
from chainbreak.act.returns.model import PRO_RATA, SEPARABLE, SINGLE, Division, Plan


def case_of(plan: Plan) -> tuple[str, str]:
    """The case, and why it and none before it: `one_credit`, `all_traced`; `no_ledger`, `ties`, `coverage`,
    `claimed_twice`, `later_round` (there is no tracing), `untraced` (a frozen fen is nobody's), `indistinct` (more than
    the frozen fen is traced, and several victims share it).
    """
    if plan.tracing is None:
        return PRO_RATA, plan.untraced
    owned, frozen = traced_fen(plan), plan.pot.frozen_fen
    total, is_one = sum(owned.values()), len(owned) == 1
    if total < frozen:
        return PRO_RATA, "untraced"
    is_direct = all(len(piece.path) == 1 for piece in plan.tracing.pieces)
    if is_one and plan.tracing.credits == 1 and plan.tracing.opening_fen == 0 and is_direct:
        return SINGLE, "one_credit"
    if total == frozen or is_one:
        return SEPARABLE, "all_traced"
    return PRO_RATA, "indistinct"


def traced_fen(plan: Plan) -> dict[str, int]:
    """claim_id -> fen on the account that time stamps show to be of that claim; claims of victims of the plan only."""
    claims = {victim.claim_id for victim in plan.victims}
    owned: dict[str, int] = defaultdict(int)
    for piece in plan.tracing.pieces if plan.tracing else ():
        if piece.claim_id in claims:
            owned[piece.claim_id] += piece.fen
    return dict(owned)


def divide(plan: Plan) -> Division:
    """The division of the plan's pot. Σ amounts + surplus = the pot, to the fen; nobody gets more than their limit.

    >>> from chainbreak.act.returns.model import Pot, Victim
    >>> found = divide(Plan(Pot("account:1", 1000, "b", 1), tuple(Victim(c, "", 1000, 0) for c in "abc")))
    >>> found.case, [row.amount_fen for row in found.rows], found.surplus_fen
    ('pro_rata', [334, 333, 333], 0)
    """
    case, why = case_of(plan)
    frozen, victims = plan.pot.frozen_fen, plan.victims
    if case == PRO_RATA:
        exact = quotas(frozen, victims)
    else:
        owned = traced_fen(plan)
        exact = {v.claim_id: Fraction(min(owned.get(v.claim_id, 0), v.cap_fen, frozen)) for v in victims}
    rows = rows_of(frozen, exact, victims)
    returned = sum(row.amount_fen for row in rows)
    return Division(case, why, frozen, returned, frozen - returned, rows)
