"""What the desk remembers of when things were done about stolen money: the moments of the golden hour's clock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from chainbreak.store.desk.funds import rows_in, runs_of_claims, shares_of_claims
from chainbreak.store.desk.funds_held import shares_held
from chainbreak.store.desk.tables_orders import order_event, order_file
from chainbreak.store.desk.tables_reports import report_file

STEP_OF = {"draft": "draft", "submit": "submit", "approve": "approve", "confirm": "approve", "send": "send",
           "answer": "receipt"}  # fmt: skip
"""Move of an order -> the step of the clock that it ends."""
WRONGLY_HELD = ("annulled", "corrected")
"""States of an order that an appeal has undone: nothing was rightly held by it."""


def moments_of(conn: Connection, report_of: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What was done when about the reports of these claims (claim_id -> report_id): report_id -> district, held_fen
    (for it, by orders that a bank said to have carried out, in full or in part), `moments` (report, trace, draft,
    submit, approve, send, receipt -> the first time, UTC µs), `orders` (order_id, state, fen for the report, held_fen
    of it, moments).
    """
    rows = rows_in(conn, report_file, report_file.c.report_id, report_of.values())
    found: dict[str, dict[str, Any]] = {
        row["report_id"]: {
            "district": row["district"], "held_fen": 0, "moments": {"report": row["reported_at_us"]}, "orders": [],
        }
        for row in rows
    }  # fmt: skip
    for report_id in report_of.values():
        found.setdefault(report_id, {"district": "", "held_fen": 0, "moments": {}, "orders": []})
    for claim_id, _, made_at_us in runs_of_claims(conn, report_of):
        found[report_of[claim_id]]["moments"].setdefault("trace", made_at_us)
    shares = shares_of_claims(conn, report_of)
    courses = _courses(conn, (share["order_id"] for share in shares))
    of_report = _by_report(conn, shares, courses, report_of)
    for order_id, told in courses.items():
        for report_id, (fen, held) in of_report[order_id].items():
            one = found[report_id]
            one["orders"].append({"order_id": order_id, "state": told["state"], "fen": fen, "held_fen": held,
                                  "moments": told["moments"]})  # fmt: skip
            one["held_fen"] += held
            for step, at_us in told["moments"].items():
                one["moments"][step] = min(at_us, one["moments"].get(step, at_us))
    return found


def _by_report(
    conn: Connection, shares: Iterable[Mapping[str, Any]], courses: Mapping[str, Mapping[str, Any]],
    report_of: Mapping[str, str],
) -> dict[str, dict[str, tuple[int, int]]]:  # fmt: skip
    """order_id -> report_id -> (fen asked for, fen held)."""
    partly = shares_held(conn, courses)
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for share in shares:
        order_id, claim_id, report_id = share["order_id"], share["claim_id"], report_of[share["claim_id"]]
        whole = share["fen"] if courses[order_id]["holds"] else 0
        more = partly.get((order_id, claim_id), whole) if courses[order_id]["counts"] else 0
        asked, held = found.setdefault(order_id, {}).get(report_id, (0, 0))
        found[order_id][report_id] = asked + share["fen"], held + more
    return found


def _courses(conn: Connection, order_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """order_id -> state, whether a bank said that it holds all (`holds`), whether what it holds was rightly held
    (`counts`), and the first time of each step; an approval counts when it was the last that was needed.
    """
    orders = {
        row["order_id"]: json.loads(row["body"]) for row in rows_in(conn, order_file, order_file.c.order_id, order_ids)
    }
    found: dict[str, dict[str, Any]] = {
        order_id: {
            "state": body["state"], "moments": {}, "holds": "full" in body["answers"].values(),
            "counts": body["state"] not in WRONGLY_HELD,
        }
        for order_id, body in orders.items()
    }  # fmt: skip
    for row in rows_in(conn, order_event, order_event.c.order_id, orders):
        step = STEP_OF.get(row["move"])
        whole = row["move"] not in ("approve", "confirm") or json.loads(row["body"])["data"]["enough"]
        if step and whole:
            found[row["order_id"]]["moments"].setdefault(step, row["at_us"])
    return found
