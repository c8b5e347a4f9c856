"""The senders of warnings as a process of their own: pages share no interpreter with a thousand messages a second.

As a program (`python -m chainbreak.web.senders CENTRE`) it sends until its input ends, which is when the server that
started it ends, however that comes about. One that dies is started again.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.base.log import get_log

PAUSE_S = 5.0
"""Seconds before one that died is started again."""


@contextmanager
def warning(office: Office) -> Iterator[None]:
    """The senders of warnings and the standing session with the message centre, while the block runs."""
    stop = threading.Event()
    running: list[subprocess.Popen[bytes]] = []
    keeper = threading.Thread(target=_keep, args=(office.centre.root, stop, running), name="senders", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        for process in running:
            assert process.stdin
            process.stdin.close()
        keeper.join()


def _keep(root: Path, stop: threading.Event, running: list[subprocess.Popen[bytes]]) -> None:
    while not stop.is_set():
        with subprocess.Popen([sys.executable, "-m", __name__, root], stdin=subprocess.PIPE) as process:
            running[:] = [process]
            if stop.is_set():  # the block ended while it was being started
                break
            code = process.wait()
        if not stop.is_set():
            get_log("web").error("senders_died", code=code)
            stop.wait(PAUSE_S)


def main(root: Path) -> None:
    """Send until the input ends."""
    from chainbreak.app.send_texts import send_texts_always
    from chainbreak.app.send_warnings import send_warnings_always

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all of a group; the server tells us
    office, stop = open_office(root), threading.Event()
    threads = [
        threading.Thread(target=one, args=(office, stop), name=one.__name__)
        for one in (send_warnings_always, send_texts_always)
    ]
    for thread in threads:
        thread.start()
    sys.stdin.buffer.read()
    stop.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
