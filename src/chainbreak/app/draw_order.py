"""Begin and end draws: where a tier holds more people than can be called in time, the order of its calls is drawn from
a seed that the log holds before anybody is called by it; with spare capacity nothing is drawn.
"""

from __future__ import annotations

import secrets
from collections import Counter
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.draws import drawn_place
from chainbreak.act.warnings.plan import MINUTES_A_CALL, Capacity, Waiting, reachable, waiting_of
from chainbreak.app.begin_warning import running_draws
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN, US_PER_S
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

ON_SHIFT_US = 30 * US_PER_MIN
"""Who had a card open or ended a call within so long is on shift."""
LOOKED_AT = 20_000
"""Warnings of a queue that are looked at to tell whether it is short: so many take 200 operators five hours."""


def capacity_now(conn: Connection, now_us: int) -> Capacity:
    """Operators on shift, and the minutes a call takes: the mean of the last day where there are 30 calls of it."""
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_warnings import warning as w
    from chainbreak.store.desk.tables_warnings import warning_call as c

    called = select(c.c.operator).where(c.c.ended_at_us > now_us - ON_SHIFT_US)
    holding = select(w.c.holder).where(w.c.holder > "", w.c.held_until_us > now_us)
    people = {*conn.execute(called).scalars(), *conn.execute(holding).scalars()}
    spent = select(func.count(), func.sum(c.c.ended_at_us - c.c.began_at_us)).where(
        c.c.ended_at_us > now_us - US_PER_DAY
    )
    calls, took_us = conn.execute(spent).one()
    minutes = int(took_us) / calls / US_PER_MIN if calls >= 30 else MINUTES_A_CALL
    return Capacity(len(people), max(minutes, US_PER_S / US_PER_MIN))


def waiting_now(conn: Connection, now_us: int, most: int | None = None) -> tuple[Waiting, list[str]]:
    """Everybody who waits for a call, also those not called again yet, and their warnings' ids, in the same order."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning as w

    query = (
        select(w.c.queue, w.c.call_order, w.c.due_at_us, w.c.call_at_us, w.c.stake_fen, w.c.warning_id)
        .where(w.c.state == "open", w.c.calls, w.c.expires_at_us + 0 > now_us)
        .order_by(w.c.queue, w.c.call_order).limit(most)
    )  # fmt: skip
    rows: Any = conn.execute(query if most else query.order_by(None)).all()
    return waiting_of(row[:5] for row in rows), [row[5] for row in rows]


def tend_draws(office: Office) -> Counter[str]:
    """Begin a draw of each tier that is short and has none, end those of tiers that are short no longer."""
    now = office.clock.now_us()
    with office.desk.read() as conn:
        capacity = capacity_now(conn, now)
        running = running_draws(conn)
        waiting, _ = waiting_now(conn, now, LOOKED_AT)
    done: Counter[str] = Counter()
    whole = len(waiting) < LOOKED_AT
    tiers = reachable(waiting, capacity, now)
    if capacity.operators == 0:
        return done  # nobody is on shift: there is no order of calls to speak of
    for rank, (ahead, in_time) in tiers.items():
        if in_time < ahead and rank not in running:
            done["drawn"] += begin_draw(office, rank, capacity, in_time)
    for rank, (draw_id, _) in running.items():
        ahead, in_time = tiers.get(rank, (0, 0))
        seen = whole or (rank in tiers and rank < max(tiers))
        if seen and in_time == ahead:
            end_draw(office, rank, draw_id)
            done["ended"] += 1
    return done


def begin_draw(office: Office, rank: int, capacity: Capacity, in_time: int) -> int:
    """Draw the order of a tier; who comes to it later takes his place among all. 1 unless one was begun meanwhile."""
    from sqlalchemy import insert, select

    from chainbreak.app.current_policy import current_policy
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.tables_warnings import warning as w
    from chainbreak.store.desk.tables_warnings import warning_draw

    draw_id, seed = f"D-{secrets.token_hex(6)}", secrets.token_hex(16)
    with office.desk.begin() as conn:
        now = office.clock.now_us()
        if rank in running_draws(conn):
            return 0
        mine = (w.c.state == "open") & w.c.calls & (w.c.queue == rank) & (w.c.expires_at_us > now)
        ids = conn.execute(select(w.c.warning_id).where(mine).order_by(w.c.warning_id)).scalars().all()
        tiers = current_policy(conn, office).tiers  # there may be fewer than when they came to theirs
        conn.execute(insert(warning_draw).values(
            draw_id=draw_id, rank=rank, tier=tiers[min(rank, len(tiers) - 1)].name, seed=seed,
            began_at_us=now, waiting=len(ids), capacity=in_time,
        ))  # fmt: skip
        drawn = [{"warning_id": one, "draw_id": draw_id, "call_order": drawn_place(seed, one)} for one in ids]
        desk.update_warnings(conn, drawn)
        desk.note_drawn(conn, drawn)
        append(conn, Entry.by(SERVICE, now, "warning.draw", f"draw:{draw_id}", purpose="warn", payload={
            "seed": seed, "rank": rank, "waiting": len(ids), "operators": capacity.operators, "in_time": in_time,
        }))  # fmt: skip
    return 1


def end_draw(office: Office, rank: int, draw_id: str) -> None:
    """Who still waits is called by deadline again; that he was drawn stays on record."""
    from sqlalchemy import update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_warnings import warning as w
    from chainbreak.store.desk.tables_warnings import warning_draw as d

    with office.desk.begin() as conn:
        now = office.clock.now_us()
        conn.execute(update(d).where(d.c.draw_id == draw_id).values(ended_at_us=now))
        still = (w.c.state == "open") & (w.c.draw_id == draw_id)
        conn.execute(update(w).where(still).values(draw_id=None, call_order=w.c.due_at_us))
        append(conn, Entry.by(SERVICE, now, "warning.draw", f"draw:{draw_id}", purpose="warn",
                              payload={"ended": True, "rank": rank}))  # fmt: skip
