"""Plan a return of what is frozen on an account, revise it, or begin a new round on what is still frozen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.orders.drafting import new_receipt_code
from chainbreak.act.returns.cases import divide
from chainbreak.act.returns.guards import Ask
from chainbreak.act.returns.machine import step
from chainbreak.act.returns.model import LARGEST_FEN, Plan, Pot, Return, State, Victim, new_return_id
from chainbreak.app.move_return import keep, may_read, move_in, read_return, return_now
from chainbreak.app.record_read import record_read
from chainbreak.app.return_pot import account_named, other_side, pot_of_holds, victims_of_holds, victims_of_reports
from chainbreak.app.return_tracing import STATEMENT, Shown, tracing_of_ledger, tracing_of_statement, warm_ledger
from chainbreak.base.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from chainbreak.act.returns.model import Division
    from chainbreak.app.bootstrap import Office
    from chainbreak.app.return_claims import Given
    from chainbreak.records.actor import Actor

LATER_ROUND = "later_round"
"""Why a round after the first is not traced: payments have left the account since, which no ledger shows in time."""


def plan_return(office: Office, actor: Actor, given: Given, *, dry_run: bool = False) -> Return:
    """A new return on an account.

    Raises:
        UsageError: no hold is in force and nothing was stated (CB-RM-008), no such account (CB-RM-012) or report
            (CB-RT-001).
        RefusedError: a return on the account exists (CB-RM-017), or the plan does not fit (CB-RM-003 to CB-RM-016).
    """
    from chainbreak.store.desk import returns

    warm_ledger(office, given)
    with office.desk.read() if dry_run else office.desk.begin() as conn:
        now = return_now(conn, office.clock.now_us())
        plan = _plan(office, conn, given, now, ("", 0))
        ask = Ask(actor, now, {"code": new_receipt_code()}, plan, other=_other(office, conn, plan.pot.account))
        number = returns.next_number(conn)
        found, event = step("plan", new_return_id(number), None, ask)
        if not dry_run:
            keep(conn, actor, found, event, number)
    return found


def calculate_return(office: Office, actor: Actor, given: Given) -> tuple[Plan, Division]:
    """What a plan would give; of it only the look is kept, because reports named in `given` are read for it.

    Raises:
        UsageError: as `plan_return`.
        RefusedError: the actor reads no returns (CB-RM-005), or nothing, or more than there is, would be divided
            (CB-RM-012).
    """
    may_read(actor)
    record_read(office, actor, "return.calculate", "return:*", often=not given.reports)
    with office.desk.read() as conn:
        plan = _plan(office, conn, given, return_now(conn, office.clock.now_us()), ("", 0))
    if not 0 < plan.pot.frozen_fen <= LARGEST_FEN:
        raise RefusedError("CB-RM-012", "a return divides what is frozen on an account",
                           given=str(plan.pot.frozen_fen)[:40], allowed=f"1 to {LARGEST_FEN} fen")  # fmt: skip
    return plan, divide(plan)


def revise_return(
    office: Office, actor: Actor, return_id: str, given: Given, reason: str = "", *, seen: int | None = None,
    dry_run: bool = False,
) -> Return:  # fmt: skip
    """Plan it again: what `given` leaves empty stays, a victim whose claim is in the plan already is replaced, others
    are added. It is computed anew, and whatever was reviewed or published before is void.

    Raises:
        UsageError: no such return (CB-RM-001), or report (CB-RT-001).
        RefusedError: the machine objects.
    """
    warm_ledger(office, given)
    with office.desk.read() if dry_run else office.desk.begin() as conn:
        found = read_return(conn, return_id)
        plan = _again(office, conn, found, given, found.plan.pot.frozen_fen, found.round)
        return move_in(office, conn, actor, return_id, "revise", {"reason": reason}, plan=plan, seen=seen,
                       keeps=not dry_run)  # fmt: skip


def next_round(
    office: Office, actor: Actor, return_id: str, given: Given, added_fen: int = 0, *, seen: int | None = None,
    dry_run: bool = False,
) -> Return:  # fmt: skip
    """A new round on what is still free, with victims that turned up and `added_fen` that was frozen since.

    Raises:
        UsageError: no such return (CB-RM-001), or report (CB-RT-001).
        RefusedError: the machine objects (CB-RM-002, CB-RM-012, CB-RM-016, CB-RM-019).
    """
    with office.desk.read() if dry_run else office.desk.begin() as conn:
        found = read_return(conn, return_id)
        pot_fen = found.free_fen + added_fen
        plan = _again(office, conn, found, replace(given, frozen_fen=None), pot_fen, found.round + 1)
        return move_in(office, conn, actor, return_id, "round", {"added_fen": added_fen}, plan=plan, seen=seen,
                       keeps=not dry_run)  # fmt: skip


def what_if(office: Office, return_id: str, late: Iterable[Victim]) -> tuple[Plan, Division]:
    """What the return would give with these victims in it too; kept nowhere.

    Raises:
        UsageError: no such return (CB-RM-001).
    """
    from chainbreak.app.return_claims import Given

    with office.desk.read() as conn:
        found = read_return(conn, return_id)
        given = Given(victims=tuple(late))
        if found.state in (State.PAID, State.WITHDRAWN):
            plan = _again(office, conn, found, given, found.free_fen, found.round + 1)
        else:
            plan = _again(office, conn, found, given, found.plan.pot.frozen_fen, found.round)
    return plan, divide(plan)


def _plan(office: Office, conn: Connection, given: Given, now_us: int, but: tuple[str, int]) -> Plan:
    account = account_named(office, given.account)
    held = pot_of_holds(office, conn, account, now_us)
    if given.frozen_fen is not None and given.until_us is not None:
        pot = Pot(account, given.frozen_fen, given.basis, given.until_us, given.bank)
    elif held is not None and given.frozen_fen is None:
        pot = replace(held, basis=given.basis or held.basis, bank=given.bank or held.bank,
                      frozen_until_us=given.until_us or held.frozen_until_us)  # fmt: skip
    else:
        raise UsageError("CB-RM-008", "no hold is in force on this account, and a freeze needs its amount and its end",
                         given=account, next_step="--frozen YUAN --basis TEXT --until DAY")  # fmt: skip
    victims = given.victims + victims_of_reports(office, conn, given.reports)
    if not victims:
        victims = victims_of_holds(office, conn, pot.holds)
    victims = _with_earlier(conn, victims, but)
    shown = _tracing(office, conn, account, given, victims)
    return Plan(pot, victims, *shown, case_ref=given.case_ref, note=given.note)


def _again(office: Office, conn: Connection, found: Return, given: Given, pot_fen: int, round: int) -> Plan:
    before = found.plan
    pot = replace(
        before.pot, frozen_fen=pot_fen if given.frozen_fen is None else given.frozen_fen,
        basis=given.basis or before.pot.basis, frozen_until_us=given.until_us or before.pot.frozen_until_us,
        bank=given.bank or before.pot.bank, holds=before.pot.holds if given.frozen_fen is None else (),
    )  # fmt: skip
    known = {victim.claim_id: victim for victim in before.victims}
    known |= {v.claim_id: v for v in (*given.victims, *victims_of_reports(office, conn, given.reports))}
    victims = _with_earlier(conn, tuple(known.values()), (found.return_id, round))
    if round > 1:
        tracing, untraced = None, LATER_ROUND
    elif not given.statement and before.tracing is not None and before.tracing.source == STATEMENT:
        tracing, untraced = before.tracing, ""  # the bank's statement still says what it said
    else:
        tracing, untraced = _tracing(office, conn, pot.account, given, victims)
    return Plan(pot, victims, tracing, untraced, given.case_ref or before.case_ref, given.note or before.note)


def _tracing(office: Office, conn: Connection, account: str, given: Given, victims: tuple[Victim, ...]) -> Shown:
    if given.statement:
        # The other side of a booking is kept as records keep it: by its token, never in clear.
        rows = [replace(row, counterparty=other_side(office, row.counterparty)) for row in given.statement]
        return tracing_of_statement(account, rows, given.opening_fen)
    return tracing_of_ledger(office, conn, account, victims)


def _with_earlier(conn: Connection, victims: tuple[Victim, ...], but: tuple[str, int]) -> tuple[Victim, ...]:
    """Victims with what the desk has decided for them elsewhere; first to report first, so that order means nothing."""
    from chainbreak.store.desk import returns

    earlier = returns.decided_fen(conn, [v.claim_id for v in victims], but)
    return tuple(sorted((replace(v, returned_fen=earlier.get(v.claim_id, 0)) for v in victims), key=lambda v: v.rank))


def _other(office: Office, conn: Connection, account: str) -> str:
    """A return on the account under any token it has had, unless it was withdrawn before anything was decided."""
    import json

    from chainbreak.app.order_ask import forms_of
    from chainbreak.store.desk import returns

    on = returns.on_accounts(conn, forms_of(office, conn, account))
    return next((i for i, state, body in on if state != State.WITHDRAWN or json.loads(body)["shares"]), "")
