"""What an oracle is asked and what it answers, in plain Python: nothing here or beside it reads the core's code.

Written from the specification of tracing alone: where money stops, what a claim is, which buckets there are. Amounts
are fen, times microseconds. The names of buckets and reasons are those of the written contract.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

FOREVER = 2**63 - 1
HOLDING, EXIT, IN_FLIGHT, UNKNOWN, DE_MINIMIS = "holding", "exit", "in_flight", "unknown", "de_minimis"


class Row(NamedTuple):
    """A transfer; `link` is the row it returns, else -1."""

    at: int
    payer: int
    payee: int
    fen: int
    link: int = -1


class Share(NamedTuple):
    """A claim: [lo, lo + fen) of a row."""

    row: int
    fen: int
    lo: int = 0


class Case(NamedTuple):
    """A ledger in its total order, what is known of its accounts, the claims, and the terms."""

    rows: list[Row]
    opening: list[int]
    sink: list[bool]
    covered: list[int]
    claims: list[Share]
    as_of: int | None = None
    horizon: int | None = None
    de_minimis: int = 0

    @property
    def end(self) -> int:
        """The moment that is asked about."""
        return self.rows[-1].at if self.as_of is None else self.as_of

    def alive(self) -> list[Row]:
        """The rows that exist at `end`."""
        end = self.end
        return [row for row in self.rows if row.at <= end]

    def last(self, claim: int) -> int:
        """The last moment at which a claim is followed."""
        return FOREVER if self.horizon is None else self.rows[self.claims[claim].row].at + self.horizon

    def halt(self, claim: int, row: Row, fen: int) -> tuple[str, str] | None:
        """Bucket and reason if `fen` of a claim, leaving by `row`, are followed no further than the payer; or None."""
        if row.at > self.covered[row.payer]:
            return UNKNOWN, "coverage_ended"
        if row.at > self.last(claim):
            return UNKNOWN, "horizon"
        return (DE_MINIMIS, "") if fen < self.de_minimis else None

    def stop(self, account: int, at: int) -> tuple[str, str] | None:
        """Bucket and reason if money that reaches `account` at `at` goes no further; else None."""
        if self.sink[account]:
            return EXIT, ""
        if self.covered[account] == 0:
            return UNKNOWN, "no_coverage"
        return (IN_FLIGHT, "") if at > self.covered[account] else None

    def rest(self, account: int) -> tuple[str, str]:
        """Bucket and reason of money that no debit took."""
        return (UNKNOWN, "coverage_ended") if self.covered[account] < self.end else (HOLDING, "")


class Flow(NamedTuple):
    """A piece of a claim in a row, [lo, hi) of its fen; `parent` is the place of the piece it came from, -1 the claim.

    Rules that move amounts and not fen give lo = 0, hi = the amount, parent = -2.
    """

    claim: int
    row: int
    lo: int
    hi: int
    parent: int


class Answer:
    """Flows, and fen by (claim, account, bucket, reason)."""

    def __init__(self) -> None:
        self.flows: list[Flow] = []
        self.places: dict[tuple[int, int, str, str], int] = defaultdict(int)
        self.events = 0
        """How often an amount was taken off an account, followed or not."""
        self.met: set[frozenset[int]] = set()
        """Claims whose money lay on one account at one time."""

    def put(self, claim: int, account: int, where: tuple[str, str], fen: int) -> None:
        """Book an amount at its end."""
        self.places[claim, account, *where] += fen

    def holdings(self) -> dict[int, dict[int, int]]:
        """account -> claim -> fen held."""
        held: dict[int, dict[int, int]] = defaultdict(dict)
        for (claim, account, bucket, _), fen in sorted(self.places.items()):
            if bucket == HOLDING and fen:
                held[account][claim] = fen
        return held

    def total(self, claim: int) -> int:
        """All buckets of a claim."""
        return sum(fen for (of, *_), fen in self.places.items() if of == claim)


def balances(case: Case) -> list[int]:
    """What stands on each account at `end`: an unknown opening counts nothing, nothing is ever below zero."""
    stands = [max(0, fen) for fen in case.opening]
    for row in case.alive():
        stands[row.payer] = max(0, stands[row.payer] - row.fen)
        stands[row.payee] += row.fen
    return stands
