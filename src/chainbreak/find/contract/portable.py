"""The portable core: the operations that DuckDB and Spark answer with the same values and Arrow types.

The list is measured (spec/style.md part 3: 44 of 66 expressions agreed). Whatever is not on it is refused before it
runs, so that a detector written on one machine runs on a cluster, and so that no engine becomes the only way out.
"""

from __future__ import annotations

from typing import Any

from chainbreak.base.errors import Bug

PORTABLE = frozenset(
    """
    UnboundTable DatabaseTable InMemoryTable
    Project Filter Aggregate Distinct Union Sort Limit DropColumns SelfReference Field
    JoinChain JoinLink JoinReference JoinTable
    CountStar Count CountDistinct Sum Min Max Mean Any All
    RowNumber Lag WindowFunction WindowBoundary SortKey
    Add Subtract Multiply Divide FloorDivide Modulus Negate Abs Floor Round NullIf
    Equals NotEquals Less LessEqual Greater GreaterEqual Between And Or Not IsNull NotNull InValues
    SearchedCase SimpleCase Coalesce Literal Alias Cast
    StringConcat Lowercase Uppercase StringLength Substring StartsWith HexDigest
""".split()  # noqa: SIM905 one family a line reads better than 60 quoted names
)
"""Ibis operation names. Besides: the right side of `Divide` is a NullIf or a literal; `Round` takes no digits; and a
float is cast to nothing else (`floor` and `round` give integers)."""


def refused_operations(expr: Any) -> list[str]:
    """Names of the operations in `expr` that are not in the portable core, sorted; empty when it may run.

    >>> import ibis
    >>> calls = ibis.table({"imsi": "int64", "peer": "int64"}, name="call")
    >>> refused_operations(calls.group_by("imsi").agg(n=calls.peer.nunique()))
    []
    >>> refused_operations(calls.group_by("imsi").agg(n=calls.peer.approx_nunique()))
    ['ApproxCountDistinct']
    >>> refused_operations(calls.select(share=(calls.imsi / 7).cast("int64")))
    ['Cast of float64 to int64']
    """
    import ibis.expr.operations as ops

    found = set()
    for node in expr.op().find(ops.Node):
        name = type(node).__name__
        if name not in PORTABLE:
            found.add(name)
        if name == "Divide" and not isinstance(node.right, (ops.NullIf, ops.Literal)):
            found.add("Divide without a guard")
        if name == "Round" and not node.dtype.is_integer():
            found.add("Round to digits")
        if name == "Cast" and node.arg.dtype.is_floating() and not node.to.is_floating():
            found.add(f"Cast of {node.arg.dtype} to {node.to}")
    return sorted(found)


def must_be_portable(name: str, expr: Any) -> None:
    """Refuse an expression that leaves the portable core.

    Raises:
        Bug: it does (CB-FI-013), naming the operations.
    """
    if refused := refused_operations(expr):
        raise Bug(
            "CB-FI-013", "an expression leaves the portable core", given=f"{name}: {', '.join(refused)}",
            allowed="see chainbreak.find.contract.portable.PORTABLE", next_step="rewrite it with the operations listed",
        )  # fmt: skip
