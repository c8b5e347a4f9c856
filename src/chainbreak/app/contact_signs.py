"""Signs of contact with confirmed things, read from a lake (all of it, or what arrived), as events.

Each sort of record is reduced by the engine that holds it; only the few rows that are left meet the registers.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.contacts import CALL, PAYMENT, TEXT, VISIT
from chainbreak.act.warnings.model import ContactEvent, FactValue
from chainbreak.app.confirmed_indicators import ACCOUNT, CARD, DOMAIN, LINE, Indicator, kind_of
from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.store.engine import Engine

SOURCE = "records"
TABLES = ("call", "lookup", "message", "transfer")
"""What contacts are read from; `line`, `account` and `cell` say who and where."""
NO_LINES = ("service", "short", "emergency", "iot")
"""Classes of numbers at which nobody is talked to."""
LEARNT_US = 7 * US_PER_DAY
"""Wordings of confirmed senders are learnt from so much of the past."""
CLIENT, UNKNOWN_ACCOUNT, NO_HOLDER, NO_LINE, SUSPECTED = (
    "client_no_line", "account_unknown", "holder_unknown", "no_open_line", "suspected"
)  # fmt: skip
REASONS = (CLIENT, UNKNOWN_ACCOUNT, NO_HOLDER, NO_LINE, SUSPECTED)
"""Why a contact gave no event: the resolver's client is no telephone line; the payer's account is not in the register,
is there without a holder, or its holder has no open line; the payee is only suspected, which is for review."""
LONGEST = 64
"""Characters of a cell's or a district's name on a warning."""
_numbers = itertools.count()


@dataclass
class Signs:
    """What was read: `events` (signs), `answers` (what may answer a text), `lines` (a payment's reference -> every open
    line of the payer's holder, the one to warn first), and rows for `contact_aside` without their time of noting.
    """

    events: list[ContactEvent] = field(default_factory=list)
    answers: list[ContactEvent] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)
    asides: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """Reads signs. `looked`: the engine whose records are looked at; `whole`: all records, for who, where and what was
    before. `confirmed`: what signs are looked for of; `known`: names of everything confirmed, who are warned of
    nothing. `since_us`, `until_us`: the span of the signs (µs UTC), both included.
    """

    looked: Engine
    whole: Engine
    confirmed: Mapping[str, Indicator]
    known: Collection[str]
    since_us: int
    until_us: int

    def read(self, suspected: Mapping[str, str]) -> Signs:
        """Every sign in the span; payments to `suspected` accounts (written token -> ground) are set aside."""
        signs, fraud = Signs(), self._fraud_lines()
        if fraud:
            self._calls(fraud, signs)
        sites = [name for name, one in self.confirmed.items() if one.kind == DOMAIN]
        if sites:
            self._visits(sites, signs)
        if fraud or sites:
            self._texts(fraud, sites, signs)
        self._payments(signs)
        if suspected:
            self._suspected(suspected, signs)
        return signs

    def payments_near(self, calls: Iterable[ContactEvent], after_us: int) -> Signs:
        """Payments among all records from the first of these calls to `after_us` past the last: those that had arrived
        before the calls did.
        """
        calls, signs = list(calls), Signs()
        if calls:
            since = min(one.at_us for one in calls)
            until = max(one.ended_at_us or one.at_us for one in calls) + after_us
            replace(self, looked=self.whole, since_us=since, until_us=min(until, self.until_us))._payments(signs)
        return signs

    def _fraud_lines(self) -> dict[int, Indicator]:
        """Line -> what says that it is one of fraud: itself, or the card it is on. A number given out anew since it was
        found is not.
        """
        from chainbreak.find.contacts.calls import card_lines, renewed

        lines = [one for one in self.confirmed.values() if one.kind == LINE]
        cards = {read_token(one.name)[1]: one for one in self.confirmed.values() if one.kind == CARD}
        found = {read_token(one.name)[1]: one for one in lines}
        if cards:
            seen = self._span(self.whole.table("call"), "at_us")
            on = card_lines(seen, self.whole.table("line"), _put(self.whole, {"token": list(cards)}))
            for row in sorted(self.whole.run(on).to_pylist(), key=lambda r: (r["line"], cards[r["card"]].confidence)):
                if row["line"] not in found or found[row["line"]].kind == CARD:
                    found[row["line"]] = cards[row["card"]]
        if found:
            marked = _put(self.whole, {"token": list(found), "since_us": [one.since_us for one in found.values()]})
            for row in self.whole.run(renewed(self.whole.table("line"), marked)).to_pylist():
                del found[row["token"]]
        return found

    def _calls(self, fraud: Mapping[int, Indicator], signs: Signs) -> None:
        from chainbreak.find.contacts.calls import fraud_calls

        rows = fraud_calls(self._looked("call"), _put(self.looked, {"line": list(fraud)}), self._known(LINE, fraud))
        for row in self.looked.run(rows).to_pylist():
            if row["recipient_class"] in NO_LINES:
                continue
            one, seconds = fraud[row["line"]], (row["end_us"] - row["at_us"]) // US_PER_S
            signs.events.append(_sign(
                CALL, row["recipient"], write_token(LINE, row["line"]), one, row["at_us"], row["end_us"],
                {"duration_s": seconds, "outgoing": row["outgoing"]}, row["cell_id"] or "",
            ))  # fmt: skip
            if row["outgoing"]:
                signs.answers.append(signs.events[-1])

    def _visits(self, sites: list[str], signs: Signs) -> None:
        from chainbreak.find.contacts.visits import site_visits

        rows = site_visits(self._looked("lookup"), _put(self.looked, {"name": sites}))
        for row in self.looked.run(rows).to_pylist():
            one = self.confirmed[row["site"]]
            if row["client_class"] in (None, "unknown", *NO_LINES):
                about = write_token(LINE, row["client"])
                signs.asides.append(_aside(VISIT, about, one.name, one.ground, CLIENT, row["at_us"], None, ""))
            else:
                signs.events.append(_sign(VISIT, row["client"], one.name, one, row["at_us"], row["end_us"], {}))

    def _texts(self, fraud: Mapping[int, Indicator], sites: list[str], signs: Signs) -> None:
        from chainbreak.find.contacts import texts

        line, name = {"line": list(fraud)}, {"name": sites}
        past = self.whole.table("message")
        past = past.filter(past.at_us >= self.since_us - LEARNT_US, past.at_us <= self.until_us)
        none = _put(self.whole, {"line": []})
        learnt = texts.direct_texts(past, _put(self.whole, line), _put(self.whole, name), none)
        wordings = self.whole.run(texts.templates(past, learnt))
        told, theirs, known = self._looked("message"), _put(self.looked, line), self._known(LINE, fraud)
        direct = self.looked.checkpoint(_name(), texts.direct_texts(told, theirs, _put(self.looked, name), known))
        alike = texts.alike_texts(told, self.looked.put(_name(), wordings), direct)
        for row in [*self.looked.run(direct).to_pylist(), *self.looked.run(alike).to_pylist()]:
            one = fraud.get(row["line"]) or self.confirmed.get(row["site"] or "")
            if one is None or row["recipient_class"] in NO_LINES:
                continue
            about = {
                "line": write_token(LINE, row["line"] or 0), "domain": row["site"],
                "template": f"template:{hashlib.sha256(row['wording'].encode()).hexdigest()[:16]}",
            }[row["indicator_kind"]]  # fmt: skip
            signs.events.append(_sign(TEXT, row["recipient"], about, one, row["at_us"], None, {}))
        for row in self.looked.run(texts.answers(told, theirs, known)).to_pylist():
            one = fraud[row["line"]]
            signs.answers.append(_sign(TEXT, row["recipient"], write_token(LINE, row["line"]), one, row["at_us"],
                                       None, {"replied": True}))  # fmt: skip

    def _payments(self, signs: Signs) -> None:
        """Payments to confirmed accounts, each with every open line of the payer's holder."""
        from chainbreak.find.contacts.payments import payers, toward

        mules = {read_token(one.name)[1]: one for one in self.confirmed.values() if one.kind == ACCOUNT}
        named_in = self._looked("transfer", "booked_at_us")
        paid = self.looked.run(toward(named_in, _put(self.looked, {"token": [*mules]}), self._known(ACCOUNT)))
        if not paid.num_rows:
            return
        payees = _put(self.whole, {"token": paid["payee"].unique().to_pylist()})
        all_ = toward(self.whole.table("transfer"), payees, payees)
        named = payers(self.whole.put(_name(), paid), all_, self.whole.table("account"), self.whole.table("line"))
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.whole.run(named).to_pylist():
            rows[row["transfer_id"]].append(row)
        for its in rows.values():
            # The line held longest is a person's own; one bought last week may be for somebody else.
            first = min(its, key=lambda r: (r["line_since_us"] or 0, r["line"] or 0, r["at_us"], r["amount_fen"]))
            _payment(first, [r["line"] for r in its if r["line"] is not None], mules[first["payee"]], signs)

    def _suspected(self, suspected: Mapping[str, str], signs: Signs) -> None:
        from chainbreak.find.contacts.payments import toward

        names = {read_token(name)[1]: name for name in suspected if kind_of(name) == ACCOUNT}
        rows = toward(self._looked("transfer", "booked_at_us"), _put(self.looked, {"token": list(names)}),
                      self._known(ACCOUNT, names))  # fmt: skip
        for row in self.looked.run(rows).to_pylist():
            name = names[row["payee"]]
            signs.asides.append(_aside(PAYMENT, write_token(ACCOUNT, row["payer"]), name, suspected[name], SUSPECTED,
                                       row["at_us"], row["amount_fen"], row["transfer_id"]))  # fmt: skip

    def _known(self, kind: str, more: Iterable[int] = ()) -> Any:
        """Tokens of everything confirmed of a kind, and `more`: a table of the engine whose records are looked at."""
        tokens = {read_token(name)[1] for name in self.known if kind_of(name) == kind} | set(more)
        return _put(self.looked, {"line" if kind == LINE else "token": sorted(tokens)})

    def _looked(self, kind: str, time: str = "at_us") -> Any:
        return self._span(self.looked.table(kind), time)

    def _span(self, table: Any, time: str) -> Any:
        return table.filter(table[time] >= self.since_us, table[time] <= self.until_us)


def with_places(whole: Engine, events: Iterable[ContactEvent], since_us: int) -> list[ContactEvent]:
    """The events with the district of their cell; those without a cell get where the recipient's line was last seen."""
    from chainbreak.find.contacts.places import districts, last_cells

    events = list(events)
    lost = {read_token(event.recipient)[1] for event in events if not event.place}
    call, cell = whole.table("call"), whole.table("cell")
    seen: dict[str, tuple[str, str]] = {}
    if lost:
        rows = whole.run(last_cells(call.filter(call.at_us >= since_us), cell, _put(whole, {"token": sorted(lost)})))
        seen = {write_token(LINE, r["token"]): (r["cell_id"], r["district"]) for r in rows.to_pylist()}
    named = {row["cell_id"]: row["district"] for row in whole.run(districts(cell)).to_pylist()} if events else {}
    placed = []
    for event in events:
        place, district = (
            (event.place, named.get(event.place, "")) if event.place else seen.get(event.recipient, ("", ""))
        )
        placed.append(replace(event, place=place[:LONGEST], district=district[:LONGEST]))
    return placed


def _payment(row: Mapping[str, Any], lines: list[int], one: Indicator, signs: Signs) -> None:
    ref = _digest(row["transfer_id"])
    if not lines:
        reason = UNKNOWN_ACCOUNT if not row["known_account"] else NO_LINE if row["has_holder"] else NO_HOLDER
        signs.asides.append(_aside(PAYMENT, write_token(ACCOUNT, row["payer"]), one.name, one.ground, reason,
                                   row["at_us"], row["amount_fen"], row["transfer_id"]))  # fmt: skip
        return
    facts: dict[str, FactValue] = {"amount_fen": row["amount_fen"], "made": True, "new_payee": row["new_payee"]}
    event = _sign(PAYMENT, row["line"], one.name, one, row["at_us"], None, facts)
    signs.events.append(replace(event, ref=ref, stake_fen=row["amount_fen"]))
    signs.lines[ref] = [write_token(LINE, line) for line in sorted(set(lines), key=lambda line: line != row["line"])]


def _sign(
    kind: str, line: int, about: str, one: Indicator, at_us: int, ended_us: int | None,
    facts: Mapping[str, FactValue], place: str = "",
) -> ContactEvent:  # fmt: skip
    return ContactEvent(
        kind, write_token(Identifier.LINE, line), at_us, one.ground, SOURCE, "", about, one.campaign, one.confidence,
        ended_us, fraud=one.fraud, place=place, facts=facts,
    )  # fmt: skip


def _aside(
    kind: str, about: str, indicator: str, ground: str, reason: str, at_us: int, stake_fen: int | None, ref: str
) -> dict[str, Any]:
    ident = _digest("\0".join((kind, about, indicator, reason, ref or str(at_us))))
    return {"aside_id": ident, "kind": kind, "about": about, "indicator": indicator, "ground": ground,
            "reason": reason, "at_us": at_us, "stake_fen": stake_fen}  # fmt: skip


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _name() -> str:
    return f"contacts_{next(_numbers)}"


def _put(engine: Engine, columns: Mapping[str, list[Any]]) -> Any:
    """A few values as a table of the engine: text, or numbers of 64 bits."""
    import pyarrow as pa

    arrays = {name: pa.array(values, pa.string() if name == "name" else pa.int64()) for name, values in columns.items()}
    return engine.put(_name(), pa.table(arrays))
