"""A bank's gateway to try against: holds amounts it has, answers as it is told to, and remembers what took effect.

It follows docs/reference/bank-messages.md, on a loopback port of its own, in a thread, gone when the block ends. It
trusts nothing that is not signed by the centre, and a repeated key changes nothing.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.signing import is_genuine
from chainbreak.base.clock import SystemClock, rfc3339

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from chainbreak.base.clock import Clock

MOODS = ("obliging", "late", "mute", "garbage", "down", "hangs_up", "refuses_form", "forgetful")
"""How it answers: at once; later (the receipt waits in `later`); takes a message and closes the connection; says
something unreadable; HTTP 503; closes before reading; HTTP 422 without a receipt; takes it and holds nothing.
"""
_CASE = re.compile(rb"<CxlId>([^<]+)</CxlId>")
ENOUGH_FEN = 10**13
"""What lies on an account of which nothing else was said."""


@dataclass
class Bank:
    """What one bank knows. `funds`: account -> fen there; `refusals`: account -> code; `stumbles`: accounts that get an
    HTTP 500; `moods`: answers to come next, one a message, then `mood`. `effects`: (order, fen) each time that what is
    held changed. `resolves`: case -> the camt.029 that answers a recall at once.
    """

    public_key: Ed25519PublicKey | None = None
    clock: Clock = field(default_factory=SystemClock)
    mood: str = "obliging"
    moods: deque[str] = field(default_factory=deque)
    funds: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    stumbles: set[str] = field(default_factory=set)
    holds: dict[str, dict[str, Any]] = field(default_factory=dict)
    effects: list[tuple[str, int]] = field(default_factory=list)
    recalls: dict[str, bytes] = field(default_factory=dict)
    later: list[bytes] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    resolves: Callable[[str], bytes] | None = None
    unsigned: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._receipts: dict[tuple[str, str], dict[str, Any]] = {}
        self._newest: dict[str, int] = {}

    def held_fen(self, account: str) -> int:
        """Fen held on an account, by all orders."""
        with self._lock:
            return sum(hold["held_fen"] for hold in self.holds.values() if hold["account"] == account)

    def take(self, content: bytes, forget: bool = False) -> bytes:
        """Do what a hold message says; the receipt. A key known already does nothing anew."""
        said = json.loads(content)
        order_id, revision = said["key"].split(".")[0], int(said["key"].split(".")[1])
        with self._lock:
            self.taken.append(said)
            known = self._receipts.get((said["message"], said["key"]))
            if known is None or known["outcome"] != "rejected":
                known = self._do(said, order_id, revision, forget)
                self._receipts[said["message"], said["key"]] = known
        return json.dumps(known).encode()

    def _do(self, said: dict[str, Any], order_id: str, revision: int, forget: bool) -> dict[str, Any]:
        before = self.holds.get(order_id)
        late = revision < self._newest.get(order_id, 0)
        self._newest[order_id] = max(revision, self._newest.get(order_id, 0))
        if said["message"] == "hold-release":
            if before is not None and not late:
                del self.holds[order_id]
                self.effects.append((order_id, 0))
            return self._receipt(said, "full")
        if code := self.refusals.get(said["account"]):
            return self._receipt(said, "rejected", code=code)
        fen = min(said["amount_fen"], self.funds.get(said["account"], ENOUGH_FEN))
        if fen == 0:
            return self._receipt(said, "rejected", code="AM04")
        row = {"account": said["account"], "revision": revision, "held_fen": fen, "key": said["key"],
               "valid_until": said["valid_until"]}  # fmt: skip
        if not late and before != row and not forget:
            self.holds[order_id] = row
            self.effects.append((order_id, fen))
        if fen < said["amount_fen"]:
            return self._receipt(said, "partial", fen, "AM04")
        return self._receipt(said, "full", fen)

    def _receipt(self, said: dict[str, Any], outcome: str, held: int | None = None, code: str = "") -> dict[str, Any]:
        known = self._receipts.get((said["message"], said["key"]))
        number = known["receipt_id"] if known else f"R{len(self._receipts) + 1:08d}"
        at = known["at"] if known else rfc3339(self.clock.now_us())
        return {"message": "receipt", "version": 1, "key": said["key"], "receipt_id": number, "at": at,
                "about": said["message"], "outcome": outcome, "held_fen": held, "code": code}  # fmt: skip

    def status(self, key: str) -> bytes:
        """What is held for the order of a key."""
        with self._lock:
            hold = self.holds.get(key.split(".")[0])
            shown = {"account": "-", "held_fen": 0, **(hold or {}), "key": key}
        shown.pop("revision", None)
        return json.dumps({"message": "status", "version": 1, **shown}).encode()

    def statuses(self) -> bytes:
        """All that is held."""
        with self._lock:
            shown = [{"message": "status", "version": 1, **hold} for hold in self.holds.values()]
        for row in shown:
            row.pop("revision")
        return json.dumps({"version": 1, "holds": shown}).encode()

    def next_mood(self) -> str:
        """How the next message is answered."""
        with self._lock:
            return self.moods.popleft() if self.moods else self.mood

    def is_signed(self, content: bytes, seal: str) -> bool:
        """Whether the centre signed exactly this; without its key everything passes."""
        try:
            genuine = self.public_key is None or is_genuine(content, base64.b64decode(seal), self.public_key)
        except ValueError:
            genuine = False
        self.unsigned += not genuine
        return genuine

    def ask_back(self, content: bytes) -> str:
        """Take a camt.056; its case."""
        found = _CASE.search(content)
        assert found is not None
        with self._lock:
            self.recalls[found[1].decode()] = content
        return found[1].decode()


class _Handler(BaseHTTPRequestHandler):
    """One connection to the gateway."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece, or it waits for an acknowledgement
    server: _Server

    def do_POST(self) -> None:
        """Hold messages at /holds, camt.056 at /recalls."""
        bank, mood = self.server.bank, self.server.bank.next_mood()
        if mood == "hangs_up":
            self.close_connection = True
            return
        content = self.rfile.read(int(self.headers["content-length"]))
        if mood == "down":
            return self._say(503)
        if not bank.is_signed(content, self.headers.get("chainbreak-seal", "")):
            return self._say(401)
        if mood == "refuses_form":
            return self._say(422, b"no")
        if self.path.endswith("/recalls"):
            case = bank.ask_back(content)
            return self._say(200, bank.resolves(case)) if bank.resolves else self._say(202)
        if json.loads(content)["account"] in bank.stumbles:
            return self._say(500)
        receipt = bank.take(content, forget=mood == "forgetful")
        if mood == "mute":
            self.close_connection = True
            return
        if mood == "late":
            bank.later.append(receipt)
            return self._say(202)
        self._say(200, b"<html>well received" if mood == "garbage" else receipt)

    def do_GET(self) -> None:
        """Status of one order, and all holds."""
        if self.server.bank.mood == "down":
            return self._say(503)
        path = self.path.rpartition("/status/")
        self._say(200, self.server.bank.status(path[2]) if path[1] else self.server.bank.statuses())

    def _say(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests name accounts."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    bank: Bank

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


@contextlib.contextmanager
def running(bank: Bank) -> Iterator[Bank]:
    """The bank's gateway on a free loopback port; `bank.address` says where while the block runs."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.bank = bank
        bank.address = f"http://127.0.0.1:{server.server_address[1]}/gateway"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="bank")
        thread.start()
        try:
            yield bank
        finally:
            server.shutdown()
            thread.join()
