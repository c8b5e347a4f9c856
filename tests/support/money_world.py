"""A small ledger whose every fen can be followed by hand, for tests of traces, pages and API.

Victim V (10,000.00 of his own) pays 5,000.00 to M1 (200.00 of its own), which passes 3,000.00 to M2 and 2,000.00 to
M3; M2 takes 2,500.00 out as cash, M3 sends 500.00 to a bank whose ledger nobody holds. First in, first out leaves of
the claim 200.00 on M1, 500.00 on M2 and 1,500.00 on M3; 2,300.00 left as cash, 500.00 is out of sight.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chainbreak.app.bootstrap import Office
from chainbreak.app.ingest_file import ingest_files
from chainbreak.base.clock import US_PER_MIN
from chainbreak.records.actor import Actor, Role

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
TEN_US = NOON_US - 120 * US_PER_MIN
WHO = Actor("qian", frozenset({Role.ENGINEER}))
V, W, M1, M2, M3, AWAY = (f"62220212345678{n:02d}0" for n in range(1, 7))
CASH, SHOP = "CASH01", "SHOP01"

ACCOUNTS = f"""account,bank,opening_balance_fen,holder,kind
{V},云川银行,1000000,张三,personal
{W},云川银行,1000000,李四,personal
{M1},东湖农商行,20000,王五,personal
{M2},东湖农商行,0,王五,personal
{M3},青溪银行,0,赵六,personal
{CASH},东湖农商行,0,,sink
{SHOP},云川银行,100000,,merchant
"""
TRANSFERS = [
    ("t0", -60, V, SHOP, 3_000), ("t1", 0, V, M1, 500_000), ("t2", 5, M1, M2, 300_000), ("t3", 6, M1, M3, 200_000),
    ("t4", 20, M2, CASH, 250_000), ("t5", 30, M3, AWAY, 50_000),
]  # fmt: skip
"""(transfer_id, minutes after ten, payer, payee, fen)."""
STORY = f"今天上午10时，受害人张三被冒充客服的人骗走5000元，转账至对方账户{M1}，下午报警。"
LYING, CASHED, AWAY_FEN = {M1: 20_000, M2: 50_000, M3: 150_000}, 230_000, 50_000


def transfers_csv(rows: Iterable[tuple[str, float, str, str, int]], first_seq: int = 1) -> str:
    """Transfers of (transfer_id, minutes after ten, payer, payee, fen), numbered on in their order."""
    lines = [
        f"{ident},{TEN_US + round(minutes * US_PER_MIN)},{seq},{payer},{payee},{fen},CNY,payment"
        for seq, (ident, minutes, payer, payee, fen) in enumerate(rows, first_seq)
    ]
    return "\n".join(["transfer_id,booked_at_us,seq,payer,payee,amount_fen,currency,kind", *lines]) + "\n"


def report_csv(report_id: str = "r1", loss_fen: int | str = 500_000, victim: str = "张三", story: str = STORY,
               occurred: int | str = TEN_US) -> str:  # fmt: skip
    """One report of an hour after the money went."""
    head = "report_id,reported_at_us,occurred_at_us,district,narrative,loss_fen,victim\n"
    return head + f"{report_id},{TEN_US + 60 * US_PER_MIN},{occurred},城东区,{story},{loss_fen},{victim}\n"


def bring(office: Office, folder: Path, kind: str, text: str, name: str = "") -> None:
    """Ingest one file of a kind, all of whose rows must be good."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name or kind}.csv"
    path.write_text(text, encoding="utf-8")
    for run in ingest_files(office, WHO, kind, [path]):
        assert run.error == "", run
        assert run.quarantined == 0, run


def bring_all(office: Office, folder: Path) -> None:
    """The register, the transfers and the report."""
    bring(office, folder, "account", ACCOUNTS)
    bring(office, folder, "transfer", transfers_csv(TRANSFERS))
    bring(office, folder, "report", report_csv())
