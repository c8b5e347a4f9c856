"""The sender: passes on what was approved, takes back what is over, and looks whether it happened.

One thread does all writing to the desk, in small transactions, withdrawals first; each partner has a lane of its own,
so that a slow one holds nobody up. A process that dies at any point leaves messages `queued` or `sent`: the next one
finds them and carries them again, which changes nothing where they had arrived.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select, update

from chainbreak.act.delivery import claim, queue
from chainbreak.act.delivery.claim import Result
from chainbreak.act.delivery.lane import Lane, opened
from chainbreak.act.delivery.point import NotListedError, PointDownError
from chainbreak.act.delivery.points import carries_orders
from chainbreak.act.delivery.runner import Runner
from chainbreak.act.orders import ledger
from chainbreak.base.errors import ChainbreakError, SetupError
from chainbreak.base.log import frames_of, get_log
from chainbreak.store.desk.tables_delivery import partner

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.delivery.means import Means

_T = TypeVar("_T")
log = get_log("delivery")
AT_ONCE = 20
"""Messages in one transaction of `send_due`: other writers, and the service's withdrawals, wait no longer than it."""
POLL_S = 0.02
"""How long the sender rests when nothing is due; a new message waits half of this on average."""
MOST_AT_ONCE = 2
"""Messages in one transaction: it stays some tens of milliseconds long, the longest that a withdrawal waits for it."""
GAP_S = 0.002
"""Rest between two transactions while there is work: on SQLite, people who write get their turn in it."""
MOST_IN_LANE = 60
"""Messages a lane may have before it; the rest wait on the desk, where withdrawals overtake them."""
LATER_S = 1.0
"""Rest after the desk could not be reached."""


def send_due(means: Means) -> dict[str, int]:
    """Send everything that is due, once, and return: counts sent, verified, waiting, failed."""
    counts = {"sent": 0, "verified": 0, "waiting": 0, "failed": 0}
    for due in _some(_due(means, queue.QUEUED)):
        with means.desk.begin() as conn:
            still = [m for m in due if queue.is_still(conn, m, queue.QUEUED)]
            counts["failed"] += claim.pass_on(means, conn, still)[1]
    by_target: dict[str, list[Any]] = {}
    for due in _some(_due(means, queue.SENT)):  # those just passed on are among them
        with means.desk.begin() as conn:
            counts["sent"] += sum(claim.still_allowed(means, conn, m) for m in due)
        for message in due:
            by_target.setdefault(message.target, []).append(message)
    for target in sorted(by_target):
        with opened(means, target) as lane:
            results = lane.run(by_target[target])
        for done in _some(results):
            with means.desk.begin() as conn:
                for name, n in claim.settle(means, conn, done).items():
                    counts[name] += n
    return counts


def _due(means: Means, state: str) -> list[Any]:
    with means.desk.read() as conn:
        now = ledger.order_now(conn, means.clock.now_us()) if state == queue.QUEUED else None
        return queue.waiting(conn, now, (state,))


def _some(all_of: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(all_of), AT_ONCE):
        yield all_of[start : start + AT_ONCE]


