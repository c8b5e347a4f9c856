"""What is known of each account of a ledger: bank, class, opening balance, whether it is an exit, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainbreak.app.ledger_rows import Skew
from chainbreak.base.clock import to_us
from chainbreak.base.errors import SetupError
from chainbreak.find.tracing import FOREVER, UNKNOWN_OPENING
from chainbreak.records.finding import read_token

if TYPE_CHECKING:
    import pyarrow as pa

    from chainbreak.app.bootstrap import Office
    from chainbreak.base.settings import Tracing

I64 = npt.NDArray[np.int64]
MANY = 100_000
"""Tokens from which a table of hashes is faster than a search for each."""
NOT_HELD = 0
"""`covered_until_us` of an account whose ledger nobody gave."""


@dataclass(frozen=True)
class Register:
    """One entry an account.

    `tokens`: int64, rising over the first `len(bank)`, which were known when the ledger was built; those that turned up
    later follow, and `later` has their numbers by token. `bank`, `kind` (Arrow strings) and `holder` (token of a
    person, 0 unknown) are of the first ones only: whoever turns up later is in no register. Of those the settings say
    what is an exit (`sinks`, tokens) and until when it is held (`unlisted_until_us`).
    """

    tokens: I64
    bank: Any
    kind: Any
    holder: I64
    opening_fen: I64
    sink: npt.NDArray[np.bool_]
    covered_until_us: I64
    sinks: I64
    unlisted_until_us: int
    later: dict[int, int]

    def numbers(self, tokens: I64) -> I64:
        """The numbers of tokens; -1 for those that have none."""
        first = self.tokens[: len(self.bank)]
        if len(tokens) > MANY:
            import pyarrow as pa
            import pyarrow.compute as pc

            # A table of hashes pays for itself where many are asked for.
            found = np.array(pc.fill_null(pc.index_in(pa.array(tokens), value_set=pa.array(first)), -1), np.int64)
        else:
            place = np.minimum(np.searchsorted(first, tokens), max(len(first) - 1, 0))
            found = np.where(first[place] == tokens, place, -1) if len(first) else np.full(len(tokens), -1)
        for at in np.flatnonzero(found < 0) if self.later else ():
            found[at] = self.later.get(int(tokens[at]), -1)
        return np.asarray(found, np.int64)

    def with_later(self, tokens: I64) -> Register:
        """The register with accounts that turned up and are not listed; `more` says what the ledger knows of them."""
        first = len(self.tokens)
        more = self.more(tokens)
        return replace(
            self, tokens=np.concatenate([self.tokens, tokens]),
            opening_fen=np.concatenate([self.opening_fen, more[0]]), sink=np.concatenate([self.sink, more[1]]),
            covered_until_us=np.concatenate([self.covered_until_us, more[2]]),
            later=self.later | {token: first + at for at, token in enumerate(tokens.tolist())},
        )  # fmt: skip

    def more(self, tokens: I64) -> tuple[I64, npt.NDArray[np.bool_], I64]:
        """Opening balances, exits and coverage of accounts that are in no register."""
        n = len(tokens)
        return (np.full(n, UNKNOWN_OPENING, np.int64), np.isin(tokens, self.sinks),
                np.full(n, self.unlisted_until_us, np.int64))  # fmt: skip


def listed_accounts(office: Office, version: Mapping[str, int]) -> pa.Table:
    """The lake's register, one row an account, by token: account, bank, kind, holder, opening_balance_fen."""
    from chainbreak.store.versions import current_rows

    engine = office.engine({"account": version["account"]} if "account" in version else {})
    try:
        rows = current_rows(engine.table("account"), "account")
        return engine.run(rows.select("account", "bank", "kind", "holder", "opening_balance_fen")).sort_by("account")
    finally:
        engine.close()


def skew_of(listed: pa.Table, settings: Tracing) -> Skew | None:
    """Whose bank's clock is ahead, by the centre's settings; None when none is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not settings.skew_s:
        return None
    some = listed.filter(pc.is_in(listed["bank"], value_set=pa.array(settings.skew_s, pa.string())))
    ahead = np.array([settings.skew_s[bank] for bank in some["bank"].to_pylist()], np.int64)
    return Skew(np.asarray(some["account"]), ahead) if len(some) else None


def register_of(payer: I64, payee: I64, listed: pa.Table, settings: Tracing) -> Register:
    """What is known of every account that the register lists or that paid or was paid."""
    import pyarrow as pa
    import pyarrow.compute as pc

    accounts = np.asarray(listed["account"])
    everyone = pa.chunked_array([pa.array(accounts), pa.array(payer), pa.array(payee)], pa.int64())
    tokens = np.sort(np.asarray(pc.unique(everyone)))
    place = np.minimum(np.searchsorted(accounts, tokens), max(len(accounts) - 1, 0))
    is_listed = accounts[place] == tokens if len(accounts) else np.zeros(len(tokens), np.bool_)
    which = pa.array(np.where(is_listed, place, 0), mask=~is_listed)
    bank, kind, holder, opening = (
        listed[name].combine_chunks().take(which) for name in ("bank", "kind", "holder", "opening_balance_fen")
    )
    own = np.array([_token(written) for written in settings.sinks], np.int64)
    sink = np.asarray(pc.fill_null(pc.is_in(kind, value_set=pa.array(settings.sink_kinds, pa.string())), False))
    return Register(
        tokens, bank, kind, np.asarray(pc.fill_null(holder, 0)), np.asarray(pc.fill_null(opening, UNKNOWN_OPENING)),
        sink | np.isin(tokens, own), _covered(bank, is_listed, settings), own,
        FOREVER if len(accounts) == 0 and not settings.coverage else NOT_HELD, {},
    )  # fmt: skip


def _covered(bank: pa.Array, is_listed: npt.NDArray[np.bool_], settings: Tracing) -> I64:
    """Until when each account's ledger is held. By bank where the settings say so; else what the register lists is
    held, and a centre without a register takes every account as held.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not settings.coverage:
        return np.where(is_listed | (not is_listed.any()), FOREVER, NOT_HELD).astype(np.int64)
    until = np.array([_until(of) for of in settings.coverage.values()] + [NOT_HELD], np.int64)
    which = pc.fill_null(pc.index_in(bank, value_set=pa.array(settings.coverage, pa.string())), len(until) - 1)
    covered: I64 = until[np.asarray(which)]
    return covered


def _until(said: bool | datetime) -> int:
    if isinstance(said, bool):
        return FOREVER if said else NOT_HELD
    return to_us(said)


def _token(written: str) -> int:
    try:
        kind, token = read_token(written)
    except ValueError:
        kind, token = "", 0
    if kind != "account":
        raise SetupError(
            "CB-TR-021", "a sink in the settings is no account", given=written[:40],
            allowed="account: and 16 hex digits", next_step="correct tracing in settings.toml",
        )  # fmt: skip
    return token
