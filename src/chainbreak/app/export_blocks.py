"""Write what is in force now to a file: a zone, a number or hold list, or everything as JSON Lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.delivery import holds, numbers, requests, rpz
from chainbreak.act.delivery.entry import entry_of
from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import in_force
from chainbreak.app.order_ask import clear_values, rules_of
from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.base.files import write_atomic
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

KINDS = {"rpz": ("domain.sinkhole",), "csv": ("number.block", "funds.hold"), "json": ()}
"""Format -> kinds it can carry; none named: all."""


def export_blocks(office: Office, actor: Actor, format_: str, out: Path, *, kind: str = "", purpose: str) -> int:
    """Write the entries in force to `out` and return their number; identifiers are in clear, so the log has it first.

    Raises:
        UsageError: no such format, or it cannot carry the kind (CB-DL-001).
        RefusedError: not a liaison, or no purpose (CB-DL-002).
    """
    if format_ not in KINDS or (kind and KINDS[format_] and kind not in KINDS[format_]):
        known = "; ".join(f"{name}: {', '.join(kinds) or 'every kind'}" for name, kinds in KINDS.items())
        raise UsageError("CB-DL-001", "no such export", given=f"{format_} {kind}".strip(), allowed=known)
    if not actor.has(Role.LIAISON) or not purpose.strip():
        raise RefusedError("CB-DL-002", "an export of identifiers needs a liaison and a purpose", given=actor.name)
    from chainbreak.audit.log import Entry, append

    wanted = (kind,) if kind else KINDS[format_][:1]
    with office.desk.begin() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        orders = [
            o for o in ledger.issued_orders(conn) if in_force(o, now) and (not wanted or o.content.kind in wanted)
        ]
        payload = {"format": format_, "orders": [o.order_id for o in orders]}
        append(conn, Entry.by(actor, now, "block.export", "orders", purpose=purpose, payload=payload))
    values = clear_values(office, [o.content for o in orders])
    entries = [entry_of(order, value) for order, value in zip(orders, values, strict=True)]
    match format_, wanted:
        case "rpz", _:
            content = rpz.render(entries, now // US_PER_S, rules_of(office).delivery)
        case "csv", ("funds.hold",):
            content = holds.render(entries)
        case "csv", _:
            content = numbers.render(entries)
        case _:
            content = requests.render(entries)
    write_atomic(out, content, mode=0o640)
    return len(entries)
