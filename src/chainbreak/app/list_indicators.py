"""What others report, with its age and what weight it still has: for people who judge, beside their own findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.sharing.ageing import Ageing, load_ageing
from chainbreak.base.errors import SetupError
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office


def list_indicators(
    office: Office, *, source: str = "", kind: str = "", over: bool = False, limit: int | None = None
) -> list[dict[str, Any]]:
    """Indicators, the last seen first; `over`: those that hold no longer too.

    Rows: source, shared_id, kind, object, score 0..100, state (live, aged, ended, revoked), first_seen_us, last_seen_us
    (sightings included), valid_until_us, confidence, seen, denied (counts), told_us, pulled_at_us.

    Raises:
        SetupError: `sharing.yaml` of the centre cannot be read (CB-DL-167).
    """
    from chainbreak.store.desk.indicators import read_indicators

    with office.desk.read() as conn:
        # The limit counts what is shown; how much of it is over is known only after weighing.
        rows = read_indicators(conn, source=source, kind=kind, limit=limit if over else None)
    weighed = _weighed(office, rows, load_ageing(office.centre.root))
    return [row for row in weighed if over or row["state"] == "live"][:limit]


def list_refused(office: Office, source: str = "") -> list[dict[str, Any]]:
    """What could not be read, rows (source, shared_id, code, what, at_us), the last first."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_sharing import indicator_refused as r

    query = select(r).order_by(r.c.at_us.desc(), r.c.source, r.c.shared_id)
    with office.desk.read() as conn:
        found = conn.execute(query.where(r.c.source == source) if source else query)
        return [dict(row) for row in found.mappings()]


def reported_elsewhere(office: Office, conn: Connection, about: Iterable[str]) -> list[dict[str, Any]]:
    """Live indicators about any of these objects (written tokens, domains, addresses), the heaviest first.

    Rows: source, shared_id, kind, object, score, last_seen_us, valid_until_us. A rotation of keys gives a thing a new
    token; what was brought in before it is found all the same.
    """
    from chainbreak.store.desk.indicators import read_indicators

    rows = read_indicators(conn, objects=_forms(office, conn, set(about)))
    try:
        ageing = load_ageing(office.centre.root)
    except SetupError:
        ageing = load_ageing()  # a slip in the centre's file must not keep anybody from judging
    live = [row for row in _weighed(office, rows, ageing) if row["state"] == "live"]
    shown = ("source", "shared_id", "kind", "object", "score", "last_seen_us", "valid_until_us")
    first = sorted(live, key=lambda row: (-row["score"], row["source"], row["shared_id"]))
    return [{name: row[name] for name in shown} for row in first]


def reported_about_order(office: Office, order_id: str) -> list[dict[str, Any]]:
    """`reported_elsewhere` about the object of an order.

    Raises:
        UsageError: no such order (CB-OR-003).
    """
    from chainbreak.act.orders.ledger import read_order

    with office.desk.read() as conn:
        return reported_elsewhere(office, conn, [read_order(conn, order_id).content.object])


def _weighed(office: Office, rows: list[dict[str, Any]], ageing: Ageing) -> list[dict[str, Any]]:
    now = office.clock.now_us()
    return [_weigh(ageing, row, now) for row in rows]


def _weigh(ageing: Ageing, row: dict[str, Any], now_us: int) -> dict[str, Any]:
    model = ageing.model(row["kind"])
    seen, denied = int(row["seen"] or 0), int(row["denied"] or 0)
    last = max(row["last_seen_us"], row.pop("seen_us") or 0)
    said_over = (row.pop("over_us") or -1) >= last
    score = model.score(row["confidence"], now_us - last, seen, denied)
    ended = row["valid_until_us"] is not None and row["valid_until_us"] <= now_us
    state = (
        "revoked" if row.pop("revoked") else "ended" if ended or said_over
        else "aged" if score <= 0 or score < model.over_below else "live"
    )  # fmt: skip
    row.pop("version_us")
    return row | {"seen": seen, "denied": denied, "last_seen_us": last, "state": state,
                  "score": score if state in ("live", "aged") else 0.0}  # fmt: skip


def _forms(office: Office, conn: Connection, about: set[str]) -> set[str]:
    """`about`, and under which older tokens the same things were brought in."""
    from sqlalchemy import select

    from chainbreak.records.finding import read_token
    from chainbreak.store.desk.tables_sharing import indicator as i

    found = set(about)
    for kind in (Identifier.LINE, Identifier.ACCOUNT):
        mine = {read_token(one)[1] for one in about if one.startswith(f"{kind.value}:")}
        there = select(i.c.object).where(i.c.kind == kind.value)
        if not mine or conn.execute(there.limit(1)).first() is None or office.keys.epochs[kind.value] == 1:
            continue
        written = conn.execute(there.distinct()).scalars().all()
        tokens = {one: read_token(one)[1] for one in written}
        now = office.vault.currents(kind, set(tokens.values()) | mine)
        wanted = {now[token] for token in mine}
        found |= {one for one, token in tokens.items() if now[token] in wanted}
    return found
