"""One account of a trace: what came, what went, what lies there piece by piece, and the way back to the victim.

Pure: from the run's dictionary. Money is fen, time UTC µs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 40
"""Transfers and pieces that a panel lists; the table has all."""
MIXED = -2
"""The parent of money that has no one way back."""
LISTS = ("exits", "in_flight", "unknown", "de_minimis", "origins")


@dataclass(frozen=True)
class Piece:
    """Money that lies on the account by one way: `fen` of it, and the flows it came by, the victim's own first."""

    fen: int
    steps: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Told:
    """What a panel shows. `came`, `went`: flows in time. `mixed`: there is no one way back. `on_way`: accounts between
    the victim and here. `more`: how many transfers and pieces are not listed.
    """

    account: str
    facts: Mapping[str, Any]
    holding: Mapping[str, Any] | None
    ends: Sequence[tuple[str, Mapping[str, Any]]]
    came: Sequence[Mapping[str, Any]]
    went: Sequence[Mapping[str, Any]]
    in_fen: int
    out_fen: int
    pieces: Sequence[Piece]
    mixed: bool
    on_way: Sequence[str]
    more: int


def told_of(run: Mapping[str, Any], account: str) -> Told | None:
    """The account; None when the trace does not meet it."""
    flows = run.get("flows") or []
    came = [flow for flow in flows if flow["payee"] == account]
    went = [flow for flow in flows if flow["payer"] == account]
    if not came and not went:
        return None
    holding = next((row for row in run["holdings"] if row["account"] == account), None)
    ends = [(name, row) for name in LISTS for row in run[name] if row["account"] == account]
    mixed = any(flow["parent"] == MIXED for flow in (*came, *went))
    pieces = _pieces(run, holding) if holding and not mixed else []
    way = {side: None for piece in pieces for step in piece.steps for side in (step["payer"], step["payee"])}
    if not way:
        way = _way_up(flows, came)
    more = max(len(came) - MOST, 0) + max(len(went) - MOST, 0) + max(len(pieces) - MOST, 0)
    return Told(
        account, run["accounts"].get(account, {}), holding, ends, came[:MOST], went[:MOST], _sum(came), _sum(went),
        pieces[:MOST], mixed, list(way), more,
    )  # fmt: skip


def _sum(flows: Sequence[Mapping[str, Any]]) -> int:
    return sum(flow["hi"] - flow["lo"] for flow in flows)


def _pieces(run: Mapping[str, Any], holding: Mapping[str, Any]) -> list[Piece]:
    """What lies there by the flow that brought it, the largest first."""
    flows = run["flows"]
    brought = set(holding["flows"])
    lying = {at: flows[at]["hi"] - flows[at]["lo"] for at in brought}
    for flow in flows:
        if flow["parent"] in brought:
            lying[flow["parent"]] -= flow["hi"] - flow["lo"]
    for name in LISTS:
        for row in run[name]:
            if row["flow"] in brought:
                lying[row["flow"]] -= row["fen"]
    found = [Piece(fen, _steps(flows, at)) for at, fen in lying.items() if fen > 0]
    return sorted(found, key=lambda piece: (-piece.fen, piece.steps[-1]["booked_at_us"]))


def _steps(flows: Sequence[Mapping[str, Any]], at: int) -> tuple[Mapping[str, Any], ...]:
    steps = []
    while at >= 0:
        steps.append(flows[at])
        at = flows[at]["parent"]
    return tuple(reversed(steps))


def _way_up(flows: Sequence[Mapping[str, Any]], came: Sequence[Mapping[str, Any]]) -> dict[str, None]:
    """Accounts between the victim and here, where nothing lies: by the largest transfer at each step."""
    into: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for flow in flows:
        into[flow["payee"]].append(flow)
    way: dict[str, None] = {}
    at = came
    while at:
        largest = max(at, key=lambda flow: flow["hi"] - flow["lo"])
        way |= dict.fromkeys((largest["payee"], largest["payer"]))
        at = [f for f in into[largest["payer"]] if f["booked_at_us"] <= largest["booked_at_us"]
              and f["payer"] not in way]  # fmt: skip
    return way
