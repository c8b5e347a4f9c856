"""What time does to warnings: one tier up in the queue past half of a deadline, on to the next action past it, over at
the end. A round is small and idempotent; nothing depends on its running on time but these moves themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import US_PER_MIN
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from chainbreak.app.bootstrap import Office

MOST = 2_000
"""Warnings a transaction."""


def tidy_warnings(office: Office) -> Counter[str]:
    """One round; how many were escalated (`half`, `late`) and `lapsed`, and draws begun (`drawn`) and `ended`."""
    from chainbreak.app.draw_order import tend_draws

    done: Counter[str] = Counter()
    for step in (_lapse, _half, _late):
        while count := step(office):
            done[step.__name__.strip("_")] += count
            if count < MOST:
                break
    done.update(tend_draws(office))
    return done


def _lapse(office: Office) -> int:
    from chainbreak.act.warnings.model import LAPSED
    from chainbreak.app.close_warning import close_warning
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_warnings import warning as w

    now = office.clock.now_us()
    over = _open(w.c.warning_id).where(w.c.expires_at_us <= now)
    if not _any(office, over):
        return 0
    with office.desk.begin() as conn:
        ids = conn.execute(over.limit(MOST)).scalars().all()
        gone = close_warning(conn, SERVICE, ids, LAPSED, "", now)
        append(conn, Entry.by(SERVICE, now, "warning.lapse", "warnings", purpose="warn", payload={"ids": gone}))
    return len(gone)


def _half(office: Office) -> int:
    from chainbreak.app.begin_warning import place_in, running_draws
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.tables_warnings import warning as w

    now = office.clock.now_us()
    due = _open(w.c.warning_id, w.c.rank, w.c.due_at_us).where(
        w.c.escalated == 0, w.c.calls, w.c.reached_at_us.is_(None), w.c.expires_at_us > now,
        w.c.due_at_us + w.c.tier_at_us <= 2 * now,
    )  # fmt: skip
    if not _any(office, due):
        return 0
    with office.desk.begin() as conn:
        rows, draws = conn.execute(due.limit(MOST)).all(), running_draws(conn)
        changed = []
        for row in rows:
            queue = max(row.rank - 1, 0)
            draw_id, place = place_in(draws, queue, row.warning_id, row.due_at_us)
            changed.append({"warning_id": row.warning_id, "escalated": 1, "queue": queue, "call_order": place,
                            "draw_id": draw_id, "updated_at_us": now})  # fmt: skip
        desk.update_warnings(conn, changed)
        desk.note_drawn(conn, changed)
        desk.add_moves(conn, [(row.warning_id, {"past": "half"}) for row in rows], now, SERVICE.name, "escalated")
        append(conn, Entry.by(SERVICE, now, "warning.escalate", "warnings", purpose="warn",
                              payload={"past": "half", "ids": [row.warning_id for row in rows]}))  # fmt: skip
    return len(rows)


def _late(office: Office) -> int:
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.tables_warnings import warning as w

    now = office.clock.now_us()
    due = _open(w).where(
        w.c.escalated < 2, w.c.reached_at_us.is_(None), w.c.expires_at_us > now, w.c.due_at_us <= now
    )  # fmt: skip
    if not _any(office, due):
        return 0
    with office.desk.begin() as conn:
        rows = [dict(row) for row in conn.execute(due.limit(MOST)).mappings()]
        unreached(conn, office, rows, now)
        desk.update_warnings(
            conn, [{"warning_id": r["warning_id"], "escalated": 2, "updated_at_us": now} for r in rows]
        )
        desk.add_moves(conn, [(r["warning_id"], {"past": "deadline"}) for r in rows], now, SERVICE.name, "escalated")
        append(conn, Entry.by(SERVICE, now, "warning.escalate", "warnings", purpose="warn",
                              payload={"past": "deadline", "ids": [r["warning_id"] for r in rows]}))  # fmt: skip
    return len(rows)


def unreached(conn: Connection, office: Office, rows: Sequence[Mapping[str, Any]], now: int) -> None:
    """Begin what the tiers of these warnings (rows of `warning`) ask for when calls have not reached the person: its
    further messages, and the visit. Asked again, it changes nothing.
    """
    from chainbreak.act.warnings.intake import Change
    from chainbreak.act.warnings.tiers import Judged
    from chainbreak.app.begin_warning import Plan
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.take_contacts import event_of
    from chainbreak.store.desk import warnings as desk

    policy = current_policy(conn, office)
    ids = [row["warning_id"] for row in rows]
    plan = Plan.read(conn, office, policy, {row["recipient"] for row in rows}, ids, now)
    events = desk.events_of(conn, ids)
    sends: list[dict[str, Any]] = []
    visits: list[dict[str, Any]] = []
    for row in rows:
        rank = min(row["rank"], len(policy.tiers) - 1)
        tier, resting = policy.tiers[rank], tuple(event_of(e) for e in events.get(row["warning_id"], ()))
        if resting:
            change = Change(
                row["warning_id"], row["campaign"], "", rank, row["tier_at_us"], Judged(rank, "", 0, 0), resting
            )
            sends += plan.messages(row["recipient"], change, tier.if_unreached)
        if tier.visit == "if_unreached" and tier.visit_min is not None and row["visit_due_at_us"] is None:
            due = max(now, row["tier_at_us"] + tier.visit_min * US_PER_MIN)
            visits.append({"warning_id": row["warning_id"], "visit_due_at_us": due})
    desk.put_sends(conn, sends)
    desk.update_warnings(conn, visits)


def _open(*columns: Any) -> Select[Any]:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning as w

    return select(*columns).where(w.c.state == "open").order_by(w.c.due_at_us, w.c.warning_id)


def _any(office: Office, query: Select[Any]) -> bool:
    """Looking is free; a write transaction is not."""
    with office.desk.read() as conn:
        return conn.execute(query.order_by(None).limit(1)).first() is not None
