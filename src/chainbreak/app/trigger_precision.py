"""How often each trigger was right, and the tasks to look at one again that is right too seldom.

A trigger is a clause of a tier; equal clauses of several versions of the tiers are one. A warning counts for the clause
that brought it where it is, told from its contacts by the tiers it was judged by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.measure.differ import clause_text
from chainbreak.act.warnings.model import FRAUD, ContactEvent, facts_of
from chainbreak.act.warnings.tiers import PRESETS, Clause, Policy, judge, preset, read_policy, remembered
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


def precision_by_trigger(conn: Connection, since_us: int, until_us: int) -> list[dict[str, Any]]:
    """One row a trigger that opened warnings within [since, until), by tier and then the most warnings first: tier,
    policy (the newest it stands in), trigger (`clause_text`), clause, warnings, fraud, false, unknown, `precision`
    (fraud of known, as `Share.as_dict`).
    """
    from chainbreak.store.desk import warning_measures as desk

    judging = {name: _Judging(policy) for name, policy in policies_by_name(conn).items()}
    for row in desk.outcomes_of_one(conn, since_us, until_us):
        if row["policy"] in judging:
            event = ContactEvent(
                row["kind"], "", 0, "", "", "", confidence=row["confidence"], facts=facts_of(row["facts"])
            )
            judging[row["policy"]].count([event], row["outcome"], row["n"])
    for _, its in groupby(desk.outcomes_of_several(conn, since_us, until_us), key=lambda row: str(row["warning_id"])):
        rows = list(its)
        if rows[0]["policy"] in judging:
            judging[rows[0]["policy"]].count([event_of(row) for row in rows], rows[0]["outcome"], 1)
    return _rows(judging)


class _Judging:
    """Warnings judged again by one policy, counted by clause (rank, number) and by how the contact turned out."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.met = policy, remembered(policy)
        self.counted: Counter[tuple[int, int, str]] = Counter()

    def count(self, events: list[ContactEvent], outcome: str, n: int) -> None:
        judged = judge(self.policy, events, 1, self.met)
        if judged is not None:
            turned_out = "fraud" if outcome in FRAUD else "false" if outcome in FALSE else "unknown"
            self.counted[judged.rank, judged.clause, turned_out] += n


def _rows(judging: Mapping[str, _Judging]) -> list[dict[str, Any]]:
    """Equal clauses of tiers of one name, whatever the policy, are one row."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, one in judging.items():
        for (rank, clause_at, turned_out), n in sorted(one.counted.items()):
            tier = one.policy.tiers[rank]
            clause = tier.when[clause_at]
            text = clause_text(_plain(clause))
            row = found.setdefault((tier.name, text), {"tier": tier.name, "trigger": text, "fraud": 0, "false": 0,
                                                       "unknown": 0})  # fmt: skip
            row |= {"policy": name, "clause": clause, turned_out: row[turned_out] + n}
    for row in found.values():
        row["warnings"] = row["fraud"] + row["false"] + row["unknown"]
        row["precision"] = Share(row["fraud"], row["fraud"] + row["false"]).as_dict()
    return sorted(found.values(), key=lambda row: (row["tier"], -row["warnings"], row["trigger"]))


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