def reconcile(means: Means, targets: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Compare what every partner really holds with what is in force, and mend the difference, both ways.

    Rows (partner, missing, extra, mended, error, failed): entries that were not there, entries that had no right to
    be; a partner that tells nobody what it holds has an `error` and has not `failed`.
    """
    with means.desk.read() as conn:
        known = conn.execute(select(partner.c.partner_id, partner.c.format).order_by(partner.c.partner_id)).all()
    rows, only = [], None if targets is None else set(targets)
    for target in (p.partner_id for p in known if carries_orders(p.format)):
        if only is not None and target not in only:
            continue
        with opened(means, target) as lane:
            try:
                rows.append({**lane.compare(), "error": "", "failed": False})
            except NotListedError as e:
                rows.append(_not_compared(target, str(e), failed=False))
            except (PointDownError, ChainbreakError) as e:
                why = e.what if isinstance(e, ChainbreakError) else str(e)
                rows.append(_not_compared(target, why))
            except Exception as e:  # a fault in one room leaves the other partners compared
                log.error("compare_failed", partner=target, error=type(e).__name__)
                rows.append(_not_compared(target, f"a fault of ours: {type(e).__name__}"))
    return rows


def _not_compared(target: str, why: str, *, failed: bool = True) -> dict[str, Any]:
    return {"partner": target, "missing": 0, "extra": 0, "mended": False, "error": why, "failed": failed}


class Service:
    """The sender as a service: `run` until `stop` is set. `compare` brings a partner in step with the desk, elsewhere:
    reading all that a large point holds must not slow down what is carried meanwhile.
    """

    def __init__(self, means: Means, compare: Callable[[str], None]) -> None:
        self.means, self.compare = means, compare
        self._lanes: dict[str, Runner] = {}
        self._back: SimpleQueue[list[Result]] = SimpleQueue()
        self._out: set[tuple[str, int, str]] = set()
        self._down: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        """Send what becomes due until told to stop; then every lane finishes what it has before it."""
        try:
            while not stop.is_set():
                try:
                    busy = self.turn()
                except SetupError as e:  # the desk is locked, full or away: nothing was lost, all is tried again
                    log.error("turn_failed", code=e.code)
                    stop.wait(LATER_S)
                except Exception as e:  # nothing may end the sender: withdrawals would wait until somebody noticed
                    log.error("turn_failed", error=type(e).__name__, where=frames_of(e))
                    stop.wait(LATER_S)
                else:
                    stop.wait(GAP_S if busy else POLL_S)
        finally:
            for runner in self._lanes.values():
                runner.end()
            with suppress(SetupError):
                while self._settle():
                    pass

    def turn(self) -> bool:
        """Pass on and settle a handful, withdrawals first; whether there was anything to do."""
        urgent, passed = self._take()
        return urgent or self._settle() or passed

    def _take(self) -> tuple[bool, bool]:
        """Whether withdrawals were passed on, and whether anything was; never both kinds in one transaction."""
        full = {name for name, runner in self._lanes.items() if runner.backlog >= MOST_IN_LANE}
        with self.means.desk.read() as conn:
            now = ledger.order_now(conn, self.means.clock.now_us())
            most = MOST_AT_ONCE + len(self._out)
            due = [m for m in queue.waiting(conn, now, limit=most, but=full) if _key(m) not in self._out]
        if not due:
            return False, False
        urgent = due[0].urgency == 0
        due = [m for m in due[:MOST_AT_ONCE] if (m.urgency == 0) == urgent]
        with self.means.desk.begin() as conn:
            due = [m for m in due if queue.is_still(conn, m, m.state)]
            ready, _ = claim.pass_on(self.means, conn, [m for m in due if m.state == queue.QUEUED])
            again = [m for m in due if m.state == queue.SENT]
            for message in again:
                claim.still_allowed(self.means, conn, message)
        ready += again  # also what is no longer allowed: some of it may have arrived, and is taken back
        for message in ready:
            self._out.add(_key(message))
            self._lane(message.target).put(message)
        return urgent, True

    def _settle(self) -> bool:
        results: list[Result] = []
        while len(results) < MOST_AT_ONCE and not self._back.empty():
            results += self._back.get()
        if not results:
            return False
        try:
            with self.means.desk.begin() as conn:
                claim.settle(self.means, conn, results)
                for target in {r.message.target for r in results}:
                    self._note(conn, target, next((r.why for r in results if r.message.target == target and r.why), ""))
        finally:
            # Also when the desk was away: what was not written down is due still and is carried again.
            self._out -= {_key(r.message) for r in results}
        return True

    def _note(self, conn: Connection, target: str, why: str) -> None:
        before = self._down.get(target)
        if why != before:
            now = self.means.clock.now_us()
            at = partner.c.partner_id == target
            since = {"error_since_us": now} if why and not before else {}
            said = {"error": why, **since} if why else {"error": "", "error_since_us": None, "seen_at_us": now}
            conn.execute(update(partner).where(at).values(**said))
            if before and not why:
                self.compare(target)  # it may have lost what it held
        self._down[target] = why

    def _lane(self, target: str) -> Runner:
        if target not in self._lanes:
            self._lanes[target] = Runner(Lane(self.means, target), self._back)
        return self._lanes[target]


def _key(message: Any) -> tuple[str, int, str]:
    return (message.order_id, message.revision, message.target)
