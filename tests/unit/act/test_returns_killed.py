"""kill -9 at any moment loses no payment and doubles none; every event has its leaf, and folding gives the file."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chainbreak.act.returns.fold import replay
from chainbreak.act.returns.model import Victim
from chainbreak.app.decide_return import decide_return
from chainbreak.app.move_return import read_history, read_return
from chainbreak.app.plan_return import plan_return
from chainbreak.app.publish_return import publish_return
from chainbreak.app.return_claims import Given
from chainbreak.app.review_return import review_return
from chainbreak.audit.tables import entries
from chainbreak.base.clock import US_PER_DAY
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_returns import return_share

CHILD = Path(__file__).with_name("pay_until_killed.py")
VICTIMS, ROUNDS = 40, 5


def start(world: Any, return_id: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(world.office.centre.root), return_id, str(world.clock.at_us)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    return child


def test_kills_at_random_moments(world: Any) -> None:
    office = world.office
    victims = tuple(Victim(f"R{i:03d}", "", 10_000 + i, i) for i in range(VICTIMS))
    account = world.token(Identifier.ACCOUNT, "6222020200112233448")
    end = world.clock.at_us + 100 * US_PER_DAY
    found = plan_return(office, world.li, Given(account, 500_001, "basis", end, victims=victims))
    review_return(office, world.wang, found.return_id, found.digest)
    until = publish_return(office, world.li, found.return_id).notice_until_us
    assert until is not None
    world.clock.at_us = until
    owed = decide_return(office, world.zhao, found.return_id, found.digest).shares

    draw, killed = random.Random(20261122), 0
    for _ in range(ROUNDS):
        child = start(world, found.return_id)
        try:
            child.wait(timeout=draw.uniform(0, 0.4))
        except subprocess.TimeoutExpired:
            child.kill()
            killed += 1
        child.wait()
        assert child.stdout
        child.stdout.close()
    last = start(world, found.return_id)
    assert last.wait(timeout=120) == 0
    assert last.stdout
    last.stdout.close()
    assert killed >= ROUNDS // 2

    with office.desk.read() as conn:
        after, history = read_return(conn, found.return_id), read_history(conn, found.return_id)
        leaves = [json.loads(e)["action"] for e in conn.execute(select(entries.c.entry)).scalars()]
        rows = conn.execute(select(return_share.c.claim_id, return_share.c.fen, return_share.c.outcome)).all()
    assert replay(history) == after
    assert (after.state, after.paid_fen) == ("paid", sum(share.fen for share in owed))
    paid = Counter(p["claim_id"] for event in history if event.move == "pay" for p in event.data["payments"])
    assert paid == Counter(share.claim_id for share in owed)
    assert leaves.count("return.pay") == sum(event.move == "pay" for event in history)
    assert sorted((r.claim_id, r.fen, r.outcome) for r in rows) == sorted((s.claim_id, s.fen, "paid") for s in owed)
