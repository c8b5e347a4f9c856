"""What transfers say of accounts: both sides of each booking, and buckets of time. Money is int64 fen throughout."""

from __future__ import annotations

from typing import Any

import ibis

ENTRY_COLUMNS = (
    "record_ref", "account", "other", "is_in", "booked_at_us", "seq", "amount_fen", "local_hour", "channel", "kind",
    "device",
)  # fmt: skip


def entries(transfer: Any) -> Any:
    """One row a side of a transfer, columns `ENTRY_COLUMNS`: `is_in` 1 for the credited account, 0 for the debited one.

    Returns of money are left out: they undo a payment and are not movement of their own. Self-transfers are too.
    """
    real = transfer.filter(
        transfer.payer != transfer.payee, ibis.coalesce(transfer.kind, "payment") != "return"
    ).mutate(seq=ibis.coalesce(transfer.seq, 0))
    credited = real.mutate(account=real.payee, other=real.payer, is_in=ibis.literal(1, "int64"))
    debited = real.mutate(account=real.payer, other=real.payee, is_in=ibis.literal(0, "int64"))
    return credited.select(*ENTRY_COLUMNS).union(debited.select(*ENTRY_COLUMNS))


def flows(entry: Any, bucket_us: int) -> Any:
    """One row (account, bucket of `bucket_us` µs since 1970): `in_fen`, `out_fen`, `payers` and `payees` (distinct)."""
    nobody = ibis.null().cast("int64")
    marked = entry.mutate(
        bucket=(entry.booked_at_us // bucket_us).cast("int64"),
        in_fen=entry.amount_fen * entry.is_in, out_fen=entry.amount_fen * (1 - entry.is_in),
        payer=ibis.cases((entry.is_in == 1, entry.other), else_=nobody),
        payee=ibis.cases((entry.is_in == 0, entry.other), else_=nobody),
    )  # fmt: skip
    return marked.group_by("account", "bucket").agg(
        in_fen=marked.in_fen.sum().cast("int64"), out_fen=marked.out_fen.sum().cast("int64"),
        payers=marked.payer.nunique().cast("int64"), payees=marked.payee.nunique().cast("int64"),
    )  # fmt: skip
