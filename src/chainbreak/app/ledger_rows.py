"""Transfers of the lake as rows of a ledger: one row a transfer, one currency, one order; what has no place is told.

Everything is a function of the set of records: the order of files changes nothing. Work is by columns, so that millions
of transfers take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainbreak.base.clock import US_PER_S
from chainbreak.records import kind_named

if TYPE_CHECKING:
    import pyarrow as pa

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CURRENCY = "CNY"
"""The one currency that is followed; a row that names none is in it."""
TIE, OTHER_CURRENCY, NO_ORIGINAL = "tie", "currency", "original"
"""Why a row has no place: equal time on one account without an order; another currency. `NO_ORIGINAL`: the row stays,
but is a payment like any other, because what it says it returns is not there or was no payment the other way."""
Moment = tuple[int, int]
"""A place in the order of booking: UTC µs, sequence number."""
COLUMNS = ("transfer_id", "record_ref", "booked_at_us", "seq", "payer", "payee", "amount_fen", "currency", "link")
LAST = 2**63 - 1
REF_BYTES = 16


@dataclass(frozen=True)
class Skew:
    """Accounts (tokens, rising) whose bank's clock is ahead, and by how many seconds."""

    accounts: I64
    ahead_s: I64


@dataclass(frozen=True)
class Before:
    """Rows that are in the ledger already: their transfer_ids, and the accounts (tokens) of rows asked for."""

    ids: Any
    sides: Callable[[I64], tuple[I64, I64]]


@dataclass(frozen=True)
class Rows:
    """Transfers in the order of booking. Grain: one transfer.

    `at_us` (clock skew taken off), `seq` (`LAST` where the source gives none), `payer`, `payee` (tokens), `fen`;
    `link`: row of the returned original, else -1. `ids`, `refs`: transfer_id, and record_ref as 16 bytes (Arrow).
    `refused`: transfer_id, payer, payee, booked_at_us and `why`, of what was left out or lost its link (Arrow).
    `ends`: where the first and the last stand, (time, sequence number), ties included (see `_ends`); None without any.
    """

    at_us: I64
    seq: I64
    payer: I64
    payee: I64
    fen: I64
    link: I64
    ids: Any
    refs: Any
    refused: Any
    ends: tuple[Moment, Moment] | None


def read_transfers(files: Sequence[str]) -> pa.Table:
    """The columns that a ledger needs of the lake's files."""
    import pyarrow.dataset as ds

    schema = kind_named("transfer").arrow_schema()
    return ds.dataset(list(files), format="parquet", schema=schema).to_table(columns=list(COLUMNS))


def rows_of(table: pa.Table, skew: Skew | None = None, before: Before | None = None) -> Rows:
    """The rows of `table` in order. `before`: rows that are in the ledger already and come first; links name rows of
    both, counted through.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    table = newest_versions(table)
    named = pc.unique(table["currency"]).drop_null().to_pylist()
    theirs = pc.is_in(table["currency"], value_set=pa.array([c for c in named if c.upper() != CURRENCY], pa.string()))
    refused = [_told(table.filter(theirs), OTHER_CURRENCY)]
    if len(refused[0]):
        table = table.filter(pc.invert(theirs))
    at = _ints(table, "booked_at_us") - _ahead(_ints(table, "payer"), skew)
    seq = _ints(table, "seq", LAST)
    order = _ordered(table, at, seq)
    if (order[1:] < order[:-1]).any():
        table, at, seq = table.take(order), at[order], seq[order]
    ends = _ends(at, seq)
    payer, payee = _ints(table, "payer"), _ints(table, "payee")
    bad = conflicts(at, seq, payer, payee)
    if bad.any():
        refused.append(_told(table.filter(bad), TIE))
        keep = ~bad
        table, at, seq, payer, payee = table.filter(keep), at[keep], seq[keep], payer[keep], payee[keep]
    link, lost = _links(table, payer, payee, before)
    refused.append(_told(table.take(lost), NO_ORIGINAL))
    refs = _refs(table)
    binary = pa.FixedSizeBinaryArray.from_buffers(pa.binary(REF_BYTES), len(refs), [None, pa.py_buffer(refs)])
    return Rows(at, seq, payer, payee, _ints(table, "amount_fen"), link, table["transfer_id"],
                pa.chunked_array([binary]), pa.concat_tables(refused), ends)  # fmt: skip


def newest_versions(table: pa.Table) -> pa.Table:
    """One row a transfer_id: the latest booking, then the smallest record_ref (as `store.versions.current_rows`)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.count_distinct(table["transfer_id"]).as_py() == table.num_rows:
        return table
    counts = pc.value_counts(table["transfer_id"].combine_chunks())
    several = pc.is_in(
        table["transfer_id"], value_set=counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    )
    doubled = table.filter(several).sort_by(
        [("transfer_id", "ascending"), ("booked_at_us", "descending"), ("record_ref", "ascending")]
    )
    ids = doubled["transfer_id"].to_pylist()
    first = [at for at, name in enumerate(ids) if at == 0 or name != ids[at - 1]]
    return pa.concat_tables([table.filter(pc.invert(several)), doubled.take(first)])


