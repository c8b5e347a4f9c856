"""Open a case under the authority's own number, and put things into it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def add_case(office: Office, actor: Actor, case_id: str, title: str, note: str = "") -> None:
    """Open the case `case_id`.

    Raises:
        UsageError: the number is taken (CB-CA-002).
    """
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        if not _open(conn, actor, now, case_id, title, note):
            raise UsageError("CB-CA-002", "the case is already there", given=case_id,
                             next_step=f"chainbreak case show {case_id}")  # fmt: skip


def link_to_case(conn: Connection, actor: Actor, now_us: int, case_id: str, things: Iterable[tuple[str, str]]) -> None:
    """Put (kind, ref) pairs into a case, opening it when it is new; doing it again adds nothing."""
    from sqlalchemy import insert, select

    from chainbreak.store.desk.tables_cases import case_link

    _open(conn, actor, now_us, case_id, case_id, "")
    c = case_link.c
    known = {tuple(row) for row in conn.execute(select(c.kind, c.ref).where(c.case_id == case_id))}
    for kind, ref in things:
        if (kind, ref) not in known:
            conn.execute(insert(case_link).values(
                case_id=case_id, kind=kind, ref=ref, linked_by=actor.name, linked_at_us=now_us
            ))  # fmt: skip


def _open(conn: Connection, actor: Actor, now_us: int, case_id: str, title: str, note: str) -> bool:
    from sqlalchemy import insert, select

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_cases import case_file

    if conn.execute(select(case_file.c.case_id).where(case_file.c.case_id == case_id)).first():
        return False
    conn.execute(insert(case_file).values(
        case_id=case_id, title=title, state="open", opened_by=actor.name, opened_at_us=now_us, note=note
    ))  # fmt: skip
    append(conn, Entry.by(actor, now_us, "case.add", f"case:{case_id}", case=case_id, payload={"title": title}))
    return True
