"""What the desk holds about how warnings did: counted in SQL, row by row only where an estimate needs each person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, or_, select

from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_reports import report_file
from chainbreak.store.desk.tables_warnings import (
    contact_event,
    warning,
    warning_call,
    warning_draw,
    warning_drawn,
    warning_move,
    warning_mute,
    warning_send,
)

_w, _e, _c, _s, _d = warning.c, contact_event.c, warning_call.c, warning_send.c, warning_draw.c
_f = report_file.c


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def counts(conn: Connection, since_us: int, until_us: int, now_us: int, by: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Warnings opened within [since, until), grouped by columns of `warning` and by `outcome`: warnings, due (first
    contact was due by now), reached_in_time, told_in_time (of these), reached, stake_reached_fen (at stake of those
    who were reached).
    """
    due, was_reached = _w.due_at_us <= now_us, _w.reached_at_us.is_not(None)
    told = or_(_w.told_at_us <= _w.due_at_us, _w.reached_at_us <= _w.due_at_us)
    measures = {
        "warnings": func.count(), "due": _sum(due),
        "reached_in_time": _sum(and_(due, _w.reached_at_us <= _w.due_at_us)),
        "told_in_time": _sum(and_(due, told)), "reached": _sum(was_reached),
        "stake_reached_fen": func.coalesce(func.sum(case((was_reached, _w.stake_fen), else_=None)), 0),
    }  # fmt: skip
    keys = [_w[name] for name in (*by, "outcome")]
    query = select(*keys, *(what.label(name) for name, what in measures.items())).where(*_opened(since_us, until_us))
    rows = [dict(row) for row in conn.execute(query.group_by(*keys).order_by(*keys)).mappings()]
    return [row | {name: int(row[name]) for name in measures} for row in rows]


def minutes(conn: Connection, since_us: int, until_us: int) -> Iterator[Row[Any]]:
    """(tier, first_us, told_us, reached_us) of warnings of which somebody was told or reached; `first_us`: since when
    the first contact was.
    """
    first = select(_e.warning_id, func.min(_e.at_us).label("first_us")).group_by(_e.warning_id).subquery()
    query = (
        select(_w.tier, first.c.first_us, _w.told_at_us.label("told_us"), _w.reached_at_us.label("reached_us"))
        .join(first, first.c.warning_id == _w.warning_id)
        .where(*_opened(since_us, until_us), or_(_w.told_at_us.is_not(None), _w.reached_at_us.is_not(None)))
    )
    return iter(conn.execute(query))


def outcomes_of_one(conn: Connection, since_us: int, until_us: int) -> Iterator[dict[str, Any]]:
    """Warnings opened within [since, until) that rest on one contact, grouped by all that judging needs: policy,
    outcome, kind, facts, confidence, n.
    """
    one = _by_contacts(since_us, until_us).having(func.count() == 1).subquery()
    alike = (_w.policy, _w.outcome, one.c.kind, one.c.facts, one.c.confidence)
    query = select(*alike, func.count().label("n")).join(one, one.c.warning_id == _w.warning_id).group_by(*alike)
    for row in conn.execute(query).mappings():
        yield dict(row)


def outcomes_of_several(conn: Connection, since_us: int, until_us: int) -> Iterator[dict[str, Any]]:
    """Each contact, those taken back too, of the others, with the `policy` and `outcome` of its warning; warning by
    warning.
    """
    several = _by_contacts(since_us, until_us).having(func.count() > 1).subquery()
    query = (
        select(contact_event, _w.policy, _w.outcome).join(warning, _w.warning_id == _e.warning_id)
        .join(several, several.c.warning_id == _w.warning_id).order_by(_e.warning_id, _e.at_us, _e.event_id)
    )  # fmt: skip
    for row in conn.execution_options(yield_per=5_000).execute(query).mappings():
        yield dict(row)


def _by_contacts(since_us: int, until_us: int) -> Select[Any]:
    of_one = (
        func.min(_e.kind).label("kind"),
        func.min(_e.facts).label("facts"),
        func.min(_e.confidence).label("confidence"),
    )
    within = select(_e.warning_id, *of_one).join(warning, _w.warning_id == _e.warning_id)
    return within.where(*_opened(since_us, until_us)).group_by(_e.warning_id)