def conflicts(at_us: I64, seq: I64, payer: I64, payee: I64) -> Bools:
    """Which rows (in order of time) have no place among the rows of their instant: they share an account with one of
    them, and no sequence number says which came first. Rows that share no account may stand in any order.

    >>> at, seq = np.array([5, 5, 5]), np.array([LAST, LAST, LAST])
    >>> conflicts(at, seq, np.array([1, 2, 7]), np.array([2, 3, 8])).tolist()
    [True, True, False]
    >>> conflicts(at, np.array([1, 2, LAST]), np.array([1, 2, 7]), np.array([2, 3, 8])).tolist()
    [False, False, False]
    """
    n, bad = len(at_us), np.zeros(len(at_us), np.bool_)
    same = np.flatnonzero(at_us[1:] == at_us[:-1]) + 1
    vague = same[(seq[same] == LAST) | (seq[same] == seq[same - 1])]
    if not len(vague):
        return bad
    instants = np.unique(at_us[vague])
    place = np.minimum(np.searchsorted(instants, at_us), len(instants) - 1)
    row = np.flatnonzero(instants[place] == at_us) if n else np.empty(0, np.int64)
    other = row[payer[row] != payee[row]]
    rows, who = np.concatenate([row, other]), np.concatenate([payer[row], payee[other]])
    order = np.lexsort((seq[rows], who, at_us[rows]))
    rows, who = rows[order], who[order]
    together = (who[1:] == who[:-1]) & (at_us[rows[1:]] == at_us[rows[:-1]])
    later, earlier = rows[1:][together], rows[:-1][together]
    bad[later[seq[later] == LAST]] = True
    equal = seq[later] == seq[earlier]
    bad[later[equal]], bad[earlier[equal]] = True, True
    return bad


def _ints(table: pa.Table, name: str, null: int = 0) -> I64:
    import pyarrow.compute as pc

    column = table[name]
    if column.null_count:
        column = pc.fill_null(column, null)
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), np.int64)


def _ahead(payer: I64, skew: Skew | None) -> I64:
    """µs that the clock which booked each row is ahead: that of the payer's bank."""
    if skew is None:
        return np.zeros(len(payer), np.int64)
    place = np.minimum(np.searchsorted(skew.accounts, payer), len(skew.accounts) - 1)
    ahead: I64 = np.where(skew.accounts[place] == payer, skew.ahead_s[place], 0) * US_PER_S
    return ahead


def _ordered(table: pa.Table, at: I64, seq: I64) -> I64:
    """Order by time, then sequence number, then the digest of the record: the last decides nothing but how rows that
    share no account are numbered, and does not depend on files.
    """
    order = np.lexsort((seq, at))
    tied = (at[order][1:] == at[order][:-1]) & (seq[order][1:] == seq[order][:-1])
    if tied.any():
        places = np.flatnonzero(np.append(tied, False) | np.insert(tied, 0, False))
        some = order[places]
        refs = _refs(table.take(some)).view(">u8").reshape(-1, 2)
        order[places] = some[np.lexsort((refs[:, 1], refs[:, 0], seq[some], at[some]))]
    return order


def _ends(at: I64, seq: I64) -> tuple[Moment, Moment] | None:
    """Where rows in order begin and end. A first instant with a row that has no sequence number begins before all
    numbers: such a row has no place among others of its instant, whichever came earlier.

    >>> _ends(np.array([5, 5, 7]), np.array([2, LAST, 1])), _ends(np.array([5]), np.array([2]))
    (((5, -9223372036854775807), (7, 1)), ((5, 2), (5, 2)))
    """
    if not len(at):
        return None
    vague = bool((seq[at == at[0]] == LAST).any())
    return (int(at[0]), -LAST if vague else int(seq[0])), (int(at[-1]), int(seq[-1]))


def _refs(table: pa.Table) -> npt.NDArray[np.void]:
    """The record_refs as 16 bytes each: half of their hex digits, at five million rows 80 MB."""
    column = table["record_ref"].combine_chunks()
    if not len(column):
        return np.empty(0, f"V{REF_BYTES}")
    text = column.buffers()[2].slice(0)
    begin, end = np.frombuffer(column.buffers()[1], np.int32)[[column.offset, column.offset + len(column)]]
    return np.frombuffer(bytes.fromhex(text.to_pybytes()[begin:end].decode("ascii")), f"V{REF_BYTES}")


def _links(table: pa.Table, payer: I64, payee: I64, before: Before | None) -> tuple[I64, I64]:
    """The row of the original of each return, else -1; and the rows whose original is not there, or is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    link = np.full(table.num_rows, -1, np.int64)
    backs = np.flatnonzero(np.asarray(pc.is_valid(table["link"])))
    if not len(backs):
        return link, backs
    named = table["link"].take(backs).combine_chunks()
    known = 0 if before is None else len(before.ids)
    ids = pa.chunked_array([*(before.ids.chunks if before else []), *table["transfer_id"].chunks], pa.string())
    rows = np.flatnonzero(np.asarray(pc.is_in(ids, value_set=pc.unique(named))))
    which = np.asarray(pc.fill_null(pc.index_in(named, value_set=ids.take(rows).combine_chunks()), -1))
    there = np.flatnonzero(which >= 0)
    original, back = rows[which[there]], backs[there]
    paid, received = _sides(original, payer, payee, before, known)
    fits = (original < back + known) & (paid == payee[back]) & (received == payer[back])
    link[back[fits]] = original[fits]
    return link, np.setdiff1d(backs, back[fits])


def _sides(rows: I64, payer: I64, payee: I64, before: Before | None, known: int) -> tuple[I64, I64]:
    """Payer and payee of rows counted through: those of before, then the new ones."""
    paid, received = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    new = rows >= known
    paid[new], received[new] = payer[rows[new] - known], payee[rows[new] - known]
    if before is not None:
        paid[~new], received[~new] = before.sides(rows[~new])
    return paid, received


def _told(table: pa.Table, why: str) -> pa.Table:
    import pyarrow as pa

    told = table.select(["transfer_id", "payer", "payee", "booked_at_us"])
    return told.append_column("why", pa.array([why] * len(told), pa.string()))
