"""What people who were warned said of the findings and orders their warnings rested on: labels to learn from.

They follow from outcomes, which stand in the desk; so they are told, not stored a second time, and an outcome taken
back takes its label with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.model import FRAUD
from chainbreak.app.trigger_precision import FALSE
from chainbreak.app.warning_measures import may_read_measures
from chainbreak.find.contract.evaluate import Share

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

WARNED = "warned"
"""How a label came about: tiers chose whom to warn, so that labels are no random draw."""


def warning_labels(office: Office, actor: Actor, refs: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """One row a warning and a thing it rested on, the oldest first: ref, warning_id, label (true: fraud, false),
    outcome, sampling, given_at_us; outcomes that say neither are left out. `refs`: only about these.

    Raises:
        RefusedError: the actor reads no measures (CB-WA-180).
    """
    may_read_measures(actor)
    with office.desk.read() as conn:
        return labels_in(conn, refs)


def labels_in(conn: Connection, refs: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """`warning_labels` on a connection of the caller."""
    from chainbreak.store.desk import warning_measures as desk

    return [
        {**row, "label": "true" if row["outcome"] in FRAUD else "false", "sampling": WARNED}
        for row in desk.outcomes_by_ground(conn, refs) if row["outcome"] in FRAUD | FALSE
    ]  # fmt: skip


def said_of_finding(conn: Connection, finding_id: str) -> dict[str, Any]:
    """How often those who were warned because of a finding confirmed it, as `Share.as_dict`; what keys 4 and 7 of the
    hotline say of it stands beside it as `false`.
    """
    labels = labels_in(conn, [f"finding:{finding_id}"])
    true = sum(row["label"] == "true" for row in labels)
    return Share(true, len(labels)).as_dict() | {"false": len(labels) - true}
