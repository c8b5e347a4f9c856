"""Answered calls with lines of fraud, as either side's operator recorded them."""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.find.features.calls import of_known_sims, voice_of

CALL_COLUMNS = ("recipient", "recipient_class", "line", "at_us", "end_us", "outgoing", "cell_id", "record_ref")


def card_lines(call: Any, register: Any, card: Any) -> Any:
    """One row (line, card): the numbers that the cards of `card` (column token) have in the register, or were seen with
    in `call`.
    """
    registered = register.semi_join(card, [("imsi", "token")]).select(line="msisdn", card="imsi")
    seen = call.semi_join(card, [("imsi", "token")]).select(line="msisdn", card="imsi")
    rows = registered.union(seen)
    return rows.filter(rows.line.notnull()).distinct()


def fraud_calls(call: Any, fraud: Any, known: Any) -> Any:
    """One row an answered leg between a line of `fraud` (column line) and one that is not of `known` (column line, all
    lines of fraud), columns `CALL_COLUMNS`.

    A leg recorded on either side tells the same: `outgoing` is the recipient's own doing, `cell_id` where *he* was, so
    that it is empty on legs of the line of fraud.
    """
    leg = voice_of(of_known_sims(call))
    leg = leg.filter(leg.answered, leg.msisdn.notnull(), leg.peer.notnull())
    theirs = leg.semi_join(fraud, [("msisdn", "line")])
    his = leg.semi_join(fraud, [("peer", "line")])
    rows = theirs.select(
        recipient=theirs.peer, recipient_class=theirs.peer_class, line=theirs.msisdn, at_us=theirs.at_us,
        end_us=theirs.end_us, outgoing=theirs.kind == "mt_call", cell_id=ibis.null().cast("string"),
        record_ref=theirs.record_ref,
    ).union(his.select(
        recipient=his.msisdn, recipient_class=his.msisdn_class, line=his.peer, at_us=his.at_us, end_us=his.end_us,
        outgoing=his.kind == "mo_call", cell_id=his.cell_id, record_ref=his.record_ref,
    ))  # fmt: skip
    return rows.anti_join(known, [("recipient", "line")]).select(*CALL_COLUMNS)


def renewed(register: Any, line: Any) -> Any:
    """One row a line of `line` (columns token, since_us) that somebody took over after it was found: its number was
    given out again, column token.
    """
    joined = line.inner_join(register, [("token", "msisdn")])
    return joined.filter(joined.activated_at_us > joined.since_us).select("token").distinct()