def drawn(conn: Connection, since_us: int, until_us: int) -> list[Row[Any]]:
    """Warnings of draws that began within [since, until): draw_id, seed, waiting, capacity, began_at_us, warning_id,
    recipient, campaign, stake_fen, opened_at_us, outcome.
    """
    query = (
        select(_d.draw_id, _d.seed, _d.waiting, _d.capacity, _d.began_at_us, _w.warning_id, _w.recipient, _w.campaign,
               _w.stake_fen, _w.opened_at_us, _w.outcome)
        .join(warning_drawn, warning_drawn.c.draw_id == _d.draw_id)
        .join(warning, _w.warning_id == warning_drawn.c.warning_id)
        .where(_d.began_at_us >= since_us, _d.began_at_us < until_us)
        .order_by(_d.began_at_us, _d.draw_id, _w.warning_id)
    )  # fmt: skip
    return list(conn.execute(query))


def draws(conn: Connection, since_us: int, until_us: int) -> list[Row[Any]]:
    """Draws that began within [since, until), with every column of their table."""
    return list(conn.execute(
        select(warning_draw).where(_d.began_at_us >= since_us, _d.began_at_us < until_us).order_by(_d.began_at_us)
    ))  # fmt: skip


def first_calls(conn: Connection, since_us: int, until_us: int) -> list[Row[Any]]:
    """The first attempt of each warning that was first called within [since, until) with a script: script,
    began_at_us, warning_id, recipient, campaign, stake_fen, outcome (of the warning).
    """
    query = (
        select(_c.script, _c.began_at_us, _w.warning_id, _w.recipient, _w.campaign, _w.stake_fen, _w.outcome)
        .join(warning, _w.warning_id == _c.warning_id)
        .where(_c.attempt == 1, _c.script != "", _c.began_at_us >= since_us, _c.began_at_us < until_us)
        .order_by(_c.began_at_us, _w.warning_id)
    )
    return list(conn.execute(query))


def call_work(conn: Connection, since_us: int, until_us: int) -> list[dict[str, Any]]:
    """Attempts begun within [since, until) by `outcome` and `verified`: attempts, talk_us (their time together)."""
    query = select(
        _c.outcome, _c.verified, func.count().label("attempts"),
        func.coalesce(func.sum(_c.ended_at_us - _c.began_at_us), 0).label("talk_us"),
    ).where(_c.began_at_us >= since_us, _c.began_at_us < until_us).group_by(_c.outcome, _c.verified)  # fmt: skip
    return [dict(row) | {"talk_us": int(row["talk_us"])} for row in conn.execute(query).mappings()]


def dissuaded(conn: Connection, since_us: int, until_us: int) -> list[Row[Any]]:
    """(recipient, outcome_at_us) of warnings that ended with `dissuaded` within [since, until)."""
    ended = and_(_w.outcome == "dissuaded", _w.outcome_at_us >= since_us, _w.outcome_at_us < until_us)
    return list(conn.execute(select(_w.recipient, _w.outcome_at_us).where(ended)))


def each_recipient(conn: Connection, since_us: int, until_us: int, answered: Collection[str]) -> dict[str, list[int]]:
    """How many recipients had so many: `warnings` opened within [since, until), and `messages` handed over then plus
    calls whose outcome is one of `answered`; each as sorted numbers, one a recipient that had any.
    """
    warned = select(func.count()).where(*_opened(since_us, until_us)).group_by(_w.recipient)
    sent = select(_s.recipient, func.count().label("n")).where(
        _s.handed_at_us >= since_us, _s.handed_at_us < until_us).group_by(_s.recipient)  # fmt: skip
    spoke = (
        select(_w.recipient, func.count().label("n")).join(warning_call, _c.warning_id == _w.warning_id)
        .where(_c.began_at_us >= since_us, _c.began_at_us < until_us, _c.outcome.in_(answered)).group_by(_w.recipient)
    )  # fmt: skip
    told: dict[str, int] = {}
    for query in (sent, spoke):
        for row in conn.execute(query):
            told[row.recipient] = told.get(row.recipient, 0) + row.n
    return {"warnings": sorted(conn.execute(warned).scalars()), "messages": sorted(told.values())}


