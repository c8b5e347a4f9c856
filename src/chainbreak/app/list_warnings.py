"""Warnings for a list: what is open in the order of calling, what is past by its end, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.model import KINDS, LAPSED, OPEN, RESOLVED, RETRACTED
from chainbreak.app.current_policy import current_policy
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from chainbreak.act.warnings.tiers import Policy, Tier
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.store.desk.warning_reads import Wanted

MAY_READ = frozenset({
    Role.HOTLINE, Role.COMMANDER, Role.APPROVER, Role.ANALYST, Role.FUND_DESK, Role.LIAISON, Role.AUDITOR,
})  # fmt: skip
"""Whose work touches warnings of the whole centre. An officer has the visits of his district, nothing else."""
LARGEST_PAGE = 500
STATES = (OPEN, RESOLVED, LAPSED, RETRACTED)
HUES = {"red": "urgent", "orange": "high", "yellow": "medium", "blue": "low"}
"""Colour of a tier -> the console's hue, whose shape is the same."""


def may_read(actor: Actor) -> None:
    """Let only those go on who read warnings.

    Raises:
        RefusedError: the actor does not (CB-WA-200).
    """
    if not actor.has(*MAY_READ):
        raise RefusedError("CB-WA-200", "warnings are not within your rights", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_READ)))  # fmt: skip


def list_warnings(
    office: Office, actor: Actor, *, tier: str = "", state: str = OPEN, district: str = "", kind: str = "",
    campaign: str = "", without: Collection[str] = (), after: str = "", limit: int = 50,
) -> dict[str, Any]:  # fmt: skip
    """`rows` as `warning_row` gives them, and `after`: the warning that the next page begins behind, "" at the end. A
    page may be short, or empty, and yet not the last: a filter that few meet is answered in parts.

    `tier`: by whose order it is called; `without`: campaigns that are shown as one row each.

    Raises:
        UsageError: no such tier, state or kind (CB-US-001).
        RefusedError: the actor reads no warnings (CB-WA-200).
    """
    from chainbreak.store.desk import warning_reads as reads
    from chainbreak.store.desk.warnings import events_of

    may_read(actor)
    now = office.clock.now_us()
    with office.desk.read() as conn:
        policy = current_policy(conn, office)
        wanted = wanted_named(policy, tier, state, district, kind, campaign, without)
        part = reads.page(conn, wanted, now, after, min(limit, LARGEST_PAGE))
        events = events_of(conn, [row["warning_id"] for row in part.rows])
    rows = [warning_row(row, events.get(row["warning_id"], ()), policy, now) for row in part.rows]
    return {"rows": rows, "after": part.after}


def wanted_named(
    policy: Policy, tier: str, state: str, district: str, kind: str, campaign: str, without: Collection[str] = ()
) -> Wanted:
    """A filter from words as typed; "" leaves a part open.

    Raises:
        UsageError: no such tier, state or kind (CB-US-001).
    """
    from chainbreak.store.desk.warning_reads import Wanted

    for name, given, known in (
        ("tier", tier, ["", *policy.ranks]), ("state", state, [*STATES]), ("kind of event", kind, ["", *KINDS]),
    ):  # fmt: skip
        if given not in known:
            allowed = did_you_mean(given, filter(None, known))
            raise UsageError("CB-US-001", f"no such {name}", given=given, allowed=allowed)
    return Wanted(state, policy.ranks[tier] if tier else None, district, kind, campaign, tuple(sorted(without)))


def warning_row(
    row: Mapping[str, Any], events: Sequence[Mapping[str, Any]], policy: Policy, now_us: int
) -> dict[str, Any]:
    """A warning for people: who (a token), which tier and by which it is called, what was observed last, what is left.

    `standing`: its state, lapsed once it is past its end; `late`: first contact was due and nobody was told.
    """
    standing = LAPSED if row["state"] == OPEN and row["expires_at_us"] <= now_us else row["state"]
    newest = events[-1] if events else None
    columns = (
        "warning_id", "recipient", "campaign", "tier", "rank", "queue", "fraud", "district", "stake_fen", "contacts",
        "opened_at_us", "due_at_us", "expires_at_us", "last_us", "calls", "attempts", "call_at_us", "escalated",
        "told_at_us", "reached_at_us", "outcome", "outcome_at_us", "visit_due_at_us", "holder", "draw_id",
    )  # fmt: skip
    return {name: row[name] for name in columns} | {
        "standing": standing, "kinds": sorted({event["kind"] for event in events}),
        "indicator": newest["indicator"] if newest else "", "word": tier_words(policy, row["tier"]),
        "hue": tier_hue(policy, row["tier"]), "called_as": _called_as(policy, row),
        "late": standing == OPEN and row["told_at_us"] is None and row["due_at_us"] <= now_us,
        "held": bool(row["holder"]) and (row["held_until_us"] or 0) > now_us,
    }  # fmt: skip


def tier_words(policy: Policy, name: str) -> dict[str, str]:
    """What a tier is called; one that a change of the tiers took away keeps its own name."""
    tier = _tier(policy, name)
    return tier.word.model_dump() if tier else {"zh": name, "en": name}


def tier_hue(policy: Policy, name: str) -> str:
    """The console's hue of a tier."""
    tier = _tier(policy, name)
    return HUES[tier.colour] if tier else "lapsed"


def _tier(policy: Policy, name: str) -> Tier | None:
    return policy.tiers[policy.ranks[name]] if name in policy.ranks else None


def _called_as(policy: Policy, row: Mapping[str, Any]) -> dict[str, str] | None:
    """The tier in whose order it is called when that is not its own."""
    moved = row["queue"] != row["rank"] and row["queue"] < len(policy.tiers)
    return policy.tiers[row["queue"]].word.model_dump() if moved else None
