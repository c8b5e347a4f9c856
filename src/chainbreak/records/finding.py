"""One finding: what a detector says of one thing or event, with its reasons. Never of a person.

Same inputs, same bytes: `found_at_us` is the as-of time of the run, not the machine's clock, and `finding_id` is a
digest of detector, version, subject, parameters and snapshot.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import rfc8785

from chainbreak.records.kind import Identifier


class Level(StrEnum):
    """How urgent a finding is, as word + shape + hue in the console."""

    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Action(StrEnum):
    """What a detector proposes to people, mildest first; nothing is done by a finding."""

    WATCH = "watch"
    VERIFY = "verify"
    RESTRICT = "restrict"
    SUSPEND = "suspend"
    BLOCK = "block"
    HOLD = "hold"
    VISIT = "visit"


def write_token(kind: Identifier | str, token: int) -> str:
    """A token as it is written outside the lake: its kind and 16 hex digits, never a JSON number.

    >>> write_token(Identifier.LINE, -1)
    'line:ffffffffffffffff'
    """
    return f"{kind}:{token & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def read_token(text: str) -> tuple[str, int]:
    """The kind and the int64 of a written token.

    >>> read_token("line:ffffffffffffffff")
    ('line', -1)

    Raises:
        ValueError: not of the form kind:16 hex digits.
    """
    kind, _, digits = text.partition(":")
    if len(digits) != 16:
        raise ValueError(f"not a written token: {text!r}")
    number = int(digits, 16)
    return kind, number - (1 << 64) if number >= 1 << 63 else number


@dataclass(frozen=True)
class Member:
    """One thing that belongs to the subject: its written token (or a domain or cell in clear) and how probably."""

    kind: str
    token: str
    probability: float


@dataclass(frozen=True)
class Evidence:
    """One reason. `rule` names it, `value` against `threshold` in `unit`; `records` cites record_refs by which the
    value can be recomputed; `bits` is its signed weight, log2 of a likelihood ratio; `family` groups evidence that is
    not independent (behaviour, device, place, money, register).
    """

    rule: str
    value: float
    threshold: float
    unit: str
    family: str
    bits: float
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One subject found by one version of one detector on one snapshot.

    `score` is a calibrated probability that the subject is what the detector looks for. `snapshot` maps each table
    read to its lake version. `facts` are the few numbers a person must see within two seconds (name -> value).
    """

    detector: str
    version: str
    subject_kind: str
    subject: str
    members: tuple[Member, ...]
    score: float
    level: Level
    first_evidence_us: int
    found_at_us: int
    evidence: tuple[Evidence, ...]
    counter_evidence: tuple[Evidence, ...]
    proposed_action: Action
    params_hash: str
    snapshot: dict[str, int]
    facts: dict[str, float | int | str] = field(default_factory=dict)

    @property
    def finding_id(self) -> str:
        """16 hex digits over detector, version, subject, parameters, snapshot and as-of time."""
        named: list[Any] = [self.detector, self.version, self.subject_kind, self.subject, self.params_hash,
                 {k: str(v) for k, v in self.snapshot.items()}, str(self.found_at_us)]  # fmt: skip
        return hashlib.sha256(rfc8785.dumps(named)).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, `finding_id` first; 64-bit integers as strings where JavaScript would lose bits."""
        body = asdict(self)
        body["first_evidence_us"], body["found_at_us"] = str(self.first_evidence_us), str(self.found_at_us)
        return {"finding_id": self.finding_id, **body}

    def as_bytes(self) -> bytes:
        """Canonical JSON (RFC 8785): equal findings have equal bytes."""
        return rfc8785.dumps(self.as_dict())

    @staticmethod
    def from_dict(body: dict[str, Any]) -> Finding:
        """The inverse of `as_dict`."""
        rest = {k: v for k, v in body.items() if k != "finding_id"}
        rest["first_evidence_us"], rest["found_at_us"] = int(rest["first_evidence_us"]), int(rest["found_at_us"])
        rest["members"] = tuple(Member(**m) for m in rest["members"])
        for side in ("evidence", "counter_evidence"):
            rest[side] = tuple(Evidence(**{**e, "records": tuple(e["records"])}) for e in rest[side])
        rest["level"], rest["proposed_action"] = Level(rest["level"]), Action(rest["proposed_action"])
        return Finding(**rest)
