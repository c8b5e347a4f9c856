"""What a lead is: its content, its states, the events that make it, and the words an outcome may have.

A lead is about a *thing* (a number, an account, a box, a site, an outlet) or a series of reports, never about a person:
there is no kind for one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import rfc8785

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR


class State(StrEnum):
    """Where a lead stands; a snooze is laid over it and changes none of them."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WORKED = "worked"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


OVER = frozenset({State.CLOSED, State.WITHDRAWN, State.LAPSED})
AT_CENTRE = frozenset({State.DRAFT, State.REVIEWED, State.RETURNED})
AT_UNIT = frozenset({State.DISPATCHED, State.ACCEPTED, State.WORKED})


@dataclass(frozen=True)
class Kind:
    """What leads about one kind of target are like by default; a drafter and a dispatcher may say otherwise.

    `deadline_us`: from dispatch to the answer. `expiry_us`: from the draft until it lapses, because its evidence is
    stale by then. `replacing`: points for what it costs the other side to replace the target (see `ranking`).
    """

    deadline_us: int
    expiry_us: int
    replacing: float


KINDS: dict[str, Kind] = {
    # Victims answer within hours or not at all; a box is moved within weeks; the rest lies between. All are defaults of
    # this project, not quotations of a rule.
    "victims": Kind(4 * US_PER_HOUR, 3 * US_PER_DAY, 0.0),
    "account": Kind(24 * US_PER_HOUR, 14 * US_PER_DAY, 5.0),
    "number": Kind(48 * US_PER_HOUR, 14 * US_PER_DAY, 0.0),
    "domain": Kind(48 * US_PER_HOUR, 14 * US_PER_DAY, 1.0),
    "chat": Kind(48 * US_PER_HOUR, 14 * US_PER_DAY, 1.0),
    "device": Kind(72 * US_PER_HOUR, 30 * US_PER_DAY, 15.0),
    "outlet": Kind(7 * US_PER_DAY, 60 * US_PER_DAY, 15.0),
    "series": Kind(7 * US_PER_DAY, 60 * US_PER_DAY, 20.0),
}
KIND_OF_TARGET = {
    "line": "number", "imsi": "number", "account": "account", "imei": "device", "box": "device", "device": "device",
    "cell": "device", "chat": "chat", "domain": "domain", "url": "domain", "outlet": "outlet", "series": "series",
}  # fmt: skip
"""Prefix of a written target -> kind of lead. `person` is left out on purpose."""

TRUE, FALSE, UNKNOWN = "true", "false", "unknown"
OUTCOMES: dict[str, str] = {
    "found": TRUE, "arrested": TRUE, "account_stopped": TRUE, "number_closed": TRUE, "victim_warned": TRUE,
    "solved": TRUE, "no_result": UNKNOWN, "not_confirmed": UNKNOWN, "wrong": FALSE,
}  # fmt: skip
"""Outcome -> what it says of the lead as a label: it pointed at the right thing, at the wrong one, or nobody knows."""

RETURN_REASONS = ("wrong_unit", "not_enough", "duplicate", "no_power", "wrong")
"""Why a unit gives a lead back; `wrong`: it has looked, and the lead is not so."""
MOST_SNOOZED_US = 180 * US_PER_DAY
LONGEST_EXPIRY_US = 180 * US_PER_DAY
MOST_EVIDENCE = 500
"""Things one lead cites: beyond that it cites their series."""


def new_lead_id(number: int) -> str:
    """The written number of the `number`-th lead of a centre.

    >>> new_lead_id(42)
    'L-000042'
    """
    return f"L-{number:06d}"


def kind_of(target: str) -> str | None:
    """The kind of lead about a written target; None for what no lead may be about.

    >>> kind_of("account:00ff00ff00ff00ff"), kind_of("pay.example.com"), kind_of("person:00ff00ff00ff00ff")
    ('account', 'domain', None)
    """
    if target.startswith("S-"):
        return "series"
    prefix = "url" if "://" in target else target.partition(":")[0] if ":" in target else "domain"
    return KIND_OF_TARGET.get(prefix)


@dataclass(frozen=True)
class Evidence:
    """One thing a lead rests on: `finding:ID`, `series:ID`, `report:ID`; when it was so, and the digest of what was
    read then ("" where there is none).
    """

    ref: str
    at_us: int
    digest: str = ""


@dataclass(frozen=True)
class Signals:
    """What the place in the list is computed from, as of the draft.

    `losses`: (when, fen) of money that may still be on its way. `contacts`: (when, how many) victims the other side
    talked to. `last_us`: the newest trace of the target.
    """

    losses: tuple[tuple[int, int], ...] = ()
    contacts: tuple[tuple[int, float], ...] = ()
    last_us: int = 0

    def as_text(self) -> str:
        """Compact JSON, for a column that is read for every lead of a list."""
        return json.dumps([self.losses, self.contacts, self.last_us], separators=(",", ":"))

    @staticmethod
    def from_text(text: str) -> Signals:
        """The inverse of `as_text`."""
        losses, contacts, last_us = json.loads(text)
        return Signals(losses, contacts, last_us)

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Signals:
        """The inverse of `asdict`."""
        losses = tuple((int(at), int(fen)) for at, fen in body["losses"])
        return Signals(losses, tuple((int(at), float(n)) for at, n in body["contacts"]), int(body["last_us"]))


