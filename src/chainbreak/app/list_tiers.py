"""The tiers in force, proposed changes of them with what they would have done, and triggers to be looked at again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.measure.differ import changes
from chainbreak.act.warnings.tiers import Policy, preset_text, read_policy
from chainbreak.app.back_test_tiers import Span, back_test, canonical
from chainbreak.app.current_policy import current_policy
from chainbreak.app.decide_tiers import may_decide
from chainbreak.app.warning_measures import may_read_measures
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def list_tiers(office: Office, actor: Actor) -> dict[str, Any]:
    """`policy` in force, its `body` (YAML), every proposed change without body and back-test, the newest first
    (`changes`), and open tasks to look at a trigger again (`reviews`).

    Raises:
        RefusedError: the actor reads no tiers (CB-WA-180).
    """
    from chainbreak.store.desk import warning_policies as desk

    may_read_measures(actor)
    with office.desk.read() as conn:
        return {"policy": current_policy(conn, office), "body": _in_force(conn, office),
                "changes": desk.policies(conn), "reviews": desk.reviews(conn)}  # fmt: skip


def show_tiers(office: Office, actor: Actor, version: int) -> dict[str, Any]:
    """One proposed change: the columns of its row with `back_test` read, `policy`, `old` (the tiers it was tried
    against), `differs` (see `differ.changes`), and whether it is the actor's to decide or to take back.

    Raises:
        UsageError: no such change (CB-WA-185).
        RefusedError: the actor reads no tiers (CB-WA-180).
    """
    may_read_measures(actor)
    with office.desk.read() as conn:
        row, old = _read(conn, office, version)
    policy, waits = read_policy(row["body"]), row["state"] == "proposed"
    return row | {
        "back_test": json.loads(row["back_test"]), "policy": policy, "old": old, "differs": changes(old, policy),
        "may_decide": waits and may_decide(actor, row["proposed_by"]),
        "may_withdraw": waits and actor.name == row["proposed_by"],
    }  # fmt: skip


def back_test_again(office: Office, actor: Actor, version: int) -> dict[str, Any]:
    """Try a proposed change on the same days once more: version, `same` (byte for byte), `digest_was`, `digest_is` (of
    the contacts: they differ when a contact was told of further since), and the `back_test` as it is now.

    Raises:
        UsageError: no such change (CB-WA-185).
        RefusedError: the actor reads no tiers (CB-WA-180).
    """
    may_read_measures(actor)
    with office.desk.read() as conn:
        row, old = _read(conn, office, version)
    was = json.loads(row["back_test"])
    now = back_test(
        office, old, read_policy(row["body"]), Span(was["since_us"], was["until_us"]), was["capacity_hours"]
    )
    return {"version": version, "same": canonical(now) == row["back_test"], "digest_was": was["contacts"]["digest"],
            "digest_is": now["contacts"]["digest"], "back_test": now}  # fmt: skip


def _read(conn: Connection, office: Office, version: int) -> tuple[dict[str, Any], Policy]:
    """The row of a change, and the tiers that it was tried against."""
    from chainbreak.app.trigger_precision import policies_by_name
    from chainbreak.store.desk import warning_policies as desk

    row = desk.policy_row(conn, version)
    if row is None:
        raise UsageError("CB-WA-185", "there is no such change of the tiers", given=str(version),
                         next_step="chainbreak warn tiers show")  # fmt: skip
    return row, policies_by_name(conn)[json.loads(row["back_test"])["old"]["name"]]


def _in_force(conn: Connection, office: Office) -> str:
    from chainbreak.store.desk import warning_policies as desk

    return desk.approved_body(conn) or preset_text(office.centre.settings.tiers)
