"""What sites@1 measures on one site's cited rows, each with the names of the lake's columns; NaN: nothing to measure.

Windows of time are those of `SitesParams`; shares are of the clients seen among the cited look-ups.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.find.contract.detector import Remeasure, Rows
from chainbreak.find.detectors.sites.v1.params import SitesParams
from chainbreak.text.masking import hosts

Row = Mapping[str, Any]
TABLES = ("lookup", "domain", "call", "message", "line", "report")
SERVICE_CLASSES = ("service", "short")
"""Senders under contract with the operators; a text of theirs does not count."""


@dataclass(frozen=True)
class Cited:
    """One site's rows by lake table."""

    site: str
    rows: Mapping[str, tuple[Row, ...]]
    params: SitesParams

    @cached_property
    def first_us(self) -> dict[int, int]:
        """Client -> its first look-up (µs UTC)."""
        first: dict[int, int] = {}
        for look in self.rows["lookup"]:
            if look["client"] is not None:
                first[look["client"]] = min(look["at_us"], first.get(look["client"], look["at_us"]))
        return first

    @cached_property
    def calls(self) -> dict[int, set[str]]:
        """Client -> long calls received that ended shortly before its first look-up."""
        found: dict[int, set[str]] = defaultdict(set)
        for call in self.rows["call"]:
            end = call["at_us"] + (call["duration_s"] or 0) * US_PER_S
            if 0 <= self.first_us.get(call["msisdn"], -1) - end <= self.params.call_before_us:
                found[call["msisdn"]].add(call["record_ref"])
        return found

    @cached_property
    def texts(self) -> dict[int, set[str]]:
        """Client -> texts naming the site, received shortly before its first look-up from no contracted sender."""
        found: dict[int, set[str]] = defaultdict(set)
        for text in self.rows["message"]:
            near = 0 <= self.first_us.get(text["recipient"], -1) - text["at_us"] <= self.params.text_before_us
            if near and text["sender_class"] not in SERVICE_CLASSES and self._names(hosts(text["text"])):
                found[text["recipient"]].add(text["record_ref"])
        return found

    @cached_property
    def reporters(self) -> dict[int, set[str]]:
        """Client -> rows that show its line's holder reporting a fraud after its first look-up: line and report."""
        reports: dict[int, list[Row]] = defaultdict(list)
        for report in self.rows["report"]:
            reports[report["victim"]].append(report)
        found: dict[int, set[str]] = defaultdict(set)
        for line in self.rows["line"]:
            first = self.first_us.get(line["msisdn"])
            for report in reports.get(line["holder"], ()) if first is not None and line["holder"] is not None else ():
                if 0 <= report["reported_at_us"] - first <= self.params.report_after_us:
                    found[line["msisdn"]] |= {line["record_ref"], report["record_ref"]}
        return found

    @cached_property
    def naming(self) -> set[str]:
        """Reports that name the site or a host below it."""
        return {r["record_ref"] for r in self.rows["report"] if self._names(r["identifiers"] or ())}

    def _names(self, written: Iterable[str]) -> bool:
        return any(name == self.site or name.endswith(f".{self.site}") for name in written)


def _share_of_clients(cited: Cited, clients: Iterable[int]) -> float:
    return len(set(clients)) / len(cited.first_us) if cited.first_us else math.nan


def name_age_days(cited: Cited) -> float:
    """Days from registration (else first sight) to the first look-up (day)."""
    born = [d["registered_at_us"] or d["first_seen_us"] for d in cited.rows["domain"]]
    known = [b for b in born if b is not None]
    first = min(look["at_us"] for look in cited.rows["lookup"])
    return max(0.0, (first - min(known)) / US_PER_DAY) if known else math.nan


def clients(cited: Cited) -> float:
    """Different clients (client)."""
    return float(len(cited.first_us)) or math.nan


def active_days(cited: Cited) -> float:
    """Local days with look-ups (day)."""
    return float(len({look["local_day"] for look in cited.rows["lookup"]}))


def returning_share(cited: Cited) -> float:
    """Clients who looked it up on several days (share): customers and members come back, victims do not."""
    days = defaultdict(set)
    for look in cited.rows["lookup"]:
        days[look["client"]].add(look["local_day"])
    return _share_of_clients(cited, (c for c in cited.first_us if len(days[c]) > 1))


def called_before_share(cited: Cited) -> float:
    """Clients whom a stranger had just held on a long call (share)."""
    return _share_of_clients(cited, cited.calls)


def texted_before_share(cited: Cited) -> float:
    """Clients who had just received a text that names it, from no contracted sender (share)."""
    return _share_of_clients(cited, cited.texts)


def clients_reporting(cited: Cited) -> float:
    """Clients whose line's holder later reported a fraud (client)."""
    return float(len(cited.reporters))


def reports_naming(cited: Cited) -> float:
    """Reports that name it (report)."""
    return float(len(cited.naming))


MEASURES: dict[str, tuple[Callable[[Cited], float], tuple[str, ...]]] = {
    "name_age_days": (name_age_days, ("lookup", "domain")),
    "clients": (clients, ("lookup",)),
    "active_days": (active_days, ("lookup",)),
    "returning_share": (returning_share, ("lookup",)),
    "called_before_share": (called_before_share, ("lookup", "call")),
    "texted_before_share": (texted_before_share, ("lookup", "message")),
    "clients_reporting": (clients_reporting, ("lookup", "line", "report")),
    "reports_naming": (reports_naming, ("lookup", "report")),
}
"""Rule -> how it is computed, and the tables it reads."""


def _remeasure(measure: Callable[[Cited], float]) -> Remeasure:
    def from_lake(rows: Rows, subject: str) -> float:
        held = {name: tuple(rows[name].to_pylist()) if name in rows else () for name in TABLES}
        return measure(Cited(subject, held, SitesParams()))

    return from_lake


REMEASURE: dict[str, Remeasure] = {name: _remeasure(measure) for name, (measure, _) in MEASURES.items()}
