"""What is frozen on an account, and for whom: the hold orders in force on it, and the claims they hold money for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import ends_at_us, in_force
from chainbreak.act.returns.model import Pot, Victim
from chainbreak.app.order_ask import forms_of
from chainbreak.base.errors import UsageError
from chainbreak.store.desk import funds, reports
from chainbreak.store.desk.funds_held import held_in_part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

HOLD = "funds.hold"
NUMBER = re.compile(r"(?=.*[0-9])[A-Za-z0-9-]{4,64}")
"""What a person may type for an account's number; a file that is not there is not taken for one."""


def account_named(office: Office, text: str) -> str:
    """The written token of an account given by it, or by its number, which is normalised as records are.

    Raises:
        UsageError: neither (CB-RM-012).
    """
    from chainbreak.app.report_texts import is_token
    from chainbreak.base.errors import InputError
    from chainbreak.identity.normalise import normalise
    from chainbreak.identity.numbers import Place
    from chainbreak.identity.tokens import token_of
    from chainbreak.records import Identifier
    from chainbreak.records.finding import write_token

    if is_token(text) and text.startswith("account:"):
        return text
    settings = office.centre.settings
    try:
        if not NUMBER.fullmatch(text):
            raise InputError("CB-RM-012", "not the number of an account")
        normal = normalise(Identifier.ACCOUNT, text, Place(settings.country, settings.area_code))
    except InputError:
        raise UsageError("CB-RM-012", "not an account", given=text[:64],
                         allowed="account:16 hex digits, or the number of an account") from None  # fmt: skip
    key = office.keys.token_key(Identifier.ACCOUNT)
    return write_token(Identifier.ACCOUNT, token_of(key, normal.value))


def other_side(office: Office, text: str) -> str:
    """The written token of whatever a statement names as the other side, also where it is no account's number."""
    from chainbreak.identity.tokens import token_of
    from chainbreak.records import Identifier
    from chainbreak.records.finding import write_token

    try:
        return account_named(office, text)
    except UsageError:
        return write_token(Identifier.ACCOUNT, token_of(office.keys.token_key(Identifier.ACCOUNT), text.strip()))


def pot_of_holds(office: Office, conn: Connection, account: str, now_us: int) -> Pot | None:
    """The pot that the hold orders in force on an account make: what they hold, bases, the first end; None without."""
    found = [
        order for form in sorted(forms_of(office, conn, account))
        for _, order in ledger.list_orders(conn, None, None, kind=HOLD, object=form) if in_force(order, now_us)
    ]  # fmt: skip
    partly = held_in_part(conn, [order.order_id for order in found])
    found = [order for order in found if partly.get(order.order_id) != 0]  # not those that the bank refused
    if not found:
        return None
    bases = dict.fromkeys(basis for order in found for basis in order.content.legal_basis)
    partners = dict.fromkeys(partner for order in found for partner in order.content.partners)
    return Pot(
        account, sum(partly.get(order.order_id, order.content.amount_fen or 0) for order in found), "; ".join(bases),
        min(ends_at_us(order) for order in found), ", ".join(partners),
        tuple(sorted(order.order_id for order in found)),
    )  # fmt: skip


def held_fen(conn: Connection, holds: Iterable[str], now_us: int) -> int:
    """What these hold orders hold now: where a bank told of a part, that part."""
    orders = [ledger.read_order(conn, order_id) for order_id in holds]
    partly = held_in_part(conn, [order.order_id for order in orders])
    return sum(partly.get(order.order_id, order.content.amount_fen or 0) for order in orders if in_force(order, now_us))


def victims_of_holds(office: Office, conn: Connection, holds: Iterable[str]) -> tuple[Victim, ...]:
    """The reports for whose claims these orders hold money, as victims."""
    shares = funds.shares_of_orders(conn, holds)
    claims = funds.read_claims(conn, {share["claim_id"] for share in shares})
    return victims_of_reports(office, conn, {row["report_id"] for row in claims.values()})


def victims_of_reports(office: Office, conn: Connection, report_ids: Iterable[str]) -> tuple[Victim, ...]:
    """Reports as victims: the loss as it stands on the desk, else what is claimed; the person's token for a name.

    Raises:
        UsageError: no such report (CB-RT-001), or it names no loss and nothing is claimed for it (CB-RM-015).
    """
    from chainbreak.app.report_rights import report_named

    wanted, found = sorted(set(report_ids)), []
    names = _names(office, wanted)
    for report_id in wanted:
        row = report_named(conn, report_id)
        claimed = sum(c["fen"] for c in funds.claims_of(conn, report_id) if c["state"] == funds.OPEN)
        loss = row["loss_fen"] or claimed
        if not loss or row["state"] != reports.OPEN:
            raise UsageError("CB-RM-015", "the report names no loss, or was deleted", given=report_id,
                             next_step=f"chainbreak case show {report_id}")  # fmt: skip
        found.append(Victim(report_id, names.get(report_id, ""), loss, row["reported_at_us"]))
    return tuple(found)


def _names(office: Office, report_ids: list[str]) -> dict[str, str]:
    """report_id -> the victim's written token, where the record names one."""
    from chainbreak.records import Identifier
    from chainbreak.records.finding import write_token

    if not report_ids or "report" not in office.lake.snapshot(["report"]):
        return {}
    engine = office.engine()
    try:
        report = engine.table("report")
        rows = engine.run(report.filter(report.report_id.isin(report_ids)).select("report_id", "victim")).to_pylist()
    finally:
        engine.close()
    return {
        row["report_id"]: write_token(Identifier.PERSON, row["victim"]) for row in rows if row["victim"] is not None
    }
