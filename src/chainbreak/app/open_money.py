"""Money that is being followed: the newest trace of each report, what of it lies loose, and reports not traced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.app.file_reports import AT_ONCE, file_reports
from chainbreak.app.trace_rights import admit_trace
from chainbreak.store.desk import funds, reports
from chainbreak.store.desk.funds_held import shares_held

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST_RUNS = 500
"""Newest runs among which the newest of each report is looked for."""
MOST_REPORTS = 500
"""Newest open reports among which untraced ones are looked for."""
MOST_READ = 60
"""Of so many the bodies are read: what a desk follows at a time, with room."""


def open_money(office: Office, actor: Actor, limit: int = 50) -> list[dict[str, Any]]:
    """What was traced, the newest run of each with amounts, the most loose money first: run_id, what, report, rule,
    made_at_us, as_of_us, begin_us (the first payment), accounts, claimed_fen, lying_fen, gone_fen, lost_fen (out of
    sight), held_fen and drafted_fen (by orders that were issued, or wait) and loose_fen = lying less both.

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
    """
    admit_trace(office, actor, "trace.list", "trace:*", often=True)
    now = office.clock.now_us()
    rows = []
    with office.desk.read() as conn:
        newest: dict[str, str] = {}
        for run in funds.list_runs(conn, limit=MOST_RUNS):
            newest.setdefault(run["what"], run["run_id"])
        for run_id in list(newest.values())[:MOST_READ]:
            found = funds.read_run(conn, run_id)
            if found and "totals" in found["body"] and not found["body"]["terms"]["back"]:
                rows.append(_row(conn, found, now))
    rows.sort(key=lambda row: (-row["loose_fen"], -row["made_at_us"]))
    return rows[:limit]


def untraced_reports(office: Office, actor: Actor, since_us: int, limit: int = 10) -> list[dict[str, Any]]:
    """Open reports with a loss, made since a moment, whose money nobody has traced, the newest first: report_id,
    reported_at_us, district, loss_fen.

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
    """
    admit_trace(office, actor, "trace.list", "trace:*", often=True)
    file_reports(office, AT_ONCE)
    names = ("report_id", "reported_at_us", "district", "loss_fen")
    with office.desk.read() as conn:
        found = (row._mapping for row in reports.page(conn, reports.Filter(), None, MOST_REPORTS))
        rows = {f"report:{row['report_id']}": row for row in found if row["loss_fen"]}
        traced = funds.traced(conn, rows)
    return [
        {name: row[name] for name in names}
        for what, row in rows.items()
        if row["reported_at_us"] >= since_us and what not in traced
    ][:limit]


def _row(conn: Connection, run: Mapping[str, Any], now_us: int) -> dict[str, Any]:
    body, totals = run["body"], run["body"]["totals"]
    held, drafted = _held(conn, run["claims"], now_us)
    kind, _, ident = str(run["what"]).partition(":")
    return {
        "run_id": run["run_id"], "what": run["what"], "report": ident if kind == "report" else "",
        "rule": body["rule"], "made_at_us": run["made_at_us"], "as_of_us": body["terms"]["as_of_us"],
        "begin_us": min(claim["booked_at_us"] for claim in body["claims"]), "accounts": len(body["accounts"]),
        "claimed_fen": totals["claimed"], "lying_fen": totals["holding"], "gone_fen": totals["exit"],
        "lost_fen": totals["unknown"], "held_fen": held, "drafted_fen": drafted,
        "loose_fen": max(totals["holding"] - held - drafted, 0),
    }  # fmt: skip


def _held(conn: Connection, claims: list[str], now_us: int) -> tuple[int, int]:
    """Fen that orders hold for these claims, and fen that drafts ask for."""
    from chainbreak.store.desk.tables_orders import order_file

    shares = funds.shares_of_claims(conn, claims)
    orders = funds.rows_in(conn, order_file, order_file.c.order_id, (share["order_id"] for share in shares))
    standing = {row["order_id"]: row for row in orders if row["ends_at_us"] > now_us}
    partly = shares_held(conn, standing)
    held = drafted = 0
    for share in shares:
        order = standing.get(share["order_id"], {"state": ""})
        # An order that was lowered after its draft holds no more for any claim than its amount.
        fen = min(share["fen"], order["amount_fen"]) if order["state"] else 0
        held += partly.get((share["order_id"], share["claim_id"]), fen) if order["state"] in funds.ISSUED else 0
        drafted += fen if order["state"] in funds.WAITING else 0
    return held, drafted
