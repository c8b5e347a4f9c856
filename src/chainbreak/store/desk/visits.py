"""Visits in the desk: rows, moves, results, codes, proofs, staff. What may happen to a visit is `act.warnings.visits`.

A visit stands only as long as its warning does: what shows open visits asks for both.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, false, func, insert, literal_column, select, update

from chainbreak.base.clock import US_PER_MIN
from chainbreak.records.visit import ACCEPTED, CANCELLED, LIVE, MADE, OPEN, SUPPRESSED, TRAVELLING
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_visits import visit, visit_code, visit_move, visit_proof, visit_result, visit_staff
from chainbreak.store.desk.tables_warnings import warning

_v, _w = visit.c, warning.c
_NOT_BEGUN = (OPEN, ACCEPTED, TRAVELLING, SUPPRESSED)
STALE_US = 10 * US_PER_MIN
"""A plan that is so far behind is made anew."""
ASKS = (_w.warning_id, _w.recipient, _w.rank, _w.tier, _w.last_us, _w.visit_due_at_us, _w.expires_at_us, _w.stake_fen,
        _w.fraud, _w.lang, _w.district, _w.place)  # fmt: skip


def cancel_visits(conn: Connection, warning_ids: Iterable[str], reason: str, now_us: int, by: str) -> int:
    """Call off what has not reached the door about these warnings; how many. `reason`: at most 24 characters.

    Who stands at the door already says what came of it.
    """
    gone: list[str] = []
    for some in chunks(warning_ids):
        query = select(_v.visit_id).where(_v.warning_id.in_(some), _v.state.in_(_NOT_BEGUN))
        gone += conn.execute(query).scalars()
    for some in chunks(gone):
        conn.execute(update(visit).where(_v.visit_id.in_(some)).values(
            state=CANCELLED, reason=reason, ended_at_us=now_us, address_until_us=None, turn=None, eta_us=None,
            updated_at_us=now_us,
        ))  # fmt: skip
    add_moves(conn, [(visit_id, {"reason": reason}) for visit_id in gone], now_us, by, "cancel")
    return len(gone)


def asking(conn: Connection, now_us: int) -> list[dict[str, Any]]:
    """Warnings that ask for a visit and stand, the first due first: the columns of `ASKS`."""
    query = select(*ASKS, _w.state).where(_w.visit_due_at_us.is_not(None))
    rows = _rows(conn, query.order_by(_w.visit_due_at_us, _w.warning_id))
    # Told apart here: asked for their state, SQLite would walk all that are open.
    return [row for row in rows if row.pop("state") == "open" and row["expires_at_us"] > now_us]


def of_warnings(conn: Connection, warning_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Every visit of these warnings, the earlier first."""
    return [
        row
        for some in chunks(warning_ids)
        for row in _rows(conn, select(visit).where(_v.warning_id.in_(some)).order_by(_v.warning_id, _v.n))
    ]


def made_to(conn: Connection, recipients: Iterable[str], since_us: int) -> list[dict[str, Any]]:
    """Visits of these recipients that were made since, or will be."""
    return [
        row
        for some in chunks(recipients)
        for row in _rows(conn, select(visit).where(_v.recipient.in_(some), _v.opened_at_us > since_us))
        if row["state"] in MADE  # asked for it, SQLite would walk all that were ever made
    ]


def orphans(conn: Connection, now_us: int) -> list[str]:
    """Warnings that ended while a visit of theirs had not begun: taken on by nobody, or held back."""
    over = (_w.state != "open") | (_w.expires_at_us <= now_us)
    query = select(_v.warning_id).join(warning, _w.warning_id == _v.warning_id).where(_v.state.in_((OPEN, SUPPRESSED)))
    return list(conn.execute(query.where(over).distinct()).scalars())


def stale_units(conn: Connection, now_us: int) -> set[str]:
    """Units with somebody on duty, and a visit that is planned for nobody or should have been begun a while ago."""
    on_duty = select(visit_staff.c.unit)
    late = _v.eta_us.is_(None) | (_v.eta_us < now_us - STALE_US)
    query = select(_v.unit).join(warning, _w.warning_id == _v.warning_id)
    stands = (_w.state == "open") & (_w.expires_at_us > now_us)
    return set(conn.execute(query.where(_v.state == OPEN, late, stands, _v.unit.in_(on_duty)).distinct()).scalars())


def live_units(conn: Connection) -> set[str]:
    """Units with visits to be made."""
    return set(conn.execute(select(_v.unit).where(_v.state.in_(LIVE)).distinct()).scalars())


