"""The ledger that money is followed in: the lake's transfers and the register of accounts, held in this process.

It is built once and grown while what arrives is booked later than everything before; whatever else changes (an earlier
booking, another version of a transfer, the register, the settings) builds it anew. Both give the same ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.app.account_register import I64, Register, listed_accounts, register_of, skew_of
from chainbreak.app.ledger_rows import Before, Moment, Rows, Skew, newest_versions, read_transfers, rows_of
from chainbreak.base.errors import SetupError
from chainbreak.records import Identifier
from chainbreak.records.finding import read_token, write_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.base.settings import Tracing
    from chainbreak.find.tracing import Tracer

TABLES = ("transfer", "account")
BLOCK = 1 << 16
"""Rows of one block of the digest."""
MANY_CHUNKS = 256
"""Arrivals after which the columns of text are made of one piece again."""


@dataclass
class Held:
    """A ledger with what its numbers stand for. It only grows, while nobody holds `lock`: rows keep their numbers.

    `ids`, `refs`: transfer_id and record_ref (16 bytes) by row (Arrow). `refused`: what has no place in it, and why
    (see `Rows`). `last`: where the last of all came, ties too. `version`: table of the lake -> version it is of.
    """

    tracer: Tracer
    register: Register
    ids: Any
    refs: Any
    refused: Any
    last: Moment
    version: dict[str, int]
    settings: Tracing
    skew: Skew | None
    lock: Any = field(default_factory=RLock)
    _blocks: list[bytes] = field(default_factory=list)
    _balances: dict[int, I64] = field(default_factory=dict)
    _digests: dict[int, tuple[str, int]] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)

    @property
    def until_us(self) -> int:
        """Booking time of the last row, UTC µs; 0 when there is none."""
        at_us = self.tracer.ledger.at_us
        return int(at_us[-1]) if len(at_us) else 0

    def account(self, number: int) -> str:
        """The written token of an account of the ledger."""
        return write_token(Identifier.ACCOUNT, int(self.register.tokens[number]))

    def number(self, written: str) -> int | None:
        """The number of an account by its written token; None when the ledger does not know it."""
        found = int(self.register.numbers(np.array([read_token(written)[1]], np.int64))[0])
        return None if found < 0 else found

    def bank(self, number: int) -> str:
        """Who keeps an account; "" when the register does not say."""
        return (self.register.bank[number].as_py() or "") if number < len(self.register.bank) else ""

    def kind(self, number: int) -> str:
        """The register's class of an account; "" when it does not say."""
        return (self.register.kind[number].as_py() or "") if number < len(self.register.kind) else ""

    def row_of(self, transfer_id: str) -> int | None:
        """The row of a transfer; None when it has none."""
        import pyarrow.compute as pc

        if transfer_id not in self._rows:
            row = int(pc.index(self.ids, transfer_id).as_py())
            # Of what is arriving the text comes before the row (see `_enter`).
            if not 0 <= row < self.tracer.ledger.rows:
                return None
            self._rows[transfer_id] = row
        return self._rows[transfer_id]

    def transfer_id(self, row: int) -> str:
        """The source's id of a row."""
        ident = str(self.ids[row].as_py())
        self._rows[ident] = row
        return ident

    def transfer_ids(self, rows: I64) -> list[str]:
        """The source's ids of rows: one by one, because taking from the chunks of a long column copies it."""
        return [self.transfer_id(row) for row in rows.tolist()]

    def record_ref(self, row: int) -> str:
        """The record that a row was made of, as evidence cites it."""
        ref: bytes = self.refs[row].as_py()
        return ref.hex()

    def balance(self, as_of_us: int) -> I64:
        """Known fen on every account at a moment; of the last moment asked for, it is kept."""
        rows = self.tracer.ledger.rows_until(as_of_us)
        if rows not in self._balances:
            found = self.tracer.balance(as_of_us)
            self._balances.clear()
            self._balances[rows] = found
        return self._balances[rows]

    def forget(self) -> None:
        """Drop what was computed of the ledger as it was."""
        self._balances, self._digests = {}, {}

    def sides(self, rows: I64) -> tuple[I64, I64]:
        """Payers and payees of rows, as tokens."""
        ledger, tokens = self.tracer.ledger, self.register.tokens
        return tokens[ledger.payer[rows]], tokens[ledger.payee[rows]]

    def digest(self, as_of_us: int | None = None) -> str:
        """SHA-256, in hex, of the rows booked until a moment (None: all), and of what is known of their accounts.

        By tokens and not by numbers, and later rows do not change it: a run as of an earlier moment cites the same
        ledger however much came since, and in whatever order.
        """
        return self._cited(as_of_us)[0]

    def accounts_until(self, as_of_us: int | None = None) -> int:
        """How many accounts had paid or been paid by a moment."""
        return self._cited(as_of_us)[1]

    def _cited(self, as_of_us: int | None) -> tuple[str, int]:
        """Digest and number of accounts; those of the last moment asked for are kept."""
        n = self.tracer.ledger.rows_until(as_of_us)
        if n not in self._digests:
            found = self._digest(n)
            self._digests.clear()
            self._digests[n] = found
        return self._digests[n]

    def _digest(self, n: int) -> tuple[str, int]:
        ledger = self.tracer.ledger
        whole = n // BLOCK
        for block in range(len(self._blocks), whole):
            self._blocks.append(hashlib.sha256(self._packed(block * BLOCK, (block + 1) * BLOCK)).digest())
        seen = hashlib.sha256(b"".join(self._blocks[:whole]))
        seen.update(self._packed(whole * BLOCK, n))
        among = np.zeros(ledger.accounts, np.bool_)
        among[ledger.payer[:n]] = among[ledger.payee[:n]] = True
        some = np.flatnonzero(among)
        some = some[np.argsort(self.register.tokens[some])]
        of = (self.register.tokens, ledger.opening_fen, ledger.sink, ledger.covered_until_us)
        for column in of:
            seen.update(column[some].astype("<i8").data)
        return seen.hexdigest(), len(some)

    def _packed(self, begin: int, end: int) -> bytes:
        """Rows as bytes: time, payer and payee (tokens), amount, link; 64 bits each, little-endian."""
        ledger, tokens = self.tracer.ledger, self.register.tokens
        part = slice(begin, end)
        columns = (ledger.at_us[part], tokens[ledger.payer[part]], tokens[ledger.payee[part]], ledger.fen[part],
                   ledger.link[part])  # fmt: skip
        return np.stack([c.astype("<i8") for c in columns], axis=1).tobytes()


