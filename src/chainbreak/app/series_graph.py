"""A series as a graph of reports and identifiers: who names what, what holds it together, what was set aside."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

MOST_NODES = 500
"""Nodes drawn; beyond this a picture shows nothing. The strongest reports and identifiers stay."""


def series_graph(shown: dict[str, Any]) -> dict[str, Any]:
    """The graph of what `show_series` gave: `reports` (its members), `keys` (key, kind, n, bits, hub), `names` (report
    id and key), `links` (a, b, bits, kinds, bridge: bridges, and pairs that no drawn key explains), and how many there
    are of each in all: `all_reports`, `all_keys`.

    Reports are kept by their bits, keys by how many of the kept reports they join; ids settle equals.
    """
    keys = [*shown["identifiers"], *shown["suppressed"]]
    members = sorted(shown["members"], key=lambda m: (-m["bits"], m["report_id"]))
    kept = {m["report_id"] for m in members[: MOST_NODES - min(len(keys), MOST_NODES // 2)]}
    joining = {row["key"]: kept.intersection(row["reports"]) for row in keys}
    ranked = sorted(
        (row for row in keys if joining[row["key"]]), key=lambda row: (-len(joining[row["key"]]), row["key"])
    )
    drawn = ranked[: MOST_NODES - len(kept)]
    return {
        "reports": [m for m in shown["members"] if m["report_id"] in kept],
        "keys": [
            {**{name: row[name] for name in ("key", "kind", "n", "bits")}, "hub": row["suppressed"]} for row in drawn
        ],
        "names": [(report_id, row["key"]) for row in drawn for report_id in sorted(joining[row["key"]])],
        "links": _links(shown, kept), "all_reports": len(members), "all_keys": len(keys),
    }  # fmt: skip


def _links(shown: dict[str, Any], kept: set[str]) -> list[dict[str, Any]]:
    """Pairs to draw as lines of their own: bridges, and pairs held together by something that is no shared key."""
    strong: dict[str, set[str]] = defaultdict(set)
    for row in shown["identifiers"]:
        for report_id in row["reports"]:
            strong[report_id].add(row["key"])
    bridges = {frozenset((b["a"], b["b"])) for b in shown["bridges"]}
    found = []
    for edge in shown["edges"]:
        a, b = edge["a"], edge["b"]
        bridge = frozenset((a, b)) in bridges
        if a in kept and b in kept and (bridge or not strong[a] & strong[b]):
            found.append({"a": a, "b": b, "bits": edge["bits"], "kinds": list(edge["kinds"]), "bridge": bridge})
    return found
