"""Bring partners in step with the desk at start, after each reconnection and every ten minutes, in other processes;
one that forgets everything at a restart also after each, whether or not a message met it.

Reading a million entries back takes a core for a while; in the sender's own process a block would wait for it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.points import IN_FOLDERS
from chainbreak.app.list_partners import list_partners
from chainbreak.base.errors import ChainbreakError, SetupError
from chainbreak.base.log import get_log

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

log = get_log("delivery")
EVERY_S = 600.0
"""Seconds between two comparisons of everything (delivery, section 2)."""
WATCH_S = 15.0
"""Seconds between two looks whether a point has restarted: with a comparison well within the minute of section 10."""
FORGETFUL = frozenset({"sip"})
"""Formats whose points hold everything in memory; they offer `began()`."""
MOST_S = 1_800.0
"""Seconds one comparison may take: a partner that answers a byte at a time keeps the others no longer from theirs."""


def began_of(office: Office, partner_id: str) -> str:
    """When a point says that it was started; "" when it does not answer."""
    from chainbreak.act.delivery.lane import opened
    from chainbreak.app.send_due import means_of

    with opened(means_of(office), partner_id) as lane:
        try:
            point: Any = lane.point()
            return str(point.began())
        except (PointDownError, ChainbreakError):
            return ""


class Comparer:
    """A thread that runs `chainbreak outbox reconcile`, one at a time; a context manager.

    At start only partners that are machines: files under out/ are as they were left, and seen to in their turn.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._wanted: SimpleQueue[str] = SimpleQueue()
        self._stop = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
        self._began: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="comparer", daemon=True)

    def __enter__(self) -> Comparer:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._wanted.put("")
        if (running := self._running) is not None:
            with suppress(ProcessLookupError):
                running.terminate()
        self._thread.join()

    def soon(self, partner_id: str) -> None:
        """Compare this partner next."""
        self._wanted.put(partner_id)

    def _run(self) -> None:
        self._restarted()
        if machines := self._machines():
            self._compare(machines)
        all_at = time.monotonic() + EVERY_S
        while not self._stop.is_set():
            wanted = self._next(min(all_at, time.monotonic() + WATCH_S))
            if time.monotonic() >= all_at:
                self._compare([])
                all_at = time.monotonic() + EVERY_S
            elif wanted := sorted({*wanted, *self._restarted()}):
                self._compare(wanted)

    def _restarted(self) -> list[str]:
        """Points that forget at a restart and were not seen, or not since the same start, when they were last asked."""
        found = []
        for partner_id in self._machines(FORGETFUL):
            began = began_of(self._office, partner_id)
            if began and self._began.get(partner_id) != began:
                self._began[partner_id] = began
                found.append(partner_id)
        return found

    def _next(self, until: float) -> list[str]:
        wanted: set[str] = set()
        with suppress(Empty):
            wanted.add(self._wanted.get(timeout=max(0.0, until - time.monotonic())))
            while True:
                wanted.add(self._wanted.get_nowait())
        return sorted(wanted - {""})

    def _machines(self, formats: frozenset[str] | None = None) -> list[str]:
        try:
            known = list_partners(self._office)
        except SetupError:
            return []  # the desk is away; the sender's own tries say so
        active = [row for row in known if row["active"] and row["format"] not in IN_FOLDERS]
        return [row["partner_id"] for row in active if formats is None or row["format"] in formats]

    def _compare(self, partners: list[str]) -> None:
        if self._stop.is_set():
            return
        only = [word for name in partners for word in ("--partner", name)]
        command = [sys.executable, "-m", "chainbreak", "outbox", "reconcile", "--centre", str(self._office.centre.root),
                   *only]  # fmt: skip
        try:
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as self._running:  # fmt: skip
                try:
                    code = self._running.wait(MOST_S)
                except subprocess.TimeoutExpired:
                    self._running.kill()
                    raise
        except (OSError, subprocess.TimeoutExpired) as e:
            log.error("compare_failed", partners=len(partners), error=type(e).__name__)
        else:
            if code and not self._stop.is_set():
                log.error("compare_failed", partners=len(partners), exit=code)
                self._began.clear()  # those that forget are compared again at the next look
        self._running = None
