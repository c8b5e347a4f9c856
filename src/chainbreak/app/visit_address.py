"""Where a visit goes: entered by a desk, sealed in the vault, shown to who has taken the visit on and for a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.warnings.visits.model import address_ref_of
from chainbreak.app.reveal_identifier import Revealed
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import InputError, RefusedError
from chainbreak.records.actor import SERVICE
from chainbreak.records.visit import LIVE, UNDER_WAY

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

ADDRESS_MAX = 200
KEPT_US = US_PER_DAY
"""How long an address is kept after its visit and its warning ended: for somebody who asks the next day."""


def enter_address(office: Office, actor: Actor, visit_id: str, address: str, source: str = "citizen") -> None:
    """Seal the address of a visit, in place of the one before; `source`: `citizen`, or the partner whose data say it.

    Raises:
        UsageError: no such visit (CB-WA-160).
        RefusedError: the role (CB-WA-161), or the visit is over (CB-WA-162).
        InputError: no usable address (CB-WA-171).
    """
    from chainbreak.app.visit_rights import DESKS, LEADERS, need, read_visit, visit_now
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    need(actor, DESKS | LEADERS)
    text = " ".join(address.split())
    if not 4 <= len(text) <= ADDRESS_MAX or not text.isprintable():
        raise InputError("CB-WA-171", "not a usable address", given=f"{len(text)} characters",
                         allowed=f"4 to {ADDRESS_MAX} printable characters")  # fmt: skip
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        if row["state"] not in LIVE:
            raise RefusedError("CB-WA-162", "the visit is over", given=f"{visit_id} {row['state']}")
        n = row["address_n"] + 1
        office.vault.add_texts([address_ref_of(visit_id, n)], [text])
        visits.change(conn, visit_id, address_n=n, updated_at_us=now)
        visits.add_move(conn, visit_id, now, actor.name, "address", {"source": source[:64]})
        append(conn, Entry.by(actor, now, "warning.visit", f"visit:{visit_id}", case=row["warning_id"],
                              payload={"move": "address", "source": source[:64]}))  # fmt: skip


def reveal_address(office: Office, actor: Actor, visit_id: str, *, purpose: str, case: str) -> Revealed:
    """The address, for who has taken the visit on, from then until it ends, `visit_address_min` minutes at once.

    A leaf `visit.reveal` is committed before the vault is opened, a refusal leaves `visit.refuse_reveal`; no leaf holds
    the address.

    Raises:
        UsageError: no such visit (CB-WA-160).
        RefusedError: not a reader of it (CB-WA-161); not theirs, not under way, the time is over, or no purpose or case
            (CB-WA-166).
        InputError: nobody has entered one (CB-WA-165).
    """
    from chainbreak.app.visit_rights import read_visit, visit_now
    from chainbreak.audit.log import Entry, append

    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        until = row["address_until_us"] or 0
        is_theirs = actor.name in (row["officer"], row["second"]) and row["state"] in UNDER_WAY
        may = is_theirs and now < until and bool(purpose.strip() and case.strip())
        append(conn, Entry.by(
            actor, now, "visit.reveal" if may else "visit.refuse_reveal", f"visit:{visit_id}", purpose=purpose.strip(),
            case=case.strip(), payload={"until_us": until},
        ))  # fmt: skip
    if not may:
        raise RefusedError(
            "CB-WA-166", "an address is shown to who has taken the visit on, for a time, a purpose and a case",
            given=f"{actor.name}, {row['state']}", next_step="take the visit on (again) first",
        )  # fmt: skip
    if not row["address_n"]:
        raise InputError("CB-WA-165", "nobody has entered an address for this visit", given=visit_id,
                         next_step="ask the hotline for it")  # fmt: skip
    return Revealed(f"visit:{visit_id}", office.vault.text(address_ref_of(visit_id, row["address_n"])), until)


def forget_addresses(office: Office) -> int:
    """Destroy the addresses of visits that ended more than a day ago, with their warnings; how many visits."""
    from chainbreak.app.visit_rights import visit_now
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    with office.desk.read() as conn:
        old = visits.old_addresses(conn, visit_now(conn, office) - KEPT_US)
    if not old:
        return 0
    # First the vault: a kill between the two leaves a visit that is asked for again, never an address that stays.
    office.vault.remove_texts([address_ref_of(row["visit_id"], n + 1) for row in old for n in range(row["address_n"])])
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        visits.change_many(conn, [{"visit_id": row["visit_id"], "address_n": 0} for row in old])
        append(conn, Entry.by(SERVICE, now, "warning.visit_forget", "visit:*", payload={"visits": len(old)}))
    return len(old)
