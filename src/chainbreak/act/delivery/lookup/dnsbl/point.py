"""The zone at the hidden primary: what is told there is in it within a message, and gone as fast.

The whole of a value is one message to the primary, which takes all of it or nothing; doing it twice changes nothing.
`age` says when the zone was last compared with the desk or changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rdtypes.IN.A

from chainbreak.act.delivery.dns.primary import Primary
from chainbreak.act.delivery.dns.probe import Asker
from chainbreak.act.delivery.lookup.dnsbl.names import AGE, Told, owners, told_of, value_of
from chainbreak.act.delivery.point import Answer
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from dns.message import Message
    from dns.update import UpdateMessage

    from chainbreak.act.delivery.entry import Entry, Mark
    from chainbreak.act.delivery.point import Parcel, Setup

AT_ONCE = 50
"""Values in one message: four records each of at most 300 bytes fit the 65,535 of TCP."""


class DnsblPoint:
    """One zone on one primary, and the servers that answer partners from it."""

    def __init__(self, setup: Setup) -> None:
        from chainbreak.act.delivery.lookup.dnsbl import Settings

        self.settings = Settings.model_validate(setup.settings)
        self._clock = setup.clock
        s = self.settings
        self.primary = Primary(setup.address, s.key_name, setup.secret("tsig"), s.timeout_s)
        self.resolvers = [Asker(address, s.probe_timeout_s) for address in s.resolvers]

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Write what each value is told as, or take it out; what can stand in no zone is refused alone."""
        answers: list[Answer] = []
        puts: list[Told] = []
        drops: list[str] = []
        for parcel in parcels:
            answer = Answer(meaning="the primary has taken it")
            try:
                if parcel.entry is None:
                    drops.extend(owners(parcel.value, parcel.order.order_id))
                else:
                    puts.append(told_of(parcel.entry, self.settings.zone))
            except InputError as e:
                answer = Answer("rejected", e.code, e.what) if parcel.entry else answer
            answers.append(answer)
        self._write(puts, drops)
        return answers

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Whether every answering server tells what each parcel wants; None when there is none to ask.

        Raises:
            PointDownError: one does not answer.
        """
        if not self.resolvers:
            return [None] * len(parcels)
        seen = [self._told_by(resolver, [p.value for p in parcels]) for resolver in self.resolvers]
        return [
            all(_as_wanted(parcel, told) for told in answers)
            for parcel, answers in zip(parcels, zip(*seen, strict=True), strict=True)
        ]

    def _told_by(self, resolver: Asker, values: Sequence[str]) -> list[list[tuple[str, ...]]]:
        """For each value the texts that its names have there; of a domain also of a random name below it."""
        names = [
            [f"{owner.replace('*', secrets.token_hex(6))}.{self.settings.zone}." for owner in owners(value)]
            for value in values
        ]
        answers = iter(resolver.ask([name for some in names for name in some], "TXT"))
        return [[_strings(next(answers)) for _ in some] for some in names]

    def held(self) -> Iterable[Mark]:
        """Marks of values whose names all have one and the same text; an address is only ever written with it.

        Raises:
            PointDownError: the primary does not say.
        """
        rows = self.primary.transfer(self.settings.zone)
        texts = {owner: strings for owner, _, strings in rows if isinstance(strings, tuple)}
        self._write((), ())
        return list(_marks(texts))

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Take out what is too much and write what is missing.

        Raises:
            PointDownError: the primary was not reached.
        """
        told = list(self._fitting(put))
        kept = {one.value for one in told}  # another order's from now on
        self._write(told, [owner for mark in drop if mark.value not in kept for owner in owners(mark.value)])

    def close(self) -> None:
        """Close the connection to the primary."""
        self.primary.close()

    def _fitting(self, entries: Iterable[Entry]) -> Iterator[Told]:
        for entry in entries:
            try:
                yield told_of(entry, self.settings.zone)
            except InputError:
                continue  # it was refused when it was sent

    def _write(self, puts: Sequence[Told], drops: Sequence[str]) -> None:
        """Take out `drops`, write `puts`, and say at `age` that the zone is abreast of the desk now."""
        now, ttl_s = rfc3339(self._clock.now_us()), self.settings.ttl_s
        for start in range(0, max(len(puts), len(drops), 1), AT_ONCE):

            def fill(message: UpdateMessage, start: int = start) -> None:
                for owner in drops[start : start + AT_ONCE]:
                    message.delete(owner)
                for told in puts[start : start + AT_ONCE]:
                    for owner in owners(told.value):
                        message.replace(owner, ttl_s, _address(told.code))
                        message.replace(owner, ttl_s, _text(told.strings))
                message.replace(AGE, ttl_s, _text((now,)))

            self.primary.update(self.settings.zone, fill)


def _marks(texts: Mapping[str, tuple[str, ...]]) -> Iterator[Mark]:
    for owner, text in texts.items():
        value = value_of(owner)
        if value is None or len(text) != 3:
            continue
        try:
            whole = all(texts.get(name) == text for name in owners(value))
        except InputError:
            continue  # somebody else's
        if whole:
            yield Told(value, text[0], text[1], text[2], 0).mark


def _as_wanted(parcel: Parcel, texts: Sequence[tuple[str, ...]]) -> bool:
    if parcel.entry is None:
        # A name may still be told by an order about a name above it.
        return all(text[:1] != (parcel.order.order_id,) for text in texts)
    return all(text[:2] == (parcel.entry.order_id, parcel.entry.valid_until) for text in texts)


def _strings(answer: Message) -> tuple[str, ...]:
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.TXT:
            strings: Any = rrset[0]
            return tuple(part.decode("ascii", "replace") for part in strings.strings)
    return ()


def _text(strings: Iterable[str]) -> dns.rdtypes.ANY.TXT.TXT:
    return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, tuple(strings))


def _address(code: int) -> dns.rdtypes.IN.A.A:
    return dns.rdtypes.IN.A.A(dns.rdataclass.IN, dns.rdatatype.A, f"127.0.0.{code}")  # type: ignore[no-untyped-call]
