"""The per-SIM peer: its aggregates are what they say, and it learns from one world what it flags in another."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.evaluate_detector import aggregates
from chainbreak.find.contract.evaluate import Truth
from chainbreak.find.evaluate.counts import World
from chainbreak.find.features.sim_aggregates import FEATURES
from chainbreak.records.finding import write_token


@pytest.fixture
def table(office: Office) -> Any:
    """Aggregates of the kit's small world."""
    session = office.engine()
    try:
        return aggregates(session)
    finally:
        session.close()


def test_one_row_a_sim_with_every_column(office: Office, table: Any) -> None:
    session = office.engine()
    call = session.table("call")
    voice = session.run(call.filter(call.kind.isin(["mo_call", "mt_call"]))).to_pylist()
    session.close()
    assert table.column_names == ["sim", *FEATURES]
    for row in voice:
        row["sim"] = row["msisdn"] if row["imsi"] is None else row["imsi"]
    assert sorted(table["sim"].to_pylist()) == sorted({row["sim"] for row in voice} - {None})
    one = max(table.to_pylist(), key=lambda row: (row["calls"], row["sim"]))
    mine = [row for row in voice if row["sim"] == one["sim"]]
    out = [row for row in mine if row["kind"] == "mo_call"]
    cells = [row["cell_id"] for row in mine if row["cell_id"] is not None]
    assert one["calls"] == len(mine)
    assert one["outgoing_share"] == pytest.approx(len(out) / len(mine))
    assert one["callees"] == len({row["peer"] for row in out if row["peer"] is not None})
    assert one["mean_s"] == pytest.approx(sum(row["duration_s"] or 0 for row in mine) / len(mine))
    assert one["cells"] == len(set(cells))
    assert one["home_share"] == pytest.approx(max(map(cells.count, cells)) / len(mine))
    assert one["days"] == len({row["local_day"] for row in mine})
    gaps = [
        (later - earlier) / 60e6
        for day in {row["local_day"] for row in mine}
        for earlier, later in pairwise(sorted(row["at_us"] for row in mine if row["local_day"] == day))
    ]
    assert one["gap_mean_min"] == pytest.approx(sum(gaps) / len(gaps))


def test_it_learns_loud_sims(table: Any) -> None:
    pytest.importorskip("lightgbm")
    from chainbreak.find.evaluate.naive import train

    calls = {write_token("imsi", row["sim"]): row["callees_per_day"] or 0 for row in table.to_pylist()}
    loud = sorted(calls, key=lambda unit: -calls[unit])[:15]
    truth = Truth(dict.fromkeys(loud, "A"), {"A": "L0"}, {u: "resident" for u in calls if u not in loud})
    world = World(truth, frozenset(calls), 10_000_000)
    naive = train([(table, world)] * 3, threads=1)
    scores = naive.scores(table)
    assert scores.keys() == calls.keys()
    assert min(scores[u] for u in loud) > max(score for u, score in scores.items() if u not in loud)
    assert {unit for cluster in naive.flagged(scores) for unit in cluster} >= set(loud[:1])
