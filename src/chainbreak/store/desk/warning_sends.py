"""Messages about warnings in the desk, in bulk: cancelled, claimed, settled. One row a warning, channel and purpose.

A row goes `due → handing → handed → delivered | failed | unknown`, or ends `cancelled` or `suppressed` before it left.
A text stays `handing` while it lies in our own queue; its `receipt` is then the text's id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select, update

from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_texts import text_message as t
from chainbreak.store.desk.tables_texts import text_part as p
from chainbreak.store.desk.tables_warnings import warning_send as s

DUE, HANDING, HANDED = "due", "handing", "handed"
DELIVERED, FAILED, UNKNOWN, SUPPRESSED, CANCELLED = "delivered", "failed", "unknown", "suppressed", "cancelled"
SMS, PUSH, BANK = "sms", "push", "bank"
_QUEUED = "queued"


def cancel_sends(conn: Connection, warning_ids: Iterable[str], reason: str, now_us: int) -> int:
    """Cancel whatever has not left yet about these warnings, texts in our queue too; how many messages.

    What is already on its way is not called back: it settles as usual. `reason`: at most 24 characters.
    """
    due, texts = [], {}
    for some in chunks(warning_ids):
        pending = select(s.c.send_id, s.c.state, s.c.channel, s.c.receipt)
        for row in conn.execute(pending.where(s.c.warning_id.in_(some), s.c.state.in_((DUE, HANDING)))):
            if row.state == DUE:
                due.append(row.send_id)
            elif row.channel == SMS:
                texts[row.receipt] = row.send_id
    gone = [texts[text_id] for text_id in _cancel_texts(conn, texts, reason, now_us)]
    for some in chunks([*due, *gone]):
        conn.execute(update(s).where(s.c.send_id.in_(some)).values(
            state=CANCELLED, reason=reason, settled_at_us=now_us
        ))  # fmt: skip
    return len(due) + len(gone)


def _cancel_texts(conn: Connection, text_ids: Collection[str], reason: str, now_us: int) -> list[str]:
    """Cancel those of these texts of which no part has left; their ids."""
    gone: list[str] = []
    for some in chunks(text_ids):
        begun = select(p.c.text_id).where(p.c.text_id.in_(some), p.c.state != _QUEUED)
        untouched = select(t.c.text_id).where(t.c.text_id.in_(some), t.c.state == _QUEUED, t.c.text_id.not_in(begun))
        ids = conn.execute(untouched).scalars().all()
        conn.execute(update(p).where(p.c.text_id.in_(ids)).values(state=CANCELLED))
        conn.execute(update(t).where(t.c.text_id.in_(ids)).values(
            state=CANCELLED, detail=reason, settled_at_us=now_us
        ))  # fmt: skip
        gone += ids
    return gone
