"""Who is called when under the capacity there is, how many not in time, and how many operators would be enough."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.act.warnings.plan import Capacity, call_times, operators_needed, reachable

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

SHOWN = 200


def plan_warnings(
    office: Office, *, operators: int | None = None, minutes: float | None = None, limit: int = SHOWN
) -> dict[str, Any]:
    """The plan as it stands now; nothing is changed.

    `operators` None: those on shift; `minutes` a call None: as measured. Returns `operators`, `minutes`, `waiting`,
    `operators_needed`; `tiers`: rows (tier, waiting, ahead: deadline not past, in_time: of these at most, late:
    deadline past, drawn); `calls`: the first `limit` rows (place, warning_id, tier, due_at_us, call_at_us, late,
    stake_fen).
    """
    from chainbreak.app.begin_warning import running_draws
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.draw_order import capacity_now, waiting_now

    now = office.clock.now_us()
    with office.desk.read() as conn:
        policy, draws = current_policy(conn, office), running_draws(conn)
        capacity = capacity_now(conn, now)
        waiting, ids = waiting_now(conn, now)
    capacity = replace(
        capacity, operators=capacity.operators if operators is None else operators,
        minutes=capacity.minutes if minutes is None else minutes,
    )  # fmt: skip
    times, names = call_times(waiting, capacity, now), [tier.name for tier in policy.tiers]
    tiers = []
    for rank, (ahead, in_time) in reachable(waiting, capacity, now).items():
        total = int(np.count_nonzero(waiting.queue == rank))
        tiers.append({"tier": names[min(rank, len(names) - 1)], "waiting": total, "ahead": ahead, "in_time": in_time,
                      "late": total - ahead, "drawn": draws[rank][0] if rank in draws else ""})  # fmt: skip
    return {
        "operators": capacity.operators, "minutes": round(capacity.minutes, 2), "waiting": len(ids),
        "operators_needed": operators_needed(waiting, capacity, now), "tiers": tiers,
        "calls": _calls(waiting, ids, times, names, capacity, limit),
    }  # fmt: skip


def _calls(
    waiting: Any, ids: list[str], times: Any, names: list[str], capacity: Capacity, limit: int
) -> list[dict[str, Any]]:
    rows = []
    for place, at in enumerate(waiting.sequence[:limit].tolist(), 1):
        due, when = int(waiting.due_us[at]), int(times[at])
        rows.append({
            "place": place, "warning_id": ids[at], "tier": names[min(int(waiting.queue[at]), len(names) - 1)],
            "due_at_us": due, "call_at_us": when if capacity.operators else None,
            "late": not capacity.operators or when > due, "stake_fen": int(waiting.stake_fen[at]) or None,
        })  # fmt: skip
    return rows
