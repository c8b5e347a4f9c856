"""What holds catch in the end, under the rule: asked for once, and asked for anew whenever the money moved.

Each order takes the bank's latency to work. A piece of money is caught where it lay on an account in reach when the
order for that account began to work; what is caught does not go on. By the FIFO trace, not by the city's truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.find.tracing import Terms

if TYPE_CHECKING:
    from chainbreak.bench.funds.book import Book, Theft


@dataclass(frozen=True)
class Paths:
    """The pieces of what a victim had paid by some moment, over the 48 hours after: by flow, when it came (UTC µs),
    whether to an account in reach, its fen, its parent (-1: the victim's own transfer), and fen that went no further.
    """

    at_us: Any
    in_reach: Any
    fen: Any
    parent: Any
    rest: Any


def paths(book: Book, theft: Theft, until_us: int) -> Paths:
    """Where the money that the victim had paid by `until_us` went."""
    ledger = book.tracer.ledger
    flows = book.tracer.trace(book.claims(theft.case, until_us), Terms("fifo")).flows
    fen, payee = flows.hi - flows.lo, ledger.payee[flows.row]
    rest = fen.copy()
    onward = flows.parent >= 0
    np.subtract.at(rest, flows.parent[onward], fen[onward])
    return Paths(ledger.at_us[flows.row], book.in_reach[payee] & (payee != theft.victim), fen, flows.parent, rest)


def caught(ways: Paths, at_us: int, latency_us: int, again: bool) -> int:
    """Fen caught by orders made at `at_us`, and with `again` also whenever a piece arrives later."""
    total, free = 0, np.ones(len(ways.fen), np.bool_)
    # Parents come before children; what was caught, or left with nobody asking, is out of play below.
    for flow in range(len(ways.fen)):
        parent = int(ways.parent[flow])
        if parent >= 0:
            free[flow] = free[parent]
            if free[flow] and _works(ways, parent, at_us, again) + latency_us < ways.at_us[flow]:
                total += int(ways.fen[flow])
                free[flow] = False
        if free[flow] and _works(ways, flow, at_us, again) < NEVER:
            total += int(ways.rest[flow])
    return total


NEVER = 2**62


def _works(ways: Paths, flow: int, at_us: int, again: bool) -> int:
    """When an order for the account that a piece came to is made."""
    came = int(ways.at_us[flow])
    if not ways.in_reach[flow] or (came > at_us and not again):
        return NEVER
    return max(came, at_us)
