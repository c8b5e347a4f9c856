"""Texts to people and what became of them; what is `unknown` needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

STATES = ("queued", "submitting", "submitted", "delivered", "failed", "expired", "unknown")


def list_texts(office: Office, *, state: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Texts, newest first; `state`: only these. Rows (text_id, event, recipient, purpose, template, lang, state, parts,
    queued_at, due_at, expires_at, detail); the recipient is a written token.

    Raises:
        UsageError: no such state (CB-US-001).
    """
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_texts import text_message as t
    from chainbreak.store.desk.tables_texts import text_part as p

    if state and state not in STATES:
        raise UsageError("CB-US-001", "no such state", given=state, allowed=", ".join(STATES))
    parts = select(func.count()).where(p.c.text_id == t.c.text_id).scalar_subquery()
    query = select(t, parts.label("parts")).order_by(t.c.queued_at_us.desc(), t.c.text_id).limit(limit)
    with office.desk.read() as conn:
        return [
            {
                "text_id": row.text_id, "event": row.event, "recipient": row.recipient, "purpose": row.purpose,
                "template": row.template, "lang": row.lang, "state": row.state, "parts": row.parts,
                "queued_at": rfc3339(row.queued_at_us), "due_at": rfc3339(row.due_at_us),
                "expires_at": rfc3339(row.expires_at_us), "detail": row.detail,
            }
            for row in conn.execute(query.where(t.c.state == state) if state else query)
        ]  # fmt: skip


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
