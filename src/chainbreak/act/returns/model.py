"""What a return is: a frozen pot, the victims with a claim on it, what time stamps show, and the steps that were taken.

Money is int fen, time is UTC µs. All are frozen and turn into canonical JSON (RFC 8785); exact fractions are written as
text (`3/7`), since canonical JSON's numbers are doubles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import rfc8785


class State(StrEnum):
    """Where a return stands. `reopened`: an objection was upheld, the plan must be revised before anything else."""

    PLANNED = "planned"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    REOPENED = "reopened"
    DECIDED = "decided"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


SINGLE, SEPARABLE, PRO_RATA = "single", "separable", "pro_rata"
"""The three cases of article 8 of the 2016 return rules, in their order of tests (spec/tracing.md section 8)."""
DUE, PAID, FAILED = "due", "paid", "failed"
MOST_VICTIMS = 2_000
"""A plan is read and signed by people; beyond this it is no longer one return."""
LARGEST_FEN = 10**15
"""Ten trillion yuan: nothing real is larger, and canonical JSON holds it exactly."""


@dataclass(frozen=True)
class Victim:
    """One victim's claim on the pot. Grain: one claim.

    `name`: a mask or a token, never a name in clear. `elsewhere_fen`: returned by others, as stated. `returned_fen`:
    returned or decided by this desk in other returns and earlier rounds.
    """

    claim_id: str
    name: str
    loss_fen: int
    reported_at_us: int
    elsewhere_fen: int = 0
    returned_fen: int = 0

    @property
    def cap_fen(self) -> int:
        """The most that may still be returned: the loss less earlier returns."""
        return max(0, self.loss_fen - self.elsewhere_fen - self.returned_fen)

    @property
    def rank(self) -> tuple[int, str]:
        """Who comes first in a tie."""
        return self.reported_at_us, self.claim_id


@dataclass(frozen=True)
class Pot:
    """The frozen fund. `holds`: the orders in force that froze it, or none when it was stated by hand with its `basis`.
    `frozen_until_us`: when that freeze ends by itself.
    """

    account: str
    frozen_fen: int
    basis: str
    frozen_until_us: int
    bank: str = ""
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hop:
    """One transfer of a path, with the part of it that is the claim's: `fen` of it, booked at `at_us`."""

    transfer_id: str
    payer: str
    payee: str
    fen: int
    at_us: int


@dataclass(frozen=True)
class Piece:
    """A part of the pot that is shown to be of one claim: `fen` of it, and the transfers that brought it, first to
    last.
    """

    claim_id: str
    fen: int
    path: tuple[Hop, ...]


@dataclass(frozen=True)
class Tracing:
    """What time stamps show of the frozen account (FIFO), as of `as_of_us`, on the ledger with that digest.

    `credits`: transfers booked into the account; `opening_fen`: its balance before the first of them, -1 unknown;
    `source`: the lake's `ledger`, or the account's `statement`.
    """

    ledger: str
    as_of_us: int
    credits: int
    opening_fen: int
    pieces: tuple[Piece, ...]
    source: str = "ledger"
    rule: str = "fifo"


@dataclass(frozen=True)
class Plan:
    """Everything a division is computed from. `untraced`: why there is no tracing (`no_ledger`, `ties`, `coverage`,
    `claimed_twice`, `later_round`), or "".
    """

    pot: Pot
    victims: tuple[Victim, ...]
    tracing: Tracing | None = None
    untraced: str = "no_ledger"
    case_ref: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Plan:
        """The inverse of `as_dict`."""
        traced = body["tracing"]
        return Plan(**{
            **body, "pot": Pot(**{**body["pot"], "holds": tuple(body["pot"]["holds"])}),
            "victims": tuple(Victim(**v) for v in body["victims"]),
            "tracing": None if traced is None else tracing_from(traced),
        })  # fmt: skip


def tracing_from(body: Mapping[str, Any]) -> Tracing:
    """The inverse of `asdict` of a tracing."""
    pieces = tuple(Piece(p["claim_id"], p["fen"], tuple(Hop(**h) for h in p["path"])) for p in body["pieces"])
    return Tracing(**{**body, "pieces": pieces})


@dataclass(frozen=True)
class Row:
    """One victim's line of a division. `share`: of the pot, an exact fraction; `floor_fen` + `extra` = `amount_fen`;
    `remainder`: what the exact amount has beyond the floor; `is_capped`: the loss less earlier returns is the limit.
    """

    claim_id: str
    share: str
    floor_fen: int
    remainder: str
    extra: int
    amount_fen: int
    is_capped: bool


