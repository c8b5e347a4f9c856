"""Keep the list of partners: who is sent what. A partner that is retired still gets every withdrawal and correction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.shelf import MAIN_FILE
from chainbreak.app.order_ask import rules_of
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_CHANGE = (Role.LIAISON, Role.ADMIN)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
"""It names a folder under out/."""
CARRIES = {"rpz": {"domain.sinkhole"}, "numbers": {"number.block"}, "holds": {"funds.hold"}}
"""Kinds of order that a format can say; `requests` says any."""


def add_partner(
    office: Office, actor: Actor, partner_id: str, format_: str, kinds: Iterable[str], *, name_zh: str = "",
    name_en: str = "", call: str = "",
) -> None:  # fmt: skip
    """Add an enforcement point that takes `kinds` of order in `format_`; `call`: a person there who can be called.

    Raises:
        UsageError: not a usable name (CB-OR-077), taken (CB-OR-078), no such kind or format (CB-US-001), or the format
            cannot say the kind (CB-OR-079).
        RefusedError: the role (CB-OR-005).
    """
    from sqlalchemy import insert

    from chainbreak.store.desk.tables_delivery import partner as p

    if not NAME.fullmatch(partner_id):
        raise UsageError("CB-OR-077", "not a usable name of a partner", given=partner_id, allowed="a-z, 0-9 and -")
    if format_ not in MAIN_FILE:
        raise UsageError("CB-US-001", "no such format", given=format_, allowed=", ".join(MAIN_FILE))
    wanted = _fitting(office, format_, kinds)
    with _changing(office, actor, "partner.add", partner_id, {"format": format_, "kinds": wanted}) as conn:
        if conn.execute(p.select().where(p.c.partner_id == partner_id)).first():
            raise UsageError("CB-OR-078", "the partner is there already", given=partner_id)
        conn.execute(insert(p).values(
            partner_id=partner_id, format=format_, kinds=wanted, name_zh=name_zh or partner_id,
            name_en=name_en or partner_id, call=call, active=True, serial=0,
        ))  # fmt: skip


def change_partner(
    office: Office, actor: Actor, partner_id: str, *, kinds: Iterable[str] = (), active: bool | None = None,
    **said: str,
) -> None:  # fmt: skip
    """Change `kinds`, whether it is `active`, `name_zh`, `name_en`, `call`; empty values leave a thing as it is.

    What it holds already stays its own until released. The format never changes: add another partner for that.

    Raises:
        UsageError: no such partner (CB-OR-080), no such kind (CB-US-001), not in its format (CB-OR-079).
        RefusedError: the role (CB-OR-005).
    """
    from sqlalchemy import update

    from chainbreak.store.desk.tables_delivery import partner as p

    known = {row["partner_id"]: row for row in list_partners(office)}
    if partner_id not in known:
        raise UsageError("CB-OR-080", "there is no such partner", given=partner_id,
                         allowed=did_you_mean(partner_id, known))  # fmt: skip
    changes: dict[str, Any] = {name: value for name, value in said.items() if value}
    if wanted := _fitting(office, known[partner_id]["format"], kinds):
        changes["kinds"] = wanted
    if active is not None:
        changes["active"] = active
    with _changing(office, actor, "partner.change", partner_id, changes) as conn:
        if changes:
            conn.execute(update(p).where(p.c.partner_id == partner_id).values(**changes))


def list_partners(office: Office) -> list[dict[str, Any]]:
    """Every partner: partner_id, names, format, kinds, call, active, serial of the file last written."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    with office.desk.read() as conn:
        return [dict(row) for row in conn.execute(select(p).order_by(p.c.partner_id)).mappings()]


def _fitting(office: Office, format_: str, kinds: Iterable[str]) -> str:
    rules = rules_of(office)
    wanted = sorted(set(kinds))
    for kind in wanted:
        rules.kind(kind)
        if kind not in CARRIES.get(format_, rules.kinds):
            raise UsageError("CB-OR-079", "this format cannot say such an order", given=f"{format_} {kind}",
                             allowed=", ".join(sorted(CARRIES[format_])))  # fmt: skip
    return " ".join(wanted)


@contextmanager
def _changing(
    office: Office, actor: Actor, action: str, partner_id: str, payload: dict[str, Any]
) -> Iterator[Connection]:
    from chainbreak.audit.log import Entry, append

    if not actor.has(*MAY_CHANGE):
        raise RefusedError("CB-OR-005", "this role does not keep the partners", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(MAY_CHANGE))  # fmt: skip
    with office.desk.begin() as conn:
        yield conn
        append(conn, Entry.by(actor, office.clock.now_us(), action, f"partner:{partner_id}", payload=payload))
