"""Payments to accounts of fraud, and the lines of those who paid."""

from __future__ import annotations

from typing import Any

import ibis

PAID_COLUMNS = ("transfer_id", "payer", "payee", "at_us", "amount_fen")


def toward(transfer: Any, mule: Any, known: Any) -> Any:
    """One row a payment to an account of `mule` (column token), columns `PAID_COLUMNS`. Returns, and payments of
    accounts of `known` (column token, all accounts of fraud), are left out: they undo, or pass on, what others paid.
    """
    real = transfer.filter(
        transfer.payer != transfer.payee, ibis.coalesce(transfer.kind, "payment") == "payment"
    ).select("transfer_id", "payer", "payee", "amount_fen", at_us="booked_at_us")  # fmt: skip
    paid = real.semi_join(mule, [("payee", "token")])
    return paid.anti_join(known, [("payer", "token")]).select(*PAID_COLUMNS)


def payers(paid: Any, before: Any, account: Any, register: Any) -> Any:
    """One row (payment of `paid`, open line of the payer's holder): its columns, `new_payee`, `known_account`,
    `has_holder`, `line`, `line_since_us`; one row without a line where none can be told, so that no payment is lost.

    `before`: all payments to these accounts that are held; `new_payee` says that none of this payer's was earlier.
    `known_account`: the payer is in the register of accounts; `has_holder`: with a holder. Accounts and lines meet in
    their holder; a line counts if it was open when the money moved.
    """
    first = before.group_by("payer", "payee").agg(first_us=before.at_us.min())
    timed = paid.left_join(first, ["payer", "payee"]).select(*PAID_COLUMNS, "first_us")
    # A register may hold several versions of a row; of several holders the smallest, so that one payment stays one.
    held = account.group_by(of="account").agg(holder=account.holder.min())
    known = timed.left_join(held, [("payer", "of")])
    lines = register.filter(register.holder.notnull(), register.msisdn.notnull()).select(
        holder_of="holder", line="msisdn", opened_us=ibis.coalesce(register.activated_at_us, 0),
        closed_us="closed_at_us",
    ).distinct()  # fmt: skip
    open_then = [
        known.holder == lines.holder_of, lines.opened_us <= known.at_us,
        ibis.coalesce(lines.closed_us > known.at_us, True),
    ]  # fmt: skip
    rows = known.left_join(lines, open_then)
    return rows.select(
        *PAID_COLUMNS, new_payee=ibis.coalesce(rows.first_us >= rows.at_us, True), known_account=rows.of.notnull(),
        has_holder=rows.holder.notnull(), line=rows.line, line_since_us=rows.opened_us,
    )  # fmt: skip
