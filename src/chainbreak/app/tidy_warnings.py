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
    for step in (_lapse, _escalate):
        while looked_at := step(office, done):
            if looked_at < MOST:
                break
    done.update(tend_draws(office))
    return +done


def _lapse(office: Office, done: Counter[str]) -> int:
    from chainbreak.act.warnings.model import LAPSED
    from chainbreak.app.close_warning import close_warning
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_warnings import warning as w

    now = office.clock.now_us()
    over = _open(w.c.warning_id).where(w.c.expires_at_us <= now).order_by(None)
    if not _any(office, over):
        return 0
    with office.desk.begin() as conn:
        ids = conn.execute(over.limit(MOST)).scalars().all()
        gone = close_warning(conn, SERVICE, ids, LAPSED, "", now)
        append(conn, Entry.by(SERVICE, now, "warning.lapse", "warnings", purpose="warn", payload={"ids": gone}))
    done["lapse"] += len(gone)
    return len(gone)


def _escalate(office: Office, done: Counter[str]) -> int:
    """Look at warnings whose next moment has come: half of the deadline, then the deadline."""
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.tables_warnings import warning as w

    now = office.clock.now_us()
    due = _open(w).where(w.c.escalate_at_us <= now)
    if not _any(office, due):
        return 0
    with office.desk.begin() as conn:
        rows = [dict(row) for row in conn.execute(due.limit(MOST)).mappings()]
        waits = [row for row in rows if _is_waiting(row)]
        late = [row for row in waits if row["due_at_us"] <= now]
        half = [row for row in waits if row["due_at_us"] > now]
        desk.update_warnings(conn, [{"warning_id": row["warning_id"], "escalate_at_us": None} for row in rows])
        _move_up(conn, half, now)
        unreached(conn, office, late, now)
        desk.update_warnings(conn, [
            {"warning_id": row["warning_id"], "escalated": 2, "updated_at_us": now} for row in late
        ])  # fmt: skip
        for past, some in (("half", half), ("deadline", late)):
            if ids := [row["warning_id"] for row in some]:
                desk.add_moves(conn, [(one, {"past": past}) for one in ids], now, SERVICE.name, "escalated")
                append(conn, Entry.by(SERVICE, now, "warning.escalate", "warnings", purpose="warn",
                                      payload={"past": past, "ids": ids}))  # fmt: skip
    done.update(half=len(half), late=len(late))
    return len(rows)


def _is_waiting(row: Mapping[str, Any]) -> bool:
    """Whether nobody has spoken with the person since the warning came to its tier; where none is asked to, whether
    nothing was sent.
    """
    spoken = row["reached_at_us"] is not None and row["reached_at_us"] >= row["tier_at_us"]
    return not spoken and (bool(row["calls"]) or row["told_at_us"] is None)


def _move_up(conn: Connection, rows: Sequence[Mapping[str, Any]], now: int) -> None:
    """Past half of their deadline they are called one tier up."""
    from chainbreak.app.begin_warning import place_in, running_draws
    from chainbreak.store.desk import warnings as desk

    draws, changed = running_draws(conn), []
    for row in rows:
        queue = max(row["rank"] - 1, 0)
        draw_id, place = place_in(draws, queue, row["warning_id"], row["due_at_us"])
        changed.append({"warning_id": row["warning_id"], "escalated": 1, "escalate_at_us": row["due_at_us"],
                        "queue": queue, "call_order": place, "draw_id": draw_id, "updated_at_us": now})  # fmt: skip
    desk.update_warnings(conn, changed)
    desk.note_drawn(conn, changed)


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

    return select(*columns).where(w.c.state == "open").order_by(w.c.escalate_at_us, w.c.warning_id)


def _any(office: Office, query: Select[Any]) -> bool:
    """Looking is free; a write transaction is not."""
    with office.desk.read() as conn:
        return conn.execute(query.order_by(None).limit(1)).first() is not None
