"""Bring partners in step with the desk at start, after each reconnection and every ten minutes, in other processes.

Reading a million entries back takes a core for a while; in the sender's own process a block would wait for it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.points import IN_FOLDERS
from chainbreak.app.list_partners import list_partners
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

EVERY_S = 600.0
"""Seconds between two comparisons of everything (delivery, section 2)."""


class Comparer:
    """A thread that runs `chainbreak outbox reconcile`, one at a time; a context manager.

    At start only partners that are machines: files under out/ are as they were left, and seen to in their turn.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._wanted: SimpleQueue[str] = SimpleQueue()
        self._stop = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
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
        if machines := self._machines():
            self._compare(machines)
        while not self._stop.is_set():
            try:
                wanted = {self._wanted.get(timeout=EVERY_S)}
                with suppress(Empty):
                    while True:
                        wanted.add(self._wanted.get_nowait())
                self._compare(sorted(wanted - {""}))
            except Empty:
                self._compare([])

    def _machines(self) -> list[str]:
        try:
            known = list_partners(self._office)
        except SetupError:
            return []  # the desk is away; the sender's own tries say so
        return [row["partner_id"] for row in known if row["active"] and row["format"] not in IN_FOLDERS]

    def _compare(self, partners: list[str]) -> None:
        if self._stop.is_set():
            return
        only = [word for name in partners for word in ("--partner", name)]
        command = [sys.executable, "-m", "chainbreak", "outbox", "reconcile", "--centre", str(self._office.centre.root),
                   *only]  # fmt: skip
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as self._running:  # fmt: skip
            self._running.wait()
        self._running = None
