"""The desk's side of the hotline: who holds which card, attempts, phrases and codes, alerts to the fund desk.

All of it in the caller's transaction, which is alone among writers: two people never take the same card.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, insert, literal_column, select, update

from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_hotline import warning_alert, warning_phrase
from chainbreak.store.desk.tables_warnings import contact_event, warning, warning_call
from chainbreak.store.desk.warnings import OPEN, to_call

_w, _c, _p, _a, _e = warning.c, warning_call.c, warning_phrase.c, warning_alert.c, contact_event.c
LIVE, SHOWN, CONFIRMED, LOCKED, REPLACED = "live", "shown", "confirmed", "locked", "replaced"
LATELY = 1_000
"""Talks among which is looked for what was said of an indicator: about a quarter of the calls of a day of a centre for
ten million people."""
ALERT_OPEN, TAKEN, UNDONE = "open", "taken", "undone"


def row_of(conn: Connection, warning_id: str) -> dict[str, Any] | None:
    """The warning's row."""
    row = conn.execute(select(warning).where(_w.warning_id == warning_id)).mappings().first()
    return dict(row) if row else None


def first_to_call(conn: Connection, holder: str, ranks: Collection[int], now_us: int) -> str | None:
    """The card that `holder` has open and is still to be called, else the first of the queue; None: nobody waits."""
    columns = (_w.warning_id, _w.calls, _w.call_at_us, _w.expires_at_us)
    held = conn.execute(select(*columns).where(_held_by(holder, now_us)).limit(1)).first()
    if held and held.calls and held.call_at_us is not None and held.call_at_us <= now_us < held.expires_at_us:
        return str(held.warning_id)
    return conn.execute(to_call(now_us, ranks, holder).limit(1)).scalar()


def _held_by(holder: str, now_us: int) -> ColumnElement[bool]:
    return (_w.holder == holder) & (_w.held_until_us > now_us) & (_w.state == OPEN)


def take(conn: Connection, warning_id: str, holder: str, now_us: int, until_us: int, *, over: bool = False) -> bool:
    """Lock a card; False if somebody else has it open. Whatever else `holder` had open is free again.

    `over`: take it over, because the person is on the line with `holder` now.
    """
    free = _w.holder.is_(None) | (_w.held_until_us <= now_us) | (_w.holder == holder)
    this = _w.warning_id == warning_id if over else (_w.warning_id == warning_id) & free
    mine = update(warning).where(this).values(holder=holder, held_until_us=until_us)
    if conn.execute(mine).rowcount != 1:
        return False
    others = update(warning).where(_w.holder == holder, _w.warning_id != warning_id)
    conn.execute(others.values(holder=None, held_until_us=None))
    return True


def in_hand(conn: Connection, holder: str, now_us: int) -> str | None:
    """The open warning whose card `holder` has open."""
    return conn.execute(select(_w.warning_id).where(_held_by(holder, now_us)).limit(1)).scalar()


def attempts_of(conn: Connection, warning_id: str) -> list[dict[str, Any]]:
    """Rows of `warning_call`, first to last."""
    rows = conn.execute(select(warning_call).where(_c.warning_id == warning_id).order_by(_c.attempt))
    return [dict(row) for row in rows.mappings()]


def last_by(conn: Connection, operator: str) -> dict[str, Any] | None:
    """The newest attempt of one operator."""
    newest = select(warning_call).where(_c.operator == operator).order_by(_c.ended_at_us.desc(), _c.warning_id)
    row = conn.execute(newest.limit(1)).mappings().first()
    return dict(row) if row else None


def waiting(conn: Connection, ranks: Collection[int], now_us: int, most: int) -> int:
    """How many wait to be called now, counted up to `most`."""
    some = to_call(now_us, ranks).order_by(None).limit(most).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def call_backs(conn: Connection, now_us: int, limit: int) -> list[dict[str, Any]]:
    """Open warnings that were called without success and are called again, the first due first."""
    # A warning that is over has no next call, so that its state need not be asked.
    called = (_w.attempts > literal_column("0")) & _w.call_at_us.is_not(None) & (_w.expires_at_us + 0 > now_us)
    again = select(warning).where(called).order_by(_w.call_at_us, _w.warning_id).limit(limit)
    return [dict(row) for row in conn.execute(again).mappings()]


def shift_of(conn: Connection, operator: str, since_us: int, reached: Collection[str]) -> dict[str, int]:
    """calls, reached (by outcome), dissuaded, verified of one operator since a moment."""
    counts = {
        "calls": func.count(),
        "reached": func.sum(case((_c.outcome.in_(sorted(reached)), 1), else_=0)),
        "dissuaded": func.sum(case((_c.outcome == "dissuaded", 1), else_=0)),
        "verified": func.sum(case((_c.verified.in_(("phrase", "call_back")), 1), else_=0)),
    }
    row = conn.execute(
        select(*(count.label(name) for name, count in counts.items()))
        .where(_c.operator == operator, _c.began_at_us >= since_us)
    ).mappings().one()  # fmt: skip
    return {name: int(row[name] or 0) for name in counts}


