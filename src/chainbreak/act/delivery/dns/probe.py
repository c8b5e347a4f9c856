"""Asking resolvers as a client would: over UDP, for the name and for one below it that nobody has asked for before."""

from __future__ import annotations

import secrets
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from chainbreak.act.delivery.dns.records import NOWHERE
from chainbreak.act.delivery.dns.settings import host_port
from chainbreak.act.delivery.point import PointDownError

if TYPE_CHECKING:
    from dns.message import Message

TRIES = 3
ITSELF = "version.bind"
"""What BIND, Unbound and PowerDNS answer in class CH without asking anybody (RFC 4892), if only by a refusal."""
WINDOW = 100
"""Questions under way at once; more would overrun a resolver's socket buffer."""


@dataclass(frozen=True)
class Asker:
    """One resolver."""

    address: str
    timeout_s: float

    def leads_to(self, values: Sequence[str], zones: Sequence[str], landing: str) -> list[str | None]:
        """Where the policy in `zones` leads each name and a random one below it: `.`, `landing` with its final dot, or
        None when the answers are not our policy's, or differ.

        What is barred is answered from the policy, at once. A resolver that says nothing about a name, and yet
        answers about itself, is still asking the name's own servers: it does not bar it. The servers of many a name
        that was barred are gone when it is let go.

        Raises:
            PointDownError: the resolver answers nothing, not even about itself.
        """
        names = [name for value in values for name in (value, f"{secrets.token_hex(6)}.{value}")]
        heard = self._heard(names, "A")
        if None in heard and None in self._heard([ITSELF], "TXT", "CH"):
            raise self._down()
        answers = [None if answer is None else _policy(answer, zones, landing) for answer in heard]
        pairs = zip(answers[::2], answers[1::2], strict=True)
        return [apex if apex == below else None for apex, below in pairs]

    def ask(self, names: Sequence[str], kind: str = "A") -> list[Message]:
        """The answers about records of `kind` of each name, in the order given.

        Raises:
            PointDownError: the resolver leaves a question unanswered, three times.
        """
        found = [answer for answer in self._heard(names, kind) if answer is not None]
        if len(found) < len(names):
            raise self._down()
        return found

    def _down(self) -> PointDownError:
        return PointDownError(f"resolver {self.address} does not answer")

    def _heard(self, names: Sequence[str], kind: str, rdclass: str = "IN") -> list[Message | None]:
        host, port = host_port(self.address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found: list[Message | None] = []
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect((host, port))
            except OSError as e:
                raise PointDownError(f"no way to resolver {self.address}: {e.strerror}") from None
            sock.setblocking(False)
            for start in range(0, len(names), WINDOW):
                found += self._ask_some(sock, names[start : start + WINDOW], kind, rdclass)
        return found

    def _ask_some(self, sock: socket.socket, names: Sequence[str], kind: str, rdclass: str) -> list[Message | None]:
        first = secrets.randbelow(65_536 - len(names))
        questions = {
            first + i: dns.message.make_query(name, kind, rdclass, id=first + i) for i, name in enumerate(names)
        }
        answers: dict[int, Message] = {}
        for _ in range(TRIES):
            missing = [q for number, q in questions.items() if number not in answers]
            try:
                for question in missing:
                    sock.send(question.to_wire())
                self._gather(sock, questions, answers)
            except OSError:
                continue  # a port that nobody listens on says so on the next call
            if len(answers) == len(questions):
                break
        return [answers.get(number) for number in questions]

    def _gather(self, sock: socket.socket, questions: Mapping[int, Message], answers: dict[int, Message]) -> None:
        end = time.monotonic() + self.timeout_s
        with selectors.DefaultSelector() as ready:
            ready.register(sock, selectors.EVENT_READ)
            while len(answers) < len(questions) and (left := end - time.monotonic()) > 0:
                if not ready.select(left):
                    return
                try:
                    answer = dns.message.from_wire(sock.recv(65_535), ignore_trailing=True)
                except dns.exception.DNSException:
                    continue
                asked = questions.get(answer.id)
                if asked is not None and asked.is_response(answer):
                    answers[answer.id] = answer


def _policy(answer: Message, zones: Sequence[str], landing: str) -> str | None:
    """Where our policy leads what was asked; None: the answer is not our policy's.

    A name that does not exist anyway is told from one that we barred by the SOA that proves its absence (RFC 2308):
    ours carries that of a policy zone, or none.
    """
    alias = next((r for r in answer.answer if r.rdtype == dns.rdatatype.CNAME), None)
    if alias is not None and alias.name == answer.question[0].name:
        return f"{landing}." if str(alias[0].target) == f"{landing}." else None
    if answer.rcode() != dns.rcode.NXDOMAIN:
        return None
    ours = {dns.name.from_text(zone) for zone in zones}
    proofs = [r.name for r in answer.authority if r.rdtype == dns.rdatatype.SOA]
    return NOWHERE if all(name in ours for name in proofs) else None