@dataclass(frozen=True)
class Division:
    """Who gets what: the case, why it and not an earlier one, one row a victim in the order of `Victim.rank`.

    `returned_fen` + `surplus_fen` = `frozen_fen`; the surplus stays frozen.
    """

    case: str
    why: str
    frozen_fen: int
    returned_fen: int
    surplus_fen: int
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Division:
        """The inverse of `as_dict`."""
        return Division(**{**body, "rows": tuple(Row(**row) for row in body["rows"])})


@dataclass(frozen=True)
class Lodged:
    """One objection, numbered from 1; `outcome` "" until it is decided (`upheld`, `rejected`)."""

    number: int
    objector: str
    grounds: str
    lodged_by: str
    lodged_at_us: int
    claim_id: str = ""
    outcome: str = ""
    reason: str = ""
    decided_by: str = ""
    decided_at_us: int | None = None


@dataclass(frozen=True)
class Share:
    """What one decided round owes one victim, and what the bank said of it (`due`, `paid`, `failed`)."""

    round: int
    claim_id: str
    fen: int
    outcome: str = DUE
    receipt: str = ""
    reason: str = ""
    at_us: int | None = None


@dataclass(frozen=True)
class Return:
    """A return as it stands: what folding its events gives. People are named by their account.

    `editors`: everybody who wrote the plan of this round. `shares`: of every decided round. `code`: what the public
    announcement is found by. `events` counts them.
    """

    return_id: str
    state: State
    round: int
    plan: Plan
    division: Division
    editors: tuple[str, ...]
    planned_at_us: int
    code: str
    reviewed_by: str = ""
    reviewed_at_us: int | None = None
    sent_back: str = ""
    published_by: str = ""
    published_at_us: int | None = None
    notice_until_us: int | None = None
    objections: tuple[Lodged, ...] = ()
    decided_by: str = ""
    decided_at_us: int | None = None
    pay_by_us: int | None = None
    shares: tuple[Share, ...] = ()
    ended_at_us: int | None = None
    end_reason: str = ""
    events: int = 0

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of number, round, plan and division: what a reviewer and a decider sign."""
        return digest_of(self.return_id, self.round, self.plan, self.division)

    @property
    def unpaid_fen(self) -> int:
        """Decided but not yet paid, in every round: it stays frozen for its victims."""
        return sum(share.fen for share in self.shares if share.outcome != PAID)

    @property
    def paid_fen(self) -> int:
        """Paid in every round."""
        return sum(share.fen for share in self.shares if share.outcome == PAID)

    @property
    def is_decided(self) -> bool:
        """Whether this round's division has been decided."""
        return self.state in (State.DECIDED, State.PAID)

    @property
    def free_fen(self) -> int:
        """Frozen and not decided for anybody: this round's surplus, or its whole pot until it is decided."""
        return self.division.surplus_fen if self.is_decided else self.plan.pot.frozen_fen

    @property
    def still_frozen_fen(self) -> int:
        """What is frozen now: shares not yet paid, and what is free."""
        return self.unpaid_fen + self.free_fen

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, with the digest."""
        return {**asdict(self), "digest": self.digest}

    def as_bytes(self) -> bytes:
        """Canonical JSON: equal returns have equal bytes."""
        return rfc8785.dumps(self.as_dict())

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Return:
        """The inverse of `as_dict`."""
        rest = {k: v for k, v in body.items() if k != "digest"}
        rest["state"], rest["editors"] = State(rest["state"]), tuple(rest["editors"])
        rest["plan"], rest["division"] = Plan.from_dict(rest["plan"]), Division.from_dict(rest["division"])
        rest["objections"] = tuple(Lodged(**row) for row in rest["objections"])
        rest["shares"] = tuple(Share(**row) for row in rest["shares"])
        return Return(**rest)


def digest_of(return_id: str, round: int, plan: Plan, division: Division) -> str:
    """SHA-256, in hex, of the canonical JSON of what is signed."""
    return hashlib.sha256(rfc8785.dumps([return_id, round, plan.as_dict(), division.as_dict()])).hexdigest()


@dataclass(frozen=True)
class Event:
    """One move of one return, the only thing that is ever written: `data` holds what `fold` needs besides."""

    return_id: str
    seq: int
    at_us: int
    actor: str
    role: str
    via: str
    move: str
    data: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def as_bytes(self) -> bytes:
        """Canonical JSON."""
        return rfc8785.dumps(self.as_dict())


def new_return_id(number: int) -> str:
    """The written number of the `number`-th return of a centre.

    >>> new_return_id(7)
    'RT-000007'
    """
    return f"RT-{number:06d}"
