"""One visit as its page shows it: why, by when, its steps, its checklist, its proofs; never its address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.model import facts_of
from chainbreak.act.warnings.visits.checklists import checklist_of
from chainbreak.act.warnings.visits.model import SPECIALIST
from chainbreak.app.list_visits import with_ways, words_of
from chainbreak.records.visit import LIVE, OPEN, UNDER_WAY

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def show_visit(office: Office, actor: Actor, visit_id: str) -> dict[str, Any]:
    """The visit's columns and its way, and: `events` (kind, at_us, facts), `checklist` (items, and answers when done),
    `moves`, `results`, `proofs`, `is_mine`, `may_accept`, `may_reveal`, `night`, `colleagues`, `names` (of people),
    `units`, `now_us`.

    Raises:
        UsageError: there is none (CB-WA-160).
        RefusedError: not within the actor's rights (CB-WA-161).
    """
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.visit_rights import VISITORS, is_night, read_visit, visit_now
    from chainbreak.store.desk import people, visits

    with office.desk.read() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        staff = visits.staff(conn)
        names = {person.name: person.display_name for person in people.read_people(conn)}
        stations = {one["name"]: (one["lat"], one["lon"]) for one in staff}
        tour = visits.to_make(conn, now, [row["unit"]], row["officer"]) if row["state"] in LIVE else []
        beside = [one for one in tour if one["officer"] == row["officer"]]
        is_in = any(one["visit_id"] == visit_id for one in beside)
        ways = with_ways(beside if is_in else [row], stations, now)
        found = next(one for one in ways if one["visit_id"] == visit_id)
        is_mine = actor.name in (row["officer"], row["second"]) and row["state"] in UNDER_WAY
        stands = row["warning_state"] == "open" and row["expires_at_us"] > now
        found |= words_of(conn, office)(row)
        found |= {
            "events": _events(conn, row["warning_id"]), "moves": visits.moves_of(conn, visit_id),
            "results": visits.results_of(conn, visit_id), "proofs": visits.proofs_of(conn, visit_id),
            "night": is_night(current_policy(conn, office), now, office.centre.settings.zone),
            "colleagues": [one["name"] for one in staff if one["unit"] == row["unit"] and one["name"] != actor.name],
            "names": names,
            "units": sorted(({one["unit"] for one in staff} | {row["district"], SPECIALIST}) - {row["unit"]}),
        }  # fmt: skip
    answers = json.loads(row["checklist"])["answers"] if row["checklist"] else {}
    items = checklist_of(row["fraud"])
    return found | {
        "checklist": {"named": items.named, "items": items.items, "answers": answers}, "now_us": now,
        "is_mine": is_mine, "may_accept": row["state"] == OPEN and stands and actor.has(*VISITORS),
        "is_live": row["state"] in LIVE, "may_reveal": is_mine and now < (row["address_until_us"] or 0),
    }  # fmt: skip


def _events(conn: Any, warning_id: str) -> list[dict[str, Any]]:
    """What the visit rests on: kind, at_us, ended_at_us, facts; the newest first."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import contact_event

    e = contact_event.c
    query = select(e.kind, e.at_us, e.ended_at_us, e.facts).where(
        e.warning_id == warning_id, e.retracted_at_us.is_(None)
    )
    rows = conn.execute(query.order_by(e.at_us.desc(), e.event_id)).mappings()
    return [dict(row) | {"facts": facts_of(row["facts"])} for row in rows]