_HELD: dict[Path, Held] = {}
_LOCK = Lock()
"""One building at a time in a process: a second waits and then finds the work done."""


def ledger_of(office: Office) -> Held:
    """The ledger of the newest versions of the lake's tables.

    Raises:
        SetupError: the lake holds no transfers (CB-TR-020).
    """
    with _LOCK:
        version = office.lake.snapshot(list(TABLES))
        if "transfer" not in version:
            raise SetupError("CB-TR-020", "there are no transfers to follow money through",
                             next_step="chainbreak ingest transfer FILE")  # fmt: skip
        held = _HELD.get(office.centre.root)
        same = held is not None and held.settings == office.centre.settings.tracing
        if same and held is not None and held.version == version:
            return held
        _HELD.clear()  # a process serves one centre, and a ledger is large
        if not same or held is None or not _grow(office, held, version):
            held = build_ledger(office, version, office.centre.settings.tracing)
        _HELD[office.centre.root] = held
        return held


def build_ledger(office: Office, version: Mapping[str, int], settings: Tracing) -> Held:
    """The ledger of given versions of the tables, whatever is held.

    Raises:
        SetupError: a version that is no more (CB-ST-011), or a sink that is no account (CB-TR-021).
    """
    from chainbreak.find.tracing import Tracer, make_ledger

    listed = listed_accounts(office, version)
    skew = skew_of(listed, settings)
    rows = rows_of(read_transfers(office.lake.files("transfer", version["transfer"])), skew)
    register = register_of(rows.payer, rows.payee, listed, settings)
    ledger, _ = make_ledger(
        rows.at_us, np.arange(len(rows.at_us)), register.numbers(rows.payer), register.numbers(rows.payee), rows.fen,
        accounts=len(register.tokens), link=rows.link, opening_fen=register.opening_fen, sink=register.sink,
        covered_until_us=register.covered_until_us,
    )  # fmt: skip
    return Held(Tracer(ledger), register, rows.ids, rows.refs, rows.refused, _last(rows, (0, 0)), dict(version),
                settings, skew)  # fmt: skip


def _last(rows: Rows, before: Moment) -> Moment:
    return rows.ends[1] if rows.ends else before


def _grow(office: Office, held: Held, version: dict[str, int]) -> bool:
    """Enter what arrived since; False, and nothing is done, when more changed than later rows."""
    import pyarrow.compute as pc

    from chainbreak.store.arrivals import Arrivals

    if version.get("account") != held.version.get("account"):
        return False
    of = {"transfer": version["transfer"]}
    arrivals = Arrivals(office.lake, {"transfer": held.version["transfer"]}, of)
    if arrivals.rewritten:
        return False
    table = newest_versions(read_transfers(arrivals.files("transfer")))
    came = table["transfer_id"].combine_chunks()
    if any(pc.any(pc.is_in(known, value_set=came)).as_py() for known in (held.ids, held.refused["transfer_id"])):
        return False
    rows = rows_of(table, held.skew, Before(held.ids, held.sides))
    # The last row without a sequence number (LAST) has nothing of its instant after it.
    if rows.ends and not held.last < rows.ends[0]:
        return False
    with held.lock:
        _enter(held, rows)
        held.version = version
    return True


def _enter(held: Held, rows: Rows) -> None:
    """Texts and accounts first, then the rows that need them."""
    import pyarrow as pa

    sides = np.concatenate([rows.payer, rows.payee])
    new = np.unique(sides[held.register.numbers(sides) < 0])
    if len(new):
        held.tracer.add_accounts(*held.register.more(new))
        held.register = held.register.with_later(new)
    held.ids = pa.chunked_array([*held.ids.chunks, *rows.ids.chunks])
    held.refs = pa.chunked_array([*held.refs.chunks, *rows.refs.chunks])
    if held.ids.num_chunks > MANY_CHUNKS:
        held.ids, held.refs = (pa.chunked_array([column.combine_chunks()]) for column in (held.ids, held.refs))
    number = held.register.numbers
    held.tracer.append(rows.at_us, number(rows.payer), number(rows.payee), rows.fen, rows.link)
    held.refused, held.last = pa.concat_tables([held.refused, rows.refused]), _last(rows, held.last)
    held.forget()
