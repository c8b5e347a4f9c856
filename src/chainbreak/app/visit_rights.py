"""Who may do what with visits, and a visit as it stands for one who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import from_us
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.warnings.tiers import Policy
    from chainbreak.app.bootstrap import Office

VISITORS = frozenset({Role.OFFICER})
"""Who goes to doors."""
LEADERS = frozenset({Role.COMMANDER})
"""Who plans, puts people on duty, hands visits from one unit to another and sees to conflicts."""
DESKS = frozenset({Role.HOTLINE, Role.LIAISON})
"""Who enters an address: as the citizen said it, or from a partner's data. They may not look it up again."""
READERS = VISITORS | LEADERS | DESKS | {Role.APPROVER, Role.AUDITOR}


def visit_now(conn: Connection, office: Office) -> int:
    """The time by which visits are judged: never before the highest in the log, so no clock opens an address again."""
    from chainbreak.audit.log import highest_time_us

    return max(office.clock.now_us(), highest_time_us(conn))


def need(actor: Actor, roles: frozenset[Role]) -> None:
    """Let only holders of one of `roles` go on.

    Raises:
        RefusedError: the actor holds none (CB-WA-161).
    """
    if not actor.has(*roles):
        raise RefusedError("CB-WA-161", "not within your rights over visits", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(roles)))  # fmt: skip


def units_of(conn: Connection, actor: Actor) -> list[str] | None:
    """The units whose visits the actor sees; None: all. An officer sees those of the unit they are on duty for."""
    from chainbreak.store.desk import visits

    if actor.has(*(READERS - VISITORS)):
        return None
    unit = visits.unit_of(conn, actor.name)
    return [unit] if unit else []


def read_visit(conn: Connection, actor: Actor, visit_id: str) -> dict[str, Any]:
    """A visit that the actor may see.

    Raises:
        UsageError: there is none (CB-WA-160).
        RefusedError: not a reader, or of another unit (CB-WA-161).
    """
    from chainbreak.store.desk import visits

    need(actor, READERS)
    row = visits.read(conn, visit_id)
    if row is None:
        raise UsageError(
            "CB-WA-160", "there is no such visit", given=visit_id[:32], next_step="chainbreak warn visit list"
        )
    units = units_of(conn, actor)
    own = actor.name in (row["officer"], row["second"]) or visits.had_it(conn, visit_id, actor.name)
    if units is not None and row["unit"] not in units and not own:
        raise RefusedError(
            "CB-WA-161", "a visit of another unit", given="+".join(units) or "no unit", allowed=row["unit"]
        )
    return row


def is_night(policy: Policy, now_us: int, zone: str) -> bool:
    """Whether two go together now: in the quiet hours of the tiers."""
    return policy.quiet_hours.holds(from_us(now_us, zone).hour)
