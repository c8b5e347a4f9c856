"""What the message centre says became of parts: its answers, its receipts, and what nobody waits for any more.

Final is final: a receipt moves a part out of `submitted` or `unknown`, never out of `delivered`, `failed`, `expired` or
`cancelled`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select, update

from chainbreak.act.delivery.sms.book import FINAL, QUEUED, SUBMITTED, SUBMITTING, THIS, UNKNOWN, Part, fold, key_of
from chainbreak.act.delivery.sms.receipts import STATES, Receipt
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_texts import text_message as t
from chainbreak.store.desk.tables_texts import text_part as p
from chainbreak.store.desk.tables_texts import text_receipt as r


def answered(conn: Connection, taken: Sequence[tuple[Part, str]]) -> None:
    """The centre took these parts and calls them so; a receipt that was faster than its answer counts now. A part the
    centre gave no id it took too, and it cannot be asked after.
    """
    if not taken:
        return
    by_id = {message_id: part for part, message_id in taken if message_id}
    states: dict[str, str] = {}
    follows = []
    for some in chunks(by_id):
        early = select(r.c.receipt_id, r.c.message_id, r.c.stat).where(r.c.message_id.in_(some))
        for row in conn.execute(early.order_by(r.c.receipt_id)):
            if (so_far := states.get(row.message_id, SUBMITTED)) not in FINAL:
                so_far = STATES[row.stat]
            states[row.message_id] = so_far
            follows.append({"b_receipt_id": row.receipt_id} | key_of(by_id[row.message_id]))
    if follows:
        taken_for = update(r).where(r.c.receipt_id == bindparam("b_receipt_id"))
        conn.execute(taken_for.values(text_id=bindparam("b_text_id"), part=bindparam("b_part")), follows)
    now_so = update(p).where(THIS).values(state=bindparam("b_state"), message_id=bindparam("b_message_id"))
    conn.execute(now_so, [
        key_of(part) | {"b_state": states.get(said, SUBMITTED) if said else UNKNOWN, "b_message_id": said or None}
        for part, said in taken
    ])  # fmt: skip


def give_back(conn: Connection, claimed_us: int | None, left: Collection[tuple[str, int]], now_us: int) -> None:
    """Queue again what was claimed at `claimed_us` and is not among those (text, part) that may have `left`."""
    theirs = select(p.c.text_id, p.c.part).where(p.c.state == SUBMITTING, p.c.sent_at_us == claimed_us)
    here = [
        {"b_text_id": row.text_id, "b_part": row.part}
        for row in conn.execute(theirs) if (row.text_id, row.part) not in left
    ]  # fmt: skip
    if claimed_us is not None and here:
        conn.execute(update(p).where(THIS).values(state=QUEUED, due_at_us=now_us, sent_at_us=None), here)
        fold(conn, {row["b_text_id"]: "" for row in here}, now_us)


def lose(conn: Connection, now_us: int) -> dict[str, str]:
    """Whatever is marked as on its way and nobody waits for any more may have arrived or not; the texts so changed.

    A receipt that came while the answer was still awaited may tell already.
    """
    lost = conn.execute(select(p.c.text_id).where(p.c.state == SUBMITTING)).scalars().all()
    if not lost:
        return {}
    conn.execute(update(p).where(p.c.state == SUBMITTING).values(state=UNKNOWN))
    since: dict[str, int] = {}
    begun = select(t.c.recipient, func.min(p.c.sent_at_us)).join(p, p.c.text_id == t.c.text_id).group_by(t.c.recipient)
    for some in chunks(lost):
        for recipient, at_us in conn.execute(begun.where(p.c.text_id.in_(some))):
            since[recipient] = min(at_us, since.get(recipient, at_us))
    for some in chunks(since):
        for row in conn.execute(select(r).where(r.c.text_id.is_(None), r.c.recipient.in_(some))).all():
            receipt = Receipt(row.message_id, row.stat, row.err, reference=row.reference)
            if row.at_us >= since[row.recipient] and (found := _lost_part(conn, receipt, row.recipient)):
                of_part = {"text_id": found[0], "part": found[1]}
                conn.execute(update(r).where(r.c.receipt_id == row.receipt_id).values(**of_part))
                _follow(conn, [(receipt, *found)])
    return fold(conn, dict.fromkeys(lost, "the acknowledgement was lost"), now_us)


def told(
    conn: Connection, receipts: Sequence[Receipt], recipient_of: Callable[[str], str], now_us: int
) -> list[tuple[Receipt, str]]:
    """Keep receipts and follow them; each that was not kept before with the text it is about, "" for one before its
    answer or a stranger's.

    `recipient_of`: the written token of a number as a receipt names it, "" when it is none; asked only about receipts
    whose id is not known.
    """
    new = _not_kept(conn, receipts)
    known = _known(conn, new)
    rows, found = [], []
    for receipt in new:
        if receipt.message_id in known:
            text_id, part, recipient = known[receipt.message_id]
            found.append((receipt, text_id, part))
        else:
            recipient = recipient_of(receipt.number) if receipt.number else ""
            lost = _lost_part(conn, receipt, recipient)
            text_id, part = lost or ("", 0)
            if lost:  # at once: the next receipt must know, and not be taken for the same part
                _follow(conn, [(receipt, *lost)])
                known[receipt.message_id] = (*lost, recipient)
        rows.append({
            "message_id": receipt.message_id, "stat": receipt.stat, "err": receipt.err, "at_us": now_us,
            "recipient": recipient, "reference": receipt.reference, "text_id": text_id or None,
            "part": part or None,
        })  # fmt: skip
    if rows:
        conn.execute(insert(r), rows)
    _follow(conn, found)
    return [(receipt, str(row["text_id"] or "")) for receipt, row in zip(new, rows, strict=True)]


def _not_kept(conn: Connection, receipts: Iterable[Receipt]) -> list[Receipt]:
    """Each different thing said of a message that is not kept yet, in the order it was said."""
    new: dict[tuple[str, str], Receipt] = {}
    for receipt in receipts:
        new.setdefault((receipt.message_id, receipt.stat), receipt)
    for some in chunks(message_id for message_id, _ in new):
        for row in conn.execute(select(r.c.message_id, r.c.stat).where(r.c.message_id.in_(some))):
            new.pop((row.message_id, row.stat), None)
    return list(new.values())


def _known(conn: Connection, receipts: Iterable[Receipt]) -> dict[str, tuple[str, int, str]]:
    """Message id -> text, part and recipient, of those whose answer has come."""
    named = select(p.c.message_id, p.c.text_id, p.c.part, t.c.recipient).join(t, t.c.text_id == p.c.text_id)
    return {
        row.message_id: (row.text_id, row.part, row.recipient)
        for some in chunks(receipt.message_id for receipt in receipts)
        for row in conn.execute(named.where(p.c.message_id.in_(some)))
    }


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


def _follow(conn: Connection, said: Sequence[tuple[Receipt, str, int]]) -> None:
    """Bring parts to what receipts say of them, in the order they came."""
    if said:
        still_open = update(p).where(THIS, (p.c.state == SUBMITTED) | (p.c.state == UNKNOWN))
        now_so = still_open.values(state=bindparam("b_state"), message_id=bindparam("b_message_id"))
        conn.execute(now_so, [
            {"b_text_id": text_id, "b_part": part, "b_state": STATES[receipt.stat], "b_message_id": receipt.message_id}
            for receipt, text_id, part in said
        ])  # fmt: skip


def to_ask(conn: Connection, before_us: int, most: int) -> list[str]:
    """Message ids that were submitted before `before_us` and of which no receipt tells an end, oldest first."""
    silent = select(p.c.message_id).where(p.c.state == SUBMITTED, p.c.sent_at_us < before_us)
    return list(conn.execute(silent.order_by(p.c.sent_at_us).limit(most)).scalars())
