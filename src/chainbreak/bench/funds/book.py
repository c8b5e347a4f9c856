"""A built city as the ledger that a centre would hold of it, and what is so: thefts, their hops, who owns what."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chainbreak.app.account_register import register_of, skew_of
from chainbreak.app.ledger_of import Held
from chainbreak.app.ledger_rows import I64, rows_of
from chainbreak.base.settings import Tracing
from chainbreak.find.tracing import Claim, Tracer, make_ledger


@dataclass(frozen=True)
class Theft:
    """One case that was reported: its number, the victim's account, and when the victim paid first, UTC µs."""

    case: int
    victim: int
    first_us: int


@dataclass(frozen=True)
class Book:
    """A city's ledger with the truth on it; accounts and rows by their numbers in the ledger.

    `hop_row`, `hop_case`, `hop`: grain one recorded transfer of a case, in order of booking. `is_mule`: of each
    account, whether a gang uses it. `thefts`: cases with a report, in order of the first payment.
    """

    held: Held
    hop_row: I64
    hop_case: I64
    hop: I64
    is_mule: Any
    thefts: tuple[Theft, ...]

    @property
    def tracer(self) -> Tracer:
        """The tracer over the ledger."""
        return self.held.tracer

    @cached_property
    def in_reach(self) -> Any:
        """Of each account, whether a hold can be asked for there: its ledger is held and it is no exit."""
        ledger = self.tracer.ledger
        return (ledger.covered_until_us > 0) & ~ledger.sink

    @cached_property
    def of_case(self) -> Any:
        """Of each ledger row, whether it is a transfer of a case."""
        marked = np.zeros(self.tracer.ledger.rows, np.bool_)
        marked[self.hop_row] = True
        return marked

    def claims(self, case: int | None, until_us: int) -> list[Claim]:
        """What the victim of a case (None: all victims) had paid by then."""
        ledger = self.tracer.ledger
        chosen = (self.hop == 0) & (ledger.at_us[self.hop_row] <= until_us)
        chosen &= True if case is None else self.hop_case == case
        return [Claim(f"C{row}", row, int(ledger.fen[row])) for row in self.hop_row[chosen].tolist()]

    def stolen(self, until_us: int) -> dict[tuple[int, int], int]:
        """(case, account) -> fen of the case that lie on a gang's account in reach, by the truth: what its hops brought
        less what they took. What a recall brought home, and what somebody took for goods in good faith, is no longer
        there to be held.
        """
        ledger = self.tracer.ledger
        seen = ledger.at_us[self.hop_row] <= until_us
        rows, cases, hops = self.hop_row[seen], self.hop_case[seen], self.hop[seen]
        there: dict[tuple[int, int], int] = {}
        columns = (ledger.payer[rows], ledger.payee[rows], ledger.fen[rows], cases, hops)
        for payer, payee, fen, case, hop in zip(*(column.tolist() for column in columns), strict=True):
            if hop != 0:
                there[case, payer] = there.get((case, payer), 0) - fen
            if hop >= 0:
                there[case, payee] = there.get((case, payee), 0) + fen
        return {key: fen for key, fen in _settled(there).items() if self.in_reach[key[1]] and self.is_mule[key[1]]}


def _settled(there: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Without the cases that took more from an account than they had brought, as after a recall: what they took
    beyond it was other cases' money, of those first that are the oldest.
    """
    beyond: dict[int, int] = {}
    for (_, account), fen in there.items():
        beyond[account] = beyond.get(account, 0) + max(-fen, 0)
    left: dict[tuple[int, int], int] = {}
    for case, account in sorted(key for key, fen in there.items() if fen > 0):
        taken = min(beyond[account], there[case, account])
        beyond[account] -= taken
        left[case, account] = there[case, account] - taken
    return {key: fen for key, fen in left.items() if fen}


def read_book(city: Path) -> Book:
    """The book of the city built in `city`, as a centre with its declared coverage and clocks holds it."""
    register = pq.read_table(city / "records" / "account.parquet")
    files = sorted((city / "records").glob("transfer-*.parquet"))
    transfers = pa.concat_tables([pq.read_table(file) for file in files])
    truth = {name: pq.read_table(city / "truth" / f"{name}.parquet") for name in ("transfers", "reports", "accounts")}
    names = truth["accounts"]["account"].to_pylist()
    token = {name: number for number, name in enumerate(names, 1)}
    declared = tomllib.loads((city / "partner" / "tracing.toml").read_text(encoding="utf-8"))
    held = _held(transfers, register, token, Tracing.model_validate(declared["tracing"]))
    rows = {name: row for row, name in enumerate(held.ids.to_pylist())}
    hops = [row for row in truth["transfers"].to_pylist() if row["transfer_id"] in rows]
    hops.sort(key=lambda row: rows[row["transfer_id"]])
    hop_row, hop_case, hop = np.array([(rows[h["transfer_id"]], h["case"], h["hop"]) for h in hops], np.int64).T
    mules = {token[row["account"]] for row in truth["accounts"].to_pylist() if row["class"] == "mule"}
    is_mule = np.isin(held.register.tokens, sorted(mules))
    reported = set(truth["reports"]["case"].to_pylist())
    first = {int(case): int(row) for row, case in zip(hop_row[::-1], hop_case[::-1], strict=True) if case in reported}
    at_us, payer = held.tracer.ledger.at_us, held.tracer.ledger.payer
    thefts = [Theft(case, int(payer[row]), int(at_us[row])) for case, row in first.items()]
    thefts.sort(key=lambda theft: (theft.first_us, theft.case))
    return Book(held, hop_row, hop_case, hop, is_mule, tuple(thefts))


def _held(transfers: pa.Table, register: pa.Table, token: dict[str, int], settings: Tracing) -> Held:
    """As `app.ledger_of.build_ledger`, with numbers for tokens and no lake."""
    code = pa.array(list(token)), np.array(list(token.values()))
    listed = pa.table({
        "account": _tokens(register["account"], *code), "bank": register["bank"], "kind": register["kind"],
        "holder": pa.nulls(len(register), pa.int64()), "opening_balance_fen": register["opening_balance_fen"],
    }).sort_by("account")  # fmt: skip
    refs = pa.array([f"{row:032x}" for row in range(len(transfers))])
    table = transfers.set_column(transfers.schema.get_field_index("payer"), "payer", _tokens(transfers["payer"], *code))
    table = table.set_column(table.schema.get_field_index("payee"), "payee", _tokens(transfers["payee"], *code))
    skew = skew_of(listed, settings)
    rows = rows_of(table.append_column("record_ref", refs), skew)
    known = register_of(rows.payer, rows.payee, listed, settings)
    ledger, _ = make_ledger(
        rows.at_us, np.arange(len(rows.at_us)), known.numbers(rows.payer), known.numbers(rows.payee), rows.fen,
        accounts=len(known.tokens), link=rows.link, opening_fen=known.opening_fen, sink=known.sink,
        covered_until_us=known.covered_until_us,
    )  # fmt: skip
    last = int(rows.at_us[-1]), int(rows.seq[-1])
    return Held(Tracer(ledger), known, rows.ids, rows.refs, rows.refused, last, {}, settings, skew)


def _tokens(names: Any, known: pa.Array, tokens: I64) -> pa.Array:
    import pyarrow.compute as pc

    return pa.array(tokens[np.asarray(pc.index_in(names.combine_chunks(), value_set=known))])
