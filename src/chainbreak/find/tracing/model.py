"""The nouns of tracing: claims, the terms of a run, and what a run gives. Money is fen, time UTC µs.

A *claim* says which fen of which transfer are stolen. A run follows them: *flows* are the transfers that carried some
of them on, *places* say where they ended: lying on an account, gone into a sink, or lost from sight, and why.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import UsageError

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

Rule = Literal["fifo", "lifo", "prorata", "paripassu", "lib", "lib_group", "poison"]
RULES: tuple[Rule, ...] = get_args(Rule)
HORIZON_US = 48 * US_PER_HOUR
"""How long after the claim its money is followed: the term of one stop payment (Yinfa [2016] 86)."""

BUCKETS = ("holding", "exit", "in_flight", "unknown", "de_minimis", "origin")
HOLDING, EXIT, IN_FLIGHT, UNKNOWN, DE_MINIMIS, ORIGIN = range(6)
REASONS = ("", "no_coverage", "coverage_ended", "horizon", "overlap")
NO_REASON, NO_COVERAGE, COVERAGE_ENDED, HORIZON, OVERLAP = range(5)
OWN, MIXED = -1, -2
"""Parents: the claim's own transfer; money that has been mixed, which has no one parent."""


@dataclass(frozen=True)
class Claim:
    """Fen `[lo, lo + fen)` of the transfer in ledger row `row` are stolen."""

    claim_id: str
    row: int
    fen: int
    lo: int = 0


@dataclass(frozen=True)
class Terms:
    """How a run follows money.

    `as_of_us` (None: to the end of the ledger): later rows do not exist for the run. `horizon_us` (None: without end):
    how long after its transfer a claim is followed. `de_minimis_fen`: smaller moving pieces stop and are summed apart.

    Raises:
        UsageError: an unknown rule or a negative limit (CB-TR-010).
    """

    rule: Rule = "fifo"
    as_of_us: int | None = None
    horizon_us: int | None = HORIZON_US
    de_minimis_fen: int = 0

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UsageError("CB-TR-010", "unknown rule", given=self.rule, allowed=", ".join(RULES))
        if (self.horizon_us or 0) < 0 or self.de_minimis_fen < 0:
            raise UsageError("CB-TR-010", "a limit below zero", given=f"{self.horizon_us}, {self.de_minimis_fen}")


@dataclass(frozen=True)
class Flows:
    """Grain: one piece of a claim carried by one transfer, parents before children (`int64[n]` each).

    `claim`: index of the claim · `row`: ledger row · `lo`, `hi`: fen of that transfer that are the claim's; where
    money is mixed only the amount `hi - lo` has a meaning and `lo` is 0 · `parent`: index of the flow it came by,
    `OWN`, `MIXED`.
    """

    claim: I64
    row: I64
    lo: I64
    hi: I64
    parent: I64


@dataclass(frozen=True)
class Places:
    """Grain: one amount of a claim where it ended (`int64[n]` each).

    `claim`: index of the claim · `account` · `bucket`, an index into `BUCKETS` · `fen` · `flow`: index of the flow that
    brought it (`MIXED` where several did) · `reason`: an index into `REASONS`, why nothing more is known.
    """

    claim: I64
    account: I64
    bucket: I64
    fen: I64
    flow: I64
    reason: I64


@dataclass(frozen=True)
class Traced:
    """What a run gives: for each claim the places add up to its fen (poison, which knows no amounts, apart)."""

    claims: tuple[Claim, ...]
    terms: Terms
    flows: Flows
    places: Places

    def total(self, bucket: int) -> I64:
        """Fen in a bucket, by claim."""
        found = np.zeros(len(self.claims), np.int64)
        chosen = self.places.bucket == bucket
        np.add.at(found, self.places.claim[chosen], self.places.fen[chosen])
        return found

    def holdings(self) -> tuple[I64, I64]:
        """Accounts on which claimed money lies (rising), and the fen of all claims on each."""
        chosen = self.places.bucket == HOLDING
        accounts, where = np.unique(self.places.account[chosen], return_inverse=True)
        fen = np.zeros(len(accounts), np.int64)
        np.add.at(fen, where, self.places.fen[chosen])
        return accounts, fen


def columns(kind: type[Any], table: I64) -> Any:
    """`Flows` or `Places` over the columns of `table` (`int64[n, columns]`), which is not copied."""
    return kind(*(table[:, i] for i in range(len(fields(kind)))))
