"""Warnings of the desk as pages read them: a page at a time by key, counted no further than a person reads.

No question here looks at more than `SCANNED` rows of a group, however many warnings there are. What stands as open must
also not be past its end; what is past it counts as lapsed, whether or not anything runs that says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    exists,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

from chainbreak.records.visit import SUPPRESSED
from chainbreak.store.desk.tables_visits import visit
from chainbreak.store.desk.tables_warnings import contact_event, warning, warning_send

OPEN, LAPSED, DUE = "open", "lapsed", "due"
SCANNED = FEW = 5_000
"""Rows of a tier looked at for one page; a filter that few of them meet is answered in parts. A district or campaign of
no more open warnings than that is read as a whole."""
MOST, MOST_SENDS = 2_000, 500
"""A page says "2,000 and more" in the time it takes to count that far; messages are counted by channel and state."""
MOST_DISTRICTS = 200
TIERS = 8
"""The most tiers that a policy may have (act/warnings/tiers)."""
_w, _s = warning.c, warning_send.c
Row = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """A filter: `queue` the rank by which it is called, `kind` of any of its events, `without` these campaigns."""

    state: str = OPEN
    queue: int | None = None
    district: str = ""
    kind: str = ""
    campaign: str = ""
    without: tuple[str, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether rows of the state and queue must be looked at one by one."""
        return bool(self.district or self.kind or self.campaign or self.without)


@dataclass(frozen=True)
class Part:
    """Rows of one page, and after which warning the next one begins; "" at the end."""

    rows: Sequence[Row]
    after: str = ""


def page(conn: Connection, wanted: Wanted, now_us: int, after: str, limit: int) -> Part:
    """What is open in the order of calling, what is past by its end, the newest first; `after` names the last warning
    of the page before.
    """
    start = next(iter(_rows(conn, select(warning).where(_w.warning_id == after))), None) if after else None
    if wanted.state == OPEN:
        few = _few(conn, wanted, now_us)
        return _of_few(few, start, limit) if few is not None else _open(conn, wanted, now_us, start, limit)
    return _past(conn, wanted, now_us, start, limit)


def is_open(now_us: int) -> ColumnElement[bool]:
    """What is still to be worked on. The sum keeps SQLite from the index of ends, which nearly every open one meets: it
    would look at all of them instead of at the first of a tier.
    """
    return (_w.state == OPEN) & (_w.expires_at_us + 0 > now_us)


def count_up_to(conn: Connection, chosen: Select[Any], most: int = MOST) -> int:
    """How many rows, counted no further than `most`."""
    bare = chosen.with_only_columns(literal(1).label("one")).limit(most).subquery()  # no row is read that need not be
    return int(conn.execute(select(func.count()).select_from(bare)).scalar_one())


def count_late(conn: Connection, chosen: Select[Any], now_us: int) -> tuple[int, int]:
    """How many warnings, and of how many of them first contact is overdue; counted no further than `MOST`."""
    due = chosen.with_only_columns(_w.due_at_us).limit(MOST).subquery()
    late = func.count().filter(due.c.due_at_us < now_us)
    n, overdue = conn.execute(select(func.count(), late).select_from(due)).one()
    return int(n), int(overdue)


def _open(conn: Connection, wanted: Wanted, now_us: int, start: Row | None, limit: int) -> Part:
    rows: list[Row] = []
    for queue, calls in _groups(wanted, start):
        if len(rows) == limit:
            return Part(rows, rows[-1]["warning_id"])
        among = is_open(now_us) & (_w.queue == queue) & (_w.calls == calls)
        here = start is not None and (queue, calls) == (start["queue"], start["calls"])
        from_ = (start["call_order"], start["warning_id"]) if start is not None and here else None
        part = _scan(conn, among, "call_order", wanted, from_, limit - len(rows), descending=False)
        rows += part.rows
        if part.after:
            return Part(rows, part.after)
    return Part(rows)


def _groups(wanted: Wanted, start: Row | None) -> Iterator[tuple[int, bool]]:
    """(queue, whether it is called) in the order of the board: within a tier those to be called come first."""
    for queue in range(TIERS) if wanted.queue is None else (wanted.queue,):
        for calls in (True, False):
            if start is None or (queue, not calls) >= (start["queue"], not start["calls"]):
                yield queue, calls


def _few(conn: Connection, wanted: Wanted, now_us: int) -> list[Row] | None:
    """All that a district or campaign has open, in order, when they are few; None when they are many."""
    named = {_w.campaign: wanted.campaign, _w.district: wanted.district}
    conditions = [column == value for column, value in named.items() if value]
    if not conditions:
        return None
    chosen = select(warning).where(_w.state == OPEN, conditions[0])
    if count_up_to(conn, chosen, FEW + 1) > FEW:
        return None
    rows = _rows(conn, chosen)
    kept = [row for row in rows if row["expires_at_us"] > now_us and _meets(row, wanted)]
    if wanted.kind:
        of_kind = _with_kind(conn, [row["warning_id"] for row in kept], wanted.kind)
        kept = [row for row in kept if row["warning_id"] in of_kind]
    return sorted(kept, key=_place)


