"""Reading a zone transfer (RFC 5936) of a million names: owners, CNAMEs and texts, every signature checked.

dnspython makes objects of every record, at 110 µs each; a list of a million orders is compared every ten minutes.
"""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Any

import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig

if TYPE_CHECKING:
    from dns.message import Message

CNAME, SOA, TXT = int(dns.rdatatype.CNAME), int(dns.rdatatype.SOA), int(dns.rdatatype.TXT)
_TSIG = int(dns.rdatatype.TSIG)
_FIXED = struct.Struct("!HHIH")  # type, class, time to live, length of the data
Row = tuple[str, int, str | tuple[str, ...]]
"""Owner without the zone, type, and where a CNAME leads or the strings of a text."""


class NotReadableError(Exception):
    """The bytes are no DNS message."""


class Reader:
    """One transfer, message by message; it is whole when `done`."""

    def __init__(self, query: Message, zone: str, key: dns.tsig.Key) -> None:
        self._query, self._key, self._ctx = query, key, None
        self._ending = f".{zone}."
        self._soas = 0
        self.rcode = dns.rcode.NOERROR

    @property
    def done(self) -> bool:
        """Whether the SOA that ends a transfer has come, or a refusal instead."""
        return self._soas == 2 or self.rcode != dns.rcode.NOERROR

    def read(self, wire: bytes) -> list[Row]:
        """CNAMEs and texts of one message, once its signature is known to be good.

        Raises:
            NotReadableError: not a DNS message.
            dns.exception.DNSException: the signature is not that of our key.
        """
        try:
            return self._read(wire)
        except (IndexError, struct.error, RecursionError, UnicodeDecodeError) as e:
            raise NotReadableError from e

    def _read(self, wire: bytes) -> list[Row]:
        _, flags, questions, *counts = struct.unpack_from("!6H", wire)
        known: dict[int, str] = {}
        at = 12
        for _ in range(questions):
            at = _name(wire, at, known)[1] + 4
        rows: list[Row] = []
        for _ in range(sum(counts)):
            start = at
            owner, at = _name(wire, at, known)
            kind, _, _, length = _FIXED.unpack_from(wire, at)
            at += 10
            if kind == CNAME and owner.endswith(self._ending):
                rows.append((owner[: -len(self._ending)], kind, _name(wire, at, known)[0]))
            elif kind == TXT and owner.endswith(self._ending):
                rows.append((owner[: -len(self._ending)], kind, _strings(wire, at, at + length)))
            elif kind == SOA:
                self._soas += 1
            elif kind == _TSIG:
                self._check(wire, start, at, length)
                self.rcode = dns.rcode.Rcode(flags & 15)
                return rows
            at += length
        if self._ctx is None or self._soas == 2:
            raise dns.tsig.BadSignature  # the first message and the last are always signed (RFC 8945, 5.3.1)
        self._ctx.update(wire)
        return rows

    def _check(self, wire: bytes, start: int, at: int, length: int) -> None:
        rdata: Any = dns.rdata.from_wire(dns.rdataclass.ANY, dns.rdatatype.TSIG, wire, at, length)
        owner = dns.name.from_wire(wire, start)[0]
        # The time is the protocol's: a signature holds for five minutes.
        self._ctx = dns.tsig.validate(  # type: ignore[no-untyped-call]
            wire, self._key, owner, rdata, int(time.time()), self._query.mac, start, self._ctx, True
        )


def _name(wire: bytes, at: int, known: dict[int, str]) -> tuple[str, int]:
    """The name at an offset, lower case and with its final dot, and where it ends; `known`: names met so far."""
    start = at
    labels = []
    tail = ""
    while size := wire[at]:
        if size >= 0xC0:
            back = ((size & 0x3F) << 8) | wire[at + 1]
            if back >= start:
                raise IndexError("a name may point only backwards")
            tail = known.get(back) or _name(wire, back, known)[0]
            at += 1
            break
        labels.append(wire[at + 1 : at + 1 + size].replace(b".", b"\\."))
        at += 1 + size
    name = b".".join(labels).decode("latin-1").lower() + ("." if labels else "") + (tail if tail != "." else "")
    known[start] = name or "."
    return known[start], at + 1


def _strings(wire: bytes, at: int, end: int) -> tuple[str, ...]:
    found = []
    while at < end:
        size = wire[at]
        found.append(wire[at + 1 : at + 1 + size].decode("latin-1"))
        at += 1 + size
    return tuple(found)