@dataclass(frozen=True)
class Content:
    """What a lead says. `question` "": the standard question of its kind. `series_id` "": it rests on findings alone.
    `unit` is whom the centre means to ask, a district or a unit of it.
    """

    kind: str
    target: str
    unit: str
    evidence: tuple[Evidence, ...]
    signals: Signals
    expires_at_us: int
    question: str = ""
    note: str = ""
    series_id: str = ""
    case_ref: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; times as text, since canonical JSON's numbers are doubles."""
        body = asdict(self)
        body["expires_at_us"] = str(self.expires_at_us)
        body["evidence"] = [{**e, "at_us": str(e["at_us"])} for e in body["evidence"]]
        body["signals"] = {
            "losses": [[str(at), str(fen)] for at, fen in self.signals.losses],
            "contacts": [[str(at), n] for at, n in self.signals.contacts], "last_us": str(self.signals.last_us),
        }  # fmt: skip
        return body

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Content:
        """The inverse of `as_dict`."""
        evidence = tuple(Evidence(e["ref"], int(e["at_us"]), e["digest"]) for e in body["evidence"])
        rest = {"evidence": evidence, "signals": Signals.from_dict(body["signals"])}
        return Content(**{**body, **rest, "expires_at_us": int(body["expires_at_us"])})

    @property
    def refs(self) -> tuple[str, ...]:
        """What it rests on, sorted."""
        return tuple(sorted(e.ref for e in self.evidence))

    @property
    def evidence_key(self) -> str:
        """The same for two leads exactly when they ask the same of the same thing on the same evidence."""
        return hashlib.sha256(rfc8785.dumps([self.kind, self.target, *self.refs])).hexdigest()


@dataclass(frozen=True)
class Lead:
    """A lead as it stands: what folding its events gives. People are named by their account, times are UTC µs.

    `editors`: everybody who drafted or revised it; `sent_back`: why a reviewer did not pass it ("": nobody did so).
    `receipt`: digest of the content the unit has signed for. `returns`: why units have given it back, first to last; it
    and `first_dispatched_at_us` outlive a revision. `events` counts every event, undone ones too.
    """

    lead_id: str
    state: State
    content: Content
    editors: tuple[str, ...]
    drafted_at_us: int
    first_dispatched_at_us: int | None = None
    returns: tuple[str, ...] = ()
    reviewed_by: str = ""
    sent_back: str = ""
    unit: str = ""
    dispatched_by: str = ""
    dispatched_at_us: int | None = None
    deadline_us: int | None = None
    received_by: str = ""
    received_at_us: int | None = None
    receipt: str = ""
    accepted_by: str = ""
    notes: int = 0
    snoozed_until_us: int | None = None
    snooze_reason: str = ""
    outcome: str = ""
    outcome_note: str = ""
    ended_at_us: int | None = None
    events: int = 0

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of number and content: what a unit signs for."""
        return hashlib.sha256(rfc8785.dumps([self.lead_id, self.content.as_dict()])).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        body = {k: v for k, v in asdict(self).items() if k != "content"}
        for name in _TIMES:
            body[name] = None if body[name] is None else str(body[name])
        return {**body, "content": self.content.as_dict()}

    def as_bytes(self) -> bytes:
        """Canonical JSON: equal leads have equal bytes."""
        return rfc8785.dumps(self.as_dict())

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Lead:
        """The inverse of `as_dict`."""
        rest = dict(body)
        rest["state"], rest["content"] = State(rest["state"]), Content.from_dict(rest["content"])
        rest["editors"], rest["returns"] = tuple(rest["editors"]), tuple(rest["returns"])
        for name in _TIMES:
            rest[name] = None if rest[name] is None else int(rest[name])
        return Lead(**rest)


_TIMES = ("drafted_at_us", "first_dispatched_at_us", "dispatched_at_us", "deadline_us", "received_at_us",
          "snoozed_until_us", "ended_at_us")  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One move of one lead, the only thing that is ever written: `data` holds what `fold` needs besides."""

    lead_id: str
    seq: int
    at_us: int
    actor: str
    role: str
    via: str
    move: str
    data: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "at_us": str(self.at_us)}

    def as_bytes(self) -> bytes:
        """Canonical JSON."""
        return rfc8785.dumps(self.as_dict())

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Event:
        """The inverse of `as_dict`."""
        return Event(**{**body, "at_us": int(body["at_us"])})
