"""The loop's warning side, first half: contact events from a city's records and from what was confirmed by then.

It sees records as they are delivered, registers, and indicators with the moment each was confirmed; the truth of the
city never comes here. The kinds of event, and which signs are one contact, are those of `act.warnings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.act.warnings.contacts import contacts_of
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.base.clock import US_PER_S

LINE, DOMAIN, ACCOUNT = "line", "domain", "account"
CALL, TEXT, VISIT, PAYMENT = "call.fraud_line", "sms.template", "visit.scam_domain", "transfer.toward_mule"
Records = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Indicator:
    """One confirmed thing, raw: its kind, its value, since when (µs UTC) it is confirmed, by which finding, and what it
    belongs to.
    """

    kind: str
    value: str
    since_us: int
    ground: str
    campaign: str


@dataclass(frozen=True)
class Registers:
    """Who holds which line and account, as the registers say: account -> line of the same holder."""

    line_of_account: Mapping[str, str]

    @staticmethod
    def of(line: pa.Table, account: pa.Table) -> Registers:
        """From the two registers; of several lines of a holder the first."""
        lines: dict[str, str] = {}
        for number, holder in zip(line["msisdn"].to_pylist(), line["holder"].to_pylist(), strict=True):
            if holder:
                lines.setdefault(holder, number)
        held = zip(account["account"].to_pylist(), account["holder"].to_pylist(), strict=True)
        return Registers({number: lines[holder] for number, holder in held if holder in lines})


def contacts(records: Records, indicators: Iterable[Indicator], registers: Registers, feed_us: int,
             window: tuple[int, int]) -> list[tuple[int, ContactEvent]]:  # fmt: skip
    """Events that become known within `window` (µs, end outside), with that moment, in its order.

    An event is known `feed_us` after its record ended, or when its indicator is confirmed if that is later; what has
    lapsed by then is left out.
    """
    known = {kind: {one.value: one for one in sorted(indicators, key=lambda i: -i.since_us) if one.kind == kind}
             for kind in (LINE, DOMAIN, ACCOUNT)}  # fmt: skip
    signs = [*_calls(records["call"], known[LINE]), *_visits(records["lookup"], known[DOMAIN]),
             *_texts(records["message"], known[DOMAIN]),
             *_payments(records["transfer"], known[ACCOUNT], registers)]  # fmt: skip
    found = []
    for event in contacts_of(signs, []):
        kind = DOMAIN if event.kind in (VISIT, TEXT) else ACCOUNT if event.kind == PAYMENT else LINE
        ended = event.ended_at_us if event.kind == CALL else event.at_us
        at_us = max((ended or event.at_us) + feed_us, known[kind][event.indicator].since_us)
        himself = known[LINE].get(event.recipient)
        is_fraud = himself is not None and himself.since_us <= at_us
        if window[0] <= at_us < window[1] and event.expires_at_us > at_us and not is_fraud:
            found.append((at_us, event))
    return sorted(found, key=lambda pair: (pair[0], pair[1].event_id))


def reported_lines(hotlist: pa.Table | None, reports: Iterable[Mapping[str, Any]], feed_us: int) -> list[Indicator]:
    """What the rule of thumb takes for fraud: numbers that people named to a hotline or in a report, as told."""
    first: dict[str, int] = {}
    if hotlist is not None:
        for row in hotlist.filter(pc.equal(hotlist["list"], "reported")).select(["msisdn", "at_us"]).to_pylist():
            first[row["msisdn"]] = min(row["at_us"], first.get(row["msisdn"], row["at_us"]))
    for report in reports:
        for named in report["identifiers"]:
            kind, _, value = named.partition(":")
            if kind == LINE:
                first[value] = min(report["reported_at_us"], first.get(value, report["reported_at_us"]))
    return [Indicator(LINE, value, at_us + feed_us, f"statement:{value}", f"line:{value}")
            for value, at_us in sorted(first.items())]  # fmt: skip


def _among(column: Any, known: Mapping[str, Indicator]) -> Any:
    return pc.is_in(column, value_set=pa.array(sorted(known), pa.string()))


def _calls(call: pa.Table, known: Mapping[str, Indicator]) -> list[ContactEvent]:
    """One sign an answered leg of somebody who talked to a confirmed line."""
    rows = call.filter(pc.and_(pc.fill_null(call["answered"], False), pc.fill_null(_among(call["peer"], known), False)))
    return [
        _event(CALL, row["msisdn"], row["at_us"], known[row["peer"]],
               ended=row["at_us"] + row["duration_s"] * US_PER_S,
               facts={"duration_s": row["duration_s"], "outgoing": row["kind"] == "mo_call"})
        for row in rows.select(["msisdn", "peer", "at_us", "duration_s", "kind"]).to_pylist()
    ]  # fmt: skip


def _visits(lookup: pa.Table, known: Mapping[str, Indicator]) -> list[ContactEvent]:
    rows = lookup.filter(_among(lookup["domain"], known)).to_pylist()
    return [_event(VISIT, row["client"], row["at_us"], known[row["domain"]]) for row in rows]


def _texts(message: pa.Table, known: Mapping[str, Indicator]) -> list[ContactEvent]:
    """One sign a text that names a confirmed site."""
    return [_event(TEXT, row["recipient"], row["at_us"], known[name]) for name in sorted(known)
            for row in message.filter(pc.match_substring(message["text"], name)).to_pylist()]  # fmt: skip


def _payments(transfer: pa.Table, known: Mapping[str, Indicator], registers: Registers) -> list[ContactEvent]:
    """One event a payment to a confirmed account by somebody whose line the registers tell; not what one account of
    fraud pays another, if both were known.
    """
    rows = transfer.filter(pc.and_(_among(transfer["payee"], known), pc.equal(transfer["kind"], "payment")))
    told = rows.select(["payer", "payee", "booked_at_us", "amount_fen", "transfer_id"]).to_pylist()
    return [
        _event(PAYMENT, registers.line_of_account[row["payer"]], row["booked_at_us"], known[row["payee"]],
               ref=row["transfer_id"], stake=row["amount_fen"], facts={"made": True, "amount_fen": row["amount_fen"]})
        for row in told if row["payer"] in registers.line_of_account and not (
            row["payer"] in known and known[row["payer"]].since_us <= known[row["payee"]].since_us)
    ]  # fmt: skip


def _event(kind: str, recipient: str, at_us: int, by: Indicator, *, ended: int | None = None, ref: str = "",
           stake: int | None = None, facts: Mapping[str, int | bool | str] | None = None) -> ContactEvent:  # fmt: skip
    return ContactEvent(kind, recipient, at_us, by.ground, "records", ref, by.value, by.campaign, ended_at_us=ended,
                        stake_fen=stake, facts=facts or {})  # fmt: skip
