"""Try tiers on the contacts of past days: who would have been reached, at what work, and before he paid or after.

The same contacts, tiers and days give the same bytes. Contacts stand in the desk as they were last told of, so a call
that grew is judged by its full length from the start; both sides are judged alike.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.measure.differ import moves, side
from chainbreak.act.warnings.measure.replay import CALL, Arrival, Replayed, before_paying, replay
from chainbreak.act.warnings.plan import MINUTES_A_CALL
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.warnings.tiers import Policy
    from chainbreak.app.bootstrap import Office

DAYS, LONGEST_DAYS = 14, 92
BEFORE_US = 7 * US_PER_DAY
"""How long before a loss a contact counts as one before it."""
LEAST_CALLS = 30
"""Attempts from which on the desk's own minutes and attempts are used, not those assumed."""


@dataclass(frozen=True)
class Span:
    """Which days: contacts received, and losses reported, within [since, until), UTC µs."""

    since_us: int
    until_us: int

    @property
    def days(self) -> float:
        """How many."""
        return (self.until_us - self.since_us) / US_PER_DAY


def span_of(until_us: int, days: int) -> Span:
    """The `days` before a moment.

    Raises:
        UsageError: more days than are looked at (CB-WA-190).
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise UsageError("CB-WA-190", "not a number of days to look at", given=str(days), allowed=f"1..{LONGEST_DAYS}")
    return Span(until_us - days * US_PER_DAY, until_us)


def back_test(
    office: Office, old: Policy, new: Policy, span: Span, operator_hours: float | None = None
) -> dict[str, Any]:
    """Both policies over the same contacts: since_us, until_us, `contacts` (n, digest of what was judged), `old` and
    `new` (see `differ.side`, with `work` and `before_paying`), `moves` (see `differ.moves`), `reports` (told a loss,
    joined to a line) and `capacity_hours` (operator-hours there are a day, None: not told).
    """
    from chainbreak.app.recipient_losses import losses_of
    from chainbreak.store.desk import warning_measures as desk

    zone, lead = office.centre.settings.zone, _lead_us(old, new)
    with office.desk.read() as conn:
        arrivals = list(_arrivals(conn, span.since_us - lead, span.until_us))
        muted = desk.muted_spans(conn)
        a_call = _a_call(desk.call_work(conn, span.since_us, span.until_us))
    sides = {
        name: replay(policy, arrivals, span.since_us, zone, muted) for name, policy in (("old", old), ("new", new))
    }
    recipients = {mine[0].event.recipient for mine in arrivals}
    losses = losses_of(office, recipients, span.since_us, span.until_us)
    lost = [(loss.recipient, loss.at_us) for loss in losses.rows if span.since_us <= loss.at_us < span.until_us]
    told = {
        name: side(policy, sides[name], span.days) | {
            "work": _work(sides[name], a_call, span.days),
            "before_paying": before_paying(sides[name], lost, BEFORE_US),
        }
        for name, policy in (("old", old), ("new", new))
    }  # fmt: skip
    return {
        "since_us": span.since_us, "until_us": span.until_us, "contacts": _counted(arrivals, span.since_us),
        "a_call": a_call, "capacity_hours": operator_hours, **told,
        "moves": moves(old, new, sides["old"], sides["new"]),
        "reports": {"told": losses.reports, "joined": losses.joined},
    }  # fmt: skip


def canonical(found: Mapping[str, Any]) -> str:
    """A back-test as it is kept: compact JSON with sorted keys."""
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _lead_us(*policies: Policy) -> int:
    """How long before the first day contacts may still matter on it."""
    hours = [max(policy.repeat.window_h, *(tier.ttl_h for tier in policy.tiers)) for policy in policies]
    return (max(hours) + 24) * US_PER_HOUR


def _arrivals(conn: Connection, since_us: int, until_us: int) -> Iterator[list[Arrival]]:
    from chainbreak.app.take_contacts import event_of
    from chainbreak.store.desk import warning_measures as desk

    rows = desk.contacts(conn, since_us, until_us)
    for _, mine in groupby(rows, key=lambda row: str(row["recipient"])):
        yield [Arrival(event_of(row), row["received_at_us"], row["retracted_at_us"] is not None) for row in mine]


def _counted(arrivals: Sequence[Sequence[Arrival]], since_us: int) -> dict[str, Any]:
    digest, n = hashlib.sha256(), 0
    for event, received, taken_back in (one for mine in arrivals for one in mine):
        digest.update(f"{event.event_id} {event.facts_text} {event.at_us} {received} {taken_back}\n".encode())
        n += received >= since_us
    return {"n": n, "recipients": len(arrivals), "digest": digest.hexdigest()}


def _a_call(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Minutes a call takes, as measured in these days or as planned with."""
    attempts = sum(row["attempts"] for row in rows)
    talk = sum(row["talk_us"] for row in rows)
    measured = attempts >= LEAST_CALLS
    return {"minutes": round(talk / attempts / US_PER_MIN, 2) if measured else MINUTES_A_CALL, "measured": measured}


def _work(replayed: Replayed, a_call: Mapping[str, Any], days: float) -> dict[str, float]:
    """`calls_a_day`, one each person; `hours_a_day` of operators for them."""
    calls = sum(n for (_, what), n in replayed.done.items() if what == CALL) / days
    return {"calls_a_day": round(calls, 2), "hours_a_day": round(calls * a_call["minutes"] / 60, 2)}
