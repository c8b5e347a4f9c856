"""Propose a change of the tiers: checked, tried on past days, and then for somebody else to decide."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.measure.differ import changes
from chainbreak.act.warnings.tier_faults import faults
from chainbreak.act.warnings.tiers import PRESETS, Policy, preset, read_policy
from chainbreak.app.back_test_tiers import DAYS, back_test, canonical, span_of
from chainbreak.app.current_policy import current_policy
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_PROPOSE = frozenset({Role.HOTLINE, Role.ANALYST, Role.ENGINEER, Role.COMMANDER})


def propose_tiers(
    office: Office, actor: Actor, text: str, why: str, *, days: int = DAYS, operator_hours: float | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Keep `text` (YAML) as a proposed change with its back-test over the last `days` days: version (0 on a dry run),
    name, `changes` (where, old, new), `back_test`. `operator_hours`: what operators there are a day, to compare with.

    Raises:
        RefusedError: the role (CB-WA-180).
        UsageError: nothing said why (CB-WA-184), or not a number of days (CB-WA-190).
        InputError: faults in the file (CB-WA-181), its name was used before (CB-WA-182), or it changes nothing
            (CB-WA-183).
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_policies as desk

    if not actor.has(*MAY_PROPOSE):
        raise RefusedError("CB-WA-180", "this role does not propose tiers", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_PROPOSE)))  # fmt: skip
    if not why.strip():
        raise UsageError("CB-WA-184", "say why", allowed="what the change is for")
    now = office.clock.now_us()
    with office.desk.read() as conn:
        old, new = current_policy(conn, office), checked(conn, office, text)
    tried = back_test(office, old, new, span_of(now, days), operator_hours)
    told = {"name": new.name, "changes": [vars(one) for one in changes(old, new)], "back_test": tried}
    if dry_run:
        return {"version": 0} | told
    with office.desk.begin() as conn:
        checked(conn, office, text)  # somebody else may have used the name meanwhile
        version = desk.add_policy(conn, {
            "body": text, "why": why.strip(), "back_test": canonical(tried), "proposed_by": actor.name,
            "proposed_at_us": now,
        })  # fmt: skip
        append(conn, Entry.by(actor, now, "warning.policy", f"policy:{version}", payload={
            "move": "propose", "name": new.name, "instead_of": old.name, "why": why.strip(),
            "body": hashlib.sha256(text.encode()).hexdigest(),
        }))  # fmt: skip
    return {"version": version} | told


def checked(conn: Connection, office: Office, text: str) -> Policy:
    """The policy of a file that may be proposed.

    Raises:
        InputError: faults in it (CB-WA-181), its name was used before (CB-WA-182), or it changes nothing (CB-WA-183).
    """
    wrong = faults(text)
    if wrong:
        given = "; ".join(f"line {fault.line} {fault.where}: {fault.what}".replace(" :", ":") for fault in wrong[:5])
        raise InputError("CB-WA-181", f"{len(wrong)} faults in the tiers", given=given,
                         next_step="chainbreak warn tiers check FILE")  # fmt: skip
    policy, now = read_policy(text), current_policy(conn, office)
    if not changes(now, policy):
        raise InputError("CB-WA-183", "this changes nothing", given=policy.name, allowed=f"other than {now.name}")
    if policy.name in (taken := _names(conn)):
        raise InputError("CB-WA-182", "these tiers need a name of their own: warnings say by which they were judged",
                         given=policy.name, allowed=free_name(policy.name, taken))  # fmt: skip
    return policy


def free_name(name: str, taken: set[str]) -> str:
    """A name like `name` that no tiers have.

    >>> free_name("four", {"four"}), free_name("four-2", {"four", "four-2"})
    ('four-2', 'four-3')
    """
    stem, _, n = name.rpartition("-")
    stem, number = (stem, int(n)) if stem and n.isdigit() else (name, 1)
    while f"{stem}-{number}" in taken or number == 1:
        number += 1
    return f"{stem}-{number}"


def _names(conn: Connection) -> set[str]:
    from chainbreak.store.desk import warning_policies as desk

    return {preset(name).name for name in PRESETS} | {read_policy(body).name for body in desk.bodies(conn)}
