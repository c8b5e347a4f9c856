"""From signs in records to contact events: which signs are one contact, and what one event says of another. Pure.

A sign is an event without a reference of its own. What stands on the desk is asked first, so that a contact told in
pieces, by both operators of a call, or late, keeps the one event it began with, whatever order and batches it comes in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from chainbreak.act.warnings.intake import joined
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN, US_PER_S

CALL, TEXT, VISIT, PAYMENT = "call.fraud_line", "sms.template", "visit.scam_domain", "transfer.toward_mule"
TOGETHER_US = {CALL: 10 * US_PER_S, TEXT: US_PER_HOUR, VISIT: US_PER_HOUR, PAYMENT: 2 * US_PER_MIN}
"""Kind -> µs within which two signs of one recipient and one indicator are one contact. Of a call both operators' legs,
whose clocks differ by seconds; an hour of look-ups or texts; a payment of one amount as the bank and as the ledger have
it. Defaults of this project."""
ANSWER_US = 24 * US_PER_HOUR
"""µs after a text in which an answer, or a call back, answers it."""
LATE_US = 25 * US_PER_HOUR
"""How far back an event that stands may have begun and still be the one that a new sign belongs to."""
UNDER_SWAY_US = 60 * US_PER_MIN
"""µs after a call in which a payment is made under it (warnings, section 1)."""


def contacts_of(signs: Iterable[ContactEvent], standing: Iterable[ContactEvent]) -> list[ContactEvent]:
    """The events that `signs` make, each once, in order of time; what belongs to one that is `standing` is a further
    word about it. Signs with a reference are events already.

    A new event's reference is the moment of its first sign; a further word has source and reference of the event.

    >>> leg = ContactEvent(CALL, "line:1", 60_000_000, "finding:1", "records", "", "line:2", ended_at_us=90_000_000)
    >>> (one,) = contacts_of([leg, replace(leg, at_us=62_000_000, place="c1")], [])
    >>> one.ref, one.place
    ('60000000', 'c1')
    >>> late = replace(leg, at_us=59_000_000)
    >>> [e.event_id for e in contacts_of([late], [one])] == [one.event_id]
    True
    """
    told = [sign for sign in signs if sign.ref]
    groups: dict[tuple[str, str, str], list[ContactEvent]] = defaultdict(list)
    for sign in signs:
        if not sign.ref:
            groups[sign.kind, sign.recipient, sign.indicator].append(sign)
    known: dict[tuple[str, str, str], list[ContactEvent]] = defaultdict(list)
    for event in standing:
        known[event.kind, event.recipient, event.indicator].append(event)
    for key, its in groups.items():
        told += _grouped(its, known.get(key, []), TOGETHER_US[key[0]])
    return sorted(told, key=lambda one: (one.at_us, one.event_id))


def _grouped(signs: Sequence[ContactEvent], standing: Sequence[ContactEvent], together_us: int) -> list[ContactEvent]:
    """One event a contact of one kind, recipient and indicator."""
    order = sorted(chain(((one.at_us, 0, one) for one in standing), ((one.at_us, 1, one) for one in signs)),
                   key=lambda row: (row[0], row[1], row[2].facts_text, row[2].place))  # fmt: skip
    clusters: list[tuple[list[ContactEvent], list[ContactEvent]]] = []
    until_us = None
    for at_us, is_sign, one in order:
        if until_us is None or at_us > until_us + together_us:
            clusters.append(([], []))
            until_us = at_us
        clusters[-1][is_sign].append(one)
        until_us = max(until_us, _reaches(one))
    return [event for stood, new in clusters if new for event in _events(stood, new)]


def _reaches(one: ContactEvent) -> int:
    """Up to when another sign is measured from: a call by its beginning, others by their last sign."""
    return one.at_us if one.kind == CALL else max(one.at_us, one.ended_at_us or 0)


def _events(stood: Sequence[ContactEvent], signs: Sequence[ContactEvent]) -> list[ContactEvent]:
    if not stood:
        return [_together(signs, signs[0].source, str(min(sign.at_us for sign in signs)))]
    words: dict[tuple[str, str], list[ContactEvent]] = defaultdict(list)
    for sign in signs:  # what joins two that stand is a word about the nearer
        nearest = min(stood, key=lambda one: (abs(one.at_us - sign.at_us), one.at_us, one.event_id))
        words[nearest.source, nearest.ref].append(sign)
    return [_together(its, *named) for named, its in words.items()]


def _together(signs: Sequence[ContactEvent], source: str, ref: str) -> ContactEvent:
    event = signs[0]
    for sign in signs[1:]:
        event = joined(event, sign)
    ended = max(_reaches(sign) if sign.ended_at_us is None else sign.ended_at_us for sign in signs)
    return replace(event, source=source, ref=ref, ended_at_us=ended)


def as_known(event: ContactEvent, standing: Iterable[ContactEvent], lines: Sequence[str] = ()) -> ContactEvent:
    """The event as a further word about one that stands, whoever told of that: the same contact seen by two. `lines`:
    other lines of the recipient that it may have been told of; itself when nothing like it stands.
    """
    alike = [
        one for one in standing
        if (one.kind, one.indicator) == (event.kind, event.indicator)
        and (one.recipient == event.recipient or one.recipient in lines)
        and one.at_us - TOGETHER_US[one.kind] <= event.at_us <= _reaches(one) + TOGETHER_US[one.kind]
        and (one.kind != PAYMENT or one.stake_fen == event.stake_fen)
    ]  # fmt: skip
    known = min(alike, key=lambda one: (one.event_id != event.event_id, abs(one.at_us - event.at_us), one.event_id),
                default=event)  # fmt: skip
    return replace(event, recipient=known.recipient, source=known.source, ref=known.ref)


def answered(
    texts: Iterable[ContactEvent], answers: Iterable[ContactEvent]
) -> tuple[list[ContactEvent], list[ContactEvent]]:
    """What answers (texts to, or calls of, the recipient's own doing) say of texts: those texts again, as replied to;
    and the answers to nothing that is known. An answer is about the newest text of the 24 hours before it.
    """
    by_pair: dict[tuple[str, str], list[ContactEvent]] = defaultdict(list)
    for text in texts:
        by_pair[text.recipient, text.indicator].append(text)
    found, stray = [], []
    for answer in answers:
        before = [t for t in by_pair[answer.recipient, answer.indicator] if 0 <= answer.at_us - t.at_us <= ANSWER_US]
        if not before:
            stray.append(answer)
            continue
        text = max(before, key=lambda one: (one.at_us, one.ref))
        ended = max(text.ended_at_us or text.at_us, answer.at_us)
        found.append(replace(text, facts={**text.facts, "replied": True}, ended_at_us=ended))
    return found, stray


def is_under_sway(at_us: int, calls: Iterable[ContactEvent]) -> bool:
    """Whether a payment at `at_us` was made during one of these calls, or within an hour after it."""
    return any(call.at_us <= at_us <= (call.ended_at_us or call.at_us) + UNDER_SWAY_US for call in calls)
