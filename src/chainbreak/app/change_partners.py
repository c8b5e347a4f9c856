"""Keep the list of partners: who is sent what. A partner that is retired still gets every withdrawal and correction."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.points import FORMATS, can_say
from chainbreak.app.order_ask import rules_of
from chainbreak.app.partner_settings import checked_address, checked_settings
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_CHANGE = (Role.LIAISON, Role.ADMIN)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
"""It names a folder under out/."""


def add_partner(
    office: Office, actor: Actor, partner_id: str, format_: str, kinds: Iterable[str], *, name_zh: str = "",
    name_en: str = "", call: str = "", address: str = "", settings: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Add an enforcement point that takes `kinds` of order in `format_`; `call`: a person there who can be called.

    Raises:
        UsageError: not a usable name (CB-OR-077), taken (CB-OR-078), no such kind or format (CB-US-001), the format
            cannot say the kind (CB-OR-079), or the settings or the address are not its own (CB-DL-224..227).
        RefusedError: the role (CB-OR-005).
    """
    from sqlalchemy import insert

    from chainbreak.store.desk.tables_delivery import partner as p

    if not NAME.fullmatch(partner_id):
        raise UsageError("CB-OR-077", "not a usable name of a partner", given=partner_id, allowed="a-z, 0-9 and -")
    if format_ not in FORMATS:
        raise UsageError("CB-US-001", "no such format", given=format_, allowed=did_you_mean(format_, FORMATS))
    wanted = _fitting(office, format_, kinds)
    reached = {"address": checked_address(format_, address), "settings": checked_settings(format_, settings or {})}
    payload = {"format": format_, "kinds": wanted, **reached}
    with changing(office, actor, "partner.add", partner_id, payload) as conn:
        if conn.execute(p.select().where(p.c.partner_id == partner_id)).first():
            raise UsageError("CB-OR-078", "the partner is there already", given=partner_id)
        conn.execute(insert(p).values(
            partner_id=partner_id, format=format_, kinds=wanted, name_zh=name_zh or partner_id,
            name_en=name_en or partner_id, call=call, active=True, serial=0, address=reached["address"],
            settings=json.dumps(reached["settings"], ensure_ascii=False, sort_keys=True),
        ))  # fmt: skip


def change_partner(
    office: Office, actor: Actor, partner_id: str, *, kinds: Iterable[str] = (), active: bool | None = None,
    settings: Mapping[str, Any] | None = None, unset: Iterable[str] = (), address: str = "", **said: str,
) -> None:  # fmt: skip
    """Change `kinds`, whether it is `active`, `address`, single `settings`, `name_zh`, `name_en`, `call`; empty values
    leave a thing as it is, and `unset` gives settings back to their defaults.

    What it holds already stays its own until released. The format never changes: add another partner for that.

    Raises:
        UsageError: no such partner (CB-OR-080), no such kind (CB-US-001), not in its format (CB-OR-079), or the
            settings or the address are not its own (CB-DL-224..227).
        RefusedError: the role (CB-OR-005).
    """
    from sqlalchemy import select, update

    from chainbreak.store.desk.tables_delivery import partner as p

    row = partner_row(office, partner_id)
    changes: dict[str, Any] = {name: value for name, value in said.items() if value}
    if wanted := _fitting(office, row["format"], kinds):
        changes["kinds"] = wanted
    if active is not None:
        changes["active"] = active
    if address:
        changes["address"] = checked_address(row["format"], address)
    dropped = set(unset)
    with changing(office, actor, "partner.change", partner_id, changes) as conn:
        if settings or dropped:
            # Read in the same transaction: a token ended meanwhile must not come back with the rest.
            now = json.loads(conn.execute(select(p.c.settings).where(p.c.partner_id == partner_id)).scalar_one())
            merged = {key: value for key, value in {**now, **(settings or {})}.items() if key not in dropped}
            kept = checked_settings(row["format"], merged)
            changes["settings"] = json.dumps(kept, ensure_ascii=False, sort_keys=True)
        if changes:
            conn.execute(update(p).where(p.c.partner_id == partner_id).values(**changes))


def list_partners(office: Office) -> list[dict[str, Any]]:
    """Every partner, with the columns of its table: names, format, kinds, call, active, address, settings, …"""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    with office.desk.read() as conn:
        return [dict(row) for row in conn.execute(select(p).order_by(p.c.partner_id)).mappings()]


def partner_row(office: Office, partner_id: str) -> dict[str, Any]:
    """One partner, with the columns of its table.

    Raises:
        UsageError: no such partner (CB-OR-080).
    """
    known = {row["partner_id"]: row for row in list_partners(office)}
    if partner_id not in known:
        raise UsageError("CB-OR-080", "there is no such partner", given=partner_id,
                         allowed=did_you_mean(partner_id, known))  # fmt: skip
    return known[partner_id]


def _fitting(office: Office, format_: str, kinds: Iterable[str]) -> str:
    rules = rules_of(office)
    wanted = sorted(set(kinds))
    for kind in wanted:
        rules.kind(kind)
        if not can_say(format_, kind):
            said = ", ".join(sorted(name for name in rules.kinds if can_say(format_, name)))
            raise UsageError("CB-OR-079", "this format cannot say such an order", given=f"{format_} {kind}",
                             allowed=said)  # fmt: skip
    return " ".join(wanted)


@contextmanager
def changing(
    office: Office, actor: Actor, action: str, partner_id: str, payload: dict[str, Any]
) -> Iterator[Connection]:
    """A transaction that changes a partner, with its leaf in the log.

    Raises:
        RefusedError: the role (CB-OR-005).
    """
    from chainbreak.audit.log import Entry, append

    if not actor.has(*MAY_CHANGE):
        raise RefusedError("CB-OR-005", "this role does not keep the partners", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(MAY_CHANGE))  # fmt: skip
    with office.desk.begin() as conn:
        yield conn
        append(conn, Entry.by(actor, office.clock.now_us(), action, f"partner:{partner_id}", payload=payload))
