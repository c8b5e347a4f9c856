"""Test calls: an INVITE as a caller would send it, ended before anybody can answer (RFC 3261).

The proxy says in `X-Chainbreak-Effect` what it did with a test call, on whatever it answers or passes back; it hands
them to nobody but the partner's test line.
"""

from __future__ import annotations

import secrets
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

EFFECT = "x-chainbreak-effect"
T1_S = 0.5
"""When a request without any answer is first sent again; doubled each time (RFC 3261, 17.1.1.2)."""
WINDOW = 64
"""Test calls under way at once."""
_TIDY_S = 0.05
"""How long the ends of calls already judged are waited for; what comes later is answered in the next round."""


@dataclass(frozen=True)
class Call:
    """A test call: numbers as written in SIP. `asserted` stands in P-Asserted-Identity, `caller` in From; None: the
    same, empty: nobody asserts anything.
    """

    caller: str
    callee: str
    asserted: str | None = None


@dataclass
class Outcome:
    """What came of a test call. `status` 0: no answer; `effect`: what the proxy says it did, "" when it does not say;
    `headers` of the deciding answer, names in small letters.
    """

    status: int = 0
    effect: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Leg:
    call: Call
    branch: str
    tag: str
    sent_s: float
    again_s: float
    outcome: Outcome = field(default_factory=Outcome)
    answered: bool = False
    over: bool = False


class Prober:
    """Sends test calls from one UDP socket; used by one thread at a time."""

    def __init__(self, proxy: tuple[str, int], source: str, timeout_s: float) -> None:
        self._proxy = proxy
        self._timeout_s = timeout_s
        family = socket.AF_INET6 if ":" in proxy[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((source, 0))
        self._socket.connect(proxy)
        self._ours = _host_port(*self._socket.getsockname()[:2])
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._socket, selectors.EVENT_READ)

    def close(self) -> None:
        """Give the socket back."""
        self._waiting.close()
        self._socket.close()

    def ask(self, calls: Sequence[Call]) -> list[Outcome]:
        """The outcome of each call, in order."""
        return [
            outcome for first in range(0, len(calls), WINDOW) for outcome in self._round(calls[first : first + WINDOW])
        ]

    def _round(self, calls: Sequence[Call]) -> list[Outcome]:
        now = time.monotonic()
        legs = {secrets.token_hex(8): _Leg(c, secrets.token_hex(8), secrets.token_hex(4), now, T1_S) for c in calls}
        for name, leg in legs.items():
            self._send(self._invite(name, leg))
        until = now + self._timeout_s
        while any(not leg.over for leg in legs.values()) and (now := time.monotonic()) < until:
            self._repeat(legs, now)
            if self._waiting.select(min(until - now, 0.02)):
                self._receive(legs)
            if all(leg.outcome.status for leg in legs.values()):
                until = min(until, time.monotonic() + _TIDY_S)
        return [leg.outcome for leg in legs.values()]

    def _repeat(self, legs: dict[str, _Leg], now: float) -> None:
        for name, leg in legs.items():
            if not leg.answered and now >= leg.sent_s + leg.again_s:
                leg.sent_s, leg.again_s = now, leg.again_s * 2
                self._send(self._invite(name, leg))

    def _receive(self, legs: dict[str, _Leg]) -> None:
        while True:
            try:
                status, headers = _parse(self._socket.recv(65_535))
            except OSError:  # nothing more came, or the way there is shut: the time-out says so
                return
            leg = legs.get(headers.get("call-id", "").partition("@")[0])
            if leg is not None and headers.get("cseq", "").endswith("INVITE"):
                self._follow(headers["call-id"].partition("@")[0], leg, status, headers)

    def _follow(self, name: str, leg: _Leg, status: int, headers: dict[str, str]) -> None:
        leg.answered = True
        if status <= 100:
            return
        if not leg.outcome.status:
            leg.outcome = Outcome(status, headers.get(EFFECT, ""), headers)
            if status < 200:
                self._send(self._request("CANCEL", name, leg))
        if status >= 200:
            leg.over = True
            to = headers.get("to", "")
            if status >= 300:
                self._send(self._request("ACK", name, leg, to=to))
            else:  # answered before it was cancelled: hang up
                self._hang_up(name, leg, headers, to)

    def _hang_up(self, name: str, leg: _Leg, headers: dict[str, str], to: str) -> None:
        contact = headers.get("contact", "").partition("<")[2].partition(">")[0] or f"sip:{leg.call.callee}"
        route = headers.get("record-route", "")
        for method, cseq in (("ACK", 1), ("BYE", 2)):
            branch = secrets.token_hex(8)
            self._send(self._request(method, name, leg, to=to, uri=contact, route=route, branch=branch, cseq=cseq))

    def _invite(self, name: str, leg: _Leg) -> str:
        asserted = leg.call.caller if leg.call.asserted is None else leg.call.asserted
        identity = f"P-Asserted-Identity: <sip:{asserted}@{self._ours};user=phone>\r\n" if asserted else ""
        return self._request("INVITE", name, leg, more=f"{identity}Contact: <sip:probe@{self._ours}>\r\n")

    def _request(
        self, method: str, name: str, leg: _Leg, *, to: str = "", uri: str = "", route: str = "", branch: str = "",
        cseq: int = 1, more: str = "",
    ) -> str:  # fmt: skip
        proxy = _host_port(*self._proxy)
        address = f"sip:{leg.call.callee}@{proxy}"
        return (
            f"{method} {uri or address} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self._ours};branch=z9hG4bK{branch or leg.branch};rport\r\n"
            f"Max-Forwards: 10\r\n{f'Route: {route}{chr(13)}{chr(10)}' if route else ''}"
            f"From: <sip:{leg.call.caller}@{self._ours}>;tag={leg.tag}\r\n"
            f"To: {to or f'<{address}>'}\r\n"
            f"Call-ID: {name}@{self._ours}\r\nCSeq: {cseq} {method}\r\n{more}"
            "User-Agent: chainbreak-probe\r\nContent-Length: 0\r\n\r\n"
        )

    def _send(self, message: str) -> None:
        # A refused datagram is an answer not given; the time-out says so.
        try:
            self._socket.send(message.encode("ascii", "replace"))
        except OSError:
            return


def _host_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parse(packet: bytes) -> tuple[int, dict[str, str]]:
    """Status (0 for a request or nonsense) and headers; of a header given twice the values are joined by commas."""
    head, _, _ = packet.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    parts = first.split(" ", 2)
    status = int(parts[1]) if len(parts) > 1 and parts[0] == "SIP/2.0" and parts[1].isdecimal() else 0
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers[name] = f"{headers[name]},{value.strip()}" if name in headers else value.strip()
    return status, headers
