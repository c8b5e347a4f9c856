"""Guards of money: never more than was traced, than lies there, than is held already, nor oftener than the law lets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chainbreak.act.objection import Objection
from chainbreak.act.orders.guards.ask import Ask, meant
from chainbreak.act.orders.model import CLAIM, TRACE, Content, Order
from chainbreak.act.orders.rules import Rules


def within_traced(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Money only up to what was traced, together with every other standing hold on the same money."""
    content = meant(order, ask)
    if not rules.kind(content.kind).money:
        if content.amount_fen is not None:
            yield Objection("CB-OR-024", "an order without money carries no amount")
        return
    held = ask.held_elsewhere_fen
    if claims := claims_of(content):
        # What other orders hold for other victims is other money on the same account.
        held -= sum(fen for claim_id, fen in ask.held_for.items() if claim_id not in claims)
    if content.amount_fen is None or content.amount_fen <= 0:
        yield Objection("CB-OR-020", "a mandatory field is empty", "amount_fen")
    elif content.traced_fen is None:
        yield Objection("CB-OR-025", "no amount was traced to this account; there is nothing to hold")
    elif content.amount_fen + held > content.traced_fen:
        asked = f"{content.amount_fen} fen and {held} fen held by other orders"
        yield Objection("CB-OR-025", "more than was traced", asked, f"{content.traced_fen} fen")


def within_claims(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An order from a trace: for each claim what was traced of it, once; in all what lies on the account."""
    content = meant(order, ask)
    claims = claims_of(content)
    if not claims or content.amount_fen is None:
        return
    for claim_id, item in claims.items():
        wanted = min(item["share_fen"], content.amount_fen) + ask.held_for.get(claim_id, 0)
        if item["share_fen"] and wanted > item["traced_fen"]:
            yield Objection("CB-OR-054", "more than was traced of the claim there", f"{claim_id}: {wanted} fen",
                            f"{item['traced_fen']} fen")  # fmt: skip
    shares = sum(item["share_fen"] for item in claims.values())
    if content.amount_fen > shares:
        yield Objection("CB-OR-055", "more than the claims it is for", f"{content.amount_fen} fen", f"{shares} fen")
    balance = next(i["balance_fen"] for i in reversed(content.evidence) if str(i["ref"]).startswith(TRACE))
    if content.amount_fen + ask.held_elsewhere_fen > balance:
        asked = f"{content.amount_fen} fen and {ask.held_elsewhere_fen} fen held by other orders"
        yield Objection("CB-OR-056", "more than lies on the account", asked, f"{balance} fen")


def not_too_often(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An account is stopped only so often, whatever the case: orders that run together are one stop."""
    content = meant(order, ask)
    stops = rules.kind(content.kind).stops
    if stops is None or content.rung not in stops.rungs:
        return
    used = stops_used([*ask.stops, (content.starts_at_us, content.expires_at_us)], stops.each_us)
    if used > stops.most:
        yield Objection("CB-OR-057", "the account has been stopped as often as the law lets", str(used),
                        f"{stops.most} times {stops.each_h} h")  # fmt: skip


def claims_of(content: Content) -> dict[str, dict[str, Any]]:
    """claim_id -> what the evidence says of it: traced_fen on the account, share_fen of the order; the newest word."""
    return {
        str(item["ref"]).removeprefix(CLAIM): item for item in content.evidence if str(item["ref"]).startswith(CLAIM)
    }


def stops_used(terms: Iterable[tuple[int, int]], each_us: int) -> int:
    """How many stops of `each_us` cover the time of these terms [start, end); terms that touch run on as one.

    >>> stops_used([(0, 48), (10, 58), (200, 248)], 48), stops_used([(0, 48), (48, 96)], 48), stops_used([], 48)
    (3, 2, 0)
    """
    used, begin, end = 0, 0, 0
    for start, stop in sorted(term for term in terms if term[0] < term[1]):
        if start > end or not used:
            begin, end = start, stop
            used += -(-(end - begin) // each_us)
        elif stop > end:
            before, end = -(-(end - begin) // each_us), stop
            used += -(-(end - begin) // each_us) - before
    return used


def latest_end_us(terms: Iterable[tuple[int, int]], starts_us: int, each_us: int, most: int) -> int | None:
    """The latest end of a term from `starts_us` on, at most `each_us` long; None: one more stop is not lawful.

    >>> latest_end_us([], 0, 48, 2), latest_end_us([(0, 48), (10, 58)], 60, 48, 2), latest_end_us([(0, 48)], 10, 48, 2)
    (48, None, 58)
    >>> latest_end_us([(0, 48), (40, 80)], 70, 48, 2)
    96
    """
    listed = list(terms)
    if stops_used([*listed, (starts_us, starts_us + 1)], each_us) > most:
        return None
    # An end is lawful up to some point and never after it: halve until that point is found.
    low, high = starts_us + 1, starts_us + each_us
    while low < high:
        middle = (low + high + 1) // 2
        if stops_used([*listed, (starts_us, middle)], each_us) > most:
            high = middle - 1
        else:
            low = middle
    return low
