"""Payments to accounts of fraud, and the lines of those who paid."""

from __future__ import annotations

from typing import Any

import ibis

PAYMENT_COLUMNS = ("transfer_id", "record_ref", "payer", "payee", "at_us", "amount_fen", "new_payee", "known_account",
                   "has_holder", "line", "line_since_us")  # fmt: skip


def payments(transfer: Any, ledger: Any, account: Any, register: Any, mule: Any) -> Any:
    """One row (payment to an account of `mule` (column token), open line of the payer's holder), columns
    `PAYMENT_COLUMNS`; one row without a line where none can be told, so that no payment is lost.

    `transfer` are the payments looked at, `ledger` all that are held: `new_payee` says that none came before it.
    `known_account`: the payer is in the register of accounts; `has_holder`: with a holder. Accounts and lines meet in
    their holder; a line counts if it was open when the money moved. Returns and payments of the accounts named are left
    out: they undo, or pass on, what others paid.
    """
    real = _paid(transfer)
    real = real.semi_join(mule, [("payee", "token")])
    real = real.anti_join(mule, [("payer", "token")])
    before = _paid(ledger)
    before = before.semi_join(mule, [("payee", "token")])
    first = before.group_by("payer", "payee").agg(first_us=before.booked_at_us.min())
    paid = real.left_join(first, ["payer", "payee"]).select(
        "transfer_id", "record_ref", "payer", "payee", "booked_at_us", "amount_fen", "first_us"
    )
    # A register may hold several versions of a row; of several holders the smallest, so that one payment stays one.
    held = account.group_by("account").agg(holder=account.holder.min())
    known = paid.left_join(held, [("payer", "account")])
    lines = register.filter(register.holder.notnull(), register.msisdn.notnull()).select(
        holder_of="holder", line="msisdn", opened_us="activated_at_us", closed_us="closed_at_us"
    ).distinct()  # fmt: skip
    open_then = [
        known.holder == lines.holder_of,
        ibis.coalesce(lines.opened_us, 0) <= known.booked_at_us,
        ibis.coalesce(lines.closed_us > known.booked_at_us, True),
    ]
    rows = known.left_join(lines, open_then)
    return rows.select(
        transfer_id=rows.transfer_id, record_ref=rows.record_ref, payer=rows.payer, payee=rows.payee,
        at_us=rows.booked_at_us, amount_fen=rows.amount_fen,
        new_payee=ibis.coalesce(rows.first_us >= rows.booked_at_us, True), known_account=rows.account.notnull(),
        has_holder=rows.holder.notnull(), line=rows.line, line_since_us=ibis.coalesce(rows.opened_us, 0),
    )  # fmt: skip


def _paid(transfer: Any) -> Any:
    return transfer.filter(transfer.payer != transfer.payee, ibis.coalesce(transfer.kind, "payment") == "payment")