def mutes(conn: Connection, since_us: int, until_us: int) -> int:
    """Recipients who asked for no more low messages within [since, until)."""
    m = warning_mute.c
    query = select(func.count()).where(m.at_us >= since_us, m.at_us < until_us)
    return int(conn.execute(query).scalar_one())


def complaints(conn: Connection, since_us: int, until_us: int) -> int:
    """Complaints of people who were warned, noted within [since, until)."""
    m = warning_move.c
    query = select(func.count()).where(m.move == "complaint", m.at_us >= since_us, m.at_us < until_us)
    return int(conn.execute(query).scalar_one())


def is_warning(conn: Connection, warning_id: str) -> bool:
    """Whether there is such a warning, open or over."""
    return conn.execute(select(_w.warning_id).where(_w.warning_id == warning_id)).first() is not None


def muted_spans(conn: Connection) -> dict[str, tuple[int, int]]:
    """Recipient -> from when until when he wants no low messages."""
    return {row.recipient: (row.at_us, row.until_us) for row in conn.execute(select(warning_mute))}


def sends_by(conn: Connection, since_us: int, until_us: int) -> list[dict[str, Any]]:
    """Messages planned within [since, until) by district and channel: planned, handed (left us), delivered."""
    left = _s.handed_at_us.is_not(None)
    query = (
        select(_w.district, _s.channel, func.count().label("planned"), _sum(left).label("handed"),
               _sum(_s.state == "delivered").label("delivered"))
        .join(warning, _w.warning_id == _s.warning_id)
        .where(_s.planned_at_us >= since_us, _s.planned_at_us < until_us, _s.purpose == "warn")
        .group_by(_w.district, _s.channel).order_by(_w.district, _s.channel)
    )  # fmt: skip
    return [dict(row) for row in conn.execute(query).mappings()]


def contacts(conn: Connection, since_us: int, until_us: int) -> Iterator[dict[str, Any]]:
    """Every contact received within [since, until), by recipient, then in the order received."""
    query: Select[Any] = (
        select(contact_event).where(_e.received_at_us >= since_us, _e.received_at_us < until_us)
        .order_by(_e.recipient, _e.received_at_us, _e.event_id)
    )  # fmt: skip
    for row in conn.execution_options(yield_per=5_000).execute(query).mappings():
        yield dict(row)


def outcomes_by_ground(conn: Connection, grounds: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """What came of warnings, by what they rested on, the oldest first: ref (`finding:ID`, `order:ID` …), warning_id,
    outcome, given_at_us; each warning once for each of its grounds.
    """
    query = (
        select(_e.ground.label("ref"), _w.warning_id, _w.outcome, _w.outcome_at_us.label("given_at_us"))
        .join(warning, _w.warning_id == _e.warning_id).where(_w.outcome != "").distinct()
        .order_by(_w.outcome_at_us, _w.warning_id, _e.ground)
    )  # fmt: skip
    wanted = [query] if grounds is None else [query.where(_e.ground.in_(some)) for some in chunks(grounds)]
    return [dict(row) for one in wanted for row in conn.execute(one).mappings()]


def filed_reports(conn: Connection, since_us: int, until_us: int) -> dict[str, dict[str, Any]]:
    """Report -> state, record_ref, loss_fen, occurred_at_us as people corrected them, of reports made within [since,
    until) that are in the inbox.
    """
    query = select(_f.report_id, _f.state, _f.record_ref, _f.loss_fen, _f.occurred_at_us).where(
        *_made(since_us, until_us)
    )
    return {row["report_id"]: dict(row) for row in conn.execute(query).mappings()}


def marked_victims(conn: Connection, since_us: int, until_us: int) -> dict[str, str]:
    """Report -> what people said of the things it names (JSON: key -> role), where something is the victim's own."""
    said = select(_f.report_id, _f.said).where(*_made(since_us, until_us), _f.said.like('%"victim"%'))
    return {row.report_id: row.said for row in conn.execute(said)}


def _made(since_us: int, until_us: int) -> tuple[Any, Any]:
    return (_f.reported_at_us >= since_us, _f.reported_at_us < until_us)


def _opened(since_us: int, until_us: int) -> tuple[Any, Any]:
    return (_w.opened_at_us >= since_us, _w.opened_at_us < until_us)
