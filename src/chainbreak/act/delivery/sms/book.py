"""The desk's side of texts: what is queued, what is on its way, what became of it. Every step is a transaction's part.

Every step takes many at once: a link carries hundreds of parts a second, and a statement or a leaf for each would be
most of the work. The state of a text follows from the states of its parts (`_folded`); texts that come to a state in
one step share one leaf `text.<state>`, which commits to their ids. What the centre says is taken by `outcomes`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from chainbreak.act.delivery.sms.segments import segments
from chainbreak.audit import log
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_texts import text_message as t
from chainbreak.store.desk.tables_texts import text_part as p

QUEUED, SUBMITTING, SUBMITTED = "queued", "submitting", "submitted"
DELIVERED, FAILED, EXPIRED, UNKNOWN, CANCELLED = "delivered", "failed", "expired", "unknown", "cancelled"
FINAL = frozenset({DELIVERED, FAILED, EXPIRED, CANCELLED})
_WORST_FIRST = (CANCELLED, FAILED, EXPIRED, UNKNOWN, SUBMITTING, QUEUED, SUBMITTED, DELIVERED)
SMS = "sms"
MANY = "texts"
"""The object of a leaf about several texts; its payload names them."""
THIS = (p.c.text_id == bindparam("b_text_id")) & (p.c.part == bindparam("b_part"))
"""One part, for statements that are run for many (`key_of`)."""


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
    add_many(conn, [row])


def add_many(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue texts, as `add`."""
    if not rows:
        return
    counts = {body: len(segments(body, 0)) for body in {row["body"] for row in rows}}
    conn.execute(insert(t), [{**row, "state": QUEUED, "detail": ""} for row in rows])
    conn.execute(insert(p), [
        {"text_id": row["text_id"], "part": at, "reference": reference_of(row["text_id"], at), "state": QUEUED,
         "due_at_us": row["due_at_us"]}
        for row in rows for at in range(1, counts[row["body"]] + 1)
    ])  # fmt: skip


def expire(conn: Connection, now_us: int) -> dict[str, str]:
    """Texts not begun before their end are not sent any more; the texts so changed."""
    late = select(t.c.text_id).where(t.c.state == QUEUED, t.c.expires_at_us <= now_us)
    gone = conn.execute(late).scalars().all()
    for some in chunks(gone):
        conn.execute(update(p).where(p.c.text_id.in_(some), p.c.state == QUEUED).values(state=EXPIRED))
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
    if parts:
        marked = update(p).where(THIS).values(state=SUBMITTING, sent_at_us=now_us)
        conn.execute(marked, [key_of(part) for part in parts])
        fold(conn, {part.text_id: "" for part in parts}, now_us)
    return parts


def refused(conn: Connection, parts: Iterable[Part]) -> None:
    """The centre will not take these: their texts have failed, and what is still queued of them stays here."""
    for some in chunks(part.text_id for part in parts):
        here = p.c.text_id.in_(some) & p.c.state.in_((SUBMITTING, QUEUED))
        conn.execute(update(p).where(here).values(state=FAILED))


def requeue(conn: Connection, parts: Sequence[Part], due_at_us: int) -> None:
    """Parts that certainly did not arrive: again at `due_at_us`, unless their text has failed meanwhile."""
    if parts:
        again = update(p).where(THIS, p.c.state == SUBMITTING)
        conn.execute(again.values(state=QUEUED, due_at_us=due_at_us, sent_at_us=None), [key_of(part) for part in parts])


def is_due(conn: Connection, now_us: int) -> bool:
    """Whether a part is queued and due."""
    due = select(p.c.text_id).where(p.c.state == QUEUED, p.c.due_at_us <= now_us).limit(1)
    return conn.execute(due).first() is not None


def fold(conn: Connection, touched: Mapping[str, str], now_us: int) -> dict[str, str]:
    """Bring the `touched` texts (id -> why) to the state their parts say; those that changed, with their new state."""
    states: dict[str, list[str]] = {}
    was: list[Any] = []
    for some in chunks(touched):
        for text_id, state in conn.execute(select(p.c.text_id, p.c.state).where(p.c.text_id.in_(some))):
            states.setdefault(text_id, []).append(state)
        was += conn.execute(select(t.c.text_id, t.c.state, t.c.purpose).where(t.c.text_id.in_(some)))
    changed: dict[str, str] = {}
    alike: dict[tuple[str, str], list[str]] = {}
    leaves: dict[tuple[str, str], list[str]] = {}
    for text_id, old, purpose in was:
        if (state := _folded(states[text_id])) != old:
            changed[text_id] = state
            alike.setdefault((state, touched[text_id]), []).append(text_id)
            if state not in (QUEUED, SUBMITTING):
                leaves.setdefault((state, purpose), []).append(text_id)
    for (state, why), ids in alike.items():
        _bring(conn, ids, state, why, now_us)
    log.append_many(conn, [
        leaf(now_us, f"text.{state}", ids, purpose) for (state, purpose), ids in leaves.items()
    ])  # fmt: skip
    return changed


def leaf(now_us: int, action: str, text_ids: Sequence[str], purpose: str) -> log.Entry:
    """One leaf about texts: about the text itself when it is one, else about all, with their ids in its payload."""
    if len(text_ids) == 1:
        return log.Entry.by(SERVICE, now_us, action, f"text:{text_ids[0]}", purpose=purpose)
    return log.Entry.by(SERVICE, now_us, action, MANY, purpose=purpose, payload={MANY: sorted(text_ids)})


def _bring(conn: Connection, text_ids: Sequence[str], state: str, why: str, now_us: int) -> None:
    values: dict[str, Any] = {"state": state, "detail": why}
    if state in (SUBMITTED, DELIVERED):
        values["submitted_at_us"] = func.coalesce(t.c.submitted_at_us, now_us)
    if state in FINAL:
        values["settled_at_us"] = now_us
    for some in chunks(text_ids):
        conn.execute(update(t).where(t.c.text_id.in_(some)).values(**values))


def _folded(states: Sequence[str]) -> str:
    return min(states, key=_WORST_FIRST.index)


def key_of(part: Part) -> dict[str, Any]:
    """What `THIS` asks for."""
    return {"b_text_id": part.text_id, "b_part": part.part}
