"""A real Kamailio and a telephone behind it, for tests and bench, on loopback ports, gone when the block ends.

The proxy runs from the configuration that partners are given. Loopback has 16 million addresses: each trunk is one.
"""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sip import bulk, config
from chainbreak.act.delivery.sip.cell import cell_of, key_of
from chainbreak.act.delivery.sip.point import SipPoint
from chainbreak.act.delivery.sip.probe import Call, Outcome, Prober
from chainbreak.act.delivery.sip.rpc import Rpc
from chainbreak.act.delivery.sip.settings import Settings, Trunk
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.dns_servers import Server, free_port

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry

ASSERTED, CHECKED, MUTE, STRANGER, CENTRE = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.9"
"""Where calls come from: a trunk that asserts identities, one whose From is checked too, one that is not believed,
nobody we know, and the centre's test calls."""
TRUNKS = (
    Trunk(network=ASSERTED),
    Trunk(network=CHECKED, identity="asserted_or_from"),
    Trunk(network=MUTE, identity="none"),
)
CALLEE = "+8657188000000"
MEMORY_MIB = (1024, 512)
"""Shared and private memory, for a million numbers."""


@dataclass
class Kamailio(Server):
    """A proxy is many processes; measures are of all of them."""

    def stop(self, *, at_once: bool = False) -> None:
        """End it: `at_once` as a crash would, every process of it."""
        if self.process is not None and at_once:
            for pid in self.pids:
                os.kill(pid, signal.SIGKILL)
        super().stop(at_once=at_once)

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        assert self.process is not None, "it runs"
        tasks = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [self.process.pid, *map(int, tasks.split())]

    @property
    def pss_mib(self) -> float:
        """Memory in use now, MiB: what several processes share is counted once."""
        total = 0
        for pid in self.pids:
            rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
            total += next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        return total / 1024

    @property
    def all_cpu_s(self) -> float:
        """CPU seconds used so far by all its processes."""
        ticks = 0
        for pid in self.pids:
            parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += int(parts[11]) + int(parts[12])
        return ticks / os.sysconf("SC_CLK_TCK")


