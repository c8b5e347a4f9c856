"""A thread that runs one partner's lane: carries at once what is put before it, and looks again and again meanwhile.

Looking never holds up carrying: a name that takes a second to vanish from every resolver does not delay the next one.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from contextlib import suppress
from queue import Empty, PriorityQueue, SimpleQueue
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.lane import LOOKS_S
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import ChainbreakError
from chainbreak.base.log import get_log

if TYPE_CHECKING:
    from chainbreak.act.delivery.claim import Result
    from chainbreak.act.delivery.lane import Carried, Lane

log = get_log("delivery")
MOST_AT_ONCE = 16
"""Messages carried together: what a partner takes in one go, and what a withdrawal waits for at most."""
LONG_S = 1.0
"""How long carrying together may last: a partner that answers slowly, one by one, is given fewer at once."""
_LAST = 9
"""Urgency of the word that ends the thread: after everything else."""


class Runner:
    """One lane and its thread. `back` receives the results, in any order."""

    def __init__(self, lane: Lane, back: SimpleQueue[list[Result]]) -> None:
        self.lane, self._back = lane, back
        self._new: PriorityQueue[tuple[int, int, Any]] = PriorityQueue()
        self._numbers = itertools.count()
        self._looks: list[tuple[float, int, int, Carried]] = []
        self._ending = False
        self._most = MOST_AT_ONCE
        self._thread = threading.Thread(target=self._run, name=f"lane-{lane.partner_id}", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Messages put before it that are not carried yet."""
        return self._new.qsize()

    def put(self, message: Any) -> None:
        """Carry a message as soon as everything more urgent is."""
        self._new.put((message.urgency, next(self._numbers), message))

    def end(self) -> None:
        """Finish what is before it, and end the thread."""
        self._new.put((_LAST, next(self._numbers), None))
        self._thread.join()

    def _run(self) -> None:
        while not (self._ending and not self._looks):
            if messages := self._take():
                self._guarded(self._carry, messages, messages)
            if due := self._due():
                self._guarded(self._look, due, [c.message for _, c in due])
        self.lane.close()

    def _guarded(self, do: Any, what: Any, messages: list[Any]) -> None:
        try:
            do(what)
        except PointDownError as e:
            self._back.put(self.lane.not_reached(messages, e))
        except Exception as e:
            if len(messages) > 1:  # whatever it is about, it stops itself alone
                for one, message in zip(what, messages, strict=True):
                    self._guarded(do, [one], [message])
            else:
                self._not_carried(messages, e)

    def _not_carried(self, messages: list[Any], e: Exception) -> None:
        if isinstance(e, ChainbreakError):
            self._back.put(self.lane.not_reached(messages, e))
        else:
            log.error("lane_failed", partner=self.lane.partner_id, error=type(e).__name__)
            self._back.put(self.lane.not_reached(messages, PointDownError(f"a fault of ours: {type(e).__name__}")))

    def _take(self) -> list[Any]:
        """What is before it of one urgency, the most urgent first; waits until the next look is due."""
        taken: list[Any] = []
        with suppress(Empty):
            item = self._new.get(timeout=self._rest_s())
            urgency = item[0]
            while item[0] == urgency and len(taken) < self._most:
                if item[2] is None:
                    self._ending = True
                else:
                    taken.append(item[2])
                item = self._new.get_nowait()
            self._new.put(item)
        return taken

    def _rest_s(self) -> float | None:
        if self._ending:
            return 0.001
        return max(self._looks[0][0] - time.monotonic(), 0.0005) if self._looks else None

    def _carry(self, messages: list[Any]) -> None:
        begun = time.monotonic()
        try:
            for carried in self.lane.carry(messages):
                self._plan(0, carried)
        finally:
            took_s = max(time.monotonic() - begun, 0.001)
            self._most = max(1, min(MOST_AT_ONCE, int(len(messages) * LONG_S / took_s)))

    def _plan(self, looks: int, carried: Carried) -> None:
        at = time.monotonic() + (LOOKS_S[looks - 1] if looks else 0.0)
        heapq.heappush(self._looks, (at, next(self._numbers), looks, carried))

    def _due(self) -> list[tuple[int, Carried]]:
        now, due = time.monotonic(), []
        while self._looks and self._looks[0][0] <= now:
            _, _, looks, carried = heapq.heappop(self._looks)
            due.append((looks, carried))
        return due

    def _look(self, due: list[tuple[int, Carried]]) -> None:
        done: list[Result] = []
        for (looks, carried), seen in zip(due, self.lane.look([c for _, c in due]), strict=True):
            if seen is False and looks < len(LOOKS_S):
                self._plan(looks + 1, carried)
            else:
                done.append(carried.seen(seen))
        if done:
            self._back.put(done)
