"""The desk's side of texts: what is queued, what is on its way, what became of it. Every step is a transaction's part.

The state of a text follows from the states of its parts (`_folded`), and each change of it is a leaf `text.<state>`.
Final is final: a receipt moves a part out of `submitted` or `unknown`, never out of `delivered`, `failed`, `expired`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select, update

from chainbreak.act.delivery.sms.receipts import STATES, Receipt
from chainbreak.act.delivery.sms.segments import segments
from chainbreak.audit import log
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.tables_texts import text_message as t
from chainbreak.store.desk.tables_texts import text_part as p
from chainbreak.store.desk.tables_texts import text_receipt as r

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

QUEUED, SUBMITTING, SUBMITTED = "queued", "submitting", "submitted"
DELIVERED, FAILED, EXPIRED, UNKNOWN, CANCELLED = "delivered", "failed", "expired", "unknown", "cancelled"
FINAL = frozenset({DELIVERED, FAILED, EXPIRED, CANCELLED})
_WORST_FIRST = (CANCELLED, FAILED, EXPIRED, UNKNOWN, SUBMITTING, QUEUED, SUBMITTED, DELIVERED)
SMS = "sms"


@dataclass(frozen=True)
class Part:
    """One part of a text that is to leave now. `recipient`: the written token."""

    text_id: str
    part: int
    recipient: str
    body: str
    purpose: str
    reference: int
    expires_at_us: int


def text_id_of(event: str, recipient: str, channel: str = SMS) -> str:
    """The one id of the one text about `event` to `recipient`: 128 bits of SHA-256.

    >>> text_id_of("notice:O-1", "line:0000000000000001") == text_id_of("notice:O-1", "line:0000000000000001")
    True
    """
    return hashlib.sha256(f"{channel}\n{recipient}\n{event}".encode()).hexdigest()[:32]


def reference_of(text_id: str, part: int = 0) -> int:
    """The 16-bit number of a part on the wire, and with `part` 0 what joins the parts of a text."""
    return int.from_bytes(hashlib.sha256(f"{text_id}.{part}".encode()).digest()[:2], "big")


def add(conn: Connection, row: dict[str, Any]) -> None:
    """Queue a text: `row` holds the columns of `text_message` up to `expires_at_us`, without state.

    Raises:
        InputError: it cannot be encoded (CB-DL-201).
    """
    parts = segments(row["body"], reference_of(row["text_id"]))
    conn.execute(insert(t).values(**row, state=QUEUED, detail=""))
    conn.execute(insert(p), [
        {"text_id": row["text_id"], "part": at, "reference": reference_of(row["text_id"], at), "state": QUEUED,
         "due_at_us": row["due_at_us"]}
        for at in range(1, len(parts) + 1)
    ])  # fmt: skip


def expire(conn: Connection, now_us: int) -> dict[str, str]:
    """Texts not begun before their end are not sent any more; the texts so changed."""
    late = select(t.c.text_id).where(t.c.state == QUEUED, t.c.expires_at_us <= now_us)
    gone = conn.execute(late).scalars().all()
    if gone:
        _set(conn, p.c.text_id.in_(gone) & (p.c.state == QUEUED), EXPIRED)
    return fold(conn, dict.fromkeys(gone, "not sent before its end"), now_us)


def claim(conn: Connection, most: int, now_us: int) -> list[Part]:
    """Mark up to `most` parts as on their way, those due first first."""
    due = (
        select(p.c.text_id, p.c.part, t.c.recipient, t.c.body, t.c.purpose, p.c.reference, t.c.expires_at_us)
        .join(t, t.c.text_id == p.c.text_id)
        .where(p.c.state == QUEUED, p.c.due_at_us <= now_us)
        .order_by(p.c.due_at_us, p.c.text_id, p.c.part).limit(most)
    )  # fmt: skip
    parts = [Part(*row) for row in conn.execute(due)]
    for part in parts:
        _set(conn, _is(part), SUBMITTING, sent_at_us=now_us)
    fold(conn, {part.text_id: "" for part in parts}, now_us)
    return parts


def answered(conn: Connection, part: Part, message_id: str) -> None:
    """The centre took a part; a receipt that was faster than the answer counts now. A centre that gave it no id took
    it too, and cannot be asked.
    """
    if not message_id:
        _set(conn, _is(part), UNKNOWN)
        return
    early = conn.execute(
        select(r.c.receipt_id, r.c.stat).where(r.c.message_id == message_id).order_by(r.c.receipt_id)
    ).all()
    state = SUBMITTED
    for receipt in early:
        state = state if state in FINAL else STATES[receipt.stat]
        conn.execute(update(r).where(r.c.receipt_id == receipt.receipt_id).values(text_id=part.text_id, part=part.part))
    _set(conn, _is(part), state, message_id=message_id)


def refused(conn: Connection, part: Part) -> None:
    """The centre will not take a part: the text has failed, and what is still queued of it stays here."""
    _set(conn, (p.c.text_id == part.text_id) & p.c.state.in_((SUBMITTING, QUEUED)), FAILED)


def requeue(conn: Connection, parts: Iterable[Part], due_at_us: int) -> None:
    """Parts that certainly did not arrive: again at `due_at_us`, unless their text has failed meanwhile."""
    for part in parts:
        _set(conn, _is(part) & (p.c.state == SUBMITTING), QUEUED, due_at_us=due_at_us, sent_at_us=None)


def lose(conn: Connection, now_us: int) -> dict[str, str]:
    """Whatever is marked as on its way and nobody waits for any more may have arrived or not; the texts so changed.

    A receipt that came while the answer was still awaited may tell already.
    """
    lost = conn.execute(select(p.c.text_id).where(p.c.state == SUBMITTING)).scalars().all()
    if not lost:
        return {}
    _set(conn, p.c.state == SUBMITTING, UNKNOWN)
    begun = select(t.c.recipient, func.min(p.c.sent_at_us)).join(p, p.c.text_id == t.c.text_id)
    since = dict(conn.execute(begun.where(p.c.text_id.in_(set(lost))).group_by(t.c.recipient)).all())
    for row in conn.execute(select(r).where(r.c.text_id.is_(None), r.c.recipient.in_(since))).all():
        receipt = Receipt(row.message_id, row.stat, row.err, reference=row.reference)
        if row.at_us >= since[row.recipient] and (found := _lost_part(conn, receipt, row.recipient)):
            conn.execute(update(r).where(r.c.receipt_id == row.receipt_id).values(text_id=found[0], part=found[1]))
            _follow(conn, receipt, *found)
    return fold(conn, dict.fromkeys(lost, "the acknowledgement was lost"), now_us)


def told(conn: Connection, receipt: Receipt, recipient: str, now_us: int) -> str | None:
    """Keep a receipt and follow it; the text it is about, None for a repeat, one before its answer, or a stranger's.

    `recipient`: the written token of the number it names, "" for none.
    """
    same = (r.c.message_id == receipt.message_id) & (r.c.stat == receipt.stat)
    if conn.execute(select(r.c.receipt_id).where(same)).first():
        return None
    known = conn.execute(select(p.c.text_id, p.c.part).where(p.c.message_id == receipt.message_id)).first()
    found = (known.text_id, known.part) if known else _lost_part(conn, receipt, recipient)
    text_id, part = found or (None, None)
    conn.execute(insert(r).values(
        message_id=receipt.message_id, stat=receipt.stat, err=receipt.err, at_us=now_us, recipient=recipient,
        reference=receipt.reference, text_id=text_id, part=part,
    ))  # fmt: skip
    if found:
        _follow(conn, receipt, *found)
    return text_id


def _lost_part(conn: Connection, receipt: Receipt, recipient: str) -> tuple[str, int] | None:
    """The part whose acknowledgement was lost and that a receipt with an unknown id is about: the one to the same
    recipient with its reference, or, from a centre that gives none back, the only one without an id.
    """
    nameless = (
        select(p.c.text_id, p.c.part, p.c.state).join(t, t.c.text_id == p.c.text_id)
        .where(p.c.state.in_((UNKNOWN, SUBMITTING)), p.c.message_id.is_(None), t.c.recipient == recipient)
    )  # fmt: skip
    if receipt.reference is not None:
        nameless = nameless.where(p.c.reference == receipt.reference)
    found = conn.execute(nameless.limit(2)).all()
    return (found[0].text_id, found[0].part) if [row.state for row in found] == [UNKNOWN] else None


def _follow(conn: Connection, receipt: Receipt, text_id: str, part: int) -> None:
    still_open = (p.c.text_id == text_id) & (p.c.part == part) & p.c.state.in_((SUBMITTED, UNKNOWN))
    _set(conn, still_open, STATES[receipt.stat], message_id=receipt.message_id)


def to_ask(conn: Connection, before_us: int, most: int) -> list[str]:
    """Message ids that were submitted before `before_us` and of which no receipt tells an end, oldest first."""
    silent = select(p.c.message_id).where(p.c.state == SUBMITTED, p.c.sent_at_us < before_us)
    return list(conn.execute(silent.order_by(p.c.sent_at_us).limit(most)).scalars())


def is_due(conn: Connection, now_us: int) -> bool:
    """Whether a part is queued and due."""
    due = select(p.c.text_id).where(p.c.state == QUEUED, p.c.due_at_us <= now_us).limit(1)
    return conn.execute(due).first() is not None


def fold(conn: Connection, touched: Mapping[str, str], now_us: int) -> dict[str, str]:
    """Bring the `touched` texts (id -> why) to the state their parts say; those that changed, with their new state."""
    states: dict[str, list[str]] = {}
    for row in conn.execute(select(p.c.text_id, p.c.state).where(p.c.text_id.in_(touched))):
        states.setdefault(row.text_id, []).append(row.state)
    was = conn.execute(select(t.c.text_id, t.c.state, t.c.purpose).where(t.c.text_id.in_(touched))).all()
    changed: dict[Any, str] = {row: state for row in was if (state := _folded(states[row.text_id])) != row.state}
    for row, state in changed.items():
        values: dict[str, Any] = {"state": state, "detail": touched[row.text_id]}
        if state in (SUBMITTED, DELIVERED):
            values["submitted_at_us"] = func.coalesce(t.c.submitted_at_us, now_us)
        if state in FINAL:
            values["settled_at_us"] = now_us
        conn.execute(update(t).where(t.c.text_id == row.text_id).values(**values))
    log.append_many(conn, [
        log.Entry.by(SERVICE, now_us, f"text.{state}", f"text:{row.text_id}", purpose=row.purpose)
        for row, state in changed.items() if state not in (QUEUED, SUBMITTING)
    ])  # fmt: skip
    return {row.text_id: state for row, state in changed.items()}


def _folded(states: Sequence[str]) -> str:
    return min(states, key=_WORST_FIRST.index)


def _is(part: Part) -> ColumnElement[bool]:
    return (p.c.text_id == part.text_id) & (p.c.part == part.part)


def _set(conn: Connection, which: ColumnElement[bool], state: str, **values: Any) -> None:
    conn.execute(update(p).where(which).values(state=state, **values))
