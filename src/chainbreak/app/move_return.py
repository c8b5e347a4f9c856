"""One move of a return: the event, the file, the shares and the leaf in the log, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders.drafting import receipt_hash
from chainbreak.act.returns.guards import Ask
from chainbreak.act.returns.machine import READERS, step
from chainbreak.act.returns.model import Event, Plan, Return
from chainbreak.base.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def move_return(
    office: Office, actor: Actor, return_id: str, move: str, data: Mapping[str, Any] | None = None, *,
    plan: Plan | None = None, digest: str = "", seen: int | None = None, dry_run: bool = False,
) -> Return:  # fmt: skip
    """Make one move and return the return after it; `seen`: only if it has had this many events; `digest`: what a
    signer has seen; `dry_run`: keep nothing.

    Raises:
        UsageError: no such return (CB-RM-001).
        RefusedError: it changed since (CB-RM-004), or the machine objects (CB-RM-002 to CB-RM-040).
    """
    with office.desk.read() if dry_run else office.desk.begin() as conn:
        return move_in(
            office, conn, actor, return_id, move, data, plan=plan, digest=digest, seen=seen, keeps=not dry_run
        )


def move_in(
    office: Office, conn: Connection, actor: Actor, return_id: str, move: str, data: Mapping[str, Any] | None = None, *,
    plan: Plan | None = None, digest: str = "", seen: int | None = None, keeps: bool = True,
) -> Return:  # fmt: skip
    """`move_return` within a transaction of the caller."""
    from chainbreak.app.return_pot import held_fen
    from chainbreak.store.desk import returns

    found = read_return(conn, return_id)
    if seen is not None and seen != found.events:
        raise RefusedError("CB-RM-004", "the return changed since it was read, nothing was done", given=str(seen),
                           allowed=str(found.events), next_step="read it again, then decide")  # fmt: skip
    claims = [victim.claim_id for victim in (plan or found.plan).victims]
    earlier = returns.decided_fen(conn, claims, (return_id, found.round))
    now = return_now(conn, office.clock.now_us())
    held = held_fen(conn, found.plan.pot.holds, now) if found.plan.pot.holds else None
    ask = Ask(actor, now, dict(data or {}), plan, digest, earlier, held_fen=held)
    after, event = step(move, return_id, found, ask)
    if keeps:
        keep(conn, actor, after, event)
    return after


def keep(conn: Connection, actor: Actor, after: Return, event: Event, number: int | None = None) -> None:
    """Write what a move gives; `number`: of a new return."""
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import returns

    columns = columns_of(after, event.at_us) | ({"number": number} if number is not None else {})
    row = {"seq": event.seq, "at_us": event.at_us, "actor": event.actor, "move": event.move, "body": event.as_bytes()}
    shares = [
        {"round": s.round, "claim_id": s.claim_id, "fen": s.fen, "outcome": s.outcome} for s in after.shares
    ]  # fmt: skip
    returns.keep(conn, after.return_id, columns, shares, row)
    append(conn, Entry.by(
        actor, event.at_us, f"return.{event.move}", f"return:{after.return_id}", case=after.plan.case_ref,
        payload=event.as_dict(),
    ))  # fmt: skip


def columns_of(found: Return, at_us: int) -> dict[str, Any]:
    """The columns of a return's file; all of them are copies of what its body says."""
    return {
        "state": found.state, "account": found.plan.pot.account, "round": found.round,
        "legal_case": found.division.case, "frozen_fen": found.plan.pot.frozen_fen,
        "returned_fen": found.division.returned_fen, "still_frozen_fen": found.still_frozen_fen,
        "victims": len(found.plan.victims), "objections": sum(not one.outcome for one in found.objections),
        "notice_until_us": found.notice_until_us, "frozen_until_us": found.plan.pot.frozen_until_us,
        "receipt_hash": receipt_hash(found.code), "updated_at_us": at_us, "body": found.as_bytes(),
    }  # fmt: skip


def read_return(conn: Connection, return_id: str) -> Return:
    """The return as it stands.

    Raises:
        UsageError: there is no such return (CB-RM-001).
    """
    from chainbreak.store.desk import returns

    body = returns.read_body(conn, return_id)
    if body is None:
        raise UsageError("CB-RM-001", "there is no such return", given=return_id[:80],
                         next_step="chainbreak return list")  # fmt: skip
    return Return.from_dict(json.loads(body))


def read_history(conn: Connection, return_id: str) -> list[Event]:
    """Every move of a return, first to last."""
    from chainbreak.store.desk import returns

    return [Event(**json.loads(body)) for body in returns.read_events(conn, return_id)]


def return_now(conn: Connection, clock_us: int) -> int:
    """The time by which returns are judged: never before the highest time in the log, so that no clock set back opens a
    notice again that is over.
    """
    from chainbreak.audit.log import highest_time_us

    return max(clock_us, highest_time_us(conn))


def may_read(actor: Actor) -> None:
    """Returns are read by whoever may make a move with them, and by auditors.

    Raises:
        RefusedError: none of these roles (CB-RM-005).
    """
    if not actor.has(*READERS):
        raise RefusedError("CB-RM-005", "returns are not within your rights", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(READERS)))  # fmt: skip
