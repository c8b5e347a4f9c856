"""A message centre for tests and bench: SMPP 3.4 on a loopback port, as patient or as faulty as asked.

It keeps what a real one keeps: messages by id, and receipts until they are confirmed, over every reconnection. As a
program (`python -m chainbreak.bench.delivery.sms_servers`) it prints its port and ends with its input.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chainbreak.act.delivery.sms.link import HEAD
from chainbreak.base.errors import SetupError

PASSWORD = "loopback"  # noqa: S105 of a centre on the loopback interface
RECEIPT_NUMBERS = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "ENROUTE": 1}


@dataclass
class Message:
    """A part that was taken, or tried: what arrived, and the id it got."""

    message_id: str
    number: str
    data: bytes
    data_coding: int
    esm_class: int
    reference: int | None
    validity: str


@dataclass
class Ways:
    """How the centre behaves; a test changes it while it runs."""

    answers: bool = True
    """Whether submitted parts are answered."""
    drop_every: int = 0
    """Hang up instead of answering every so many parts, having taken them."""
    throttle: int = 0
    """So many next parts are refused as too fast."""
    refuse: int = 0
    """Status that the next part is refused with."""
    receipt_first: bool = False
    """The receipt goes out before the answer."""
    repeats: int = 1
    """How many times each receipt is sent."""
    gives_back_reference: bool = True
    receipts: bool = True
    stat: str = "DELIVRD"


@dataclass
class Centre:
    """The centre's memory. `taken`: every part in the order it came."""

    ways: Ways = field(default_factory=Ways)
    port: int = 0
    taken: list[Message] = field(default_factory=list)
    binds: int = 0
    unbinds: int = 0
    queries: int = 0
    owed: dict[int, tuple[Message, str]] = field(default_factory=dict)
    """Receipts not confirmed yet."""

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)
        self.changed = threading.Condition(self.lock)

    def wait_for(self, what: Any, seconds: float = 20.0) -> bool:
        """Wait until `what()` is true."""
        with self.changed:
            return bool(self.changed.wait_for(what, seconds))


class _Connection(socketserver.BaseRequestHandler):
    """One client. The protocol's own words are smpplib's."""

    server: _Server
    request: socket.socket
    sequence = 0
    bound = False

    def next_sequence(self) -> int:
        self.sequence = next(self.server.centre.numbers)
        return self.sequence

    def handle(self) -> None:
        from smpplib import smpp

        self.smpp: Any = smpp
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = b""
        with contextlib.suppress(OSError):
            while more := self.request.recv(65_536):
                buffer += more
                while len(buffer) >= HEAD.size and len(buffer) >= (length := HEAD.unpack_from(buffer)[0]):
                    pdu = smpp.parse_pdu(buffer[:length], client=self, allow_unknown_opt_params=True)
                    buffer = buffer[length:]
                    with self.server.centre.changed:
                        on = self._serve(pdu)
                        self.server.centre.changed.notify_all()
                    if not on:
                        return

    def _serve(self, pdu: Any) -> bool:
        centre = self.server.centre
        match pdu.command:
            case "bind_transceiver":
                good = pdu.password == PASSWORD.encode()
                centre.binds += good
                self._send("bind_transceiver_resp", pdu.sequence, status=0 if good else 0x0E, system_id="centre")
                for number in list(centre.owed) if good else ():
                    self._tell(number)
            case "submit_sm":
                return self._submit(pdu)
            case "deliver_sm_resp":
                centre.owed.pop(pdu.sequence, None)
            case "query_sm":
                centre.queries += 1
                message_id = pdu.message_id.decode()
                known = any(m.message_id == message_id for m in centre.taken)
                self._send("query_sm_resp", pdu.sequence, status=0 if known else 0x67, message_id=message_id,
                           message_state=RECEIPT_NUMBERS[centre.ways.stat])  # fmt: skip
            case "enquire_link":
                self._send("enquire_link_resp", pdu.sequence)
            case "unbind":
                centre.unbinds += 1
                self._send("unbind_resp", pdu.sequence)
                return False
        return True

    def _submit(self, pdu: Any) -> bool:
        centre, ways = self.server.centre, self.server.centre.ways
        if ways.throttle or ways.refuse:
            status = 0x58 if ways.throttle else ways.refuse
            ways.throttle, ways.refuse = max(ways.throttle - 1, 0), 0 if not ways.throttle else ways.refuse
            self._send("submit_sm_resp", pdu.sequence, status=status)
            return True
        message = Message(
            f"m{len(centre.taken):x}", pdu.destination_addr.decode(), pdu.short_message, pdu.data_coding or 0,
            pdu.esm_class or 0, pdu.user_message_reference, (pdu.validity_period or b"").decode(),
        )  # fmt: skip
        centre.taken.append(message)
        first = self._owe(message) if ways.receipt_first else None
        if ways.drop_every and len(centre.taken) % ways.drop_every == 0:
            first or self._owe(message)
            self.request.shutdown(socket.SHUT_RDWR)
            return False
        if ways.answers:
            self._send("submit_sm_resp", pdu.sequence, message_id=message.message_id)
        first or self._owe(message)
        return True

    def _owe(self, message: Message) -> bool:
        centre = self.server.centre
        if centre.ways.receipts:
            number = next(centre.numbers)
            centre.owed[number] = (message, centre.ways.stat)
            if centre.ways.answers or centre.ways.receipt_first:
                self._tell(number)
        return True

    def _tell(self, number: int) -> None:
        message, stat = self.server.centre.owed[number]
        ways = self.server.centre.ways
        days = "submit date:2601010000 done date:2601010000"
        text = f"id:{message.message_id} sub:001 dlvrd:001 {days} stat:{stat} err:000 text:id:x"
        for _ in range(ways.repeats):
            self._send(
                "deliver_sm", number, esm_class=0x04, source_addr=message.number, destination_addr="96110",
                short_message=text.encode(), receipted_message_id=message.message_id,
                message_state=RECEIPT_NUMBERS[stat],
                user_message_reference=message.reference if ways.gives_back_reference else None,
            )  # fmt: skip

    def _send(self, command: str, sequence: int, **fields: Any) -> None:
        pdu = self.smpp.make_pdu(command, client=self, **fields)
        pdu.sequence = sequence
        self.request.sendall(pdu.generate())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, centre: Centre, port: int) -> None:
        self.centre = centre
        super().__init__(("127.0.0.1", port), _Connection)


@contextlib.contextmanager
def message_centre(ways: Ways | None = None, port: int = 0) -> Iterator[Centre]:
    """A centre in a thread of this process, its memory in reach.

    Raises:
        SetupError: smpplib is not installed (CB-DL-200).
    """
    try:
        import smpplib  # noqa: F401 the same parts as the client
    except ImportError:
        raise SetupError("CB-DL-200", "texts need the extra sms", given="smpplib is not installed") from None
    centre = Centre(ways or Ways())
    with _Server(centre, port) as server:
        centre.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield centre
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def centre_process() -> Iterator[int]:
    """A centre in a process of its own, so that its work is not ours; its port."""
    command = [sys.executable, "-m", "chainbreak.bench.delivery.sms_servers"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


if __name__ == "__main__":
    with message_centre() as made:
        sys.stdout.write(f"{made.port}\n")
        sys.stdout.flush()
        sys.stdin.read()
