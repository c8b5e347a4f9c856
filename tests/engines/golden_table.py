"""The golden table, and one expression or more for every operation of the portable core."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
from ibis import _

TOKEN = 2**62 + 1
"""No float64 holds it."""

GOLDEN = pa.table(
    {
        "id": pa.array([1, 2, 3, 4, 5, 6, 7, 8], pa.int64()),
        "n": pa.array([TOKEN, -TOKEN, 7, -7, 0, None, 1_793_548_800_000_001, 7], pa.int64()),
        "m": pa.array([3, -3, 2, 2, None, 5, 3_600_000_000, 0], pa.int64()),
        "h": pa.array([0, 23, 8, 8, None, 12, 1, -1], pa.int32()),
        "x": pa.array([0.5, -0.5, 2.5, -2.5, None, 0.1, 1e15, -0.0], pa.float64()),
        "s": pa.array(["Ab-9", "", "zz", "ZZ top", None, "86000001", "反诈", "a b"], pa.string()),
        "k": pa.array(["mo", "mt", "mo", None, "mt", "mo", "mo", "mt"], pa.string()),
        "b": pa.array([True, False, None, True, False, True, None, False], pa.bool_()),
        "day": pa.array([date(2026, 11, 1), date(2026, 11, 2), None, *[date(2026, 2, 28)] * 5], pa.date32()),
        "tags": pa.array([["x", "y"], [], None, ["z"], ["反诈", None], ["x"], ["x"], ["x"]], pa.list_(pa.string())),
    }
)

Case = Callable[[Any], Any]


def _window(t: Any, **bounds: Any) -> Any:
    return ibis.window(group_by=t.k, order_by=[ibis.asc(t.m, nulls_first=True), ibis.asc(t.id)], **bounds)


def _other(t: Any) -> Any:
    """The golden table once more, thinned, as the right side of joins."""
    return t.filter(t.id <= 5).select("k", other=t.id, y=t.x)


def _sums(t: Any) -> Any:
    return t.agg(rows=_.count(), total=_.m.sum().cast("int64"), any_b=_.b.any(), most=_.s.max())


def _rows(t: Any) -> Any:
    return t.aggregate(rows=t.count())


COLUMNS: dict[str, Case] = {
    "add": lambda t: t.m + t.h,
    "subtract": lambda t: t.h - t.m,
    "multiply": lambda t: t.m * 1_000,
    "multiply float": lambda t: t.x * t.m,
    "divide, guarded": lambda t: t.m / t.h.nullif(0),
    "divide by literal": lambda t: t.n / 7,
    "floor divide": lambda t: t.m // 2,
    "floor divide negatives": lambda t: (t.h // -3).cast("int64"),
    "floor divide times": lambda t: (t.n // 600_000_000).cast("int64"),
    "modulus": lambda t: t.m % 7,
    "modulus of negatives": lambda t: t.h % 5,
    "negate": lambda t: -t.m,
    "abs": lambda t: t.n.abs(),
    "floor": lambda t: t.x.floor(),
    "round": lambda t: t.x.round(),
    "nullif": lambda t: t.n.nullif(7),
    "equals": lambda t: t.n == 7,
    "not equals": lambda t: t.k != "mo",
    "less": lambda t: t.h < t.m,
    "less or equal": lambda t: t.n <= TOKEN - 1,
    "greater": lambda t: t.x > 0,
    "greater or equal": lambda t: t.s >= "a",
    "day before": lambda t: t.day < ibis.date("2026-11-02"),
    "between": lambda t: t.h.between(0, 8),
    "and": lambda t: t.b & (t.h > 1),
    "or": lambda t: t.b | (t.h > 1),
    "not": lambda t: ~t.b,
    "is null": lambda t: t.x.isnull(),
    "not null": lambda t: t.tags.notnull(),
    "in": lambda t: t.k.isin(["mo", "zz"]),
    "searched case": lambda t: ibis.cases((t.h > 8, t.n), (t.b, t.m), else_=ibis.null().cast("int64")),
    "simple case": lambda t: t.k.cases(("mo", 1), ("mt", 2), else_=0),
    "coalesce": lambda t: ibis.coalesce(t.m, t.n, 0),
    "literals": lambda t: ibis.literal("it's \\ 反诈").concat(t.s),
    "literal of a kind": lambda t: ibis.literal(1, "int64"),
    "cast int to float": lambda t: t.n.cast("float64"),
    "cast int to string": lambda t: t.n.cast("string"),
    "cast bool to int": lambda t: t.b.cast("int64"),
    "cast text to int": lambda t: t.m.cast("string").cast("int64"),
    "cast text to float": lambda t: t.m.cast("string").cast("float64"),
    "cast day to string": lambda t: t.day.cast("string"),
    "concat": lambda t: t.s + "|" + t.k,
    "lower": lambda t: t.s.lower(),
    "upper": lambda t: t.s.upper(),
    "length": lambda t: t.s.length(),
    "substring": lambda t: t.s.substr(1, 3),
    "starts with": lambda t: t.s.startswith("Z"),
    "sha-256": lambda t: t.s.hexdigest("sha256"),
    "lag": lambda t: t.m.lag().over(_window(t)),
    "lag with default": lambda t: t.n.lag(2, default=-1).over(_window(t)),
    "row number": lambda t: ibis.row_number().over(_window(t)),
    "running sum": lambda t: t.m.sum().over(_window(t, rows=(None, 0))).cast("int64"),
    "rows window": lambda t: t.h.max().over(_window(t, rows=(-2, 0))),
    "group mean": lambda t: t.m.mean().over(ibis.window(group_by=t.k)),
}
"""Columns beside `id`."""

RELATIONS: dict[str, Case] = {
    "project": lambda t: t.mutate(twice=t.m * 2).drop("x", "tags"),
    "lists and days": lambda t: t.select("id", "tags", "day"),
    "filter with null": lambda t: t.filter(t.b, t.m != 3),
    "aggregate": lambda t: t.group_by("k").agg(
        rows=t.count(), filled=t.n.count(), distinct=t.n.nunique(), total=t.m.sum().cast("int64"), least=t.n.min(),
        most=t.s.max(), mean=t.h.mean(), mean_of_halves=t.x.mean(), any_b=t.b.any(), all_b=t.b.all(),
        first_day=t.day.min(), where=t.n.nunique(where=t.b), sum_where=t.m.sum(where=t.h > 0).cast("int64"),
    ),
    "aggregate of nothing": lambda t: _sums(t.filter(t.id > 99)),
    "groups of nothing": lambda t: _sums(t.filter(t.id > 99).group_by("k")),
    "distinct": lambda t: t.select("k", "h").distinct(),
    "union all": lambda t: t.select("id", "k").union(t.select("id", "k")),
    "union distinct": lambda t: t.select("k").union(t.select("k"), distinct=True),
    "sort and limit": lambda t: t.order_by(t.k.asc(nulls_first=True), t.h.desc(), t.id).limit(4),
    "limit": lambda t: _rows(t.limit(3)),
    "inner join": lambda t: t.select("id", "k").inner_join(_other(t), "k"),
    "left join": lambda t: t.select("id", "k").left_join(_other(t), "k"),
    "semi join": lambda t: t.select("id", "k").semi_join(_other(t), "k"),
    "anti join": lambda t: t.select("id", "h").anti_join(_other(t), t.h == _other(t).other),
    "join with itself": lambda t: t.select("id", "k").inner_join(t.view().select("k", again="id"), "k"),
    "in-memory table": lambda t: t.select("id", "n").semi_join(ibis.memtable(pa.table({"n": [TOKEN, None]})), "n"),
}  # fmt: skip
"""Whole tables."""

GAPS: dict[str, tuple[Case, str]] = {
    "round to digits": (lambda t: (t.id / 200 + 1).round(2), "DuckDB rounds the binary number, Spark the written one"),
    "cast float to int": (lambda t: (t.id * 0.7).cast("int64"), "DuckDB rounds, Spark cuts off"),
    "cast float to string": (lambda t: (t.x * 1e20).cast("string"), "1e+20 against 1.0E20"),
    "divide by nothing": (lambda t: t.m / t.h, "DuckDB gives infinity, Spark refuses"),
    "hash": (lambda t: t.n.hash(), "each engine has its own"),
}
"""Columns on which the engines differ, and why; none of them is in the portable core."""
