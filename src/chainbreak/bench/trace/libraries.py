"""The same FIFO claims by a graph library and by recursive SQL, both given the axes that the bisecting peer computed.

Neither knows of time: rustworkx hands out all debits of an account, and a Python loop looks at each of them; DuckDB
joins the pieces of a step to all debits of their accounts. That, and not the languages, is most of what they cost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from chainbreak.base.errors import SetupError
from chainbreak.bench.trace.bisecting import Bisecting, Flow

MEMORY_MIB, THREADS = 8_192, 2
QUERY = """
WITH RECURSIVE flow AS (
    SELECT row, lo, hi FROM (VALUES (?::BIGINT, ?::BIGINT, ?::BIGINT)) AS claim (row, lo, hi)
    UNION ALL
    SELECT d.row, d.off + greatest(d.lo, t.place + f.lo) - d.lo, d.off + least(d.hi, t.place + f.hi) - d.lo
    FROM flow AS f
    JOIN transfer AS t ON t.row = f.row AND t.goes_on
    JOIN debit AS d ON d.account = t.payee AND d.lo < t.place + f.hi AND d.hi > t.place + f.lo
    WHERE d.held AND d.at_us <= ?::BIGINT
)
SELECT row, lo, hi FROM flow
"""


class Graph:
    """rustworkx: accounts are nodes, pieces of debits are edges `(lo, hi, off, row)`."""

    def __init__(self, index: Bisecting) -> None:
        try:
            import rustworkx
        except ImportError as e:
            raise SetupError(
                "CB-BN-002", "rustworkx is not installed", given=str(e)[:200], next_step="install chainbreak[bench]"
            ) from None
        self._index, self._graph = index, rustworkx.PyDiGraph()
        self._graph.add_nodes_from(range(len(index.sink)))
        for account, took in enumerate(index.took):
            self._graph.add_edges_from([
                (account, index.payee[row], (lo, hi, off, row)) for lo, hi, off, row in zip(*took, strict=True)
            ])  # fmt: skip

    def follow(self, row: int, lo: int, hi: int, horizon_us: int) -> list[Flow]:
        """All flows of a claim."""
        index = self._index
        until, flows, stack = index.at[row] + horizon_us, [], [(row, lo, hi)]
        while stack:
            row, lo, hi = flow = stack.pop()
            flows.append(flow)
            account = index.payee[row]
            if index.sink[account] or index.at[row] > index.covered[account]:
                continue
            lo, hi = index.place[row] + lo, index.place[row] + hi
            last = min(until, index.covered[account])
            for _, _, (first, end, off, next_row) in self._graph.out_edges(account):
                if first < hi and end > lo and index.at[next_row] <= last:
                    stack.append((next_row, off + max(first, lo) - first, off + min(end, hi) - first))
        return flows


class Recursive:
    """DuckDB: tables of transfers and debits, one recursive query a claim."""

    def __init__(self, index: Bisecting, scratch: Path) -> None:
        from chainbreak.store.duck import connect

        self._at = index.at
        self._db = connect(scratch, MEMORY_MIB, THREADS)
        transfers, debits = _transfers(index), _debits(index)
        self._db.register("transfers", transfers)
        self._db.register("debits", debits)
        self._db.execute("CREATE TABLE transfer AS SELECT * FROM transfers")
        self._db.execute("CREATE TABLE debit AS SELECT * FROM debits ORDER BY account, lo")

    def follow(self, row: int, lo: int, hi: int, horizon_us: int) -> list[Flow]:
        """All flows of a claim."""
        found: list[Flow] = self._db.execute(QUERY, [row, lo, hi, self._at[row] + horizon_us]).fetchall()
        return found


def _transfers(index: Bisecting) -> Any:
    import pyarrow as pa

    payee, at = np.array(index.payee), np.array(index.at)
    goes_on = ~np.array(index.sink)[payee] & (at <= np.array(index.covered)[payee])
    return pa.table({"row": np.arange(len(payee)), "payee": payee, "place": index.place, "goes_on": goes_on})


def _debits(index: Bisecting) -> Any:
    import pyarrow as pa

    account = np.repeat(np.arange(len(index.took)), [len(took.lo) for took in index.took])
    columns = {
        name: np.fromiter((x for took in index.took for x in getattr(took, name)), np.int64, len(account))
        for name in ("lo", "hi", "off", "row")
    }
    at = np.array(index.at)[columns["row"]]
    return pa.table({"account": account, **columns, "at_us": at, "held": at <= np.array(index.covered)[account]})
