"""A process that drafts holds is killed at any moment: a batch is there as a whole with shares and leaves, or not."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from fund_world import FundWorld
from sqlalchemy import select

from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.list_orders import list_orders
from chainbreak.app.verify_log import verify_log
from chainbreak.app.withdraw_order import withdraw_order
from chainbreak.audit.tables import entries
from chainbreak.store.desk.tables_funds import hold_proposal, hold_share
from chainbreak.store.desk.tables_orders import order_event, order_file

CHILD = Path(__file__).with_name("draft_again_and_again.py")
ROUNDS, BATCH = 3, 3


def test_a_batch_of_drafts_is_whole_or_not_at_all(fund: FundWorld) -> None:
    run = fund.trace("r1", "t1")["run_id"]
    luck = random.Random(20261122)
    for turn in range(ROUNDS):
        command = [sys.executable, str(CHILD), str(fund.office.centre.root), str(fund.t0), run, f"round-{turn}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            try:
                child.wait(luck.uniform(0, 0.4))
            except subprocess.TimeoutExpired:
                child.kill()
        _whole(fund)
    for row in list_orders(fund.office, states=["draft"]):
        withdraw_order(fund.office, fund.world.li, row["order_id"])
    assert len(draft_holds(fund.office, fund.world.li, run)) == BATCH


def _whole(fund: FundWorld) -> None:
    with fund.office.desk.read() as conn:
        orders = {row.order_id: row.amount_fen for row in conn.execute(select(order_file))}
        drafted = Counter(conn.execute(select(order_event.c.order_id).where(order_event.c.move == "draft")).scalars())
        shares: Counter[str] = Counter()
        for row in conn.execute(select(hold_share)):
            shares[row.order_id] += row.fen
        proposed = set(conn.execute(select(hold_proposal.c.order_id)).scalars())
        leaves = Counter(conn.execute(select(entries.c.object).where(entries.c.action == "order.draft")).scalars())
    assert len(orders) % BATCH == 0
    assert set(drafted.values()) == {1}
    assert drafted.keys() == orders.keys()
    assert shares == orders
    # Of each account the last draft's proposal is kept.
    assert len(proposed) == BATCH
    assert proposed <= orders.keys()
    assert leaves == {f"order:{order_id}": 1 for order_id in orders}
    assert verify_log(fund.office)["sound"]
