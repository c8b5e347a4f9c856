"""Messages about warnings in the desk, in bulk: cancelled, claimed, settled. One row a warning, channel and purpose.

A row goes `due → handing → handed → delivered | failed | unknown`, or ends `cancelled` or `suppressed` before it left.
A text stays `handing` while it lies in our own queue; its `receipt` is then the text's id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, bindparam, case, func, literal, select, update

from chainbreak.base.clock import US_PER_S
from chainbreak.store.desk import warnings
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_texts import text_message as t
from chainbreak.store.desk.tables_texts import text_part as p
from chainbreak.store.desk.tables_warnings import warning as w
from chainbreak.store.desk.tables_warnings import warning_send as s

DUE, HANDING, HANDED = "due", "handing", "handed"
DELIVERED, FAILED, UNKNOWN, SUPPRESSED, CANCELLED = "delivered", "failed", "unknown", "suppressed", "cancelled"
READ = "read"
"""What a receiver may say beyond delivered; kept as delivered, and the person counts as reached."""
SMS, PUSH, BANK = "sms", "push", "bank"
WARN = "warn"
EXPIRED, MUTED, CLOSED, NOT_REACHED = "expired", "muted", "closed", "not_reached"
"""Why a message that was due did not leave."""
RANKS = 8
"""Tiers a policy has at most."""
WAITS_S = (2, 5, 15, 60, 300)
"""Seconds between attempts to hand over, the last again and again."""
_QUEUED = "queued"


def quiet_sends(conn: Connection, channel: str, ranks: Collection[int], until_us: int, now_us: int) -> None:
    """Put off what is due now in tiers that are quiet until then, and every correction: what did not leave in time does
    not leave at night.
    """
    late = (s.c.channel == channel) & (s.c.state == DUE) & (s.c.due_at_us <= now_us)
    quiet = s.c.rank.in_(ranks) | (s.c.purpose != WARN)
    conn.execute(update(s).where(late, quiet).values(due_at_us=until_us))


def cancel_sends(conn: Connection, warning_ids: Iterable[str], reason: str, now_us: int) -> int:
    """Cancel whatever has not left yet about these warnings, texts in our queue too; how many messages.

    What is already on its way is not called back: it settles as usual. `reason`: at most 24 characters.
    """
    due, texts = [], {}
    for some in chunks(warning_ids):
        about = select(s.c.send_id, s.c.state, s.c.channel, s.c.receipt).where(s.c.warning_id.in_(some))
        for row in conn.execute(about):  # asked for their state, SQLite would walk all that wait
            if row.state == DUE:
                due.append(row.send_id)
            elif row.state == HANDING and row.channel == SMS:
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


@dataclass
class Claimed:
    """Rows of messages to hand over now, with `deadline_us`, `tier`, `fraud` and `lang` of their warnings; and what was
    dropped instead: (state, reason) -> ids.
    """

    rows: list[Row[Any]] = field(default_factory=list)
    dropped: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def is_due(conn: Connection, channel: str, now_us: int) -> bool:
    """Whether a message of this channel waits to be handed over."""
    due = select(s.c.send_id).where(s.c.channel == channel, s.c.state == DUE, s.c.due_at_us <= now_us).limit(1)
    return conn.execute(due).first() is not None


def claim(conn: Connection, channel: str, most: int, now_us: int, lowest: int) -> Claimed:
    """Mark up to `most` messages of a channel as being handed over, those of the most urgent tier first.

    What was planned is judged again: a warning that is closed, past its end, or muted in the `lowest` tier is dropped.
    A correction goes out although its warning is closed.
    """
    found: list[Row[Any]] = []
    for rank in range(RANKS):
        if len(found) < most:
            found += conn.execute(_due(channel, rank, now_us).limit(most - len(found)))
    muted = warnings.muted(conn, {row.recipient for row in found if row.rank_now >= lowest > 0}, now_us)
    claimed = Claimed()
    for row in found:
        if why := _unwanted(row, now_us, lowest, muted):
            claimed.dropped.setdefault(why, []).append(row.send_id)
        else:
            claimed.rows.append(row)
    for (state, reason), ids in claimed.dropped.items():
        for some in chunks(ids):
            gone = {"state": state, "reason": reason, "settled_at_us": now_us}
            conn.execute(update(s).where(s.c.send_id.in_(some)).values(**gone))
    for some in chunks(row.send_id for row in claimed.rows):
        conn.execute(update(s).where(s.c.send_id.in_(some)).values(state=HANDING, attempts=s.c.attempts + 1))
    return claimed


def _due(channel: str, rank: int, now_us: int) -> Select[Any]:
    return (
        select(
            s, w.c.state.label("warning_state"), w.c.expires_at_us.label("over_us"), w.c.rank.label("rank_now"),
            w.c.due_at_us.label("deadline_us"), w.c.tier, w.c.fraud, w.c.lang, w.c.stake_fen,
        )
        .join(w, w.c.warning_id == s.c.warning_id)
        .where(s.c.channel == channel, s.c.state == DUE, s.c.rank == rank, s.c.due_at_us <= now_us)
        .order_by(s.c.due_at_us, s.c.send_id)
    )  # fmt: skip


def _unwanted(row: Row[Any], now_us: int, lowest: int, muted: Collection[str]) -> tuple[str, str] | None:
    if row.purpose == WARN and row.warning_state != warnings.OPEN:
        return CANCELLED, CLOSED
    if row.expires_at_us <= now_us or (row.purpose == WARN and row.over_us <= now_us):
        return FAILED, EXPIRED
    if row.purpose == WARN and row.recipient in muted and row.rank_now >= lowest:
        return SUPPRESSED, MUTED
    return None


def give_back(conn: Connection, channel: str, now_us: int) -> int:
    """Messages that a process was handing over when it ended are due again, under the same key; how many.

    Not for texts: theirs lie in our own queue, and what left of it is known there.
    """
    again = update(s).where(s.c.channel == channel, s.c.state == HANDING)
    return conn.execute(again.values(state=DUE, due_at_us=now_us)).rowcount


@dataclass(frozen=True)
class Became:
    """What became of a message; `reason` why it failed, `receipt` what the channel calls it, "" leaves it as it is."""

    send_id: str
    state: str
    reason: str = ""
    receipt: str = ""


def settle(conn: Connection, said: Sequence[Became], now_us: int) -> None:
    """Bring messages to what their channel says, and their warnings to `told` and `reached`. What has ended stays so.

    `due` is tried again after a wait that grows with the attempts, or has failed when that is past its end.
    """
    if not said:
        return
    handed = {HANDED, DELIVERED, READ}
    rows = [
        {"b_id": one.send_id, "b_state": DELIVERED if one.state == READ else one.state, "b_reason": one.reason,
         "b_receipt": one.receipt, "b_handed": now_us if one.state in handed else None,
         "b_settled": now_us if one.state in (DELIVERED, READ, FAILED) else None}
        for one in said
    ]  # fmt: skip
    moving = (s.c.state == HANDING) | (s.c.state == HANDED) | (s.c.state == UNKNOWN)
    conn.execute(update(s).where(s.c.send_id == bindparam("b_id"), moving).values(
        state=bindparam("b_state"), reason=bindparam("b_reason"),
        receipt=func.coalesce(func.nullif(bindparam("b_receipt", type_=s.c.receipt.type), ""), s.c.receipt),
        handed_at_us=func.coalesce(s.c.handed_at_us, bindparam("b_handed", type_=BigInteger)),
        settled_at_us=bindparam("b_settled"),
    ), rows)  # fmt: skip
    _put_off(conn, [one.send_id for one in said if one.state == DUE], now_us)
    _note(conn, [one.send_id for one in said if one.state in handed], "told_at_us", now_us)
    _note(conn, [one.send_id for one in said if one.state == READ], "reached_at_us", now_us)


def _put_off(conn: Connection, send_ids: Iterable[str], now_us: int) -> None:
    again = {n: literal(now_us + wait_s * US_PER_S, BigInteger) for n, wait_s in enumerate(WAITS_S, start=1)}
    due = case(again, value=s.c.attempts, else_=again[len(WAITS_S)])
    for some in chunks(send_ids):
        here = s.c.send_id.in_(some) & (s.c.state == DUE)
        conn.execute(update(s).where(here).values(due_at_us=due))
        over = {"state": FAILED, "reason": NOT_REACHED, "settled_at_us": now_us}
        conn.execute(update(s).where(here, s.c.due_at_us >= s.c.expires_at_us).values(**over))


def _note(conn: Connection, send_ids: Iterable[str], column: str, now_us: int) -> None:
    for some in chunks(send_ids):
        whose = select(s.c.warning_id).where(s.c.send_id.in_(some), s.c.channel != BANK, s.c.purpose == WARN)
        conn.execute(update(w).where(w.c.warning_id.in_(whose), w.c[column].is_(None)).values({column: now_us}))


def given_up(conn: Connection, send_ids: Iterable[str], now_us: int) -> list[dict[str, Any]]:
    """Rows of the open warnings that these messages failed to tell of, where no other message is under way or there."""
    tells = (DUE, HANDING, HANDED, DELIVERED, UNKNOWN)
    found: dict[str, dict[str, Any]] = {}
    for some in chunks(send_ids):
        other = s.alias()
        whose = select(s.c.warning_id).where(
            s.c.send_id.in_(some), s.c.state == FAILED, s.c.purpose == WARN, s.c.channel != BANK
        )
        told = select(other.c.warning_id).where(
            other.c.warning_id == w.c.warning_id, other.c.state.in_(tells), other.c.purpose == WARN,
            other.c.channel != BANK,
        )  # fmt: skip
        open_ = select(w).where(
            w.c.warning_id.in_(whose), w.c.state == warnings.OPEN, w.c.expires_at_us > now_us, ~told.exists()
        )
        found |= {row["warning_id"]: dict(row) for row in conn.execute(open_).mappings()}
    return list(found.values())


def handed_before(conn: Connection, channel: str, before_us: int, now_us: int, most: int) -> list[Row[Any]]:
    """Messages handed over before a moment and not settled, whose warning may still matter; longest ago first."""
    silent = select(s.c.send_id, s.c.state, s.c.receipt).where(
        s.c.channel == channel, s.c.state == HANDED, s.c.handed_at_us < before_us, s.c.expires_at_us > now_us
    )
    return list(conn.execute(silent.order_by(s.c.handed_at_us, s.c.send_id).limit(most)))