def words_of_indicators(
    conn: Connection, indicators: Iterable[str], fraud: Collection[str]
) -> dict[str, dict[str, int]]:
    """Indicator -> what people said who were called about it, in warnings among the last `LATELY` talks of the centre:
    `fraud` (by these outcomes), `false_alarm`, `wrong_person`.
    """
    named = {indicator for indicator in indicators if indicator}
    told = select(_c.warning_id, _c.outcome).where(_c.outcome.in_([*sorted(fraud), "false_alarm", "wrong_person"]))
    talks = {row.warning_id: row.outcome for row in conn.execute(told.order_by(_c.ended_at_us.desc()).limit(LATELY))}
    found = {name: {"fraud": 0, "false_alarm": 0, "wrong_person": 0} for name in sorted(named)}
    for some in chunks(talks):
        about = select(_e.warning_id, _e.indicator).where(_e.warning_id.in_(some)).distinct()
        for row in conn.execute(about):
            if row.indicator in named:
                said = talks[row.warning_id]
                found[row.indicator]["fraud" if said in fraud else said] += 1
    return found


def phrase_row(conn: Connection, warning_id: str) -> dict[str, Any] | None:
    """The newest phrase of a warning."""
    newest = (_p.made_at_us.desc(), _p.settled_at_us.is_not(None), _p.phrase_id)
    query = select(warning_phrase).where(_p.warning_id == warning_id).order_by(*newest).limit(1)
    row = conn.execute(query).mappings().first()
    return dict(row) if row else None


def opened_at(conn: Connection, warning_id: str) -> int | None:
    """When the card was opened for the attempt that is not yet recorded: its first phrase was made then."""
    ended = select(func.max(_c.ended_at_us)).where(_c.warning_id == warning_id).scalar_subquery()
    first = select(func.min(_p.made_at_us)).where(_p.warning_id == warning_id, _p.made_at_us >= func.coalesce(ended, 0))
    return conn.execute(first).scalar()


def live_phrases(conn: Connection, recipient: str, now_us: int) -> list[dict[str, Any]]:
    """Phrases that a recipient may still ask for, the newest first."""
    live = select(warning_phrase).where(_p.recipient == recipient, _p.state == LIVE, _p.expires_at_us > now_us)
    return [dict(row) for row in conn.execute(live.order_by(_p.made_at_us.desc())).mappings()]


def add_phrase(conn: Connection, row: Mapping[str, Any]) -> None:
    """Add a phrase; those before it of the same recipient serve no more."""
    before = update(warning_phrase).where(_p.recipient == row["recipient"], _p.state == LIVE)
    conn.execute(before.values(state=REPLACED, settled_at_us=row["made_at_us"]))
    conn.execute(insert(warning_phrase).values(**row))


def set_phrase(conn: Connection, phrase_id: str, **values: Any) -> None:
    """Change a phrase's row."""
    conn.execute(update(warning_phrase).where(_p.phrase_id == phrase_id).values(**values))


def note_call_back(conn: Connection, warning_id: str, now_us: int) -> None:
    """The citizen dialled the published number and gave the code: it is kept with the newest phrase."""
    newest = phrase_row(conn, warning_id)
    if newest is not None:
        set_phrase(conn, newest["phrase_id"], called_back_at_us=now_us)


def codes_taken(conn: Connection, now_us: int) -> set[str]:
    """Case codes that find a warning now."""
    return set(conn.execute(select(_p.code).where(_p.code_until_us > now_us)).scalars())


def by_code(conn: Connection, code: str, now_us: int) -> dict[str, Any] | None:
    """The phrase row that a case code belongs to now."""
    now = select(warning_phrase).where(_p.code == code, _p.code_until_us > now_us).order_by(_p.made_at_us.desc())
    row = conn.execute(now.limit(1)).mappings().first()
    return dict(row) if row else None


def raise_alert(conn: Connection, warning_id: str, operator: str, stake_fen: int | None, now_us: int) -> None:
    """Tell the fund desk; one alert a warning."""
    values = {"at_us": now_us, "raised_by": operator, "stake_fen": stake_fen, "state": ALERT_OPEN}
    if conn.execute(update(warning_alert).where(_a.warning_id == warning_id).values(**values)).rowcount:
        return
    conn.execute(insert(warning_alert).values(warning_id=warning_id, report_id="", taken_by="", **values))


def set_alert(conn: Connection, warning_id: str, **values: Any) -> bool:
    """Change an alert; whether there is one."""
    return conn.execute(update(warning_alert).where(_a.warning_id == warning_id).values(**values)).rowcount == 1


def alert_of(conn: Connection, warning_id: str) -> dict[str, Any] | None:
    """The alert of a warning."""
    row = conn.execute(select(warning_alert).where(_a.warning_id == warning_id)).mappings().first()
    return dict(row) if row else None


def open_alerts(conn: Connection, limit: int) -> Sequence[dict[str, Any]]:
    """Alerts that nobody has taken, the oldest first: rows of `warning_alert` with recipient and district."""
    rows = (
        select(warning_alert, _w.recipient, _w.district).join(warning, _w.warning_id == _a.warning_id)
        .where(_a.state == ALERT_OPEN).order_by(_a.at_us, _a.warning_id).limit(limit)
    )  # fmt: skip
    return [dict(row) for row in conn.execute(rows).mappings()]
