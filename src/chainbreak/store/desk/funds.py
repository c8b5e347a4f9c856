"""The fund desk in the database: trace runs, claims, proposals, and what each hold is for.

`keep_run` and `open_claims` are how a trace leaves its mark; everything else reads, or follows from an order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Column, Connection, Table, func, insert, select, update

from chainbreak.store.desk.tables_cases import case_link
from chainbreak.store.desk.tables_funds import claim, hold_proposal, hold_share, trace_claim, trace_run
from chainbreak.store.desk.tables_orders import order_file
from chainbreak.store.desk.tables_reports import report_file

OPEN, CLOSED, VOID = "open", "closed", "void"
WAITING = ("draft", "submitted")
ISSUED = ("approved", "sent", "acknowledged", "emergency")
"""States of an order that may still hold money: first those nobody has signed yet, then those that somebody has."""
CHUNK = 2_000
"""Values bound by one statement; keeps below SQLite's limit of 32,766."""


@dataclass(frozen=True)
class Part:
    """What a victim claims of one transfer: `[lo_fen, lo_fen + fen)` of it."""

    transfer_id: str
    fen: int
    lo_fen: int = 0


def keep_run(
    conn: Connection, *, what: str, rule: str, terms: Mapping[str, Any], ledger_digest: str,
    ledger_version: Mapping[str, int], made_by: str, made_at_us: int, body: Mapping[str, Any],
    claims: Iterable[str] = (),
) -> str:  # fmt: skip
    """Write a trace run down and return its number, which `body` then carries as `run_id`; `claims`: ids it followed.

    Whole numbers in `body` must lie below 2**53 (RFC 8785): write `covered_until_us` FOREVER as None.
    """
    number, run_id = _next(conn, trace_run, "T")
    written = rfc8785.dumps({**body, "run_id": run_id})
    conn.execute(insert(trace_run).values(
        run_id=run_id, number=number, what=what, rule=rule, terms=rfc8785.dumps(dict(terms)).decode(),
        ledger_digest=ledger_digest, ledger_version=rfc8785.dumps(dict(ledger_version)).decode(), made_by=made_by,
        made_at_us=made_at_us, body=written, digest=hashlib.sha256(written).hexdigest(),
    ))  # fmt: skip
    rows = [{"run_id": run_id, "claim_id": claim_id} for claim_id in dict.fromkeys(claims)]
    if rows:
        conn.execute(insert(trace_claim), rows)
    return run_id


def read_run(conn: Connection, run_id: str) -> dict[str, Any] | None:
    """A run's row with `body`, `terms` and `ledger_version` as dictionaries, and `claims` as its claims' ids."""
    row = conn.execute(select(trace_run).where(trace_run.c.run_id == run_id)).mappings().first()
    if row is None:
        return None
    t = trace_claim.c
    claims = conn.execute(select(t.claim_id).where(t.run_id == run_id).order_by(t.claim_id)).scalars()
    parsed = {name: json.loads(row[name]) for name in ("body", "terms", "ledger_version")}
    return {**row, **parsed, "claims": list(claims)}


