"""Proposed changes of the tiers, tasks to look at a trigger again, and scripts taken out of use, in the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from chainbreak.store.desk.tables_hotline import warning_script
from chainbreak.store.desk.tables_warn_measure import trigger_review
from chainbreak.store.desk.tables_warnings import warning_policy

PROPOSED, APPROVED, DECLINED, WITHDRAWN = "proposed", "approved", "declined", "withdrawn"
_p, _r, _k = warning_policy.c, trigger_review.c, warning_script.c


def policies(conn: Connection) -> list[dict[str, Any]]:
    """Every proposed change without its body and back-test, the newest first."""
    columns = (c for c in warning_policy.columns if c.name not in ("body", "back_test"))
    return [dict(row) for row in conn.execute(select(*columns).order_by(_p.version.desc())).mappings()]


def policy_row(conn: Connection, version: int) -> dict[str, Any] | None:
    """One proposed change with everything."""
    row = conn.execute(select(warning_policy).where(_p.version == version)).mappings().first()
    return dict(row) if row else None


def approved_body(conn: Connection) -> str | None:
    """The YAML of the newest approved change; None when the preset is in force."""
    return conn.execute(select(_p.body).where(_p.state == APPROVED).order_by(_p.version.desc()).limit(1)).scalar()


def bodies(conn: Connection) -> list[str]:
    """The YAML of every change that was ever in force or is still waiting, the newest first."""
    named = select(_p.body).where(_p.state.in_((APPROVED, PROPOSED))).order_by(_p.version.desc())
    return list(conn.execute(named).scalars())


def add_policy(conn: Connection, row: Mapping[str, Any]) -> int:
    """Add a proposed change; its version, one above the highest."""
    version = (conn.execute(select(func.max(_p.version))).scalar() or 0) + 1
    conn.execute(insert(warning_policy).values(
        version=version, state=PROPOSED, decided_by="", decided_at_us=None, decided_why="", **row
    ))  # fmt: skip
    return version


def decide_policy(conn: Connection, version: int, state: str, by: str, at_us: int, why: str) -> None:
    """Set what became of a proposed change."""
    decided = {"state": state, "decided_by": by, "decided_at_us": at_us, "decided_why": why}
    conn.execute(update(warning_policy).where(_p.version == version).values(**decided))


def reviews(conn: Connection, *, closed: bool = False) -> list[dict[str, Any]]:
    """Tasks to look at a trigger again that are open, or also those closed; the newest first."""
    query = select(trigger_review).order_by(_r.review_id.desc())
    if not closed:
        query = query.where(_r.closed_at_us.is_(None))
    return [dict(row) for row in conn.execute(query).mappings()]


def add_review(conn: Connection, row: Mapping[str, Any]) -> int:
    """Open a task; its number."""
    new = insert(trigger_review).values(closed_at_us=None, closed_by="", note="", **row).returning(_r.review_id)
    return int(conn.execute(new).scalar_one())


def close_review(conn: Connection, review_id: int, by: str, at_us: int, note: str) -> bool:
    """Close a task; whether it was open."""
    mine = (_r.review_id == review_id) & _r.closed_at_us.is_(None)
    return conn.execute(
        update(trigger_review).where(mine).values(closed_at_us=at_us, closed_by=by, note=note)
    ).rowcount == 1  # fmt: skip


def retire_script(conn: Connection, fraud: str, version: int) -> bool:
    """Take an approved version of a script out of use, unless it is the last of its type; whether it was."""
    of_type = (_k.fraud == fraud) & (_k.state == APPROVED)
    if conn.execute(select(func.count()).where(of_type)).scalar_one() < 2:
        return False
    this = update(warning_script).where(of_type, _k.version == version).values(state="retired")
    return conn.execute(this).rowcount == 1
