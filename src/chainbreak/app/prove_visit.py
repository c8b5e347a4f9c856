"""What shows that a visit took place: a one-time code, how far the phone was from the mast, a colleague's word.

None of them is a photograph, and none says more than it says: docs/how-to/visit-a-person.md has what each proves.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.visits.model import CODE_TRIES, code_digest
from chainbreak.base.errors import InputError, RefusedError
from chainbreak.records.actor import Role
from chainbreak.records.visit import DONE, LIVE, UNDER_WAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

STEP_M = 100
"""A distance is kept in steps of so many metres: more would say where somebody lives."""


def make_code(office: Office, actor: Actor, visit_id: str, way: str) -> str:
    """A new six-digit code, told this once: `said`, by the hotline for the resident alone; `card`, by the officer for
    the slip to be left. The one before is void.

    Raises:
        UsageError: no such visit (CB-WA-160).
        RefusedError: the role (CB-WA-161), or the visit is over (CB-WA-162).
    """
    from chainbreak.app.visit_rights import need, read_visit, visit_now
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    need(actor, frozenset({Role.HOTLINE}) if way == "said" else frozenset({Role.OFFICER, Role.COMMANDER}))
    code = f"{secrets.randbelow(10**6):06d}"
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        if row["state"] not in LIVE:
            raise RefusedError("CB-WA-162", "the visit is over", given=f"{visit_id} {row['state']}")
        digest = code_digest(office.keys.ref_key, visit_id, way, code)
        visits.put_code(conn, visit_id, way, digest, actor.name, now)
        visits.add_move(conn, visit_id, now, actor.name, "code", {"way": way})
        append(conn, Entry.by(actor, now, "warning.visit", f"visit:{visit_id}", case=row["warning_id"],
                              payload={"move": "code", "way": way}))  # fmt: skip
    return code


def use_code(office: Office, actor: Actor, visit_id: str, way: str, code: str) -> None:
    """Enter a code: `said`, by the officer at the door; `card`, by the hotline, as the citizen reads it from the slip.

    Raises:
        UsageError: no such visit (CB-WA-160).
        RefusedError: not theirs to enter (CB-WA-161); wrong, used, void or made by the same person (CB-WA-168).
    """
    from chainbreak.app.visit_rights import need, read_visit, visit_now
    from chainbreak.store.desk import visits

    need(actor, frozenset({Role.OFFICER}) if way == "said" else frozenset({Role.HOTLINE}))
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        if way == "said" and actor.name not in (row["officer"], row["second"]):
            raise RefusedError("CB-WA-161", "only who makes the visit enters this code", given=actor.name)
        verdict = try_code(conn, office, actor, row, way, code, now)
        left = visits.code_of(conn, visit_id, way)
    if verdict != "right":
        tries = CODE_TRIES - left["tries"] if left else 0
        raise RefusedError("CB-WA-168", "not the code of this visit", given=f"{max(0, tries)} tries left",
                           next_step="ask again, or have the hotline make a new one")  # fmt: skip


def try_code(
    conn: Connection, office: Office, actor: Actor, row: Mapping[str, Any], way: str, code: str, now: int
) -> str:  # fmt: skip
    """`right` or `wrong`; a right one is used up and proves the visit, a wrong one counts."""
    from chainbreak.store.desk import visits

    visit_id = row["visit_id"]
    kept = visits.code_of(conn, visit_id, way)
    if kept is None or kept["used_at_us"] is not None or kept["tries"] >= CODE_TRIES or kept["made_by"] == actor.name:
        return "wrong"
    digest = code_digest(office.keys.ref_key, visit_id, way, "".join(code.split()))
    if not hmac.compare_digest(digest, kept["digest"]):
        visits.note_try(conn, visit_id, way, None)
        return "wrong"
    visits.note_try(conn, visit_id, way, now)
    _prove(conn, actor, row, way, now)
    return "right"


def prove_by_distance(office: Office, actor: Actor, visit_id: str, lat: float, lon: float) -> int:
    """How far the officer's phone is from the mast of the visit's cell, in metres, to the hundred; the place itself is
    kept nowhere. The officer's own browser asks them first.

    Raises:
        UsageError: no such visit (CB-WA-160).
        RefusedError: no officer (CB-WA-161), or not under way by the actor (CB-WA-162).
        InputError: no place on Earth, or the visit's cell is not known (CB-WA-173).
    """
    from chainbreak.app.visit_rights import VISITORS, need, read_visit, visit_now
    from chainbreak.base.ground import metres_apart

    need(actor, VISITORS)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise InputError("CB-WA-173", "no place on Earth", given="latitude, longitude", allowed="degrees, WGS 84")
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        if actor.name not in (row["officer"], row["second"]) or row["state"] not in UNDER_WAY:
            raise RefusedError("CB-WA-162", "only while the visit is under way", given=row["state"])
        if row["lat"] is None or row["lon"] is None:
            raise InputError("CB-WA-173", "the visit's cell is not known", given=row["place"] or "no cell")
        metres = round(metres_apart((lat, lon), (row["lat"], row["lon"])) / STEP_M) * STEP_M
        _prove(conn, actor, row, "distance", now, metres)
    return metres


def confirm_visit(office: Office, actor: Actor, visit_id: str) -> None:
    """A colleague says, from their own account, that they were there.

    Raises:
        UsageError: no such visit (CB-WA-160).
        RefusedError: no officer (CB-WA-161), not named as the second on it (CB-WA-172), it has not begun (CB-WA-162).
    """
    from chainbreak.app.visit_rights import VISITORS, need, read_visit, visit_now

    need(actor, VISITORS)
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        if not row["second"] or actor.name != row["second"]:
            raise RefusedError("CB-WA-172", "only who was named as the second confirms a visit", given=actor.name,
                               allowed=row["second"] or "nobody was named")  # fmt: skip
        if row["state"] not in UNDER_WAY | {DONE}:
            raise RefusedError("CB-WA-162", "the visit has not begun", given=row["state"])
        _prove(conn, actor, row, "second", now)


def _prove(
    conn: Connection, actor: Actor, row: Mapping[str, Any], way: str, now: int, metres: int | None = None
) -> None:  # fmt: skip
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    visits.put_proof(conn, row["visit_id"], way, actor.name, now, metres)
    visits.add_move(conn, row["visit_id"], now, actor.name, "proof", {"way": way})
    append(conn, Entry.by(actor, now, "warning.visit", f"visit:{row['visit_id']}", case=row["warning_id"],
                          payload={"move": "proof", "way": way}))  # fmt: skip
