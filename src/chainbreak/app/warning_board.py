"""The board: per tier who waits and who will be late, what capacity is short, draws, messages, visits, surges.

Everything is counted no further than a person reads, so that the page opens as fast with a million open warnings.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.plan import operators_needed, reachable
from chainbreak.app.current_policy import current_policy
from chainbreak.app.draw_order import capacity_now, waiting_now
from chainbreak.app.list_warnings import HUES, may_read
from chainbreak.base.clock import US_PER_DAY
from chainbreak.records.visit import LIVE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.warnings.tiers import Policy
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

CHANNELS = ("sms", "push", "bank")
SEND_STATES = ("due", "handing", "handed", "delivered", "unknown", "failed", "suppressed", "cancelled")
LOOKED_AT = 3_000
"""Warnings of the queue by which lateness is told: as many as 75 operators call in two hours, the longest deadline."""
SAMPLE, IN_SAMPLE = 100, 6
"""A campaign is looked at as a surge when it is `IN_SAMPLE` of the `SAMPLE` first of a tier, or of those opened last.
Where a tier is short its order is drawn, so the first of it are a fair sample of all."""
SURGE = 200
"""Open warnings from which on a campaign is shown as one row."""
SURGE_COUNTED = 100_000
SHOWN = 3
"""Campaigns that are shown so at most."""


def warning_board(office: Office, actor: Actor) -> dict[str, Any]:
    """`tiers` (see `_tier`), `capacity` (operators on shift, minutes a call, how many are needed), `sends` of the last
    day by channel and state, `visits` not over by state, `surges` (campaign, how many are open, of which tier),
    `districts` of open warnings, `most` and `most_sends` (where counting stops).

    Raises:
        RefusedError: the actor reads no warnings (CB-WA-200).
    """
    from chainbreak.store.desk import warning_reads as reads

    may_read(actor)
    now = office.clock.now_us()
    with office.desk.read() as conn:
        policy = current_policy(conn, office)
        capacity = capacity_now(conn, now)
        waiting, _ = waiting_now(conn, now, LOOKED_AT)
        in_time = {rank: most for rank, (_, most) in reachable(waiting, capacity, now).items()}
        draws = _draws(conn)
        tiers = [
            _tier(conn, policy, rank, now) | {
                "in_time": in_time.get(rank, 0), "draw": draws.get(rank),
            }
            for rank in range(len(policy.tiers))
        ]  # fmt: skip
        for tier in tiers:
            tier["will_be_late"] = max(0, tier["to_call"] - tier["past_due"] - tier["in_time"])
        needed = operators_needed(waiting, capacity, now)
        return {
            "tiers": tiers, "policy": policy.name, "districts": reads.districts(conn),
            "most": reads.MOST, "most_sends": reads.MOST_SENDS,
            "capacity": {"operators": capacity.operators, "minutes": capacity.minutes, "needed": needed,
                         "short": max(0, needed - capacity.operators), "is_least": len(waiting) == LOOKED_AT},
            "sends": reads.sends_by_state(conn, now - US_PER_DAY, CHANNELS, SEND_STATES),
            "visits": _visits(conn, now), "surges": surges(conn, policy, now),
        }  # fmt: skip


def _tier(conn: Connection, policy: Policy, rank: int, now: int) -> dict[str, Any]:
    """One tier: `to_call` and `to_text` open warnings, of the first the `next_due_us`, how many are `past_due`."""
    from chainbreak.store.desk import warning_reads as reads
    from chainbreak.store.desk.tables_warnings import warning as w

    tier = policy.tiers[rank]
    first = next(iter(reads.heads(conn, now, rank, 1)), None)
    to_call, to_text = (reads.waiting(now, rank, calls=calls) for calls in (True, False))
    n, late = reads.count_late(conn, to_call.order_by(w.c.call_order), now)
    return {
        "tier": tier.name, "word": tier.word.model_dump(), "hue": HUES[tier.colour], "contact_min": tier.contact_min,
        "to_call": n, "past_due": late, "to_text": reads.count_up_to(conn, to_text),
        "next": first["warning_id"] if first else "", "next_due_us": first["due_at_us"] if first else None,
    }  # fmt: skip


def _draws(conn: Connection) -> dict[int, dict[str, Any]]:
    """Rank -> the draw by which that tier is ordered now."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning_draw as d

    return {row["rank"]: dict(row) for row in conn.execute(select(d).where(d.c.ended_at_us.is_(None))).mappings()}


def _visits(conn: Connection, now: int) -> dict[str, int]:
    """State -> visits that are not over; and `late`: past the time by which they should have begun."""
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_visits import visit as v

    live = v.c.state.in_(sorted(LIVE))
    counted = {str(state): int(n) for state, n in conn.execute(
        select(v.c.state, func.count()).where(live).group_by(v.c.state))}  # fmt: skip
    late = select(func.count()).where(live, v.c.arrived_at_us.is_(None), v.c.due_at_us < now)
    return dict(sorted(counted.items())) | {"late": int(conn.execute(late).scalar_one())}


def surges(conn: Connection, policy: Policy, now: int) -> list[dict[str, Any]]:
    """Campaigns with so many open warnings that they are shown as one row each, the largest first."""
    from sqlalchemy import select

    from chainbreak.store.desk import warning_reads as reads
    from chainbreak.store.desk.tables_warnings import warning as w

    samples = [reads.head_campaigns(conn, now, rank, SAMPLE) for rank in range(len(policy.tiers))]
    most: Counter[str] = Counter()
    for sample in (*samples, reads.newest(conn, SAMPLE)):
        most |= Counter(sample)  # the most of any one sample
    likely = [campaign for campaign, n in most.most_common(SHOWN) if n >= IN_SAMPLE]
    found = []
    for campaign in likely:
        of_it = select(w).where(w.c.state == reads.OPEN, w.c.campaign == campaign)
        n = reads.count_up_to(conn, of_it, SURGE_COUNTED)
        if n >= SURGE:
            first = conn.execute(of_it.order_by(w.c.rank).limit(1) if n < reads.MOST else of_it.limit(1)).one()
            found.append(
                {"campaign": campaign, "n": n, "fraud": first.fraud, "tier": first.tier, "draw_id": first.draw_id}
            )
    return sorted(found, key=lambda one: -one["n"])
