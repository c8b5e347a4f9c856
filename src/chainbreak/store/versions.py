"""The reading rule for records that have a key: of several versions of one thing, the one that counts now."""

from __future__ import annotations

from typing import Any

from chainbreak.records import kind_named


def current_rows(expr: Any, kind: str) -> Any:
    """One row a key: of an Ibis table of `kind`, the version with the latest time, then the smallest record_ref.

    A function of the set of rows alone, so the order in which files came in changes nothing. Kinds without a key come
    back as they are: each of their rows is a thing of its own.
    """
    import ibis

    record_kind = kind_named(kind)
    if not record_kind.key:
        return expr
    order = [ibis.asc(expr.record_ref)]
    if record_kind.time:
        order.insert(0, ibis.desc(expr[record_kind.time], nulls_first=False))
    rank = ibis.row_number().over(ibis.window(group_by=[expr[name] for name in record_kind.key], order_by=order))
    return expr.mutate(_version=rank).filter(lambda rows: rows._version == 0).drop("_version")
