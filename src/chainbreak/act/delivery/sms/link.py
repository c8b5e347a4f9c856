"""One SMPP 3.4 link to a message centre, bound as transceiver: submit, query, confirm, and what comes back.

smpplib writes and reads the messages; the socket is ours, so that a message that arrives in pieces is never torn, its
length is bounded, TLS checks the host's name, and no identifier reaches a log.
"""

from __future__ import annotations

import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.sms import Settings, place_of
from chainbreak.act.delivery.sms.receipts import Receipt, receipt_of, stat_of, text_of
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.act.delivery.sms.segments import Segment

MOST_OCTETS = 65_536
"""No message of the protocol comes near it: what says it is longer is not SMPP."""
HEAD = struct.Struct(">LLLL")
"""command_length, command_id, command_status, sequence_number (SMPP 3.4, section 3.2)."""
NOT_LET_IN = {0x0D: "bind failed", 0x0E: "password", 0x0F: "system_id"}
"""Refusals of a bind that no repeat will mend (section 5.1.3)."""
IS_RESPONSE, INVALID_COMMAND = 0x80000000, 0x03
"""The bit of command_id that marks an answer; the status that says a message was not understood."""
INTERNATIONAL, E164 = 1, 1
"""Type of number and numbering plan of a recipient."""
LAST_SEQUENCE = 0x7FFFFFFF


class LinkDownError(Exception):
    """The centre was not reached, or what it said made no sense: whatever has no answer yet may have arrived."""


@dataclass(frozen=True)
class Answered:
    """The answer to a submitted part: status 0 and the centre's id, or why not."""

    sequence: int
    status: int
    message_id: str


@dataclass(frozen=True)
class Queried:
    """The answer to a query: what became of a message, "" when the centre does not say."""

    sequence: int
    message_id: str
    stat: str


@dataclass(frozen=True)
class Told:
    """A message from the centre that waits to be confirmed: a receipt, or None for anything else."""

    sequence: int
    receipt: Receipt | None


Event = Answered | Queried | Told


