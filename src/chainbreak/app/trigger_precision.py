"""How often each trigger was right, and the tasks to look at one again that is right too seldom.

A trigger is a clause of a tier; equal clauses of several versions of the tiers are one. A warning counts for the clause
that brought it where it is, told from its contacts by the tiers it was judged by.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.measure.differ import clause_text
from chainbreak.act.warnings.model import FRAUD
from chainbreak.act.warnings.tiers import PRESETS, Clause, Policy, judge, preset, read_policy
from chainbreak.app.take_contacts import event_of
from chainbreak.base.clock import US_PER_DAY, local_day
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.find.contract.evaluate import Share
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

FALSE = frozenset({"false_alarm", "wrong_person"})
"""Outcomes that say the contact was no fraud to the person warned."""
REVIEWED_US = 30 * US_PER_DAY
"""Warnings of so long back are looked at for tasks."""
AT_ONCE = 2_000
"""Warnings whose contacts are read at once."""


def precision_by_trigger(conn: Connection, since_us: int, until_us: int) -> list[dict[str, Any]]:
    """One row a trigger that opened warnings within [since, until), by tier and then the most warnings first: tier,
    policy (the newest it stands in), trigger (`clause_text`), clause, warnings, fraud, false, unknown, `precision`
    (fraud of known, as `Share.as_dict`).
    """
    from chainbreak.store.desk import warning_measures as desk

    rows = desk.outcomes(conn, since_us, until_us)
    policies = policies_by_name(conn)
    counted: Counter[tuple[str, str, str]] = Counter()
    clauses: dict[tuple[str, str], tuple[str, Clause]] = {}
    for at in range(0, len(rows), AT_ONCE):
        some = rows[at : at + AT_ONCE]
        events = desk.events_of(conn, [row.warning_id for row in some])
        for row in some:
            met = _met(policies.get(row.policy), events.get(row.warning_id, []))
            if met is None:
                continue
            policy, tier, clause = met
            key = (tier, clause_text(_plain(clause)))
            clauses.setdefault(key, (policy.name, clause))
            counted[*key, "fraud" if row.outcome in FRAUD else "false" if row.outcome in FALSE else "unknown"] += 1
    found = []
    for tier, text in clauses:
        fraud, false, unknown = (counted[tier, text, how] for how in ("fraud", "false", "unknown"))
        policy_name, clause = clauses[tier, text]
        found.append({"tier": tier, "policy": policy_name, "trigger": text, "clause": clause,
                      "warnings": fraud + false + unknown, "fraud": fraud, "false": false, "unknown": unknown,
                      "precision": Share(fraud, fraud + false).as_dict()})  # fmt: skip
    return sorted(found, key=lambda row: (row["tier"], -row["warnings"], row["trigger"]))


def _met(policy: Policy | None, events: list[dict[str, Any]]) -> tuple[Policy, str, Clause] | None:
    judged = judge(policy, [event_of(row) for row in events], 1) if policy else None
    if policy is None or judged is None:
        return None
    tier = policy.tiers[judged.rank]
    return policy, tier.name, tier.when[judged.clause]


def _plain(clause: Clause) -> dict[str, Any]:
    return {
        name: want.model_dump(by_alias=True, exclude_none=True) if hasattr(want, "model_dump") else want
        for name, want in clause.items()
    }


def policies_by_name(conn: Connection) -> dict[str, Policy]:
    """Every policy that a warning may have been judged by, by its name."""
    from chainbreak.store.desk import warning_policies

    changed = [_read(body) for body in reversed(warning_policies.bodies(conn))]
    return {name: preset(name) for name in PRESETS} | {policy.name: policy for policy in changed}


_read = lru_cache(maxsize=64)(read_policy)


def review_triggers(office: Office) -> list[int]:
    """Open a task for each trigger of the tiers in force whose precision is below the floor of the settings, its whole
    interval; once a day at most, and one a trigger as long as that is open. Returns the new tasks' numbers.
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_policies as desk

    now = office.clock.now_us()
    key = f"review-triggers-{local_day(now, office.centre.settings.zone)}"
    if office.desk.was_done(key):
        return []
    tasks = _below_floor(office, now)  # read before the transaction, which everybody else who writes waits for
    opened = []
    with office.desk.begin(key) as conn:
        asked = {(row["tier"], row["trigger"]) for row in desk.reviews(conn)}
        for task in tasks:
            if (task["tier"], task["trigger"]) not in asked:
                opened.append(desk.add_review(conn, task | {"opened_at_us": now}))
                append(conn, Entry.by(SERVICE, now, "warning.review", f"trigger:{opened[-1]}", payload=task))
    return opened


def _below_floor(office: Office, now: int) -> list[dict[str, Any]]:
    from chainbreak.app.current_policy import current_policy

    floor = office.centre.settings.trigger_floor
    with office.desk.read() as conn:
        policy = current_policy(conn, office)
        rows = precision_by_trigger(conn, now - REVIEWED_US, now)
    stands = {(tier.name, clause_text(_plain(clause))) for tier in policy.tiers for clause in tier.when}
    return [
        {"trigger": row["trigger"], "tier": row["tier"], "fraud": share["hits"], "known": share["n"],
         "low": share["low"], "high": share["high"], "floor": floor}
        for row in rows
        if (share := row["precision"])["n"] and share["high"] < floor and (row["tier"], row["trigger"]) in stands
    ]  # fmt: skip


def close_review(office: Office, actor: Actor, review_id: int, note: str) -> None:
    """Close a task: `note` says why the trigger stays, or what is proposed instead.

    Raises:
        UsageError: no such open task (CB-WA-189), or nothing said (CB-WA-184).
        RefusedError: the role (CB-WA-180).
    """
    from chainbreak.app.propose_tiers import MAY_PROPOSE
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_policies as desk

    if not actor.has(*MAY_PROPOSE):
        raise RefusedError("CB-WA-180", "this role does not work on tiers", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_PROPOSE)))  # fmt: skip
    if not note.strip():
        raise UsageError("CB-WA-184", "say why", allowed="why the trigger stays, or what is proposed instead")
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        if not desk.close_review(conn, review_id, actor.name, now, note.strip()):
            raise UsageError("CB-WA-189", "there is no such open task", given=str(review_id),
                             next_step="chainbreak warn tiers reviews")  # fmt: skip
        append(conn, Entry.by(actor, now, "warning.review_closed", f"trigger:{review_id}", payload={"note": note}))
