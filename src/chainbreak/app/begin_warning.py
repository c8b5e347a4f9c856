"""What a tier asks for when a warning comes to it: messages within the caps, a place in the call queue, a visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.caps import DAY_US, Sent, held_back, quiet_until
from chainbreak.act.warnings.draws import drawn_place
from chainbreak.act.warnings.intake import Change, lapses_us
from chainbreak.act.warnings.model import OPEN, send_id_of
from chainbreak.act.warnings.tiers import Tier, due_us
from chainbreak.base.clock import US_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from chainbreak.act.warnings.tiers import Policy
    from chainbreak.app.bootstrap import Office

WARN, DUE, SUPPRESSED = "warn", "due", "suppressed"


@dataclass
class Plan:
    """What is known when messages and calls are planned, of some recipients. Planning one counts for the next."""

    policy: Policy
    zone: str
    now: int
    sent: dict[str, Sent]
    """Recipient -> what he was sent lately."""
    sends: dict[tuple[str, str], str]
    """(warning, channel) -> state of the message that exists already."""
    draws: Mapping[int, tuple[str, str]]
    """Rank of a tier whose order is drawn now -> (draw_id, seed)."""

    @staticmethod
    def read(
        conn: Connection, office: Office, policy: Policy, recipients: set[str], warning_ids: Sequence[str], now: int
    ) -> Plan:
        """What the desk knows."""
        from chainbreak.store.desk import warnings as desk

        lately = desk.sent_lately(conn, recipients, now - DAY_US)
        quiet = desk.muted(conn, recipients, now)
        sent = {who: Sent(tuple(lately.get(who, ())), who in quiet) for who in recipients}
        return Plan(
            policy, office.centre.settings.zone, now, sent, desk.sends_of(conn, warning_ids), running_draws(conn)
        )

    def columns(self, change: Change) -> dict[str, Any]:
        """Columns of the warning that its coming to a tier sets: deadlines, call, visit."""
        tier = self.policy.tiers[change.rank]
        from_us = quiet_until(self.policy, tier, self.now, self.zone)
        calls = "call" in tier.actions
        due = due_us(tier, max(change.tier_at_us, from_us))
        draw_id, place = place_in(self.draws, change.rank, change.warning_id, due)
        visits = tier.visit == "at_once" and tier.visit_min is not None
        return {
            "tier": tier.name, "rank": change.rank, "queue": change.rank, "clause": change.judged.clause,
            "policy": self.policy.name, "tier_at_us": change.tier_at_us, "due_at_us": due, "calls": calls,
            "call_at_us": from_us if calls else None, "call_order": place, "draw_id": draw_id, "escalated": 0,
            "escalate_at_us": (max(change.tier_at_us, from_us) + due) // 2 if calls else due,
            "visit_due_at_us": self.now + (tier.visit_min or 0) * US_PER_MIN if visits else None,
        }  # fmt: skip

    def messages(self, recipient: str, change: Change, actions: Sequence[str]) -> list[dict[str, Any]]:
        """Rows of `warning_send` for those `actions` that are messages: to be sent, or held back with the reason. What
        exists already for this warning and channel is not planned again.
        """
        tier, over = self.policy.tiers[change.rank], lapses_us(self.policy, change)
        rows = []
        for channel in actions:
            if channel == "call" or self.sends.get((change.warning_id, channel), SUPPRESSED) != SUPPRESSED:
                continue
            rows.append(self._message(tier, recipient, change, channel, over))
        return rows

    def _message(self, tier: Tier, recipient: str, change: Change, channel: str, over: int) -> dict[str, Any]:
        due = quiet_until(self.policy, tier, self.now, self.zone)
        sent = self.sent[recipient]
        why = held_back(self.policy, change.rank, channel, change.campaign, sent, due, over)
        if not why and channel != "bank":
            self.sent[recipient] = sent.with_one(channel, change.campaign)
        return {
            "send_id": send_id_of(change.warning_id, channel, WARN), "warning_id": change.warning_id,
            "recipient": recipient, "campaign": change.campaign, "channel": channel, "purpose": WARN,
            "rank": change.rank, "state": SUPPRESSED if why else DUE, "reason": why, "planned_at_us": self.now,
            "due_at_us": due, "expires_at_us": over, "attempts": 0, "receipt": "",
            "settled_at_us": self.now if why else None,
        }  # fmt: skip


def opened_row(plan: Plan, recipient: str, change: Change) -> dict[str, Any]:
    """The row of a warning that opens."""
    events = change.events

    def first(name: str) -> str:
        return next((value for event in events if (value := getattr(event, name))), "")

    return {
        "warning_id": change.warning_id, "recipient": recipient, "campaign": change.campaign, "state": OPEN,
        "fraud": first("fraud"), "district": first("district"), "place": first("place"), "lang": first("lang"),
        "opened_at_us": plan.now, "attempts": 0, "outcome": "", "updated_at_us": plan.now,
        **resting_on(plan, change), **plan.columns(change),
    }  # fmt: skip


def resting_on(plan: Plan, change: Change) -> dict[str, Any]:
    """Columns that follow from the events of a warning alone."""
    return {
        "contacts": len(change.events), "last_us": change.last_us, "stake_fen": change.stake_fen,
        "expires_at_us": lapses_us(plan.policy, change),
    }  # fmt: skip


def running_draws(conn: Connection) -> dict[int, tuple[str, str]]:
    """Rank of a tier whose order is drawn now -> (draw_id, seed)."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning_draw as d

    running = select(d.c.rank, d.c.draw_id, d.c.seed).where(d.c.ended_at_us.is_(None))
    return {row.rank: (row.draw_id, row.seed) for row in conn.execute(running)}


def place_in(draws: Mapping[int, tuple[str, str]], rank: int, warning_id: str, due: int) -> tuple[str | None, int]:
    """(draw, place) in the queue of a tier: by deadline, or drawn where more wait than can be reached."""
    drawn = draws.get(rank)
    return (drawn[0], drawn_place(drawn[1], warning_id)) if drawn else (None, due)