def insert_visits(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add visits; what a row leaves out is as of one that nobody has begun."""
    blank = {"reason": "", "officer": "", "second": "", "address_n": 0, "entry": "", "outcome": "", "card_left": False,
             "checklist": "", "asked_by": ""}  # fmt: skip
    if rows:
        conn.execute(insert(visit), [blank | dict(row) for row in rows])


def change(conn: Connection, visit_id: str, **columns: Any) -> None:
    """Set columns of one visit."""
    conn.execute(update(visit).where(_v.visit_id == visit_id).values(**columns))


def change_many(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set columns of many visits; each row names its `visit_id`, rows of one shape go together."""
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        shapes.setdefault(tuple(sorted(row)), []).append({f"b_{name}": value for name, value in row.items()})
    for names, some in shapes.items():
        values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names if name != "visit_id"}
        conn.execute(update(visit).where(_v.visit_id == bindparam("b_visit_id")).values(values), some)


def read(conn: Connection, visit_id: str) -> dict[str, Any] | None:
    """One visit with its warning's `tier`, `warning_state` and `expires_at_us`."""
    return _first(conn, _joined().where(_v.visit_id == visit_id))


def to_make(conn: Connection, now_us: int, units: Collection[str] | None = None, who: str = "") -> list[dict[str, Any]]:
    """Visits that nobody has begun and whose warning stands, and all that are under way; of `units` alone, or planned
    for or taken on by `who`. By officer and turn, then by deadline.
    """
    stands = (_w.state == "open") & (_w.expires_at_us > now_us)
    query = _joined().where(_v.state.in_(LIVE), (_v.state != OPEN) | stands)
    if units is not None:
        theirs = _v.officer.in_([who]) | _v.second.in_([who]) if who else false()
        query = query.where(_v.unit.in_(list(units)) | theirs)
    ordered = query.order_by(_v.officer, func.coalesce(_v.turn, 10_000), _v.due_at_us, _v.visit_id)
    return _rows(conn, ordered)


def ended(
    conn: Connection, since_us: int, units: Collection[str] | None = None, limit: int = 200
) -> list[dict[str, Any]]:
    """Visits that ended or were held back since, the last first."""
    query = _joined().where(_v.state.not_in(LIVE), _v.updated_at_us > since_us)
    if units is not None:
        query = query.where(_v.unit.in_(list(units)))
    return _rows(conn, query.order_by(_v.updated_at_us.desc(), _v.visit_id).limit(limit))


def _rows(conn: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(query).mappings()]


def _first(conn: Connection, query: Select[Any]) -> dict[str, Any] | None:
    row = conn.execute(query).mappings().first()
    return None if row is None else dict(row)


def _joined() -> Select[Any]:
    with_warning = visit.join(warning, _w.warning_id == _v.warning_id)
    return select(visit, _w.tier, _w.state.label("warning_state"), _w.expires_at_us).select_from(with_warning)


def old_addresses(conn: Connection, before_us: int) -> list[dict[str, Any]]:
    """visit_id and address_n of visits with an address that ended before, or were taken on before and never ended, and
    whose warning ended too.
    """
    over = (_w.state != "open") | (_w.expires_at_us <= before_us)
    query = select(_v.visit_id, _v.address_n, _v.state, _v.updated_at_us, _v.accepted_at_us)
    with_address = query.join(warning, _w.warning_id == _v.warning_id).where(_v.address_n > literal_column("0"), over)
    return [
        {"visit_id": row["visit_id"], "address_n": row["address_n"]} for row in _rows(conn, with_address)
        if ((row["accepted_at_us"] or before_us) if row["state"] in LIVE else row["updated_at_us"]) < before_us
    ]  # fmt: skip


def add_move(conn: Connection, visit_id: str, at_us: int, actor: str, move: str, detail: Mapping[str, Any]) -> None:
    """Note a change of a visit."""
    add_moves(conn, [(visit_id, detail)], at_us, actor, move)


def add_moves(
    conn: Connection, changed: Iterable[tuple[str, Mapping[str, Any]]], at_us: int, actor: str, move: str
) -> None:
    """Note the same sort of change of several visits: (visit_id, detail)."""
    rows = [
        {"visit_id": visit_id, "at_us": at_us, "actor": actor, "move": move,
         "detail": json.dumps(dict(detail), sort_keys=True, ensure_ascii=False)}
        for visit_id, detail in changed
    ]  # fmt: skip
    if rows:
        conn.execute(insert(visit_move), rows)


def moves_of(conn: Connection, visit_id: str) -> list[dict[str, Any]]:
    """at_us, actor, move, detail (parsed), first to last."""
    m = visit_move.c
    query = select(m.at_us, m.actor, m.move, m.detail).where(m.visit_id == visit_id).order_by(m.move_id)
    return [row | {"detail": json.loads(row["detail"])} for row in _rows(conn, query)]