class Link:
    """The link; `open` it, `close` it. Used by one thread.

    Raises from every method: LinkDownError.
    """

    def __init__(self, address: str, settings: Settings, password: str) -> None:
        try:
            from smpplib import smpp
        except ImportError:
            raise SetupError("CB-DL-200", "texts need the extra sms", given="smpplib is not installed",
                             next_step="install chainbreak[sms]") from None  # fmt: skip
        self._smpp: Any = smpp
        self._host, self._port, self._tls = place_of(address)
        self._settings, self._password = settings, password
        self._socket: socket.socket | None = None
        self._buffer, self._outgoing = bytearray(), bytearray()
        self._ahead: list[Any] = []
        self._heard_s = self._enquired_s = 0.0
        self.sequence = 0

    def next_sequence(self) -> int:
        """The number of the next message; smpplib asks for it."""
        self.sequence = self.sequence % LAST_SEQUENCE + 1
        return self.sequence

    def open(self) -> None:
        """Connect and bind.

        Raises:
            SetupError: the centre does not let us in (CB-DL-203).
        """
        self._buffer.clear()
        self._outgoing.clear()
        self._ahead = []
        try:
            made = socket.create_connection((self._host, self._port), timeout=self._settings.response_s)
            # What is small must not wait until the centre has acknowledged what went before.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                made = ssl.create_default_context().wrap_socket(made, server_hostname=self._host)
        except OSError as e:
            raise LinkDownError(f"not reached: {type(e).__name__}") from None
        self._socket = made
        self._send(
            "bind_transceiver", system_id=self._settings.system_id, password=self._password,
            system_type=self._settings.system_type,
        )  # fmt: skip
        answer = self._bound()
        if answer.status in NOT_LET_IN:
            self._drop()
            raise SetupError("CB-DL-203", "the message centre does not let us in", given=NOT_LET_IN[answer.status],
                             next_step="correct system_id and password of the partner")  # fmt: skip
        if answer.status:
            self._drop()
            raise LinkDownError(f"bind refused: status {answer.status:#x}")
        self._heard_s = self._enquired_s = time.monotonic()

    def submit(self, number: str, segment: Segment, reference: int, valid_s: int) -> int:
        """Put one part to `number` (digits, international) on its way with the next `poll`; its sequence. The centre
        drops it after `valid_s`.
        """
        return self._put(
            "submit_sm", source_addr_ton=self._settings.sender_ton, source_addr_npi=self._settings.sender_npi,
            source_addr=self._settings.sender, dest_addr_ton=INTERNATIONAL, dest_addr_npi=E164,
            destination_addr=number, esm_class=segment.esm_class, data_coding=segment.data_coding,
            short_message=segment.data, registered_delivery=1, validity_period=relative_time(valid_s),
            user_message_reference=reference,
        )  # fmt: skip

    def query(self, message_id: str) -> int:
        """Ask what became of a message; its sequence."""
        return self._send(
            "query_sm", message_id=message_id, source_addr_ton=self._settings.sender_ton,
            source_addr_npi=self._settings.sender_npi, source_addr=self._settings.sender,
        )  # fmt: skip

    def confirm(self, sequence: int) -> None:
        """Say with the next `poll` that what the centre told is kept: it will not tell it again."""
        self._put("deliver_sm_resp", sequence)

    def poll(self, wait_s: float) -> list[Event]:
        """Send what was put, and take what comes within `wait_s`; keeps the link alive on the way."""
        self._flush()
        pdus = self._ahead or self._read(wait_s)
        self._ahead = []
        events = [self._event(pdu) for pdu in pdus]
        now = time.monotonic()
        quiet_s = now - self._heard_s
        if quiet_s > self._settings.enquire_s + self._settings.response_s:
            self._drop()
            raise LinkDownError("the centre is silent")
        if quiet_s > self._settings.enquire_s and now - self._enquired_s > self._settings.enquire_s:
            self._enquired_s = now
            self._send("enquire_link")
        return [event for event in events if event is not None]

    def close(self) -> None:
        """Say goodbye and disconnect; a link that is down already is no error."""
        if self._socket is not None:
            try:
                self._send("unbind")
                self._read(1.0)
            except LinkDownError:
                pass
            self._drop()

    def _event(self, pdu: Any) -> Event | None:
        match pdu.command:
            case "submit_sm_resp" | "generic_nack":
                return Answered(pdu.sequence, pdu.status, text_of(getattr(pdu, "message_id", None)))
            case "query_sm_resp":
                stat = "" if pdu.status else stat_of(getattr(pdu, "message_state", None))
                return Queried(pdu.sequence, text_of(getattr(pdu, "message_id", None)), stat)
            case "deliver_sm":
                return Told(pdu.sequence, receipt_of(pdu))
            case "enquire_link":
                self._send("enquire_link_resp", pdu.sequence)
            case "unbind":
                self._send("unbind_resp", pdu.sequence)
                self._drop()
                raise LinkDownError("the centre said goodbye")
        return None

    def _bound(self) -> Any:
        until = time.monotonic() + self._settings.response_s
        while (left_s := until - time.monotonic()) > 0:
            pdus = self._read(left_s)
            if pdus and pdus[0].command in ("bind_transceiver_resp", "generic_nack"):
                self._ahead = pdus[1:]  # receipts that were waiting come on its heels
                return pdus[0]
        self._drop()
        raise LinkDownError("the bind was not answered")

    def _put(self, command: str, sequence: int | None = None, **fields: Any) -> int:
        if self._socket is None:
            raise LinkDownError("not connected")
        pdu = self._smpp.make_pdu(command, client=self, **fields)
        if sequence is not None:
            pdu.sequence = sequence
        self._outgoing += pdu.generate()
        return int(pdu.sequence)

    def _flush(self) -> None:
        if self._socket is None:
            raise LinkDownError("not connected")
        whole = bytes(self._outgoing)
        self._outgoing.clear()
        try:
            self._socket.settimeout(self._settings.response_s)
            self._socket.sendall(whole)
        except OSError as e:
            self._drop()
            raise LinkDownError(f"lost while sending: {type(e).__name__}") from None

    def _send(self, command: str, sequence: int | None = None, **fields: Any) -> int:
        sent = self._put(command, sequence, **fields)
        self._flush()
        return sent

    def _read(self, wait_s: float) -> list[Any]:
        if self._socket is None:
            raise LinkDownError("not connected")
        try:
            self._socket.settimeout(max(wait_s, 0.001))  # 0 would mean: never wait, and raise something else
            more = self._socket.recv(MOST_OCTETS)
        except TimeoutError:
            return []
        except OSError as e:
            self._drop()
            raise LinkDownError(f"lost while reading: {type(e).__name__}") from None
        if not more:
            self._drop()
            raise LinkDownError("the centre hung up")
        self._heard_s = time.monotonic()
        self._buffer += more
        return list(self._whole())

    def _whole(self) -> list[Any]:
        found = []
        while len(self._buffer) >= HEAD.size:
            length = HEAD.unpack_from(self._buffer)[0]
            if not HEAD.size <= length <= MOST_OCTETS:
                self._drop()
                raise LinkDownError("not SMPP")
            if len(self._buffer) < length:
                break
            raw = bytes(self._buffer[:length])
            del self._buffer[:length]
            found += self._parsed(raw)
        return found

    def _parsed(self, raw: bytes) -> list[Any]:
        # smpplib is not hardened against nonsense, and raises whatever its indexing runs into. One message nobody
        # understands is refused; the link and what else is on it stay.
        try:
            return [self._smpp.parse_pdu(raw, client=self, allow_unknown_opt_params=True)]
        except Exception:
            _, command, _, sequence = HEAD.unpack_from(raw)
            if not command & IS_RESPONSE:
                self._send("generic_nack", sequence, status=INVALID_COMMAND)
            return []

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def relative_time(seconds: int) -> str:
    """A span in the protocol's relative form (section 7.1.1), at most 30 days.

    >>> relative_time(90_061)
    '000001010101000R'
    """
    minutes, s = divmod(min(max(seconds, 1), 30 * 86_400), 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    return f"0000{days:02}{h:02}{m:02}{s:02}000R"
