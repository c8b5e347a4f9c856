"""From a signature on the desk to a call that does not ring, through the real sender, and back."""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from chainbreak.bench.delivery.sip_servers import running
from chainbreak.bench.delivery.trial import Stack, Trial, both_ways, centre
from chainbreak.store.desk.tables_delivery import outbox

pytestmark = pytest.mark.server


def wait_for(trial: Trial, action: str, state: str) -> None:
    """Until every message of this action that nothing has overtaken is in this state, and one is."""
    deadline = time.monotonic() + 30
    while True:
        with trial.office.desk.read() as conn:
            found = set(conn.execute(select(outbox.c.state).where(outbox.c.action == action)).scalars())
        if found - {"superseded"} == {state}:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_signed_orders_are_met_by_callers_and_seen_by_the_centre_both_ways(tmp_path: Path) -> None:
    if shutil.which("kamailio") is None:
        pytest.skip("Kamailio is not installed")
    with running() as proxy:
        settings = proxy.settings.model_dump(mode="json")
        stack = Stack("sip", proxy.address, settings, {"kamailio": proxy.rejects})
        with centre(tmp_path, stack, "line", rung="block") as trial:
            took = both_ways(trial, stack, [f"+861380013800{i}" for i in range(3)])
            assert set(took) == {"block kamailio", "withdraw kamailio"}
            assert all(seconds is not None for all_s in took.values() for seconds in all_s)
            wait_for(trial, "withdraw", "verified")
            [order] = trial.prepare([stays := "+8613800138009"])
            trial.sign(order)
            wait_for(trial, "block", "verified")
            assert proxy.rejects(stays)
        with closing(proxy.point()) as point:
            assert [m.value for m in point.held()] == [stays]