def had_it(conn: Connection, visit_id: str, who: str) -> bool:
    """Whether `who` has ever taken this visit on."""
    m = visit_move.c
    taken = select(m.move_id).where(m.visit_id == visit_id, m.actor == who, m.move == "accept")
    return conn.execute(taken.limit(1)).first() is not None


def result_of(conn: Connection, visit_id: str, client_key: str) -> dict[str, Any] | None:
    """The result that was sent under this key."""
    r = visit_result.c
    return _first(conn, select(visit_result).where(r.visit_id == visit_id, r.client_key == client_key))


def results_of(conn: Connection, visit_id: str) -> list[dict[str, Any]]:
    """Every result that was sent of a visit, first to last, bodies parsed."""
    r = visit_result.c
    query = select(visit_result).where(r.visit_id == visit_id).order_by(r.received_at_us, r.client_key)
    return [row | {"body": json.loads(row["body"])} for row in _rows(conn, query)]


def conflicts(conn: Connection) -> dict[str, int]:
    """Visit -> results that could not be taken and that nobody has seen to."""
    r = visit_result.c
    counted = select(r.visit_id, func.count()).where(r.standing == "conflict").group_by(r.visit_id)
    return {row[0]: row[1] for row in conn.execute(counted)}


def add_result(conn: Connection, row: Mapping[str, Any]) -> None:
    """Keep a result as it came."""
    conn.execute(insert(visit_result).values(**row))


def settle_result(conn: Connection, visit_id: str, client_key: str) -> bool:
    """Mark a conflict as seen to; whether there was one."""
    r = visit_result.c
    open_one = update(visit_result).where(r.visit_id == visit_id, r.client_key == client_key, r.standing == "conflict")
    return conn.execute(open_one.values(standing="settled")).rowcount > 0


def put_code(conn: Connection, visit_id: str, way: str, digest: str, made_by: str, now_us: int) -> None:
    """Keep a new code in place of the one before."""
    c = visit_code.c
    conn.execute(delete(visit_code).where(c.visit_id == visit_id, c.way == way))
    conn.execute(insert(visit_code).values(
        visit_id=visit_id, way=way, digest=digest, made_by=made_by, made_at_us=now_us, tries=0
    ))  # fmt: skip


def code_of(conn: Connection, visit_id: str, way: str) -> dict[str, Any] | None:
    """The code of one way."""
    c = visit_code.c
    return _first(conn, select(visit_code).where(c.visit_id == visit_id, c.way == way))


def note_try(conn: Connection, visit_id: str, way: str, used_at_us: int | None) -> None:
    """Count a wrong try, or note that the code was used."""
    c = visit_code.c
    row = update(visit_code).where(c.visit_id == visit_id, c.way == way)
    conn.execute(row.values(tries=c.tries + 1) if used_at_us is None else row.values(used_at_us=used_at_us))


def proofs_of(conn: Connection, visit_id: str) -> list[dict[str, Any]]:
    """What proves a visit: way, at_us, given_by, metres."""
    p = visit_proof.c
    proofs = select(p.way, p.at_us, p.given_by, p.metres).where(p.visit_id == visit_id)
    return _rows(conn, proofs.order_by(p.at_us, p.way))


def put_proof(conn: Connection, visit_id: str, way: str, given_by: str, now_us: int, metres: int | None = None) -> None:
    """Keep a proof; a second one of the same way takes the place of the first."""
    p = visit_proof.c
    conn.execute(delete(visit_proof).where(p.visit_id == visit_id, p.way == way))
    conn.execute(insert(visit_proof).values(visit_id=visit_id, way=way, at_us=now_us, given_by=given_by, metres=metres))


def staff(conn: Connection, unit: str | None = None) -> list[dict[str, Any]]:
    """Who is on duty for visits, by unit and name."""
    s = visit_staff.c
    query = select(visit_staff).order_by(s.unit, s.name)
    return _rows(conn, query if unit is None else query.where(s.unit == unit))


def unit_of(conn: Connection, name: str) -> str:
    """The unit of somebody on duty; "" of anybody else."""
    s = visit_staff.c
    return conn.execute(select(s.unit).where(s.name == name)).scalar() or ""


def put_staff(conn: Connection, row: Mapping[str, Any]) -> None:
    """Put somebody on duty, in place of what was said of them before."""
    conn.execute(delete(visit_staff).where(visit_staff.c.name == row["name"]))
    conn.execute(insert(visit_staff).values(**row))


def drop_staff(conn: Connection, name: str) -> bool:
    """Take somebody off duty; whether they were on it."""
    return conn.execute(delete(visit_staff).where(visit_staff.c.name == name)).rowcount > 0
