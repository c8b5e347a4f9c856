"""A centre with a ledger to hold money in: two thefts through shared mules, some money in cash, some still lying there.

Yuan, minutes before T0. V1 -> M1 100,000 (30), M1 -> M2 60,000 (25), M1 -> M3 30,000 (20), V2 -> M2 50,000 (15),
M2 -> cash 20,000 (10). First in first out V1 has 10,000 on M1, 40,000 on M2, 30,000 on M3; V2 has 50,000 on M2.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.app.claimed import Asked
from chainbreak.app.file_reports import file_reports
from chainbreak.app.ingest_file import ingest_files
from chainbreak.app.trace_money import trace_money
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_of
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from conftest import World

MINUTE = 60_000_000
ENGINEER = Actor("qian", frozenset({Role.ENGINEER}))
NUMBERS = {"V1": "C-1001", "V2": "C-1002", "M1": "C-2001", "M2": "C-2002", "M3": "C-2003", "CASH": "C-9001"}
ACCOUNTS = {
    "V1": ("ICBC", "personal", 200_000_00), "V2": ("ICBC", "personal", 200_000_00), "M1": ("ICBC", "personal", 0),
    "M2": ("CCB", "personal", 0), "M3": ("CCB", "personal", 0), "CASH": ("", "cash", 0),
}  # fmt: skip
TRANSFERS = [
    ("t1", 30, "V1", "M1", 100_000_00), ("t2", 25, "M1", "M2", 60_000_00), ("t3", 20, "M1", "M3", 30_000_00),
    ("t4", 15, "V2", "M2", 50_000_00), ("t5", 10, "M2", "CASH", 20_000_00),
]  # fmt: skip


class FundWorld:
    """The world of the fund desk around a `World`: records in its lake, and short ways through it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.office, self.folder = world, world.office, folder
        folder.mkdir()
        self.t0 = world.clock.now_us()
        rows = [f"{NUMBERS[name]},{bank},{opening},{kind}" for name, (bank, kind, opening) in ACCOUNTS.items()]
        self._bring("account", "account,bank,opening_balance_fen,kind", rows)
        self.transfers(TRANSFERS)
        reports = [f"r1,{self.t0 - 5 * MINUTE},被骗十万元,10000000", f"r2,{self.t0 - 4 * MINUTE},被骗五万元,5000000"]
        self._bring("report", "report_id,reported_at_us,narrative,loss_fen", reports)
        file_reports(self.office)

    def _bring(self, kind: str, header: str, rows: list[str]) -> None:
        path = self.folder / f"{kind}{len(list(self.folder.iterdir()))}.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        for run in ingest_files(self.office, ENGINEER, kind, [path]):
            assert run.error == "", run

    def transfers(self, rows: list[tuple[str, float, str, str, int]]) -> None:
        """Bring in transfers (id, minutes before T0, payer, payee, fen)."""
        self._bring("transfer", "transfer_id,booked_at_us,seq,payer,payee,amount_fen", [
            f"{ident},{round(self.t0 - ago * MINUTE)},{at},{NUMBERS[payer]},{NUMBERS[payee]},{fen}"
            for at, (ident, ago, payer, payee, fen) in enumerate(rows)
        ])  # fmt: skip

    def token(self, name: str) -> str:
        """The written token of an account."""
        value = normalise(Identifier.ACCOUNT, NUMBERS[name], Place()).value
        return write_token(Identifier.ACCOUNT, token_of(self.office.keys.token_key(Identifier.ACCOUNT), value))

    def trace(self, report: str, *transfers: str, rule: str = "fifo", as_of_us: int | None = None) -> dict[str, Any]:
        """A kept run of a report's transfers."""
        asked = [Asked(ident) for ident in transfers]
        return trace_money(self.office, self.world.li, f"report:{report}", rule, as_of_us, transfers=asked)
