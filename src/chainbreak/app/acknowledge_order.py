"""Enter a partner's answer: carried out in full, in part, or refused; or that a correction was followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import answers, queue
from chainbreak.act.delivery.bank.codes import table
from chainbreak.act.delivery.point import Answer
from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards import ANSWERS
from chainbreak.app.order_ask import plain_ask, rules_of
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.model import Order
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

CLOSED = (queue.SUPERSEDED, queue.QUEUED, queue.FAILED)


def acknowledge_order(
    office: Office, actor: Actor, order_id: str, target: str, outcome: str, code: str = "", meaning: str = "",
    held_fen: int | None = None,
) -> Order:  # fmt: skip
    """The order with the answer of `target` (full, partial, rejected); `code` is the partner's, `meaning` ours, else
    what our table says of the code. `held_fen`: of a partial answer about money, what is really held.

    Raises:
        UsageError: no such order (CB-OR-003).
        InputError: an amount held that does not fit the outcome (CB-DL-147).
        RefusedError: no such answer (CB-OR-049), the partner was never sent it (CB-OR-050), the role (CB-OR-005).
    """
    rules = rules_of(office)
    if not actor.has(Role.LIAISON):
        raise RefusedError("CB-OR-005", "only a liaison enters answers", given="+".join(sorted(actor.roles)))
    if outcome not in ANSWERS:
        raise RefusedError("CB-OR-049", "no such answer", given=outcome, allowed=", ".join(ANSWERS))
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        message = _newest(conn, order_id, target)
        _check(order, outcome, held_fen)
        ask = plain_ask(office, conn, actor)
        if message.action == queue.CORRECT and outcome == queue.FULL:
            queue.settle(conn, message, queue.VERIFIED, ask.at_us, actor=actor.name, outcome=outcome, code=code,
                         meaning=meaning)  # fmt: skip
            return answers.corrected(conn, order, ask, rules)
        known = table().reasons.get(code)
        answer = Answer(
            outcome, code, meaning or (known.told(office.centre.settings.language) if known else ""),
            held_fen=held_fen, within_min=known.within_min if known else None,
        )  # fmt: skip
        return answers.record(conn, order, message, answer, ask, rules)


def _check(order: Order, outcome: str, held_fen: int | None) -> None:
    asked = order.content.amount_fen or 0
    fits = {queue.PARTIAL: 0 < (held_fen or 0) < asked, queue.FULL: held_fen == asked}.get(outcome, False)
    if held_fen is not None and not fits:
        raise InputError("CB-DL-147", "the fen held do not fit the outcome", given=f"{outcome} {held_fen}",
                         allowed=f"of {asked}")  # fmt: skip


def _newest(conn: Connection, order_id: str, target: str) -> Any:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o

    asked = select(o).where(o.c.order_id == order_id, o.c.target == target, o.c.state.not_in(CLOSED))
    row = conn.execute(asked.order_by(o.c.revision.desc()).limit(1)).first()
    if row is None:
        raise UsageError("CB-OR-050", "this partner was never sent the order", given=target,
                         next_step="chainbreak outbox list")  # fmt: skip
    return row
