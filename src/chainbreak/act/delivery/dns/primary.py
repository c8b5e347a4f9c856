"""The hidden primary: signed updates (RFC 2136), questions and zone transfers (RFC 5936) on one TCP connection."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.tsig
import dns.update

from chainbreak.act.delivery.dns.settings import ALGORITHM, host_port, secret_bytes
from chainbreak.act.delivery.dns.transfer import NotReadableError, Reader
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import ChainbreakError, SetupError

if TYPE_CHECKING:
    from dns.message import Message

    from chainbreak.act.delivery.dns.transfer import Row

WINDOW = 200
"""Questions under way at once; more would fill the server's buffers while it waits for us to read."""


class Primary:
    """One connection, opened when first needed and again when the server has closed it for idleness."""

    def __init__(self, address: str, key_name: str, secret: str, timeout_s: float) -> None:
        """`address` as in `host_port`, with or without `dns://`.

        Raises:
            SetupError: not an address (CB-DL-227), or the key cannot be read (CB-DL-100).
        """
        try:
            self._where, self._timeout_s = host_port(address), timeout_s
        except ValueError:
            raise SetupError("CB-DL-227", "the DNS primary has no usable address", given=address or "none",
                             allowed="dns://192.0.2.9:53",
                             next_step="chainbreak partner change PARTNER --address …") from None  # fmt: skip
        self._key = dns.tsig.Key(dns.name.from_text(key_name), secret_bytes(secret), ALGORITHM)
        self._sock: socket.socket | None = None

    def update(self, zone: str, fill: Callable[[dns.update.UpdateMessage], None]) -> None:
        """Make one change to one zone, whole or not at all; `fill` writes it into the message.

        Raises:
            PointDownError: not reached, or refused; the text says which and carries a code when somebody must act.
        """
        message = dns.update.UpdateMessage(zone)
        fill(message)
        if len(message.sections[dns.update.UpdateSection.UPDATE]):
            rcode = self._exchange([message])[0].rcode()
            if rcode != dns.rcode.NOERROR:
                raise _down(_refusal(rcode, zone))

    def ask(self, zone: str, values: Sequence[str], kind: str) -> dict[str, Any]:
        """Records of `kind` of names in a zone: value -> rdata of the first; names without one are left out."""
        origin = dns.name.from_text(zone)
        found: dict[str, Any] = {}
        for start in range(0, len(values), WINDOW):
            part = values[start : start + WINDOW]
            questions = [dns.message.make_query(dns.name.from_text(v, origin), kind) for v in part]
            for value, answer in zip(part, self._exchange(questions), strict=True):
                if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                    raise _down(_refusal(answer.rcode(), zone))
                if answer.answer:
                    found[value] = answer.answer[0][0]
        return found

    def transfer(self, zone: str) -> Iterator[Row]:
        """CNAMEs and texts of a zone; the zone's name is written without a final dot.

        Raises:
            PointDownError: not reached, refused, or broken off.
        """
        query = dns.message.make_query(dns.name.from_text(zone), "AXFR")
        query.use_tsig(self._key)
        reader = Reader(query, zone, self._key)
        with _said(), self._connect() as sock:
            wire = query.to_wire()
            sock.sendall(struct.pack("!H", len(wire)) + wire)
            while not reader.done:
                yield from reader.read(_read(sock))
        if reader.rcode != dns.rcode.NOERROR:
            raise _down(_refusal(reader.rcode, zone))

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def _exchange(self, messages: Iterable[Message]) -> list[Message]:
        signed = []
        for number, message in enumerate(messages):
            message.id = number  # answers may come in any order; a signature, not the number, keeps strangers out
            message.use_tsig(self._key)
            signed.append((message, message.to_wire()))
        reused = self._sock is not None
        with _said():
            try:
                return self._round(signed)
            except (OSError, EOFError):
                self.close()
                if not reused:
                    raise
            # The server closes what is idle; everything sent here may be sent twice.
            return self._round(signed)

    def _round(self, signed: list[tuple[Message, bytes]]) -> list[Message]:
        if self._sock is None:
            self._sock = self._connect()
        self._sock.sendall(b"".join(struct.pack("!H", len(wire)) + wire for _, wire in signed))
        sent = {message.id: message for message, _ in signed}
        answers: dict[int, Message] = {}
        try:
            while len(answers) < len(sent):
                wire = _read(self._sock)
                asked = sent[int.from_bytes(wire[:2], "big")]
                answers[asked.id] = dns.message.from_wire(wire, keyring=asked.keyring, request_mac=asked.mac)
        except BaseException:
            self.close()  # whatever else is on its way belongs to no later question
            raise
        return [answers[message.id] for message, _ in signed]

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(self._where, timeout=self._timeout_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


def _read(sock: socket.socket) -> bytes:
    length = int.from_bytes(_read_exactly(sock, 2), "big")
    return _read_exactly(sock, length)


def _read_exactly(sock: socket.socket, count: int) -> bytes:
    content = bytearray()
    while len(content) < count:
        got = sock.recv(count - len(content))
        if not got:
            raise EOFError
        content += got
    return bytes(content)


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """What went wrong with the primary, in words that reach the page of the partner."""
    try:
        yield
    except (dns.tsig.PeerBadKey, dns.tsig.PeerBadSignature, dns.tsig.BadSignature, dns.tsig.BadKey):
        raise _down(SetupError("CB-DL-101", "the DNS primary does not accept our key")) from None
    except (dns.tsig.PeerBadTime, dns.tsig.BadTime):
        raise _down(SetupError("CB-DL-102", "the clocks of sender and DNS primary differ too much")) from None
    except (OSError, EOFError) as e:
        raise PointDownError(f"the DNS primary is not reached: {type(e).__name__}") from None
    except (dns.exception.DNSException, NotReadableError, KeyError) as e:
        raise PointDownError(f"the DNS primary answered nothing usable: {type(e).__name__}") from None


def _refusal(rcode: dns.rcode.Rcode, zone: str) -> ChainbreakError:
    return SetupError("CB-DL-103", "the DNS primary refuses", given=f"{zone} {dns.rcode.to_text(rcode)}")


def _down(error: ChainbreakError) -> PointDownError:
    # It is tried again until somebody has set it right, and the outbox says meanwhile what is wrong.
    return PointDownError(str(error))