def _meets(row: Row, wanted: Wanted) -> bool:
    return (
        wanted.queue in (None, row["queue"]) and wanted.district in ("", row["district"])
        and wanted.campaign in ("", row["campaign"]) and row["campaign"] not in wanted.without
    )  # fmt: skip


def _place(row: Row) -> tuple[Any, ...]:
    return (row["queue"], not row["calls"], row["call_order"], row["warning_id"])


def _with_kind(conn: Connection, warning_ids: Sequence[str], kind: str) -> set[str]:
    from chainbreak.store.desk.funds import chunks

    e = contact_event.c
    return {
        found
        for some in chunks(warning_ids)
        for found in conn.execute(select(e.warning_id).where(e.warning_id.in_(some), e.kind == kind)).scalars()
    }


def _of_few(rows: Sequence[Row], start: Row | None, limit: int) -> Part:
    left = [row for row in rows if start is None or _place(row) > _place(start)]
    return Part(left[:limit], left[limit - 1]["warning_id"] if len(left) > limit else "")


def _past(conn: Connection, wanted: Wanted, now_us: int, start: Row | None, limit: int) -> Part:
    from_ = (start["expires_at_us"], start["warning_id"]) if start else None
    among = [_w.state == wanted.state]
    if wanted.state == LAPSED:
        among.append((_w.state == OPEN) & (_w.expires_at_us <= now_us))
    parts = [_scan(conn, one, "expires_at_us", wanted, from_, limit, descending=True) for one in among]
    rows = sorted((row for part in parts for row in part.rows), key=_end, reverse=True)
    # Of a part that was not looked through to its end nothing is known beyond where the look stopped.
    stops = [_key(conn, part.after) for part in parts if part.after]
    known = [row for row in rows if not stops or _end(row) >= max(stops)]
    if len(known) > limit:
        return Part(known[:limit], known[limit - 1]["warning_id"])
    return Part(known, max(stops)[1] if stops else "")


def _end(row: Row) -> tuple[int, str]:
    return (row["expires_at_us"], row["warning_id"])


def _key(conn: Connection, warning_id: str) -> tuple[int, str]:
    return _end(_rows(conn, select(warning).where(_w.warning_id == warning_id))[0])


def _scan(
    conn: Connection, among: ColumnElement[bool], order: str, wanted: Wanted, from_: tuple[int, str] | None, limit: int,
    *, descending: bool,
) -> Part:  # fmt: skip
    """At most `limit` rows of `among` beyond `from_` that meet the filter, found among the next `SCANNED`."""
    column = _w[order]
    chosen = select(warning).where(among)
    if from_ is not None:
        here = tuple_(column, _w.warning_id)
        chosen = chosen.where(here < tuple_(*from_) if descending else here > tuple_(*from_))
    ordered = chosen.order_by(*_by(warning, order, descending))
    found = ordered
    if wanted.is_narrow:
        looked = ordered.limit(SCANNED).subquery()
        found = select(looked).where(_test(looked, wanted)).order_by(*_by(looked, order, descending))
    rows = _rows(conn, found.limit(limit + 1))
    if len(rows) > limit:
        return Part(rows[:limit], rows[limit - 1]["warning_id"])
    last = ordered.with_only_columns(_w.warning_id).offset(SCANNED - 1).limit(1) if wanted.is_narrow else None
    return Part(rows, (conn.execute(last).scalar() or "") if last is not None else "")


def _rows(conn: Connection, chosen: Select[Any]) -> list[Row]:
    return [dict(row) for row in conn.execute(chosen).mappings()]


def _by(of: FromClause, order: str, descending: bool, ident: str = "warning_id") -> list[Any]:
    columns = (of.c[order], of.c[ident])
    return [column.desc() if descending else column for column in columns]


def _test(of: FromClause, wanted: Wanted) -> ColumnElement[bool]:
    e = contact_event.c
    asked: list[tuple[object, ColumnElement[bool]]] = [
        (wanted.district, of.c.district == wanted.district),
        (wanted.campaign, of.c.campaign == wanted.campaign),
        (wanted.without, of.c.campaign.not_in(wanted.without)),
        (wanted.kind, exists().where(e.warning_id == of.c.warning_id, e.kind == wanted.kind)),
    ]
    return and_(*(test for given, test in asked if given))


def heads(conn: Connection, now_us: int, queue: int, n: int) -> list[Row]:
    """The first `n` of a tier to be called."""
    return _rows(conn, waiting(now_us, queue, calls=True).order_by(_w.call_order, _w.warning_id).limit(n))


