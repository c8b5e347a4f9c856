"""Domains at a hidden DNS primary: what an order bars is in `hot` within a message, and gone from everywhere as fast.

Every step may be the last before a crash, and may be done twice: a mark is written before its records and removed
after them, so whatever bars a name in our zones without a mark is not ours, and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.TXT

from chainbreak.act.delivery.dns.primary import Primary
from chainbreak.act.delivery.dns.probe import Asker
from chainbreak.act.delivery.dns.records import PASSTHRU, Bar, bar_of, owners, parts
from chainbreak.act.delivery.dns.transfer import CNAME, TXT
from chainbreak.act.delivery.point import Answer
from chainbreak.base.errors import InputError
from chainbreak.base.log import get_log

if TYPE_CHECKING:
    from dns.update import UpdateMessage

    from chainbreak.act.delivery.dns.settings import Settings
    from chainbreak.act.delivery.entry import Entry, Mark
    from chainbreak.act.delivery.point import Parcel

log = get_log("dns")
MOST_TO_HOT = 5_000
"""Names that a mend may add to the hot zone; resolvers are slow to take over a change of a large one."""
Fill = Callable[["UpdateMessage"], None]


class DnsPoint:
    """One primary and the resolvers behind it."""

    def __init__(self, partner_id: str, settings: Settings, address: str, secret: str, landing: str = "") -> None:
        self.partner_id, self.settings = partner_id, settings
        self.landing = settings.landing or landing
        self.primary = Primary(address, self.settings.key_name, secret, self.settings.timeout_s)
        self.resolvers = [Asker(address, self.settings.probe_timeout_s) for address in self.settings.resolvers]

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Let go first, then bar; a name that cannot stand in a zone is refused alone."""
        answers: list[Answer] = []
        drops: list[str] = []
        puts: dict[str, Bar] = {}
        for parcel in parcels:
            answer = Answer(meaning="the primary has taken it")
            if parcel.entry is None:
                drops.append(parcel.value)
            else:
                try:
                    puts[parcel.value] = bar_of(parcel.entry, self.landing, self.settings.marks)
                except InputError as e:
                    answer = Answer("rejected", e.code, e.what)
            answers.append(answer)
        self.drop(drops)
        self.put(puts.values())
        return answers

    def put(self, bars: Iterable[Bar], zone: str = "") -> None:
        """Bar names: the marks, then the records in `zone` (`hot` unless told)."""
        for part in parts(bars):
            self.primary.update(self.settings.marks, self._marking(part))
            self.primary.update(zone or self.settings.hot, self.barring(part))

    def drop(self, values: Sequence[str]) -> None:
        """Let go of names that carry our mark: `hot`, then `cold`, then the mark."""
        for part in parts(self.marked(list(dict.fromkeys(values)))):
            for zone in (self.settings.hot, self.settings.cold):
                self.primary.update(zone, clearing(part))
            self.primary.update(self.settings.marks, _unmarking(part))

    def marked(self, values: Sequence[str]) -> Iterator[Bar]:
        """Those of these names that carry our mark now, as it says they are barred."""
        for value, text in self.primary.ask(self.settings.marks, values, "TXT").items():
            if bar := read_mark(value, text):
                yield bar

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Whether every resolver answers what each parcel wants; None when there is no resolver to ask."""
        if not self.resolvers:
            return [None] * len(parcels)
        values = [parcel.value for parcel in parcels]
        zones = (self.settings.hot, self.settings.cold)
        seen = list(zip(*(r.leads_to(values, zones, self.landing) for r in self.resolvers), strict=True))
        wanted = [self._wanted(parcel) for parcel in parcels]
        return [
            all(s == w for s in answers) or (w is None and self._barred_above(value))
            for value, answers, w in zip(values, seen, wanted, strict=True)
        ]

    def _wanted(self, parcel: Parcel) -> str | None:
        return bar_of(parcel.entry, self.landing, self.settings.marks).leads_to if parcel.entry else None

    def _barred_above(self, value: str) -> bool:
        # Let go, yet still below a name that another order bars: this order itself has no effect any more.
        labels = value.split(".")
        above = [".".join(labels[i:]) for i in range(1, len(labels) - 1)]
        marked = {bar.value for bar in self.marked([*above, value])}
        return bool(marked) and value not in marked

    def held(self) -> list[Mark]:
        """Marks of names whose two records are really there, in `hot` or `cold`, and lead where the mark says."""
        settings = self.settings
        hot, cold = self.records(settings.hot), self.records(settings.cold)
        found, marked = [], set()
        for value, kind, text in self.primary.transfer(settings.marks):
            if kind == TXT and (bar := Bar.read(value, text)):
                marked.add(value)
                if any(all(zone.get(o) == bar.leads_to for o in owners(value)) for zone in (hot, cold)):
                    found.append(bar.mark)
        strangers = {owner.removeprefix("*.") for zone in (hot, cold) for owner in zone} - marked
        if strangers:
            log.warning("dns_foreign_records", partner=self.partner_id, names=len(strangers))
        return found

    def records(self, zone: str) -> dict[str, str]:
        """Every CNAME of a policy zone: owner -> where it leads."""
        rows = self.primary.transfer(zone)
        return {owner: str(data) for owner, kind, data in rows if kind == CNAME}

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Let go of what is too much, then bar what is missing."""
        bars = list(self.fitting(put))
        kept = {bar.value for bar in bars}  # another order's from now on: never free in between
        self.drop([mark.value for mark in drop if mark.value not in kept])
        # So much at once is a primary that was set up anew: the hot zone stays small.
        self.put(bars, self.settings.cold if len(bars) > MOST_TO_HOT else self.settings.hot)

    def fitting(self, entries: Iterable[Entry]) -> Iterator[Bar]:
        """What entries become in a zone; those that cannot stand in one were refused when they were sent."""
        for entry in entries:
            try:
                yield bar_of(entry, self.landing, self.settings.marks)
            except InputError:
                continue

    def sync_allow(self, values: Iterable[str]) -> tuple[int, int]:
        """Make the zone of names that are never blocked hold exactly these; (added, removed)."""
        zone = self.settings.allow
        wanted = {owner for value in values for owner in owners(value)}
        present = self.records(zone).keys()
        missing, extra = sorted(wanted - present), sorted(present - wanted)
        passing = _cname(PASSTHRU)
        for start in range(0, max(len(missing), len(extra)), 200):  # 200 names of 255 bytes fit one message

            def fill(message: UpdateMessage, start: int = start) -> None:
                for owner in extra[start : start + 200]:
                    message.delete(owner)
                for owner in missing[start : start + 200]:
                    message.add(owner, self.settings.ttl_s, passing)

            self.primary.update(zone, fill)
        return len(missing), len(extra)

    def barring(self, bars: Sequence[Bar]) -> Fill:
        """The update that adds the two records of each name; a CNAME takes the place of another (RFC 2136, 3.4.2.2)."""

        def fill(message: UpdateMessage) -> None:
            for bar in bars:
                target = _cname(bar.leads_to)
                for owner in owners(bar.value):
                    message.add(owner, self.settings.ttl_s, target)

        return fill

    def _marking(self, bars: Sequence[Bar]) -> Fill:
        def fill(message: UpdateMessage) -> None:
            for bar in bars:
                text = dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, bar.strings)
                message.replace(bar.value, self.settings.ttl_s, text)

        return fill

    def close(self) -> None:
        """Close the connection to the primary."""
        self.primary.close()


def clearing(bars: Sequence[Bar]) -> Fill:
    """The update that removes the two records of each name."""

    def fill(message: UpdateMessage) -> None:
        for bar in bars:
            for owner in owners(bar.value):
                message.delete(owner, "CNAME")

    return fill


def _unmarking(bars: Sequence[Bar]) -> Fill:
    def fill(message: UpdateMessage) -> None:
        for bar in bars:
            message.delete(bar.value, "TXT")

    return fill


def read_mark(value: str, text: Any) -> Bar | None:
    """What a text record of the zone of marks says."""
    return Bar.read(value, [part.decode("ascii", "replace") for part in text.strings])


def _cname(target: str) -> dns.rdtypes.ANY.CNAME.CNAME:
    made = dns.rdtypes.ANY.CNAME.CNAME(  # type: ignore[no-untyped-call]
        dns.rdataclass.IN, dns.rdatatype.CNAME, dns.name.from_text(target)
    )
    assert isinstance(made, dns.rdtypes.ANY.CNAME.CNAME)
    return made
