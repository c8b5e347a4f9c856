"""The desk's side of sending, in small transactions: pass due messages on, and settle them by what came back.

Every guard is asked again at the moment of passing on (signatures, digest, end, exclusions), and exclusions once more
whenever a message is tried again. The sender can neither approve nor extend nor widen: its role bars those moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import InterfaceError, OperationalError

from chainbreak.act.delivery import answers, queue
from chainbreak.act.delivery.point import Answer
from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import in_force
from chainbreak.act.orders.guards import content
from chainbreak.act.orders.model import State
from chainbreak.audit import log
from chainbreak.base.clock import US_PER_HOUR, US_PER_S
from chainbreak.base.errors import ChainbreakError, InputError, RefusedError, SetupError, UsageError
from chainbreak.base.log import frames_of, get_log
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.delivery.means import Means
    from chainbreak.act.orders.model import Order

log_of_service = get_log("delivery")
_DESK = (SetupError, OperationalError, InterfaceError)
"""Faults of the desk or the installation: they concern every message, and all are tried again."""
ALARM_US = 60 * US_PER_S
"""A message that is not through after this long opens a task (delivery, section 2)."""


@dataclass(frozen=True)
class Result:
    """What became of one carried message. `answer` None: the point was not reached, `why` says how.

    `seen`: a probe saw the effect (or that it is gone); None: this point cannot be asked.
    """

    message: Any
    answer: Answer | None
    seen: bool | None = None
    why: str = ""


def pass_on(means: Means, conn: Connection, due: Iterable[Any]) -> tuple[list[Any], int]:
    """Pass queued messages on, order by order; returns those that may now be carried, and how many failed a guard."""
    now = ledger.order_now(conn, means.clock.now_us())
    passed: list[Any] = []
    failed = 0
    by_order = sorted(due, key=lambda m: (m.urgency, m.order_id, m.revision))
    for order_id, group in itertools.groupby(by_order, key=lambda m: m.order_id):
        messages = list(group)
        try:
            with conn.begin_nested():
                _pass_order(means, conn, ledger.read_order(conn, order_id), messages, now)
                # What somebody queued again was passed on before: no move of the order asks for it any more.
                ready = [m for m in messages if not m.attempts or still_allowed(means, conn, m)]
            passed += ready
            failed += len(messages) - len(ready)
        except _DESK:
            raise
        except Exception as e:  # a fault of ours stops this order, not the queue behind it
            failed += len(messages)
            _fail(means, conn, messages, _said(e), now)
    return passed, failed


def _pass_order(means: Means, conn: Connection, order: Order, messages: list[Any], now: int) -> None:
    blocks = [m for m in messages if m.action == queue.BLOCK]
    new = [m.target for m in blocks if m.target not in order.sent_to or order.state is State.APPROVED]
    if new:
        move = "send_emergency" if order.state is State.EMERGENCY else "send"
        ledger.make(conn, move, order.order_id, order, means.ask(conn, order, {"targets": new}), means.rules())
    for message in messages:
        queue.pass_on(conn, message, now)


def still_allowed(means: Means, conn: Connection, message: Any) -> bool:
    """Whether a message that is tried again may still be carried; an exclusion met meanwhile makes it a dead letter."""
    if message.action != queue.BLOCK:
        return True
    order = ledger.read_order(conn, message.order_id)
    now = ledger.order_now(conn, means.clock.now_us())
    if not in_force(order, now):
        return True  # what will be carried is that nothing is wanted any more
    try:
        against = list(content.no_exclusion(order, means.ask(conn, order, {}), means.rules()))
    except (InputError, UsageError) as e:  # its object is not in the vault any more
        _fail(means, conn, [message], e, now)
        return False
    if against:
        first = against[0]
        error = RefusedError(first.code, first.what, given=first.given, allowed=first.allowed)
        _fail(means, conn, [message], error, now)
    return not against


def _said(error: Exception) -> ChainbreakError:
    if isinstance(error, ChainbreakError):
        return error
    log_of_service.error("message_failed", error=type(error).__name__, where=frames_of(error))
    return InputError("CB-DL-020", f"a fault of ours: {type(error).__name__}")


def _fail(means: Means, conn: Connection, messages: Sequence[Any], error: ChainbreakError, now: int) -> None:
    for message in messages:
        queue.settle(conn, message, queue.FAILED, now, code=error.code, meaning=error.what)
        _leaf(conn, message, "failed", now, {"code": error.code})
    due = now + means.rules().clocks.answer_h * US_PER_HOUR
    ledger.open_task(conn, "not_sent", messages[0].order_id, f"{error.code} {error.what}", now, due)


def settle(means: Means, conn: Connection, results: Iterable[Result]) -> dict[str, int]:
    """Write down what became of carried messages; counts: verified, waiting, failed."""
    counts = {"verified": 0, "waiting": 0, "failed": 0}
    now = ledger.order_now(conn, means.clock.now_us())
    for result in results:
        # Somebody else may have settled or overtaken it since it was taken up.
        if not queue.is_still(conn, result.message, queue.SENT):
            continue
        try:
            with conn.begin_nested():
                became = _settle_one(means, conn, result, now)
        except _DESK:
            raise
        except Exception as e:  # this one is tried again, and told of when it lasts; those beside it are written down
            became = _wait(means, conn, result.message, now, _said(e).what)
        counts[became] += 1
    return counts


def _settle_one(means: Means, conn: Connection, result: Result, now: int) -> str:
    message, answer = result.message, result.answer
    if answer is None:
        return _wait(means, conn, message, now, result.why)
    if answer.outcome == queue.AGAIN:
        return _wait(means, conn, message, now, answer.meaning)
    if answer.outcome == queue.FAILED:
        _fail(means, conn, [message], InputError(answer.code or "CB-DL-020", answer.meaning), now)
        return "failed"
    order = ledger.read_order(conn, message.order_id)
    probe = means.ask(conn, order, {"probe": True})
    if answer.outcome in (queue.REJECTED, queue.PARTIAL):
        answers.record(conn, order, message, answer, probe, means.rules())
        _leaf(conn, message, answer.outcome, now, {"code": answer.code})
        return "verified"
    if not answer.outcome and not result.seen:
        return _wait(means, conn, message, now, answer.meaning or "the partner's own answer is awaited", handed=True)
    if not answer.outcome:
        answer = replace(answer, outcome=queue.FULL)  # the effect is seen: its own answer is not waited for
    if result.seen is False:
        return _wait(means, conn, message, now, "taken, but the probe does not see it yet")
    answered = message.action == queue.BLOCK and in_force(order, now)
    if answered:
        answers.record(conn, order, message, answer, probe, means.rules())
    elif result.seen is None:
        queue.settle(conn, message, queue.ACKNOWLEDGED, now, outcome=answer.outcome, meaning=answer.meaning,
                     code=answer.code, digest=answer.digest)  # fmt: skip
    if result.seen:
        queue.settle(conn, message, queue.VERIFIED, now, outcome=answer.outcome)
    if message.action == queue.CORRECT:
        answers.corrected(conn, order, probe, means.rules())
    if not answered:  # an answer to a block has its own leaf already, as a move of the order
        _leaf(conn, message, "verified" if result.seen else "acknowledged", now, {})
    return "verified"


def _wait(means: Means, conn: Connection, message: Any, now: int, why: str, *, handed: bool = False) -> str:
    queue.postpone(conn, message, now, why, handed_over=handed)
    late = now - message.queued_at_us >= ALARM_US
    if late and not handed and not ledger.has_open_task(conn, "not_delivered", message.order_id):
        due = now + means.rules().clocks.answer_h * US_PER_HOUR
        ledger.open_task(conn, "not_delivered", message.order_id, f"{message.target}: {why}", now, due)
    return "waiting"


def _leaf(conn: Connection, message: Any, step: str, now: int, more: dict[str, Any]) -> None:
    payload = {"order": message.order_id, "revision": message.revision, "action": message.action,
               "took_us": now - message.queued_at_us, **more}  # fmt: skip
    about = f"partner:{message.target}"
    log.append(conn, log.Entry.by(SERVICE, now, f"delivery.{step}", about, purpose="delivery", payload=payload))
