"""A case with what was put into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def show_case(office: Office, case_id: str) -> dict[str, Any]:
    """The case with `links`, rows (kind, ref, linked_by, linked_at_us), oldest first.

    Raises:
        UsageError: no such case (CB-CA-001).
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_cases import case_file, case_link

    with office.desk.read() as conn:
        row = conn.execute(select(case_file).where(case_file.c.case_id == case_id)).mappings().first()
        if row is None:
            raise UsageError("CB-CA-001", "there is no such case", given=case_id, next_step="chainbreak case list")
        linked = select(case_link).where(case_link.c.case_id == case_id)
        links = conn.execute(linked.order_by(case_link.c.linked_at_us, case_link.c.kind, case_link.c.ref)).mappings()
        return {**row, "links": [{k: v for k, v in link.items() if k != "case_id"} for link in links]}


def list_cases(office: Office) -> list[dict[str, Any]]:
    """Every case, the newest first."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_cases import case_file

    with office.desk.read() as conn:
        rows = conn.execute(select(case_file).order_by(case_file.c.opened_at_us.desc(), case_file.c.case_id))
        return [dict(row) for row in rows.mappings()]
