"""Domains at a hidden DNS primary: what an order bars is in `hot` within a message, and gone from everywhere as fast.

Every step may be the last before a crash, and may be done twice: a mark is written before its records and removed
after them, so whatever bars a name in our zones without a mark is not ours, and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.delivery.dns.changes import barring, clearing, cname, marking, unmarking
from chainbreak.act.delivery.dns.primary import Primary
from chainbreak.act.delivery.dns.probe import Asker
from chainbreak.act.delivery.dns.records import MOVED, PASSTHRU, Bar, bar_of, owners, parts
from chainbreak.act.delivery.dns.transfer import CNAME, TXT
from chainbreak.act.delivery.entry import Mark
from chainbreak.act.delivery.point import Answer
from chainbreak.base.errors import InputError
from chainbreak.base.log import get_log

if TYPE_CHECKING:
    from dns.update import UpdateMessage

    from chainbreak.act.delivery.dns.settings import Settings
    from chainbreak.act.delivery.entry import Entry
    from chainbreak.act.delivery.point import Parcel

log = get_log("dns")
MOST_TO_HOT = 5_000
"""Names that one mend may add to the hot zone; resolvers are slow to take over a change of a large one."""


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
        ttl_s = self.settings.ttl_s
        for part in parts(bars):
            self.primary.update(self.settings.marks, marking(part, ttl_s))
            self.primary.update(zone or self.settings.hot, barring(part, ttl_s))

    def drop(self, values: Sequence[str]) -> None:
        """Let go of names that carry our mark, whichever zone they stand in.

        A name in `cold` is freed by a record in `hot` that lets it pass, until the next move takes both away: a
        resolver is late to take over a change of a large zone, and an Unbound answers nobody meanwhile.
        """
        barred = list(self.marked(list(dict.fromkeys(values))))
        cold = self.primary.ask(self.settings.cold, [bar.value for bar in barred], "CNAME").keys()
        freed: set[str] = set()
        if len(barred) <= MOST_TO_HOT:
            # Below a name that another order bars a record that lets pass would free more than this order barred.
            freed = cold - self._below_barred(sorted(cold))
        self._free([replace(bar, leads_to=PASSTHRU) for bar in barred if bar.value in freed])
        self._clear([bar for bar in barred if bar.value not in freed], from_cold=bool(cold - freed))

    def _free(self, bars: Sequence[Bar]) -> None:
        for part in parts(bars):
            self.primary.update(self.settings.hot, barring(part, self.settings.ttl_s))
            self.primary.update(self.settings.marks, marking(part, self.settings.ttl_s))

    def _clear(self, bars: Sequence[Bar], *, from_cold: bool) -> None:
        zones = (self.settings.hot, self.settings.cold) if from_cold else (self.settings.hot,)
        for part in parts(bars):
            for zone in zones:
                self.primary.update(zone, clearing(part))
            self.primary.update(self.settings.marks, unmarking(part))

    def marked(self, values: Sequence[str]) -> Iterator[Bar]:
        """Those of these names that carry our mark now, and where it says they lead."""
        for value, found in self.primary.ask(self.settings.marks, values, "TXT").items():
            if bar := Bar.read(value, [part.decode("ascii", "replace") for part in found.strings]):
                yield bar

    def _below_barred(self, values: Sequence[str]) -> set[str]:
        """Those of these names that stand below a name barred by an order."""
        above = {value: _above(value) for value in values}
        asked = sorted({name for names in above.values() for name in names})
        barred = {bar.value for bar in self.marked(asked) if bar.leads_to != PASSTHRU}
        return {value for value, names in above.items() if barred.intersection(names)}

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Whether every resolver answers what each parcel wants; None when there is no resolver to ask."""
        if not self.resolvers:
            return [None] * len(parcels)
        values = [parcel.value for parcel in parcels]
        zones = (self.settings.hot, self.settings.cold)
        seen = list(zip(*(r.leads_to(values, zones, self.landing) for r in self.resolvers), strict=True))
        wanted = [self._wanted(parcel) for parcel in parcels]
        done = [all(s == w for s in answers) for answers, w in zip(seen, wanted, strict=True)]
        # Let go, yet still below a name that another order bars: this order itself has no effect any more.
        open_ = [value for value, ok, w in zip(values, done, wanted, strict=True) if w is None and not ok]
        below = self._below_barred(open_) - {b.value for b in self.marked(open_) if b.leads_to != PASSTHRU}
        return [ok or (w is None and value in below) for value, ok, w in zip(values, done, wanted, strict=True)]

    def _wanted(self, parcel: Parcel) -> str | None:
        return bar_of(parcel.entry, self.landing, self.settings.marks).leads_to if parcel.entry else None

    def held(self) -> list[Mark]:
        """Marks of names that are really barred: by both records, in `hot` or else in `cold`.

        A name that is barred otherwise than its mark says is held without an end: the desk wants no such mark, so it
        is mended, whatever it should be.
        """
        settings = self.settings
        hot, cold = self.records(settings.hot), self.records(settings.cold)
        found, marked = [], set()
        for value, kind, strings in self.primary.transfer(settings.marks):
            if kind == TXT and (bar := Bar.read(value, strings)):
                marked.add(value)
                leads = {hot.get(owner) or cold.get(owner) for owner in owners(value)}
                if leads == {bar.leads_to} and bar.leads_to != PASSTHRU:
                    found.append(bar.mark)
                elif leads - {None, PASSTHRU}:
                    found.append(Mark(bar.value, bar.order_id, ""))
        names = {owner.removeprefix("*.") for zone in (hot, cold) for owner in zone} - marked
        if strangers := [name for name in names if not MOVED.fullmatch(name)]:
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
        passing = cname(PASSTHRU)
        for start in range(0, max(len(missing), len(extra)), 200):  # 200 names of 255 bytes fit one message

            def fill(message: UpdateMessage, start: int = start) -> None:
                for owner in extra[start : start + 200]:
                    message.delete(owner)
                for owner in missing[start : start + 200]:
                    message.add(owner, self.settings.ttl_s, passing)

            self.primary.update(zone, fill)
        return len(missing), len(extra)

    def close(self) -> None:
        """Close the connection to the primary."""
        self.primary.close()


def _above(value: str) -> list[str]:
    """Names above a name, without its top-level domain.

    >>> _above("a.b.example.com")
    ['b.example.com', 'example.com']
    """
    labels = value.split(".")
    return [".".join(labels[i:]) for i in range(1, len(labels) - 1)]
