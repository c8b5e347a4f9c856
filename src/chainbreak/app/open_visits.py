"""Each round: a visit for every warning that asks for one, within the caps; what ended is called off; then the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.visits import model
from chainbreak.app.plan_visits import assign_unit
from chainbreak.base.clock import US_PER_DAY
from chainbreak.records.actor import SERVICE
from chainbreak.records.visit import OPEN, SUPPRESSED, UNDER_WAY

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

Row = dict[str, Any]
Wanted = tuple[Mapping[str, Any], Mapping[str, Any] | None]


def open_visits(office: Office) -> dict[str, int]:
    """How many visits were opened, held back, let go again, changed, called off and planned. Repeated, it does nothing.

    A visit that is held back stays as a row with its reason, and is judged again when its warning changes, or when the
    visit for whose sake it was held back was called off.
    """
    from chainbreak.app.visit_rights import visit_now
    from chainbreak.store.desk import visits

    with office.desk.read() as conn:
        now = visit_now(conn, office)
        is_due = bool(_wanted(conn, office, now) or visits.orphans(conn, now) or visits.stale_units(conn, now))
    if not is_due:
        return {}
    places = places_of(office)
    with office.desk.begin() as conn:
        return _open_in(conn, office, visit_now(conn, office), places)


def _open_in(conn: Connection, office: Office, now: int, places: Mapping[str, tuple[float, float]]) -> dict[str, int]:
    from chainbreak.app.current_policy import current_policy
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    over = visits.cancel_visits(conn, visits.orphans(conn, now), "warning_over", now, SERVICE.name)
    wanted = _wanted(conn, office, now)
    days = current_policy(conn, office).caps.visit_every_days
    since = now - max(model.COUNTED_US, days * US_PER_DAY)
    made = visits.made_to(conn, {ask["recipient"] for ask, _ in wanted}, since)
    new, changed, counts = _judge(wanted, made, places, days, now)
    visits.insert_visits(conn, new)
    visits.change_many(conn, changed)
    visits.add_moves(conn, [(row["visit_id"], {"reason": row["reason"]}) for row in new], now, SERVICE.name, "open")
    counts["called_off"] = over
    if any(counts.values()):
        append(conn, Entry.by(SERVICE, now, "warning.visit", "visit:*", payload=counts))
    units = {row["unit"] for row in new} | visits.stale_units(conn, now)
    if changed or over:
        units = visits.live_units(conn)
    return counts | {"planned": sum(assign_unit(conn, office, unit, now) for unit in sorted(units))}


def _wanted(conn: Connection, office: Office, now_us: int) -> list[Wanted]:
    """(warning, its newest visit) of the warnings for which something is to be done."""
    from chainbreak.app.current_policy import current_policy
    from chainbreak.store.desk import visits

    asking = visits.asking(conn, now_us)
    newest = {row["warning_id"]: row for row in visits.of_warnings(conn, [ask["warning_id"] for ask in asking])}
    pairs = [(ask, newest.get(ask["warning_id"])) for ask in asking]
    held = {ask["recipient"] for ask, last in pairs if last is not None and last["state"] == SUPPRESSED}
    days = current_policy(conn, office).caps.visit_every_days if held else 0
    held -= {row["recipient"] for row in visits.made_to(conn, held, now_us - days * US_PER_DAY)}
    # Who is left in it was held back for the sake of a visit that was called off since.
    return [(ask, last) for ask, last in pairs
            if _is_due(ask, last) or (last and last["state"] == SUPPRESSED and ask["recipient"] in held)]  # fmt: skip


def _is_due(ask: Mapping[str, Any], last: Mapping[str, Any] | None) -> bool:
    if last is None:
        return True
    if last["state"] in UNDER_WAY:
        return False
    return _differs(ask, last) if last["state"] == OPEN else _asks_anew(ask, last)


def _differs(ask: Mapping[str, Any], visit: Mapping[str, Any]) -> bool:
    """Whether a visit that nobody has begun no longer says what its warning says."""
    now = (ask["rank"], ask["stake_fen"], ask["last_us"], ask["visit_due_at_us"])
    return (visit["rank"], visit["stake_fen"], visit["facts_us"], visit["due_at_us"]) != now


def _asks_anew(ask: Mapping[str, Any], visit: Mapping[str, Any]) -> bool:
    """Whether a warning whose last visit is over, or held back, has more to say than it had then."""
    return bool(
        ask["last_us"] > visit["facts_us"] or ask["rank"] < visit["rank"]
        or (visit["state"] != SUPPRESSED and ask["visit_due_at_us"] > visit["due_at_us"])
    )  # fmt: skip


def _judge(
    wanted: list[Wanted], made: list[Any], places: Mapping[str, tuple[float, float]], days: int, now_us: int
) -> tuple[list[Row], list[Row], dict[str, int]]:  # fmt: skip
    """New rows, changed rows, and counts."""
    earlier: dict[str, list[model.Earlier]] = defaultdict(list)
    paid: dict[str, int] = defaultdict(int)
    for row in made:
        earlier[row["recipient"]].append(
            model.Earlier(row["warning_id"], row["rank"], row["facts_us"], row["opened_at_us"])
        )
        paid[row["recipient"]] += row["opened_at_us"] > now_us - model.COUNTED_US and row["state"] == "done"
    new: list[Row] = []
    changed: list[Row] = []
    counts = dict.fromkeys(("opened", "held_back", "let_go", "changed"), 0)
    for ask, last in wanted:
        facts = {
            "rank": ask["rank"], "stake_fen": ask["stake_fen"], "facts_us": ask["last_us"],
            "due_at_us": ask["visit_due_at_us"], "updated_at_us": now_us,
        }  # fmt: skip
        if last is not None and last["state"] == OPEN:
            changed.append({"visit_id": last["visit_id"], **facts})
            counts["changed"] += 1
            continue
        who = ask["recipient"]
        why = model.why_not(model.Asking(ask["warning_id"], ask["rank"], ask["last_us"]), earlier[who], days, now_us)
        if last is not None and last["state"] == SUPPRESSED:
            if not why:
                changed.append({"visit_id": last["visit_id"], "state": OPEN, "reason": "", **facts})
                counts["let_go"] += 1
        else:
            specialist = paid[who] >= model.VISITS_TO_SPECIALIST
            new.append(new_visit(ask, facts, (last["n"] if last else 0) + 1, why, specialist, places))
            counts["held_back" if why else "opened"] += 1
        if not why:
            earlier[who].append(model.Earlier(ask["warning_id"], ask["rank"], ask["last_us"], now_us))
    return new, changed, counts


def new_visit(
    ask: Mapping[str, Any], facts: Row, n: int, why: str, specialist: bool, places: Mapping[str, tuple[float, float]]
) -> Row:
    """A row of a visit that nobody has begun; held back when `why` is not empty."""
    lat, lon = places.get(ask["place"], (None, None))
    return {
        "visit_id": model.visit_id_of(ask["warning_id"], n), "warning_id": ask["warning_id"], "n": n,
        "recipient": ask["recipient"], "state": SUPPRESSED if why else OPEN, "reason": why, "fraud": ask["fraud"],
        "lang": ask["lang"], "district": ask["district"], "place": ask["place"], "lat": lat, "lon": lon,
        "unit": model.SPECIALIST if specialist else ask["district"], "opened_at_us": facts["updated_at_us"], **facts,
    }  # fmt: skip


def places_of(office: Office) -> dict[str, tuple[float, float]]:
    """Cell -> latitude and longitude of its mast, as far as the register of cells in the lake says."""
    if "cell" not in office.lake.tables():
        return {}
    engine = office.engine(office.lake.snapshot(["cell"]))
    try:
        rows = engine.run(engine.table("cell").select("cell_id", "lat", "lon")).to_pylist()
    finally:
        engine.close()
    return {
        row["cell_id"]: (row["lat"], row["lon"]) for row in rows if row["lat"] is not None and row["lon"] is not None
    }
