"""Texts: queued in the same transaction that claims the messages, sent by the session with the message centre.

Whoever closes the warning meanwhile cancels the queued text too (`warning_sends.cancel_sends`), and what the session
marked as leaving is never sent a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from chainbreak.act.delivery.sms import book
from chainbreak.act.delivery.sms.templates import Published, template
from chainbreak.act.warnings.channels import DECLARED, Notice, Receipt
from chainbreak.act.warnings.channels.content import template_of, words_of
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_texts import text_message as t
from chainbreak.store.desk.tables_texts import text_part as p

EVENT = "warning:"
"""What a text about a message is about: this and the message's id."""
BECAME = {
    book.QUEUED: "handing", book.SUBMITTING: "handing", book.SUBMITTED: "handed", book.DELIVERED: "delivered",
    book.FAILED: "failed", book.EXPIRED: "failed", book.CANCELLED: "cancelled", book.UNKNOWN: "unknown",
}  # fmt: skip
"""State of a text -> state of the message it carries."""


def text_of(send_id: str) -> str:
    """The id of the text that carries a message; whatever token the recipient has by now."""
    return book.text_id_of(EVENT + send_id, "")


class SmsChannel:
    """See `Channel`. Works in the transaction `conn` of its caller, at `now_us`."""

    declared = DECLARED["sms"]

    def __init__(self, conn: Connection, published: Published, now_us: int) -> None:
        self._conn, self._published, self._now = conn, published, now_us

    def send(self, batch: Sequence[Notice]) -> list[Receipt]:
        """Queue the texts; one that was cancelled before is queued again, any other that is there stays as it is."""
        named = {one.send_id: text_of(one.send_id) for one in batch}
        known = self._states(named.values())
        book.add_many(self._conn, [self._row(one) for one in batch if named[one.send_id] not in known])
        again = {one.send_id: one for one in batch if known.get(named[one.send_id]) == book.CANCELLED}
        self._revive(again.values())
        return [
            Receipt(send_id, BECAME[book.QUEUED if send_id in again else known.get(text_id, book.QUEUED)], text_id)
            for send_id, text_id in named.items()
        ]

    def status(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """What the texts say that carry these messages."""
        states = self._states(receipt.receipt for receipt in receipts)
        now = [(before, BECAME[states[before.receipt]]) for before in receipts if before.receipt in states]
        return [Receipt(before.send_id, state, before.receipt) for before, state in now if state != before.state]

    def close(self) -> None:
        """The transaction is the caller's."""

    def _states(self, text_ids: Iterable[str]) -> dict[str, str]:
        return {
            row.text_id: row.state
            for some in chunks(text_ids)
            for row in self._conn.execute(select(t.c.text_id, t.c.state).where(t.c.text_id.in_(some)))
        }

    def _row(self, notice: Notice) -> dict[str, Any]:
        name = template_of(notice)
        approved = template(name)
        return {
            "text_id": text_of(notice.send_id), "event": EVENT + notice.send_id, "recipient": notice.recipient,
            "channel": book.SMS, "purpose": approved.purpose, "template": name, "lang": notice.lang,
            "body": words_of(notice, self._published), "queued_by": SERVICE.name, "queued_at_us": self._now,
            "due_at_us": self._now,
            "expires_at_us": min(notice.expires_at_us, self._now + approved.valid_h * US_PER_HOUR),
        }  # fmt: skip

    def _revive(self, batch: Collection[Notice]) -> None:
        for some in chunks(text_of(one.send_id) for one in batch):
            queued: dict[str, Any] = {"state": book.QUEUED, "due_at_us": self._now}
            self._conn.execute(update(p).where(p.c.text_id.in_(some)).values(**queued))
            self._conn.execute(update(t).where(t.c.text_id.in_(some)).values(**queued, detail="", settled_at_us=None))
        ends = [{"b_text_id": text_of(one.send_id), "b_end": one.expires_at_us} for one in batch]
        if ends:
            lasting = update(t).where(t.c.text_id == bindparam("b_text_id")).values(expires_at_us=bindparam("b_end"))
            self._conn.execute(lasting, ends)
