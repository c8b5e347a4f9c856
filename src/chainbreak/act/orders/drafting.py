"""From a source to the content of a draft: what it may be about, and every field that need not be typed again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chainbreak.act.orders.guards import object_kind
from chainbreak.act.orders.model import Content
from chainbreak.act.orders.notices import notice_of
from chainbreak.act.orders.rules import KindRule, Rules
from chainbreak.base.clock import from_us
from chainbreak.base.errors import InputError, UsageError
from chainbreak.base.settings import Settings
from chainbreak.records.finding import Finding

TRACED_FACTS = ("traced_fen", "in_fen")
"""Facts of a finding that say how much money is traced to the account, the first that is there: what a tracing run
found, else the credits that the finding itself cites."""
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters and digits that are not mistaken for one another on paper."""
PROPOSED = {"line": "number.block", "account": "funds.hold", "domain": "domain.sinkhole", "cell": "lead.site",
            "url": "takedown.request", "imsi": "access.suspend", "device_cluster": "number.block"}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a drafter says; None or empty: as the finding and the rules propose."""

    case_ref: str
    purpose: str
    kind: str = ""
    rung: str | None = None
    object: str | None = None
    legal_basis: tuple[str, ...] = ()
    ladder_reason: str = ""
    amount_fen: int | None = None
    starts_at_us: int | None = None
    expires_at_us: int | None = None
    partners: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    direction: str = ""
    channel: str = "letter"
    exception: Mapping[str, Any] | None = None
    deferral: Mapping[str, Any] | None = None
    rests_on: tuple[str, ...] = ()
    open_digits: int = 0
    """Of an order about a range: how many of the last digits are open. Its object is the range already."""


def new_order_id(now_us: int) -> str:
    """A number that can be read out: the day and 40 random bits, `O-261121-7KQ2MZ4B`."""
    return f"O-{from_us(now_us):%y%m%d}-{_letters(8)}"


def new_receipt_code() -> str:
    """60 random bits in three groups: what a person affected types to see where their order stands."""
    return "-".join(_letters(4) for _ in range(3))


def receipt_hash(code: str) -> str:
    """SHA-256, in hex, of a receipt code as typed: case, spaces and dashes do not matter.

    >>> receipt_hash("ab23-cd45-ef67") == receipt_hash("AB23 CD45 EF67")
    True
    """
    return hashlib.sha256("".join(code.upper().replace("-", "").split()).encode()).hexdigest()


def _letters(n: int) -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(n))


@dataclass(frozen=True)
class Source:
    """What a draft is drawn from: a finding, or what a trace proposes.

    `subject`: what it is about, a written token, a domain or a cell; `others`: further things an order may be about,
    likeliest first. `traced_fen`: how much money the source traces to each account. `evidence`: what an order cites.
    """

    subject: str
    subject_kind: str
    evidence: tuple[dict[str, Any], ...]
    others: tuple[str, ...] = ()
    traced_fen: Mapping[str, int] = field(default_factory=dict)


def source_of(finding: Finding, written: bytes) -> Source:
    """A finding as the source of drafts; `written`: its bytes as kept.

    Its facts speak of the subject: an account that only belongs to it has nothing traced to it, or the same money
    would be held once on each of them.
    """
    others = [m.token for m in sorted(finding.members, key=lambda m: (-m.probability, m.token))]
    traced = next((int(finding.facts[name]) for name in TRACED_FACTS if name in finding.facts), None)
    return Source(
        finding.subject, finding.subject_kind, (evidence_of(finding, written),), tuple(others),
        {} if traced is None else {finding.subject: traced},
    )  # fmt: skip


def proposed_kind(source: Source) -> str:
    """The kind of order a source leads to, by what it is about.

    Raises:
        UsageError: none is obvious; the drafter must say (CB-OR-060).
    """
    if source.subject_kind not in PROPOSED:
        raise UsageError("CB-OR-060", "say what kind of order", given=source.subject_kind,
                         next_step="name one with --kind")  # fmt: skip
    return PROPOSED[source.subject_kind]


def objects_of(source: Source, rule: KindRule) -> list[str]:
    """What an order of this kind could be about: the subject, else other things of a fitting kind, likeliest first."""
    if object_kind(source.subject) in rule.objects:
        return [source.subject]
    return [other for other in source.others if object_kind(other) in rule.objects]


def evidence_of(finding: Finding, written: bytes) -> dict[str, Any]:
    """What an order cites of a finding: who found it when, facts, values against thresholds, which snapshot."""
    return {
        "ref": f"finding:{finding.finding_id}", "detector": f"{finding.detector}@{finding.version}",
        "subject": finding.subject, "facts": dict(finding.facts),
        "thresholds": [[e.rule, e.value, e.threshold, e.unit] for e in finding.evidence],
        "snapshot": {table: str(version) for table, version in finding.snapshot.items()},
        "found_at_us": finding.found_at_us, "digest": hashlib.sha256(written).hexdigest(),
    }  # fmt: skip


def evidence_of_order(order_id: str, digest: str, at_us: int) -> dict[str, Any]:
    """What an order cites when it rests on another order."""
    return {"ref": f"order:{order_id}", "digest": digest, "found_at_us": at_us}


@dataclass(frozen=True)
class Drawn:
    """What a draft is drawn up from, besides the wish: `bases` and `partners` are the centre's own lists by kind."""

    order_id: str
    receipt_code: str
    now_us: int
    source: Source
    bases: tuple[str, ...]
    partners: tuple[str, ...]
    other_evidence: tuple[dict[str, Any], ...] = ()