class Phone:
    """A telephone that rings and is never answered; knows what reached it. `rang`: headers of each INVITE."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.rang: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with closing(self._socket):
            while packet := self._socket.recvfrom(65_535):
                text, sender = packet[0].decode("utf-8", "replace"), packet[1]
                if not text:
                    return
                if text.startswith("INVITE"):
                    self.rang.append(text)
                    self._socket.sendto(_answer(text, "180 Ringing"), sender)
                elif text.startswith("CANCEL"):
                    self._socket.sendto(_answer(text, "200 OK"), sender)
                    self._socket.sendto(_answer(text.replace("CSeq: 1 CANCEL", "CSeq: 1 INVITE"), "487 Ended"), sender)

    def close(self) -> None:
        """Hang up for good."""
        host, port = self.address.split(":")
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as waker:
            waker.sendto(b"", (host, int(port)))
        self._thread.join(5)


def _answer(request: str, status: str) -> bytes:
    kept = ("via:", "from:", "to:", "call-id:", "cseq:", "record-route:")
    lines = [line for line in request.split("\r\n")[1:] if line.lower().startswith(kept)]
    lines = [f"{line};tag=phone" if line.lower().startswith("to:") and "tag=" not in line else line for line in lines]
    return "\r\n".join([f"SIP/2.0 {status}", *lines, "Content-Length: 0", "", ""]).encode()


@dataclass
class Proxy:
    """A running proxy, its telephone, and how calls are made through it."""

    settings: Settings
    address: str
    server: Kamailio
    phone: Phone
    ready_s: float = 0.0
    """How long its start took, seconds."""
    desired: list[Entry] = field(default_factory=list)
    """What a point of it is told to hold when it asks."""

    def point(self, **changed: Any) -> SipPoint:
        """A new connection to it, as the sender makes it."""
        settings = self.settings.model_copy(update=changed)
        return SipPoint(settings, Rpc(self.address, _no_secret, settings.timeout_s), lambda: self.desired)

    def call(self, caller: str, callee: str = CALLEE, *, asserted: str | None = None, by: str = ASSERTED) -> Outcome:
        """One call from a trunk."""
        return self.calls([Call(caller, callee, asserted)], by)[0]

    def calls(self, calls: Sequence[Call], by: str = ASSERTED) -> list[Outcome]:
        """Calls from a trunk, at once."""
        with closing(Prober(self.settings.proxy, by, 2.0)) as prober:
            return prober.ask(calls)

    def rejects(self, value: str) -> bool:
        """Whether a call from this number meets 608 at a trunk."""
        return self.call(value).status == 608

    def up(self) -> bool:
        """Whether it answers commands and calls."""
        rpc = Rpc(self.address, _no_secret, 1)
        with suppress(PointDownError), closing(rpc):
            rpc.call("htable.stats")
            return self.call("anonymous", "0", by=STRANGER).status == 403
        return False

    def restart(self, *, at_once: bool = True) -> None:
        """Stop it, as a crash would if `at_once`, and start it again, ready."""
        self.server.stop(at_once=at_once)
        self.server.start()
        self.wait()

    def wait(self, ready_s: float = 120) -> float:
        """Seconds until it is ready.

        Raises:
            SetupError: it is not in time (CB-DL-124).
        """
        since = time.monotonic()
        while not self.up():
            dead = self.server.process is None or self.server.process.poll() is not None
            if dead or time.monotonic() - since > ready_s:
                said = (self.server.folder / "log").read_text(encoding="utf-8", errors="replace")[-400:]
                raise SetupError("CB-DL-124", "the SIP proxy did not become ready", given=said)
            time.sleep(0.02)
        return time.monotonic() - since


def _no_secret(name: str) -> str:
    raise AssertionError(f"no secret on loopback: {name}")


@contextmanager
def running(
    entries: Iterable[Entry] = (), *, rows: Iterable[tuple[str, str]] = (), shared: bool = True, **settings: Any
) -> Iterator[Proxy]:
    """A proxy that holds `entries` and `rows` (key, value) from its start, ready, with a telephone behind it;
    `settings` as a partner sets.

    Raises:
        SetupError: it is not installed (CB-DL-123), or was not ready in time (CB-DL-124).
    """
    if which("kamailio") is None:
        raise SetupError("CB-DL-123", "Kamailio is not installed", allowed="Debian's kamailio and its json, utils, "
                         "extra and sqlite modules")  # fmt: skip
    phone = Phone()
    with tempfile.TemporaryDirectory(prefix="chainbreak-sip-") as name:
        folder = Path(name)
        given: dict[str, Any] = {
            "sip": f"127.0.0.1:{free_port()}", "next_hop": phone.address, "trunks": TRUNKS,
            "card_url": "https://centre.example/card", "probe_from": CENTRE, "probe_number": CALLEE,
            "folder": folder if shared else None,
        }  # fmt: skip
        made = Settings.model_validate(given | settings)
        address = f"http://127.0.0.1:{free_port()}/RPC"
        for file, content in config(made, address, "trial").items():
            (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
        if shared:
            ours = ((key_of(e.value, e.order_id), cell_of(e, made)) for e in entries)
            bulk.write(folder / bulk.NUMBERS, made.table, chain(ours, rows))
        shm, pkg = map(str, MEMORY_MIB)
        command = ("kamailio", "-DD", "-E", "-f", "kamailio.cfg", "-m", shm, "-M", pkg, "-w", name, "-Y", name)
        proxy = Proxy(made, address, Kamailio(command, folder), phone)
        try:
            proxy.server.start()
            proxy.ready_s = proxy.wait()
            yield proxy
        finally:
            proxy.server.stop()
            phone.close()
