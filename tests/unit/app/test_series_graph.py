"""The graph of a series: bounded, the strongest stay, and the same each time."""

from __future__ import annotations

import random
from typing import Any

from chainbreak.app.series_graph import MOST_NODES, series_graph


def shown(reports: int, keys: int) -> dict[str, Any]:
    ids = [f"r{i:04d}" for i in range(reports)]

    def key(i: int) -> dict[str, Any]:
        return {"key": f"line:{i:04x}", "kind": "line", "n": 9, "bits": 5.0, "suppressed": i % 10 == 0,
                "reports": ids[i % reports :: keys][: 2 + i % 7]}  # fmt: skip

    rows = [key(i) for i in range(keys)]
    edges = [{"a": ids[i], "b": ids[i + 1], "bits": 2.0, "kinds": ["line"]} for i in range(reports - 1)]
    return {
        "members": [{"report_id": i, "bits": float(n % 13)} for n, i in enumerate(ids)],
        "identifiers": [row for row in rows if not row["suppressed"]],
        "suppressed": [row for row in rows if row["suppressed"]], "edges": edges, "bridges": edges[:1],
    }  # fmt: skip


def test_beyond_the_bound_the_strongest_stay_and_every_line_ends_at_something_drawn() -> None:
    graph = series_graph(shown(900, 300))
    nodes = {r["report_id"] for r in graph["reports"]} | {k["key"] for k in graph["keys"]}
    assert len(nodes) <= MOST_NODES
    assert (graph["all_reports"], graph["all_keys"]) == (900, 300)
    weakest = min(r["bits"] for r in graph["reports"])
    assert weakest >= sorted((n % 13 for n in range(900)), reverse=True)[len(graph["reports"]) - 1]
    assert {end for pair in graph["names"] for end in pair} <= nodes
    assert {end for line in graph["links"] for end in (line["a"], line["b"])} <= nodes


def test_the_order_in_which_things_are_told_changes_nothing() -> None:
    told = shown(40, 20)
    first = series_graph(told)
    random.Random(3).shuffle(told["identifiers"])
    again = series_graph(told)
    assert first["keys"] == again["keys"]
    assert first["names"] == again["names"]
    assert {k["key"] for k in first["keys"] if k["hub"]} == {"line:0000", "line:000a"}
    assert next(line["bridge"] for line in first["links"]) is True
