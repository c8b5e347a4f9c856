"""Lists of visits: what is to be made, by tours or by minutes left, and what was held back or is over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.visits import travel
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.base.errors import UsageError
from chainbreak.records.visit import ARRIVED, UNDER_WAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

ORDERS = ("tour", "left")
"""As planned, or by minutes left."""
SHOWN = ("mine", "unit", "over")
LOOK_BACK_US = 7 * US_PER_DAY
MOST = 3_000


def list_visits(office: Office, actor: Actor, shown: str = "unit", order: str = "left") -> list[dict[str, Any]]:
    """Visits that the actor may see: `mine` those planned for them or taken on, `unit` all of their unit (of every one
    for who leads), `over` what ended or was held back in seven days, with its reason.

    Rows have, beside the visit's own columns, `way_min`, `road_m` and `direction` from the stop before (the station
    first), `minutes_left` = deadline − now − that way, `is_late` and `late_min` (so far, or by the estimate when its
    deadline has not passed yet: `is_past`), and `conflicts`.

    Raises:
        UsageError: no such list or order (CB-US-001).
        RefusedError: no reader of visits (CB-WA-161).
    """
    from chainbreak.app.visit_rights import READERS, need, units_of, visit_now
    from chainbreak.store.desk import visits

    need(actor, READERS)
    if shown not in SHOWN or order not in ORDERS:
        raise UsageError("CB-US-001", "no such list", given=f"{shown}, {order}", allowed=", ".join((*SHOWN, *ORDERS)))
    with office.desk.read() as conn:
        now, units = visit_now(conn, office), units_of(conn, actor)
        if shown == "over":
            rows = visits.ended(conn, now - LOOK_BACK_US, units, MOST)
        else:
            rows = visits.to_make(conn, now, units, actor.name)
        if shown == "mine":
            rows = [row for row in rows if actor.name in (row["officer"], row["second"])]
        stations = {one["name"]: (one["lat"], one["lon"]) for one in visits.staff(conn)}
        named, doubts = words_of(conn, office), visits.conflicts(conn)
    ways = with_ways(rows, stations, now)
    told = [row | named(row) | {"conflicts": doubts.get(row["visit_id"], 0)} for row in ways]
    if shown != "over" and order == "left":
        told.sort(key=lambda row: (row["minutes_left"], -(row["stake_fen"] or 0), row["opened_at_us"], row["visit_id"]))
    return told


def words_of(conn: Connection, office: Office) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Names a row's tier, type of fraud and people: tier_zh, tier_en, colour, fraud_zh, fraud_en, officer_name,
    second_name.
    """
    from chainbreak.app.current_policy import current_policy
    from chainbreak.store.desk import people
    from chainbreak.text.fraud.types import types_of

    tiers = {tier.name: tier for tier in current_policy(conn, office).tiers}
    frauds = types_of(office.centre.root)
    shown = {person.name: person.display_name for person in people.read_people(conn)}

    def named(row: Mapping[str, Any]) -> dict[str, Any]:
        tier, fraud = tiers.get(row["tier"]), frauds.get(row["fraud"])
        return {
            "tier_zh": tier.word.zh if tier else row["tier"], "tier_en": tier.word.en if tier else row["tier"],
            "colour": tier.colour if tier else "blue", "fraud_zh": fraud.zh if fraud else row["fraud"],
            "fraud_en": fraud.en if fraud else row["fraud"], "officer_name": shown.get(row["officer"], ""),
            "second_name": shown.get(row["second"], ""),
        }  # fmt: skip

    return named


def with_ways(
    rows: Iterable[Mapping[str, Any]], stations: Mapping[str, tuple[float | None, float | None]], now_us: int
) -> list[dict[str, Any]]:
    """Rows, by officer and turn, with the way from the stop before in the same tour; what is under way comes first."""
    last: dict[str, travel.Place] = {name: _place(*at) for name, at in stations.items()}
    told = []
    for row in sorted(rows, key=lambda row: (row["officer"], row["state"] not in UNDER_WAY)):
        here, before = _place(row["lat"], row["lon"]), last.get(row["officer"])
        way = 0.0 if row["state"] == ARRIVED else travel.way_min(before, here)
        left = (row["due_at_us"] - now_us) / US_PER_MIN - way
        at_door = row["arrived_at_us"] or (now_us if now_us > row["due_at_us"] else now_us + way * US_PER_MIN)
        late = (at_door - row["due_at_us"]) / US_PER_MIN
        told.append(dict(row) | {
            "way_min": round(way, 1), "road_m": travel.road_m(before, here),
            "direction": travel.direction(before, here),
            "minutes_left": round(left, 1), "is_late": late > 0, "late_min": max(0, math.ceil(late)),
            "is_past": now_us > row["due_at_us"],
        })  # fmt: skip
        if row["officer"]:
            last[row["officer"]] = here if here is not None else before
    return told


def _place(lat: float | None, lon: float | None) -> travel.Place:
    return None if lat is None or lon is None else (lat, lon)
