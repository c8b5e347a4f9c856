"""One return: pot, case and why, each victim's line with its proof, objections, payments, history, what may be done."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chainbreak.act.returns.cases import traced_fen
from chainbreak.act.returns.guards import Ask, wants_notice
from chainbreak.act.returns.machine import MOVES, next_move, objections, waits_for
from chainbreak.act.returns.model import PAID, State
from chainbreak.app.move_return import may_read, read_history, read_return, return_now

if TYPE_CHECKING:
    from chainbreak.act.returns.model import Division, Event, Plan, Return
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

SAID_IN_FORM = frozenset({
    "CB-RM-010", "CB-RM-011", "CB-RM-013", "CB-RM-019", "CB-RM-022", "CB-RM-027", "CB-RM-029", "CB-RM-030",
    "CB-RM-032", "CB-RM-037",
})  # fmt: skip
"""What stands against a move only until a form is filled in."""


def show_return(office: Office, actor: Actor, return_id: str) -> dict[str, Any]:
    """The return with times in UTC µs and money in fen; `rows`: one a victim (see `division_rows`); `may`: moves open
    to the actor; `next`: the move that brings it on; `standing`: the state, or `notice_over`.

    Raises:
        UsageError: no such return (CB-RM-001).
        RefusedError: the actor reads no returns (CB-RM-005).
    """
    from chainbreak.store.desk import returns

    may_read(actor)
    with office.desk.read() as conn:
        now = return_now(conn, office.clock.now_us())
        found, history = read_return(conn, return_id), read_history(conn, return_id)
        earlier = returns.decided_fen(conn, [v.claim_id for v in found.plan.victims], (return_id, found.round))
    shown = return_dict(found, now)
    ask = Ask(actor, now, {"notice_until_us": now}, None, found.digest, earlier)
    return shown | {
        "history": [_told(event) for event in history], "waits_for_me": waits_for(found, actor, now),
        "is_own": actor.name in found.editors,
        "may": [m for m in MOVES if m != "plan" and _is_open(m, found, ask)],
    }  # fmt: skip


def return_dict(found: Return, now_us: int) -> dict[str, Any]:
    """What a page, a sheet or a file says of a return, whoever looks."""
    plan, division, pot = found.plan, found.division, found.plan.pot
    is_over = found.state is State.PUBLISHED and now_us >= (found.notice_until_us or 0)
    same = ("return_id", "round", "planned_at_us", "reviewed_by", "reviewed_at_us", "sent_back", "published_by",
            "published_at_us", "notice_until_us", "decided_by", "decided_at_us", "pay_by_us", "ended_at_us",
            "end_reason", "code", "digest")  # fmt: skip
    return {name: getattr(found, name) for name in same} | {
        "state": str(found.state), "standing": "notice_over" if is_over else str(found.state),
        "account": pot.account, "bank": pot.bank, "basis": pot.basis, "holds": list(pot.holds),
        "frozen_fen": pot.frozen_fen, "frozen_until_us": pot.frozen_until_us,
        "is_thawing": not found.is_decided and pot.frozen_until_us < max(now_us, found.notice_until_us or 0),
        "case": division.case, "why": division.why, "wants_notice": wants_notice(found),
        "returned_fen": division.returned_fen, "surplus_fen": division.surplus_fen,
        "paid_fen": found.paid_fen, "unpaid_fen": found.unpaid_fen, "still_frozen_fen": found.still_frozen_fen,
        "losses_fen": sum(v.loss_fen for v in plan.victims),
        "case_ref": plan.case_ref, "note": plan.note, "editors": list(found.editors), "version": found.events,
        "tracing": None if plan.tracing is None else _traced(plan),
        "rows": division_rows(plan, division, {s.claim_id: s for s in found.shares if s.round == found.round}),
        "objections": [asdict(one) for one in found.objections],
        "open_objections": sum(not one.outcome for one in found.objections),
        "shares": [asdict(share) for share in found.shares],
        "late_payment": found.state is State.DECIDED and now_us > (found.pay_by_us or 0),
        "next": next_move(found),
    }  # fmt: skip


def division_rows(plan: Plan, division: Division, shares: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """One row a victim in the order of the division: claim, loss, earlier returns, limit, exact share, floor,
    remainder, extra fen, amount, fen traced to it, and what the bank said (`outcome` "" before).
    """
    known, traced = {v.claim_id: v for v in plan.victims}, traced_fen(plan)
    rows = []
    for row in division.rows:
        victim, share = known[row.claim_id], (shares or {}).get(row.claim_id)
        rows.append(asdict(row) | {
            "name": victim.name, "loss_fen": victim.loss_fen, "reported_at_us": victim.reported_at_us,
            "elsewhere_fen": victim.elsewhere_fen, "earlier_fen": victim.elsewhere_fen + victim.returned_fen,
            "cap_fen": victim.cap_fen, "traced_fen": traced.get(row.claim_id, 0),
            "outcome": share.outcome if share else "", "receipt": share.receipt if share else "",
            "reason": share.reason if share else "", "paid_at_us": share.at_us if share else None,
        })  # fmt: skip
    return rows


def _traced(plan: Plan) -> dict[str, Any]:
    assert plan.tracing is not None, "asked for"
    whole = asdict(plan.tracing)
    return whole | {"pieces": sorted(whole["pieces"], key=lambda p: (p["claim_id"], p["path"][-1]["at_us"]))}


def _told(event: Event) -> dict[str, Any]:
    said = ("reason", "objector", "outcome", "number", "basis", "until_us", "notice_until_us", "added_fen")
    payments = event.data.get("payments", ())
    division = event.data.get("division")
    return {
        "seq": event.seq, "at_us": event.at_us, "actor": event.actor, "move": event.move,
        **{name: event.data.get(name, "") for name in said},
        "paid_fen": sum(p["fen"] for p in payments if not p["reason"]), "payments": len(payments),
        "victims": len(division["rows"]) if division else 0,
    }  # fmt: skip


def _is_open(move: str, found: Return, ask: Ask) -> bool:
    if move == "pay" and not any(share.outcome != PAID for share in found.shares):
        return False
    if move == "round" and not found.free_fen:
        return False
    against = {objection.code for objection in objections(move, found, ask)}
    if move == "answer":
        from dataclasses import replace

        waiting = [one.number for one in found.objections if not one.outcome]
        asked = [objections(move, found, replace(ask, data={"number": n, "outcome": "rejected"})) for n in waiting]
        return any({o.code for o in each} <= SAID_IN_FORM for each in asked)
    return against <= SAID_IN_FORM
