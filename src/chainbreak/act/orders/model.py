"""The nouns: what an order says (`Content`), where it stands (`Order`), and what happened to it (`Event`).

All are frozen and turn into canonical JSON (RFC 8785); times are UTC µs and money is fen, both below 2**53.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

import rfc8785


class State(StrEnum):
    """Where an order stands. *In force* is not among them: that is a question put to the clock (see `force`)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    EMERGENCY = "emergency"
    RELEASED = "released"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    ANNULLED = "annulled"
    CORRECTED = "corrected"


ISSUED = frozenset({State.APPROVED, State.SENT, State.ACKNOWLEDGED, State.EMERGENCY})
"""Signed (or taken in an emergency) and not over by anybody's act."""
OVER = frozenset({State.RELEASED, State.EXPIRED, State.LAPSED, State.ANNULLED, State.CORRECTED})
"""Issued once, and over."""
CLAIM, TRACE = "claim:", "trace:"
"""How evidence refers to a victim's claim and to the run that followed it."""


@dataclass(frozen=True)
class Content:
    """What an order says, and what a signature is under. An order with an empty mandatory field cannot be submitted.

    `object`: a written token, a domain or a cell · `scope`: exact object, functions, direction · `amount_fen` and
    `traced_fen` for money · `evidence`: one mapping each, with `ref` (`finding:ID`, `order:ID`, `claim:ID`,
    `trace:ID`), `found_at_us` and a `digest`; of a finding `detector`, `facts`, `thresholds`; of a claim `traced_fen`,
    `share_fen` and the `path`; of a trace its rule, terms, ledger and `balance_fen` · `exception`: why an exclusion is
    set aside and which, or empty · `notice`: texts, channel, or a lawful deferral · `remedy`: how to appeal, and the
    receipt code.
    """

    kind: str
    rung: str
    object: str
    scope: dict[str, Any]
    legal_basis: tuple[str, ...]
    case_ref: str
    purpose: str
    evidence: tuple[dict[str, Any], ...]
    ladder_reason: str
    starts_at_us: int
    expires_at_us: int
    partners: tuple[str, ...]
    notice: dict[str, Any]
    remedy: dict[str, Any]
    amount_fen: int | None = None
    traced_fen: int | None = None
    exception: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Content:
        """The inverse of `as_dict`; lists become tuples again."""
        lists = ("legal_basis", "evidence", "partners")
        values: dict[str, Any] = {k: tuple(v) if k in lists else v for k, v in body.items()}
        return Content(**values)

    def supports(self) -> frozenset[str]:
        """What it rests on: `finding:ID`, `order:ID`, `claim:ID`. A trace is only the way from claim to account."""
        return frozenset(str(item["ref"]) for item in self.evidence if not str(item["ref"]).startswith(TRACE))


CONTENT_FIELDS = tuple(f.name for f in fields(Content))


def digest_of(order_id: str, content: Content) -> str:
    """SHA-256, in hex, of the canonical JSON of an order's number and content: what an approver signs."""
    return hashlib.sha256(rfc8785.dumps({"order_id": order_id, **content.as_dict()})).hexdigest()


@dataclass(frozen=True)
class Approval:
    """One signature: who, under which digest, when."""

    approver: str
    digest: str
    at_us: int


@dataclass(frozen=True)
class Extension:
    """A wish for a later end, not yet signed; the order keeps its old end until it is."""

    content: Content
    asked_by: str
    asked_at_us: int
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True)
class Order:
    """An order as it stands: what folding its events gives.

    `revision` grows with everything that changes what a partner should hold. `emergency_until_us` is the end of an
    emergency measure that nobody confirmed. `silence_ends_us` is when an unanswered appeal ends the order. `sent_to`
    and `answers` are about partners, by id. `editors` and `signed_by` are everybody who ever wrote, handed in
    or signed it, also where a later edit has voided the signature.
    """

    order_id: str
    state: State
    revision: int
    content: Content
    drafted_by: str
    last_editor: str
    editors: tuple[str, ...]
    submitted_by: str = ""
    approvals: tuple[Approval, ...] = ()
    signed_by: tuple[str, ...] = ()
    last_approved_us: int = 0
    emergency_until_us: int | None = None
    silence_ends_us: int | None = None
    extension: Extension | None = None
    extensions: int = 0
    sent_to: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    ended_at_us: int | None = None
    end_reason: str = ""
    events: int = 0

    @cached_property
    def digest(self) -> str:
        """What a signature under the present content must be under."""
        return digest_of(self.order_id, self.content)

    @property
    def chain(self) -> frozenset[str]:
        """Everybody who made the order what it is; nobody of them decides about it again."""
        asked = {self.extension.asked_by} if self.extension else set()
        return frozenset({self.drafted_by, self.last_editor, self.submitted_by, *self.editors, *asked} - {""})

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, with the digest."""
        return {**asdict(self), "digest": self.digest}

    def as_bytes(self) -> bytes:
        """Canonical JSON: equal orders have equal bytes."""
        return rfc8785.dumps(self.as_dict())

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Order:
        """The inverse of `as_dict`."""
        rest = {k: v for k, v in body.items() if k != "digest"}
        rest["state"], rest["content"] = State(rest["state"]), Content.from_dict(rest["content"])
        rest["approvals"] = tuple(Approval(**a) for a in rest["approvals"])
        rest["editors"], rest["sent_to"] = tuple(rest["editors"]), tuple(rest["sent_to"])
        rest["signed_by"] = tuple(rest["signed_by"])
        if (wish := rest["extension"]) is not None:
            signed = tuple(Approval(**a) for a in wish["approvals"])
            rest["extension"] = Extension(
                Content.from_dict(wish["content"]), wish["asked_by"], wish["asked_at_us"], signed
            )
        return Order(**rest)


@dataclass(frozen=True)
class Event:
    """One move of one order, the only thing that is ever written: `data` holds what `fold` needs besides."""

    order_id: str
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