def head_campaigns(conn: Connection, now_us: int, queue: int, n: int) -> list[str]:
    """Campaigns of the first `n` of a tier to be called."""
    chosen = waiting(now_us, queue, calls=True).with_only_columns(_w.campaign)
    return list(conn.execute(chosen.order_by(_w.call_order, _w.warning_id).limit(n)).scalars())


def to_call_first(conn: Connection, ranks: Collection[int], now_us: int, n: int) -> list[Row]:
    """The first `n` to be called now."""
    from chainbreak.store.desk.warnings import to_call

    ids = conn.execute(to_call(now_us, ranks).limit(n)).scalars().all()
    rows = {row["warning_id"]: row for row in _rows(conn, select(warning).where(_w.warning_id.in_(ids)))}
    return [rows[one] for one in ids]


def latest(conn: Connection, now_us: int, n: int) -> list[Row]:
    """The `n` warnings to be called whose first contact is overdue longest, nobody having been told, among the first
    `FEW` of each tier: in the order of deadlines they stand there.
    """
    rows: list[Row] = []
    for queue in range(TIERS):
        first = waiting(now_us, queue, calls=True).order_by(_w.call_order, _w.warning_id).limit(FEW).subquery()
        late = (first.c.due_at_us <= now_us) & first.c.told_at_us.is_(None)
        rows += _rows(conn, select(first).where(late).order_by(first.c.due_at_us, first.c.warning_id).limit(n))
    return sorted(rows, key=lambda row: (row["due_at_us"], row["warning_id"]))[:n]


def newest(conn: Connection, n: int) -> list[str]:
    """Campaigns of the `n` warnings opened last."""
    return list(conn.execute(select(_w.campaign).order_by(_w.opened_at_us.desc()).limit(n)).scalars())


def districts(conn: Connection) -> list[str]:
    """Districts of open warnings: from one to the next by the index, so that their number counts, not the warnings'."""
    first = select(func.min(_w.district).label("name")).where(_w.state == OPEN, _w.district > "").cte(recursive=True)
    beyond = select(func.min(_w.district)).where(_w.state == OPEN, _w.district > first.c.name).scalar_subquery()
    each = first.union_all(select(beyond).where(first.c.name.is_not(None)))
    named = select(each.c.name).where(each.c.name.is_not(None)).limit(MOST_DISTRICTS)
    return list(conn.execute(named).scalars())


def waiting(now_us: int, queue: int, *, calls: bool) -> Select[Any]:
    """Open warnings of a queue that are still to be called; or, of those that are not called, all."""
    chosen = select(warning).where(is_open(now_us), _w.queue == queue, _w.calls == calls)
    return chosen.where(_w.call_at_us.is_not(None)) if calls else chosen


def sends_by_state(conn: Connection, since_us: int, channels: Sequence[str], states: Sequence[str]) -> dict[str, Row]:
    """Channel -> state -> messages due since then; each counted up to `MOST_SENDS`."""
    some = [
        select(literal(channel).label("channel"), literal(state).label("state"), func.count().label("n")).select_from(
            select(_s.send_id).where(_s.channel == channel, _s.state == state, _s.due_at_us >= since_us)
            .limit(MOST_SENDS).subquery()
        )
        for channel in channels for state in states
    ]  # fmt: skip
    found: dict[str, Row] = {channel: {} for channel in channels}
    for row in conn.execute(union_all(*some)):
        found[row.channel][row.state] = int(row.n)
    return found


def held_back(conn: Connection, state: str, now_us: int, after: str, limit: int) -> list[Row]:
    """Messages in a state of holding back, the latest first; those that are `due` only if their hour is still ahead,
    the next first. `after`: the last of the page before.
    """
    key = tuple_(_s.due_at_us, _s.send_id)
    chosen, descending = select(warning_send).where(_s.state == state), state != DUE
    if not descending:
        chosen = chosen.where(_s.due_at_us > now_us)
    start = conn.execute(select(_s.due_at_us, _s.send_id).where(_s.send_id == after)).first() if after else None
    if start is not None:
        chosen = chosen.where(key < tuple_(*start) if descending else key > tuple_(*start))
    return _rows(conn, chosen.order_by(*_by(warning_send, "due_at_us", descending, "send_id")).limit(limit))


def held_visits(conn: Connection, after: str, limit: int) -> list[Row]:
    """Visits that a rule held back, the newest first, with `campaign` and `expires_at_us` of their warnings."""
    v = visit.c
    chosen = (
        select(visit, _w.campaign, _w.expires_at_us).join(warning, _w.warning_id == v.warning_id)
        .where(v.state == SUPPRESSED).order_by(v.opened_at_us.desc(), v.visit_id.desc()).limit(limit)
    )  # fmt: skip
    start = conn.execute(select(v.opened_at_us, v.visit_id).where(v.visit_id == after)).first() if after else None
    if start is not None:
        chosen = chosen.where(tuple_(v.opened_at_us, v.visit_id) < tuple_(*start))
    return _rows(conn, chosen)
