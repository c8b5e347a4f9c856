"""What runs beside the answers of one process: following the desk, and writing down who asked how much.

Reads by partners leave a trace without a write a request: one leaf a partner and minute, with how many questions of
which kind, how many of them were listed, refused or over the quota. What was asked for is kept nowhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from chainbreak.act.delivery.lookup.follower import Follower
from chainbreak.audit import log
from chainbreak.base.errors import ChainbreakError
from chainbreak.base.log import get_log

COUNTED = ("phone", "domain", "account", "listed", "refused", "limited")
"""Questions answered, by kind; of them listed; requests refused; requests over the quota."""
Tally = dict[str, int]
WRITE_S = 60.0
POLL_S = 0.1
"""How often the desk is asked: a change is listed well within a second."""
_log = get_log("lookup")


class Service:
    """One process's follower and its counts; `start` and `stop` surround the answering."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.now_us = follower.clock.now_us
        self._tallies: dict[str, Tally] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._written_us = 0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Read the whole desk, then follow it.

        Raises:
            SetupError: the desk cannot be read.
        """
        self.follower.refresh()
        self._written_us = self.now_us()
        # Two threads: writing down may wait for the desk's lock, and the snapshot must not grow old meanwhile.
        for every_s, do in ((POLL_S, self.follower.refresh), (WRITE_S, self.write_down)):
            thread = threading.Thread(target=self._repeat, args=(every_s, do), name="lookup", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End following, and write down what was asked last.

        Raises:
            SetupError: the desk cannot be written; what was counted since the last leaf is lost.
        """
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.write_down()

    def count(self, name: str, what: str, *, listed: bool = False) -> None:
        """Count one question of `name` under `what`, one of `COUNTED`; a batch over the quota is one."""
        with self._lock:
            tally = self._tallies.get(name)
            if tally is None:
                tally = self._tallies[name] = dict.fromkeys(COUNTED, 0)
            tally[what] += 1
            tally["listed"] += listed

    def write_down(self) -> None:
        """One leaf for each caller that asked since the last time.

        Raises:
            SetupError: the desk cannot be written; the counts are kept for the next time.
        """
        with self._lock:
            tallies, self._tallies = self._tallies, {}
        since, self._written_us = self._written_us, self.now_us()
        try:
            if tallies:
                with self.follower.desk.begin() as conn:
                    log.append_many(conn, _leaves(tallies, since, self._written_us))
        except ChainbreakError:
            self._written_us = since
            with self._lock:
                for name, tally in tallies.items():
                    since_then = self._tallies.get(name, {})
                    self._tallies[name] = {what: n + since_then.get(what, 0) for what, n in tally.items()}
            raise

    def _repeat(self, every_s: float, do: Callable[[], None]) -> None:
        while not self._over.wait(every_s):
            try:
                do()
            except ChainbreakError as e:
                _log.error("desk_not_reached", code=e.code)  # the snapshot grows older, and says so
            except Exception as e:
                _log.error("desk_not_reached", error=type(e).__name__)


def _leaves(tallies: Mapping[str, Tally], since_us: int, now_us: int) -> list[log.Entry]:
    return [
        log.Entry(now_us, name, "partner" if name.startswith("partner:") else "service", "lookup", "lookup.read",
                  "lookup", "delivery", payload={"since_us": since_us, **tally})
        for name, tally in sorted(tallies.items())
    ]  # fmt: skip
