"""The inbox: reports by time, a page at a time; and the next one that nobody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.file_reports import AT_ONCE, file_reports, read_types
from chainbreak.app.report_rights import must_act, must_read
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.store.desk import reports
from chainbreak.store.desk.reports import Filter

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

LARGEST_PAGE = 500
LINKED = ("", "yes", "no")


def filter_of(
    state: str = "open", type: str = "", district: str = "", assigned: str | None = None, unread: bool = False,
    series: str = "",
) -> Filter:  # fmt: skip
    """A filter from words: "" leaves a part open; `assigned` None: to anybody, "": to nobody; `series` yes, no.

    Raises:
        UsageError: no such word (CB-US-001).
    """
    for name, given, known in (("state", state, reports.STATES), ("series", series, LINKED)):
        if given not in known:
            raise UsageError("CB-US-001", f"no such {name}", given=given, allowed=did_you_mean(given, known))
    linked = _in_series() if series else None
    return Filter(
        state, type or None, district or None, assigned, True if unread else None,
        ids=linked if series == "yes" else None, not_ids=linked if series == "no" else None,
    )  # fmt: skip


def _in_series() -> Any:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_series import series_member

    return select(series_member.c.report_id).where(series_member.c.until_run.is_(None))


def list_reports(
    office: Office, actor: Actor, wanted: Filter | None = None, *, after: str | None = None, limit: int = 50
) -> dict[str, Any]:
    """`rows` (report_id, reported_at_us, district, type, type_by, type_p, loss_fen, state, assigned, unread, series),
    the newest first; `after` is the last report_id of the page before; `waiting`: reports in the lake that are not in
    the inbox yet.

    Raises:
        RefusedError: a role whose work does not rest on reports (CB-RT-002).
    """
    must_read(actor)
    waiting = file_reports(office, AT_ONCE)
    with office.desk.read() as conn:
        rows = [dict(row._mapping) for row in reports.page(conn, wanted or Filter(), after, min(limit, LARGEST_PAGE))]
        linked = series_of(conn, [row["report_id"] for row in rows])
    read = read_types(office, [row for row in rows if not row["type_by"]])
    for row in rows:
        if row["report_id"] in read:
            row["type"], row["type_p"], row["type_version"] = read[row["report_id"]]
            row["type_by"] = reports.MACHINE
        row["series"] = linked.get(row["report_id"], "")
        del row["said"]
    return {"rows": rows, "waiting": waiting}


def inbox_counts(office: Office, actor: Actor) -> dict[str, int]:
    """How many reports are open, unread, mine, nobody's, deleted; counted up to `reports.COUNTED_TO`."""
    wanted = {
        "all": Filter(), "unread": Filter(unread=True), "mine": Filter(assigned=actor.name),
        "free": Filter(assigned=""), "deleted": Filter(state=reports.DELETED),
    }  # fmt: skip
    with office.desk.read() as conn:
        return {name: reports.count(conn, one) for name, one in wanted.items()}


def known_districts(office: Office) -> list[str]:
    """Every district that reports name."""
    with office.desk.read() as conn:
        return reports.districts(conn)


def next_report(office: Office, actor: Actor, wanted: Filter) -> str | None:
    """Assign the newest report of the filter that nobody has to the actor; None when there is none.

    Raises:
        RefusedError: a role that does not work on reports (CB-RT-002).
    """
    from dataclasses import replace

    from chainbreak.audit.log import Entry, append

    must_act(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        rows = reports.page(conn, replace(wanted, assigned="", state=reports.OPEN), None, 1)
        if not rows:
            return None
        report_id = str(rows[0].report_id)
        reports.add_event(conn, report_id, now, actor.name, reports.ASSIGNED, {"assigned": ("", actor.name)})
        append(conn, Entry.by(actor, now, "report.assign", f"report:{report_id}", payload={"to": actor.name}))
    return report_id


def series_of(conn: Connection, ids: list[str]) -> dict[str, str]:
    """report_id -> the series it belongs to now."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_series import series_member as m

    rows = conn.execute(select(m.c.report_id, m.c.series_id).where(m.c.report_id.in_(ids), m.c.until_run.is_(None)))
    return {row.report_id: row.series_id for row in rows}
