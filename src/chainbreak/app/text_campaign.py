"""In a surge, text everybody of one campaign first: calls take hours, a text seconds. Caps and quiet hours hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_TEXT_ALL = frozenset({Role.COMMANDER, Role.APPROVER})
"""Who answers for so many messages at once."""
BATCH = 500
"""Warnings a transaction."""


def text_campaign(office: Office, actor: Actor, campaign: str) -> dict[str, int]:
    """Plan a text to everybody with an open warning of the campaign who has none planned: {planned, held_back}. Asked
    again it adds nobody twice; the calls go on as they were.

    Raises:
        RefusedError: the role (CB-WA-205).
        UsageError: the campaign has no open warning (CB-WA-206).
    """
    if not actor.has(*MAY_TEXT_ALL):
        raise RefusedError("CB-WA-205", "this role does not text a whole campaign", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_TEXT_ALL)))  # fmt: skip
    _must_be_open(office, campaign)
    done = {"planned": 0, "held_back": 0}
    while rows := _text_some(office, actor, campaign):
        held = sum(1 for row in rows if row["state"] == "suppressed")
        done = {"planned": done["planned"] + len(rows) - held, "held_back": done["held_back"] + held}
    return done


def _must_be_open(office: Office, campaign: str) -> None:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning as w

    with office.desk.read() as conn:
        if conn.execute(select(w.c.warning_id).where(w.c.state == "open", w.c.campaign == campaign)).first() is None:
            raise UsageError("CB-WA-206", "no open warning of this campaign", given=campaign[:64])


def _text_some(office: Office, actor: Actor, campaign: str) -> list[dict[str, Any]]:
    """Plan the texts of the next warnings without one; the rows written, none when all have one."""
    from sqlalchemy import exists, select

    from chainbreak.act.warnings.intake import Change
    from chainbreak.act.warnings.tiers import Judged
    from chainbreak.app.begin_warning import Plan
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.take_contacts import event_of
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.tables_warnings import contact_event as e
    from chainbreak.store.desk.tables_warnings import warning as w
    from chainbreak.store.desk.tables_warnings import warning_send as s

    with office.desk.begin() as conn:
        now = office.clock.now_us()
        texted = exists().where(s.c.warning_id == w.c.warning_id, s.c.channel == "sms", s.c.purpose == "warn")
        rests = exists().where(e.c.warning_id == w.c.warning_id, e.c.retracted_at_us.is_(None))
        # `+ 0`: SQLite would walk the index by expiry, which nearly all of the open ones meet.
        mine = (w.c.state == "open") & (w.c.campaign == campaign) & (w.c.expires_at_us + 0 > now)
        rows = (
            conn.execute(select(w).where(mine, ~texted, rests).order_by(w.c.warning_id).limit(BATCH)).mappings().all()
        )
        ids = [row["warning_id"] for row in rows]
        policy, events = current_policy(conn, office), desk.events_of(conn, ids)
        plan = Plan.read(conn, office, policy, {row["recipient"] for row in rows}, ids, now)
        sends: list[dict[str, Any]] = []
        for row in rows:
            rank = min(row["rank"], len(policy.tiers) - 1)
            resting = tuple(event_of(one) for one in events[row["warning_id"]])
            change = Change(row["warning_id"], campaign, "", rank, row["tier_at_us"], Judged(rank, "", 0, 0), resting)
            sends += plan.messages(row["recipient"], change, ["sms"])
        if sends:
            desk.put_sends(conn, sends)
            append(conn, Entry.by(actor, now, "warning.text_campaign", campaign, purpose="warn",
                                  payload={"texts": len(sends)}))  # fmt: skip
    return sends
