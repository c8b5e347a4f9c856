"""A receiver of warnings for tests and bench: checks signatures, shows each warning once, is as faulty as asked.

As a program (`python -m chainbreak.bench.delivery.push_receiver`) it prints its port and, when its input ends, how many
different warnings it took and how many came again.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chainbreak.act.delivery.webhook.verify import is_genuine

KEY = "loopback-key"
"""The signing key of a receiver on the loopback interface."""


@dataclass
class Ways:
    """How the receiver behaves; a test changes it while it runs."""

    status: int = 200
    """What requests are answered with; below 200: hang up without a word, having taken them."""
    location: str = ""
    body: bytes | None = None
    """Sent instead of an answer."""
    state: str = "taken"
    """What is said of each warning."""
    becomes: str = "delivered"
    """What is said of it later."""
    bad: frozenset[str] = frozenset()
    """Batches that hold one of these ids are refused as a whole."""
    hold: threading.Event | None = None
    """Answers wait for it."""


@dataclass
class Receiver:
    """The receiver's memory. `shown`: every warning once, as first taken; `came`: how often each."""

    key: bytes = KEY.encode()
    now_s: Callable[[], float] | None = None
    """The clock by which signatures are fresh; none: the machine's."""
    ways: Ways = field(default_factory=Ways)
    port: int = 0
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    came: dict[str, int] = field(default_factory=dict)
    forged: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())

    def wait_for(self, what: Callable[[], bool], seconds: float = 20.0) -> bool:
        """Wait until `what()` is true."""
        with self.changed:
            return self.changed.wait_for(what, seconds)

    def answer(self, path: str, header: str, body: bytes) -> tuple[int, bytes]:
        """Take a request; the status and body to answer with."""
        with self.changed:
            self.requests += 1
            self.changed.notify_all()
            if not is_genuine(header, body, self.key, self.now_s() if self.now_s else None):
                self.forged += 1
                return 401, b""
            said = json.loads(body)
            if path.endswith("/status"):
                return 200, _results([one for one in said["ids"] if one in self.shown], self.ways.becomes)
            ids = [one["id"] for one in said["warnings"]]
            if self.ways.bad & set(ids):
                return 422, b""
            if self.ways.status < 300:
                for one in said["warnings"]:
                    self.shown.setdefault(one["id"], one)
                    self.came[one["id"]] = self.came.get(one["id"], 0) + 1
            answer = _results(ids, self.ways.state) if self.ways.body is None else self.ways.body
            return self.ways.status, answer


def _results(ids: list[str], state: str) -> bytes:
    return json.dumps({"results": [{"id": one, "state": state} for one in ids]}).encode()


@contextlib.contextmanager
def push_receiver(receiver: Receiver | None = None, *, tls: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """A receiver in a thread of this process; `tls`: files of its certificate and key."""
    made = receiver or Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave in one piece

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            status, content = made.answer(self.path, self.headers.get("chainbreak-signature", ""), body)
            if made.ways.hold:
                made.ways.hold.wait(20)
            if status < 200:
                self.close_connection = True
                return
            self.send_response(status)
            if made.ways.location:
                self.send_header("location", made.ways.location)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):  # who asks need not read all of it
                self.wfile.write(content)
                self.wfile.flush()

        def log_message(self, *_said: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def receiver_process() -> Iterator[tuple[int, Callable[[], tuple[int, int]]]]:
    """A receiver in a process of its own: its port, and what ends it and tells how many came, and how many again."""
    command = [sys.executable, "-m", "chainbreak.bench.delivery.push_receiver"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        lines = process.stdout

        def end() -> tuple[int, int]:
            assert process.stdin
            process.stdin.close()
            took, again = lines.readline().split()
            return int(took), int(again)

        try:
            yield int(process.stdout.readline()), end
        finally:
            process.stdin.close()
            lines.read()


if __name__ == "__main__":
    with push_receiver() as running:
        sys.stdout.write(f"{running.port}\n")
        sys.stdout.flush()
        sys.stdin.read()
        sys.stdout.write(f"{len(running.came)} {sum(running.came.values()) - len(running.came)}\n")