def content_of(wish: Wish, drawn: Drawn, rules: Rules, settings: Settings) -> Content:
    """The content of a draft; what is still missing is for the guards to say.

    Raises:
        UsageError: no such kind (CB-US-001), rung (CB-OR-011), or nothing in the source for it (CB-OR-061).
        InputError: the object is not in the source (CB-OR-062).
    """
    rule = rules.kind(wish.kind)
    about = _object(wish, drawn.source, rule)
    if wish.rung is not None and wish.rung not in rule.ladder:
        raise UsageError("CB-OR-011", "not a step of this kind's ladder", given=wish.rung,
                         allowed=", ".join(rule.ladder))  # fmt: skip
    starts = drawn.now_us if wish.starts_at_us is None else wish.starts_at_us
    ends = starts + rule.expiry_us if wish.expires_at_us is None else wish.expires_at_us
    traced = drawn.source.traced_fen.get(about) if rule.money else None
    remedy = {
        "channel": [settings.hotline, *([settings.public_url] if settings.public_url else [])],
        "materials": ["identity", "receipt_code", "documents"], "receipt_code": drawn.receipt_code,
        "deadline_days": {"accept": rules.clocks.appeal_accept_days, "decide": rules.clocks.appeal_decide_days},
    }  # fmt: skip
    content = Content(
        kind=wish.kind, rung=wish.rung or rule.ladder[0], object=about,
        scope={
            "object": about, "functions": list(wish.functions) or [wish.kind], "direction": wish.direction or "both",
            "registrable": _is_registrable(about), **({"open_digits": wish.open_digits} if wish.open_digits else {}),
        },
        legal_basis=wish.legal_basis or drawn.bases, case_ref=wish.case_ref, purpose=wish.purpose,
        evidence=(*drawn.source.evidence, *drawn.other_evidence), ladder_reason=wish.ladder_reason,
        starts_at_us=starts, expires_at_us=ends,
        partners=wish.partners or drawn.partners, notice={}, remedy=remedy,
        amount_fen=(wish.amount_fen if wish.amount_fen is not None else traced) if rule.money else None,
        traced_fen=traced, exception=dict(wish.exception or {}),
    )  # fmt: skip
    return with_notice(content, drawn.order_id, settings, wish.channel, wish.deferral)


def with_notice(
    content: Content, order_id: str, settings: Settings, channel: str | None = None,
    deferral: Mapping[str, Any] | None = None,
) -> Content:  # fmt: skip
    """The content with its notice written anew; channel and deferral stay unless given."""
    kept = content.notice
    return replace(
        content,
        notice=notice_of(
            content, order_id, settings, channel or kept.get("channel", "letter"), deferral or kept.get("deferral")
        ),
    )


def _object(wish: Wish, source: Source, rule: KindRule) -> str:
    possible = objects_of(source, rule)
    if wish.object is None:
        if not possible:
            raise UsageError("CB-OR-061", "nothing in this finding can be the object of such an order",
                             given=source.subject_kind, allowed=", ".join(rule.objects))  # fmt: skip
        return possible[0]
    if wish.object not in {source.subject, *source.others}:
        raise InputError("CB-OR-062", "the object is not part of the finding", given=wish.object,
                         allowed=", ".join(_few(possible)))  # fmt: skip
    return wish.object


def _few(names: Iterable[str], most: int = 5) -> list[str]:
    listed = list(names)
    return listed[:most] + ([f"and {len(listed) - most} more"] if len(listed) > most else [])


def _is_registrable(about: str) -> bool:
    from chainbreak.identity.domains import registrable

    return object_kind(about) == "domain" and registrable(about) == about
