"""One partner, or all at a glance: whether it answers, what waits for it, how fast it is, what is disputed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders.appeals import ACCEPTED, OPEN
from chainbreak.act.orders.model import ISSUED
from chainbreak.app.partner_measures import partner_measures
from chainbreak.app.partner_secrets import secrets_of
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

READERS = (Role.LIAISON, Role.APPROVER, Role.COMMANDER, Role.AUDITOR, Role.ADMIN)
"""Who sees how partners do; where a partner is reached and how it is set is part of it."""
AT_PARTNER = ("partial_answer", "rejected_answer", "not_delivered", "not_sent", "release_asked")
"""Tasks that are between a partner and us."""


def may_read(actor: Actor) -> None:
    """Let only those go on who see how partners do.

    Raises:
        RefusedError: the role (CB-DL-220).
    """
    if not actor.has(*READERS):
        raise RefusedError("CB-DL-220", "not within your rights", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(READERS))  # fmt: skip


def show_partners(office: Office, actor: Actor, *, window_us: int = US_PER_DAY) -> list[dict[str, Any]]:
    """A row a partner, by id: the columns of its table (but its settings), `standing` (`up`, `down`, `unseen`,
    `retired`), the measures of `partner_measures` over the last `window_us`, and `disputes`, how many are open.

    Raises:
        RefusedError: the role (CB-DL-220).
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    may_read(actor)
    measured = partner_measures(office, window_us)
    with office.desk.read() as conn:
        rows = [dict(row) for row in conn.execute(select(p).order_by(p.c.partner_id)).mappings()]
        disputed = disputes(conn)
    for row in rows:
        del row["settings"]
        mine = [d for d in disputed if d["target"] == row["partner_id"]]
        row |= measured[row["partner_id"]] | {"standing": _standing(row), "disputes": len(mine)}
    return rows


def show_partner(office: Office, actor: Actor, partner_id: str, *, window_us: int = US_PER_DAY) -> dict[str, Any]:
    """The row of `show_partners` with `settings` (as set, no secret among them), `secrets` (rows `name`, `is_set`,
    `since_us`; never a value) and `disputed` (rows of `disputes`).

    Raises:
        UsageError: no such partner (CB-OR-080).
        RefusedError: the role (CB-DL-220).
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    rows = {row["partner_id"]: row for row in show_partners(office, actor, window_us=window_us)}
    if partner_id not in rows:
        raise UsageError("CB-OR-080", "there is no such partner", given=partner_id,
                         allowed=did_you_mean(partner_id, rows))  # fmt: skip
    row = rows[partner_id]
    with office.desk.read() as conn:
        settings = conn.execute(select(p.c.settings).where(p.c.partner_id == partner_id)).scalar_one()
        disputed = disputes(conn, partner_id)
    return row | {
        "settings": json.loads(settings), "secrets": secrets_of(office, partner_id, row["format"]),
        "disputed": disputed,
    }  # fmt: skip


def disputes(conn: Connection, partner_id: str = "") -> list[dict[str, Any]]:
    """What is open between a partner, us and those affected, the first due first; rows (`target`, `order_id`, `kind`,
    `ref`, `note`, `opened_at_us`, `due_at_us`).

    `kind`: `appeal` (nobody has decided it, and the order went to the partner), or that of a task that is not done:
    an answer in part or refused, something not sent, a release asked for.
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o
    from chainbreak.store.desk.tables_orders import appeal as a
    from chainbreak.store.desk.tables_orders import order_file as f
    from chainbreak.store.desk.tables_orders import task as t

    appealed = (
        select(o.c.target, a.c.order_id, a.c.appeal_id, a.c.opened_at_us, a.c.decide_due_us).distinct()
        .join(o, o.c.order_id == a.c.order_id).where(a.c.state.in_((OPEN, ACCEPTED)))
    )  # fmt: skip
    tasks = (
        select(o.c.target, t.c.order_id, t.c.kind, t.c.task_id, t.c.note, t.c.opened_at_us, t.c.due_at_us).distinct()
        .join(o, o.c.order_id == t.c.order_id).join(f, f.c.order_id == t.c.order_id)
        # What an order did not reach is no more of interest once it is over, unless it is the end that did not.
        .where(t.c.done_at_us.is_(None), t.c.kind.in_(AT_PARTNER),
               f.c.state.in_(sorted(ISSUED)) | (t.c.kind == "not_sent"))
    )  # fmt: skip
    if partner_id:
        appealed, tasks = appealed.where(o.c.target == partner_id), tasks.where(o.c.target == partner_id)
    rows = [
        {"target": r.target, "order_id": r.order_id, "kind": "appeal", "ref": r.appeal_id, "note": "",
         "opened_at_us": r.opened_at_us, "due_at_us": r.decide_due_us}
        for r in conn.execute(appealed)
    ]  # fmt: skip
    rows += [
        {"target": r.target, "order_id": r.order_id, "kind": r.kind, "ref": str(r.task_id), "note": r.note,
         "opened_at_us": r.opened_at_us, "due_at_us": r.due_at_us}
        for r in conn.execute(tasks) if _is_of(r.target, r.kind, r.note)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["due_at_us"], row["kind"], row["ref"], row["target"]))


def _is_of(target: str, kind: str, note: str) -> bool:
    """A task about one of an order's partners begins with its name."""
    return kind in ("not_sent", "release_asked") or note.startswith(f"{target}:")


def _standing(row: dict[str, Any]) -> str:
    if not row["active"]:
        return "retired"
    if row["error"]:
        return "down"
    return "up" if row["seen_at_us"] else "unseen"
