"""What is confirmed now: things that people found to be fraud, or that an order in force says are.

An indicator is a line, a card, an account or a domain; each with its ground, the calibrated score of the finding behind
it, and the campaign it belongs to.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

LINE, CARD, ACCOUNT, DOMAIN = "line", "imsi", "account", "domain"
KINDS = (LINE, CARD, ACCOUNT, DOMAIN)
"""Kinds of things a contact can be told by. Handsets are none: their numbers are cloned onto honest ones."""
LEAST_PROBABILITY = 0.8
"""A member of a confirmed subject counts if it belongs with this probability at least; default of this project."""
ORDERS = ("number.block", "domain.sinkhole", "access.suspend")
"""Kinds of order that say their object is a tool of fraud."""
LONGEST_FRAUD = 32
"""Characters of a type of fraud on a warning."""
HOLD = "funds.hold"
"""Stops money wherever a trace led, so it says nothing firm of the account: it makes it a suspected one."""
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True)
class Indicator:
    """One confirmed thing. `name`: written token, or a domain in clear; `since_us`: when it was found."""

    name: str
    kind: str
    ground: str
    confidence: float
    since_us: int
    campaign: str = ""
    fraud: str = ""


@dataclass
class Known:
    """What was read once and does not change: members of findings, and which series names what at which run."""

    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    run: int = 0
    series: dict[str, tuple[str, str]] = field(default_factory=dict)


@lru_cache(maxsize=4)
def known_of(root: Path) -> Known:
    """What this process has read of the centre at `root`: bodies of a thousand findings are not parsed at each look."""
    return Known()


def confirmed_indicators(office: Office, conn: Connection) -> dict[str, Indicator]:
    """Name -> indicator, of all that is confirmed or under an order in force; of several grounds the surest stands."""
    from chainbreak.app.contact_grounds import STANDING_ORDERS
    from chainbreak.store.desk import contacts
    from chainbreak.store.desk.retractions import retracted_objects

    found: dict[str, Indicator] = {}
    known = known_of(office.centre.root)
    rows = contacts.confirmed_findings(conn)
    fresh = [row["finding_id"] for row in rows if row["finding_id"] not in known.members]
    known.members |= contacts.finding_members(conn, fresh)
    for row in rows:
        for name in _names(row["subject"], known.members[row["finding_id"]]):
            _add(found, name, f"finding:{row['finding_id']}", row["score"], row["found_at_us"])
    now = office.clock.now_us()
    for row in contacts.orders_of(conn, ORDERS, STANDING_ORDERS, now):
        # An order that rests on no finding was signed by people who knew: nobody calibrated that.
        score = 1.0 if row["score"] is None else row["score"]
        _add(found, row["object"], f"order:{row['order_id']}", score, row["starts_at_us"])
    # What was taken back since it was found warns no more until something newer says so.
    back = retracted_objects(conn)
    found = {name: one for name, one in found.items() if back.get(name, one.since_us - 1) < one.since_us}
    now_called = _current(office, found)
    found = {now_called[name]: replace(one, name=now_called[name]) for name, one in found.items()}
    return _with_series(office, conn, known, found)


def suspected(office: Office, conn: Connection, confirmed: Collection[str]) -> dict[str, str]:
    """Written account -> the open finding or the hold that makes it suspected, of those not confirmed."""
    from chainbreak.app.contact_grounds import STANDING_ORDERS
    from chainbreak.store.desk import contacts

    holds = contacts.orders_of(conn, (HOLD,), STANDING_ORDERS, office.clock.now_us())
    named = {row["object"]: f"order:{row['order_id']}" for row in holds} | contacts.suspected_accounts(conn)
    now_called = _current(office, named)
    return {now_called[name]: ground for name, ground in named.items() if now_called[name] not in confirmed}


def kind_of(name: str) -> str:
    """The kind of a thing by its written form.

    >>> kind_of("line:00ff00ff00ff00ff"), kind_of("a.example")
    ('line', 'domain')
    """
    kind, colon, _ = name.partition(":")
    return kind if colon else DOMAIN


def _names(subject: str, members: Iterable[Mapping[str, Any]]) -> set[str]:
    likely = {member["token"] for member in members if member["probability"] >= LEAST_PROBABILITY}
    return {name for name in {subject, *likely} if kind_of(name) in KINDS and (":" in name or _HOST.fullmatch(name))}


def _current(office: Office, names: Iterable[str]) -> dict[str, str]:
    """Name -> the same under today's keys: findings and orders keep the tokens they were written with."""
    from chainbreak.records.finding import read_token, write_token
    from chainbreak.records.kind import Identifier

    of_kind: dict[str, dict[int, str]] = {}
    for name in names:
        if kind_of(name) != DOMAIN:
            of_kind.setdefault(kind_of(name), {})[read_token(name)[1]] = name
    now = {name: name for name in names}
    for kind, tokens in of_kind.items():
        replaced = office.vault.currents(Identifier(kind), set(tokens))
        now |= {name: write_token(kind, replaced[token]) for token, name in tokens.items()}
    return now


def _add(found: dict[str, Indicator], name: str, ground: str, score: float, since_us: int) -> None:
    one = Indicator(name, kind_of(name), ground, score, since_us, campaign=ground)
    was = found.get(name)
    if one.kind in KINDS and (was is None or (score, ground) > (was.confidence, was.ground)):
        found[name] = one


def _with_series(
    office: Office, conn: Connection, known: Known, found: dict[str, Indicator]
) -> dict[str, Indicator]:  # fmt: skip
    """The indicators with the series whose reports name them as their campaign; others keep their ground."""
    from chainbreak.store.desk import contacts

    run, reports = contacts.living_series(conn)
    if known.run != run:
        known.run, known.series = run, _named_in(office, reports)
    named = {name: known.series[name] for name in found if name in known.series}
    return found | {
        name: replace(found[name], campaign=f"series:{series_id}", fraud=fraud[:LONGEST_FRAUD])
        for name, (series_id, fraud) in named.items()
    }


def _named_in(office: Office, reports: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Token or host -> the living series most of whose reports name it, by what the lake holds of them (masked)."""
    from chainbreak.text.marks import MARK

    if not reports:
        return {}
    engine = office.engine()
    try:
        table = engine.table("report")
        rows = engine.run(table.select("report_id", "identifiers", "narrative")).to_pylist()
    finally:
        engine.close()
    counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in rows:
        if row["report_id"] in reports:
            text = (row["narrative"] or "").lower()
            names = {*(row["identifiers"] or ()), *(m["n"] for m in MARK.finditer(text)), *_HOST.findall(text)}
            for name in names:
                counts[name][reports[row["report_id"]]] += 1
    return {name: min(of, key=lambda series: (-of[series], series)) for name, of in counts.items()}
