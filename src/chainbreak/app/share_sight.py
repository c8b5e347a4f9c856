"""Tell a source that our own records met what it reports, or that it is wrong: it learns what its reports are worth.

What leaves is the id of its own indicator, a count and two times; nothing of the records themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.sharing.reported import FALSE, SEEN, Told
from chainbreak.app.list_indicators import list_indicators
from chainbreak.app.share_pull import must_share, setup_of
from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import SetupError, UsageError
from chainbreak.records.finding import read_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.store.engine import Engine

RECORDS = {
    "line": ("call", "at_us", ("msisdn", "peer")), "account": ("transfer", "booked_at_us", ("payer", "payee")),
    "domain": ("lookup", "at_us", ("domain",)),
}  # fmt: skip
"""Kind of indicator -> in which records, by what time, in which columns it may be met. Of addresses there are none."""


def share_sight(office: Office, actor: Actor, partner_id: str, wrong: str = "") -> list[dict[str, Any]]:
    """Tell `partner_id` of its live indicators that our records met since it was last told; or that `wrong` is wrong.

    Rows (shared_id, says: seen or false, count, first_us, last_us, taken).

    Raises:
        RefusedError: the role (CB-DL-165).
        UsageError: no such partner (CB-OR-080) or indicator (CB-US-001), or it cannot be told (CB-DL-166).
        SetupError: address, collection or secret are missing.
    """
    from chainbreak.act.delivery.point import PointDownError
    from chainbreak.act.delivery.sharing.telling import tell
    from chainbreak.app.change_partners import partner_row

    must_share(actor)
    row, now = partner_row(office, partner_id), office.clock.now_us()
    known = list_indicators(office, source=partner_id, over=bool(wrong))
    if wrong and wrong not in {one["shared_id"] for one in known}:
        raise UsageError("CB-US-001", "this source has no such indicator", given=wrong)
    told = [Told(wrong, FALSE, 1, now, now)] if wrong else _met(office, known)
    if not told:
        return []
    try:
        refused = tell(setup_of(office, row), told)
    except PointDownError as e:
        raise SetupError("CB-DL-162", "the partner does not answer", given=str(e), next_step="try again") from None
    _note(office, actor, partner_id, [one for one in told if one.shared_id not in refused])
    return [
        {"shared_id": one.shared_id, "says": one.says, "count": one.count, "first_us": one.first_us,
         "last_us": one.last_us, "taken": one.shared_id not in refused}
        for one in told
    ]  # fmt: skip


def _note(office: Office, actor: Actor, partner_id: str, told: list[Told]) -> None:
    from chainbreak.store.desk.indicators import save_met

    with office.desk.begin() as conn:
        now = office.clock.now_us()
        for one in told:
            if one.says == SEEN:
                save_met(conn, partner_id, one.shared_id, one.last_us, one.count, now)
        says = {one.shared_id: one.says for one in told}
        append(conn, Entry.by(actor, now, "share.sight", f"partner:{partner_id}", payload=says))


def _met(office: Office, known: list[dict[str, Any]]) -> list[Told]:
    engine = office.engine()
    try:
        found = [one for kind in RECORDS for one in _met_of(engine, kind, [k for k in known if k["kind"] == kind])]
    finally:
        engine.close()
    return sorted(found, key=lambda one: one.shared_id)


def _met_of(engine: Engine, kind: str, known: list[dict[str, Any]]) -> list[Told]:
    import pyarrow as pa

    table, time, columns = RECORDS[kind]
    if not known:
        return []
    try:
        records = engine.table(table)
    except SetupError:
        return []  # no such records here
    things = [one["object"] if kind == "domain" else read_token(one["object"])[1] for one in known]
    wanted = engine.put(f"reported_{kind}", pa.table({
        "shared_id": [one["shared_id"] for one in known], "thing": things,
        # What was told once is not told again; and nothing from before it was first reported.
        "after_us": pa.array([max(one["told_us"] or 0, one["first_seen_us"] - 1) for one in known], pa.int64()),
    }))  # fmt: skip
    met = [
        wanted.join(records, wanted.thing == records[column])
        .filter(records[time] > wanted.after_us)
        .select(wanted.shared_id, at_us=records[time], ref=records.record_ref)
        for column in columns
    ]
    hits = met[0] if len(met) == 1 else met[0].union(met[1], distinct=True)  # who calls himself is one call
    counted = hits.group_by("shared_id").aggregate(
        count=hits.count().cast("int64"), first_us=hits.at_us.min(), last_us=hits.at_us.max()
    )
    return [
        Told(r["shared_id"], SEEN, r["count"], r["first_us"], r["last_us"]) for r in engine.run(counted).to_pylist()
    ]
