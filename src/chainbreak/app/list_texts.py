"""Texts to people and what became of them; what is `unknown` needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.queue_text import MAY_TEXT
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

STATES = ("queued", "submitting", "submitted", "delivered", "failed", "expired", "unknown", "cancelled")
PURPOSES = ("notice", "warn", "correct")
MAY_SEE = MAY_TEXT | {Role.COMMANDER, Role.AUDITOR}
MOST_COUNTED = 10_000
"""A page says "10,000 and more" in the time it takes to count that far."""


def list_texts(
    office: Office, *, state: str = "", purpose: str = "", after: str = "", limit: int = 200
) -> list[dict[str, Any]]:
    """Texts, those due last first; `state`, `purpose`: only these; `after`: the last text_id of the page before. Rows
    (text_id, event, recipient, purpose, template, lang, state, parts, queued_at, due_at, expires_at, detail, and the
    three times in µs); the recipient is a written token.

    Raises:
        UsageError: no such state (CB-US-001).
    """
    from sqlalchemy import func, select, tuple_

    from chainbreak.store.desk.tables_texts import text_message as t
    from chainbreak.store.desk.tables_texts import text_part as p

    if state and state not in STATES:
        raise UsageError("CB-US-001", "no such state", given=state, allowed=", ".join(STATES))
    parts = select(func.count()).where(p.c.text_id == t.c.text_id).scalar_subquery()
    query = select(t, parts.label("parts")).order_by(t.c.due_at_us.desc(), t.c.text_id.desc()).limit(limit)
    query = query.where(t.c.purpose == purpose) if purpose else query
    with office.desk.read() as conn:
        start = conn.execute(select(t.c.due_at_us, t.c.text_id).where(t.c.text_id == after)).first() if after else None
        if start is not None:
            query = query.where(tuple_(t.c.due_at_us, t.c.text_id) < tuple_(*start))
        # State by state: the index of each gives its newest, however many there are.
        rows = [row for one in ((state,) if state else STATES) for row in conn.execute(query.where(t.c.state == one))]
    rows.sort(key=lambda row: (row.due_at_us, row.text_id), reverse=True)
    return [
        {
            "text_id": row.text_id, "event": row.event, "recipient": row.recipient, "purpose": row.purpose,
            "template": row.template, "lang": row.lang, "state": row.state, "parts": row.parts,
            "queued_at": rfc3339(row.queued_at_us), "due_at": rfc3339(row.due_at_us),
            "expires_at": rfc3339(row.expires_at_us), "detail": row.detail, "queued_at_us": row.queued_at_us,
            "due_at_us": row.due_at_us, "settled_at_us": row.settled_at_us,
        }
        for row in rows[:limit]
    ]  # fmt: skip


def count_texts(office: Office) -> dict[str, int]:
    """State -> how many texts, counted up to `MOST_COUNTED`."""
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_texts import text_message as t

    with office.desk.read() as conn:
        some = {one: select(t.c.text_id).where(t.c.state == one).limit(MOST_COUNTED).subquery() for one in STATES}
        return {one: conn.execute(select(func.count()).select_from(of)).scalar_one() for one, of in some.items()}


def list_text_receipts(office: Office, text_id: str = "", *, limit: int = 200) -> list[dict[str, Any]]:
    """What the message centre said, newest first; `text_id`: only of that text. Rows (at, message_id, stat, err,
    text_id, part); without a text it came before its answer, or is not about a text of ours.
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_texts import text_receipt as r

    query = select(r).order_by(r.c.receipt_id.desc()).limit(limit)
    with office.desk.read() as conn:
        return [
            {"at": rfc3339(row.at_us), "message_id": row.message_id, "stat": row.stat, "err": row.err,
             "text_id": row.text_id or "", "part": row.part}
            for row in conn.execute(query.where(r.c.text_id == text_id) if text_id else query)
        ]  # fmt: skip