def list_runs(conn: Connection, what: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
    """Runs without their bodies, newest first; `what`: only those of this thing."""
    columns = (c for c in trace_run.columns if c.name != "body")
    query = select(*columns).order_by(trace_run.c.number.desc()).limit(limit)
    if what is not None:
        query = query.where(trace_run.c.what == what)
    return [dict(row) for row in conn.execute(query).mappings()]


def traced(conn: Connection, things: Iterable[str]) -> set[str]:
    """Those of these things of which there is a run."""
    found: set[str] = set()
    for some in chunks(things):
        found |= set(conn.execute(select(trace_run.c.what).where(trace_run.c.what.in_(some)).distinct()).scalars())
    return found


def runs_of_claims(conn: Connection, claim_ids: Iterable[str]) -> list[tuple[str, str, int]]:
    """(claim_id, run_id, made_at_us) of every run that followed one of these claims, oldest run first."""
    found: list[tuple[str, str, int]] = []
    for ids in chunks(claim_ids):
        query = select(trace_claim.c.claim_id, trace_run.c.run_id, trace_run.c.made_at_us)
        joined = query.join(trace_run, trace_run.c.run_id == trace_claim.c.run_id)
        found += [tuple(row) for row in conn.execute(joined.where(trace_claim.c.claim_id.in_(ids)))]
    return sorted(found, key=lambda row: (row[2], row[1], row[0]))


def open_claims(conn: Connection, report_id: str, parts: Iterable[Part], who: str, now_us: int) -> list[dict[str, Any]]:
    """The open claims of a report on these parts, one row each, in the order given.

    A claim that stands already is kept under its number. One on the same transfer about another part is replaced: the
    old one is closed, and what was held for it stays answerable.
    """
    wanted = list(parts)
    standing = _standing(conn, report_id, [part.transfer_id for part in wanted])
    rows = []
    for part in wanted:
        known = standing.get(part.transfer_id)
        if known is None or (known["lo_fen"], known["fen"]) != (part.lo_fen, part.fen):
            made = _open_claim(conn, report_id, part, who, now_us)
            if known is not None:
                end_claim(conn, known["claim_id"], CLOSED, who, now_us, f"replaced by {made['claim_id']}")
            known = standing[part.transfer_id] = made
        rows.append(known)
    return rows


def _standing(conn: Connection, report_id: str, transfer_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """transfer_id -> the open claim on it; by transfer, because claims by hand ("") only grow more."""
    found = rows_in(conn, claim, claim.c.transfer_id, transfer_ids)
    return {row["transfer_id"]: row for row in found if row["report_id"] == report_id and row["state"] == OPEN}


def _open_claim(conn: Connection, report_id: str, part: Part, who: str, now_us: int) -> dict[str, Any]:
    number, claim_id = _next(conn, claim, "C")
    row = {
        "claim_id": claim_id, "number": number, "report_id": report_id, "transfer_id": part.transfer_id,
        "lo_fen": part.lo_fen, "fen": part.fen, "state": OPEN, "opened_by": who, "opened_at_us": now_us,
        "ended_by": None, "ended_at_us": None, "reason": "",
    }  # fmt: skip
    conn.execute(insert(claim).values(**row))
    return row


def end_claim(conn: Connection, claim_id: str, state: str, who: str, now_us: int, reason: str) -> None:
    """Close a claim, or make it void; what follows for orders is `app.void_claim`'s to do."""
    conn.execute(
        update(claim)
        .where(claim.c.claim_id == claim_id)
        .values(state=state, ended_by=who, ended_at_us=now_us, reason=reason)
    )


def claims_of(conn: Connection, report_id: str) -> list[dict[str, Any]]:
    """Every claim of a report, whatever its state, oldest first."""
    query = select(claim).where(claim.c.report_id == report_id).order_by(claim.c.number)
    return [dict(row) for row in conn.execute(query).mappings()]


def claims_between(conn: Connection, since_us: int, until_us: int, most: int) -> list[dict[str, Any]]:
    """The latest `most` claims opened within [since, until), but void ones, newest first."""
    c = claim.c
    within = select(claim).where(c.opened_at_us >= since_us, c.opened_at_us < until_us, c.state != VOID)
    return [dict(row) for row in conn.execute(within.order_by(c.number.desc()).limit(most)).mappings()]


def reported_at(conn: Connection, report_ids: Iterable[str]) -> dict[str, int]:
    """report_id -> when it was reported, UTC µs, of those on the desk."""
    rows = rows_in(conn, report_file, report_file.c.report_id, report_ids)
    return {row["report_id"]: row["reported_at_us"] for row in rows}


def read_claims(conn: Connection, claim_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """claim_id -> its row, for those that exist."""
    return {row["claim_id"]: row for row in rows_in(conn, claim, claim.c.claim_id, claim_ids)}


def keep_proposal(conn: Connection, row: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Write down a proposal as it was when an order was drafted from it; a later draft of the same run replaces it.

    `row`: the columns of `hold_proposal` without `body`.
    """
    h = hold_proposal.c
    values = {**row, "body": rfc8785.dumps(dict(body))}
    same = (h.run_id == row["run_id"]) & (h.account == row["account"])
    if conn.execute(update(hold_proposal).where(same).values(**values)).rowcount == 0:
        conn.execute(insert(hold_proposal).values(**values))


def read_proposals(conn: Connection, run_id: str) -> list[dict[str, Any]]:
    """Proposals of a run from which orders were drafted, the first in rank first, `body` as a dictionary."""
    query = select(hold_proposal).where(hold_proposal.c.run_id == run_id).order_by(hold_proposal.c.position)
    return [{**row, "body": json.loads(row["body"])} for row in conn.execute(query).mappings()]


def keep_shares(conn: Connection, order_id: str, run_id: str, account: str, shares: Mapping[str, int]) -> None:
    """Write down for which claims an order holds money on `account`: claim_id -> fen."""
    rows = [
        {"order_id": order_id, "claim_id": claim_id, "run_id": run_id, "account": account, "fen": fen}
        for claim_id, fen in sorted(shares.items())
    ]
    if rows:
        conn.execute(insert(hold_share), rows)


def shares_of_claims(conn: Connection, claim_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Shares of holds for any of these claims: order_id, claim_id, run_id, account, fen."""
    return rows_in(conn, hold_share, hold_share.c.claim_id, claim_ids)


def shares_of_orders(conn: Connection, order_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Shares of these orders: order_id, claim_id, run_id, account, fen."""
    return rows_in(conn, hold_share, hold_share.c.order_id, order_ids)


def cases_of_reports(conn: Connection, report_ids: Iterable[str]) -> list[str]:
    """The cases that these reports were put into, the oldest link first."""
    c = case_link.c
    linked = select(c.linked_at_us, c.case_id).where(c.kind == "report")
    found = [tuple(row) for some in chunks(report_ids) for row in conn.execute(linked.where(c.ref.in_(some)))]
    return list(dict.fromkeys(case_id for _, case_id in sorted(found)))


def as_claims(conn: Connection, held: Mapping[str, int], wanted: Iterable[str]) -> dict[str, int]:
    """`held` (claim_id -> fen) with claims on the same fen of the same transfer as one of `wanted` under its name: two
    reports of one theft claim the same money.
    """
    names = list(wanted)
    rows = read_claims(conn, {*held, *names})
    found: dict[str, int] = {}
    for claim_id, fen in held.items():
        same = (name for name in names if name in rows and claim_id in rows and _overlap(rows[name], rows[claim_id]))
        key = claim_id if claim_id in names else next(same, claim_id)
        found[key] = found.get(key, 0) + fen
    return found


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    first, second = sorted((one, other), key=lambda row: row["lo_fen"])
    return bool(one["transfer_id"] == other["transfer_id"] and second["lo_fen"] < first["lo_fen"] + first["fen"])


def holds_on(conn: Connection, accounts: Iterable[str], now_us: int) -> list[dict[str, Any]]:
    """Orders with an amount on any of these written tokens that are waiting for a signature or were issued, and whose
    end has not come: order_id, account, amount_fen, state.
    """
    o = order_file.c
    found: list[dict[str, Any]] = []
    for written in chunks(accounts):
        query = select(o.order_id, o.object.label("account"), o.amount_fen, o.state).where(
            o.object.in_(written), o.amount_fen.is_not(None), o.state.in_((*WAITING, *ISSUED)), o.ends_at_us > now_us
        )
        found += [dict(row) for row in conn.execute(query.order_by(o.order_id)).mappings()]
    return found


def _next(conn: Connection, table: Table, letter: str) -> tuple[int, str]:
    number = (conn.execute(select(func.max(table.c.number))).scalar() or 0) + 1
    return number, f"{letter}-{number:06d}"


def rows_in(conn: Connection, table: Table, column: Column[Any], wanted: Iterable[str]) -> list[dict[str, Any]]:
    """Rows of `table` whose `column` has one of these values, by primary key, however many values there are."""
    found: list[dict[str, Any]] = []
    for values in chunks(wanted):
        query = select(table).where(column.in_(values)).order_by(*table.primary_key.columns)
        found += [dict(row) for row in conn.execute(query).mappings()]
    return found


def chunks(values: Iterable[str]) -> list[Sequence[str]]:
    """The values, each once, in parts that one statement can bind."""
    listed = list(dict.fromkeys(values))
    return [listed[at : at + CHUNK] for at in range(0, len(listed), CHUNK)]
