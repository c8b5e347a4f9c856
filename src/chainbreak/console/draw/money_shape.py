"""What of a trace is drawn: accounts with what came in and where it stays, transfers between them, small ones folded.

Pure: from the run's dictionary (spec/tracing.md section 6) to nodes and edges. Money is fen, time UTC µs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

SHOWN = 40
"""Accounts drawn one by one; a picture of more is looked at, not read. The rest stand in groups."""
OUT, MORE = "out:", "more:"
"""Keys of exits and of groups begin so; accounts are written tokens."""
OWN = -1
"""The parent of a claim's own transfer."""
OPENED = 40
"""Accounts that opening a group shows."""
MOST_SHOWN = 400
EACH_TRANSFER = 120
"""Up to so many edges every transfer has a ribbon of its own; beyond, those of the same two accounts are one."""
ALONE = 2
"""A group of so few accounts is drawn as those accounts."""
ENDS = ("unknown", "in_flight", "de_minimis", "origins")
"""Where money ends that neither lies in sight nor left: each its own stub behind the account."""


@dataclass
class Node:
    """A bar: `sort` account, victim, exit (one payer's money into one sink), end (one of ENDS) or group.

    `account` is the written token ("" for groups), `parent` the node it hangs on, `n` how many accounts it stands for,
    `hops` the first and last hop of them, `stays` fen lying there at the end, `ends` fen that ended
    behind it otherwise.
    """

    key: str
    sort: str
    account: str = ""
    bank: str = ""
    kind: str = ""
    hops: tuple[int, int] = (0, 0)
    first_us: int = 0
    in_fen: int = 0
    stays: int = 0
    n: int = 1
    parent: str = ""
    ends: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    is_wanted: bool = False


@dataclass(frozen=True)
class Edge:
    """A ribbon: what went from one node to another in `n` transfers, the first at `at_us`."""

    src: str
    dst: str
    fen: int
    at_us: int
    n: int = 1
    transfer_id: str = ""


@dataclass(frozen=True)
class Shape:
    """Nodes by key in the order money reached them, ends last, so that parents come first, and edges. `between`:
    transfers among groups, and their fen, which are not drawn. `has_amounts`: false for poison.
    """

    nodes: dict[str, Node]
    edges: list[Edge]
    start_us: int
    end_us: int
    accounts: int
    between: tuple[int, int]
    has_amounts: bool


def shape_of(
    run: Mapping[str, Any], opened: Collection[str] = (), wanted: Collection[str] = (), chosen: str = "",
    shown: int = SHOWN,
) -> Shape:  # fmt: skip
    """The shape of a run. `opened`: accounts whose groups are opened. `wanted`: accounts that were searched for; they
    and `chosen` are drawn in any case.
    """
    moves = _moves(run)
    start = min((m.at_us for m in moves), default=0)
    nodes = _accounts(run, moves)
    if not nodes:
        return Shape({}, [], start, start, 0, (0, 0), True)
    ranked = sorted(nodes, key=lambda key: (nodes[key].first_us, nodes[key].hops[0], key))
    rank = {key: at for at, key in enumerate(ranked)}
    _hang(nodes, moves, rank)
    alone = _chosen(nodes, ranked, rank, opened, [*wanted, chosen], shown)
    home = _homes(nodes, ranked, alone)
    sizes = Counter(at for key, at in home.items() if nodes[key].sort == "account")
    few = {key for key, at in home.items() if nodes[key].sort == "account" and sizes[at] <= ALONE}
    home = _homes(nodes, ranked, alone | few)
    drawn = _drawn(nodes, ranked, home, wanted)
    edges, between = _edges(moves, home, drawn)
    end = (run.get("terms") or {}).get("as_of_us") or run["ledger"]["until_us"]
    total = sum(1 for n in nodes.values() if n.sort == "account")
    return Shape(drawn, edges, start, max(end, start), total, between, run["rule"] != "poison")


def _moves(run: Mapping[str, Any]) -> list[Edge]:
    """One edge a transfer that carried claimed money, in time. What leaves goes to an exit of its payer's own, one for
    each kind of sink: `out:PAYER>SINK`, named after the first.
    """
    made: dict[str, Edge] = {}
    kinds = {row["account"]: row["kind"] for row in run["exits"]}
    exits: dict[tuple[str, str], str] = {}
    for flow in run["flows"]:
        known, fen = made.get(flow["transfer_id"]), flow["hi"] - flow["lo"]
        payer, payee = flow["payer"], flow["payee"]
        if payee in kinds:
            payee = exits.setdefault((payer, kinds[payee]), f"out:{payer}>{payee}")
        made[flow["transfer_id"]] = (
            replace(known, fen=known.fen + fen) if known
            else Edge(payer, payee, fen, flow["booked_at_us"], 1, flow["transfer_id"])
        )  # fmt: skip
    return sorted(made.values(), key=lambda m: m.at_us)


def _accounts(run: Mapping[str, Any], moves: list[Edge]) -> dict[str, Node]:
    """Every account by token, and every exit, with what reached it."""
    hop: dict[str, int] = {}
    nodes: dict[str, Node] = {}
    for flow in run["flows"]:
        hop[flow["payee"]] = min(hop.get(flow["payee"], flow["hop"]), flow["hop"])
        if flow["parent"] == OWN:
            at_us, payer = flow["booked_at_us"], flow["payer"]
            victim = nodes.setdefault(payer, Node(payer, "victim", payer, first_us=at_us))
            victim.first_us, victim.in_fen = min(victim.first_us, at_us), victim.in_fen + flow["hi"] - flow["lo"]
    for move in moves:
        sort, at = ("exit", hop.get(move.src, 0) + 1) if move.dst.startswith(OUT) else ("account", hop[move.dst])
        account = move.dst.rpartition(">")[2]
        node = nodes.setdefault(move.dst, Node(move.dst, sort, account, hops=(at, at), first_us=move.at_us))
        if node.sort != "victim":
            node.in_fen += move.fen
    _stays(run, nodes)
    return nodes


def _homes(nodes: Mapping[str, Node], ranked: list[str], alone: Collection[str]) -> dict[str, str]:
    """Node -> what it is drawn as: itself, or the group behind the last account on its way that is drawn. Exits of
    accounts that are drawn are drawn themselves.
    """
    home: dict[str, str] = {}
    for key in ranked:  # parents come first
        up = nodes[key].parent
        if key in alone or (nodes[key].sort == "exit" and up in alone):
            home[key] = key
        else:
            home[key] = f"{MORE}{up}" if up in alone else home[up] if up else MORE
    return home


def _stays(run: Mapping[str, Any], nodes: dict[str, Node]) -> None:
    for row in run["holdings"]:
        if node := nodes.get(row["account"]):
            node.stays += row["fen"]
    for name in ENDS:
        for row in run.get(name) or ():
            if node := nodes.get(row["account"]):
                node.ends[name] = node.ends.get(name, 0) + row["fen"]
                node.reason = node.reason or row.get("reason", "")
    for node in nodes.values():
        known = run["accounts"].get(node.account, {})
        node.bank, node.kind = known.get("bank") or "", known.get("kind") or ""


def _hang(nodes: dict[str, Node], moves: list[Edge], rank: Mapping[str, int]) -> None:
    """Give each node the parent that brought it most, among those that money reached before."""
    brought: dict[str, dict[str, int]] = defaultdict(dict)
    for move in moves:
        if rank[move.src] < rank[move.dst]:
            brought[move.dst][move.src] = brought[move.dst].get(move.src, 0) + move.fen
    for key, by in brought.items():
        if nodes[key].sort != "victim":
            nodes[key].parent = min(by, key=lambda src: (-by[src], rank[src]))


def _chosen(
    nodes: Mapping[str, Node], ranked: list[str], rank: Mapping[str, int], opened: Collection[str],
    wanted: Collection[str], shown: int,
) -> set[str]:  # fmt: skip
    """The accounts drawn one by one: those that hold or moved most, those asked for, and all on their way there."""

    def weight(key: str) -> tuple[int, int]:
        return -(nodes[key].in_fen + 2 * nodes[key].stays), rank[key]

    alone: set[str] = set()

    def add(key: str) -> None:
        while key and key not in alone:
            alone.add(key)
            key = nodes[key].parent

    for key in wanted:
        if key in nodes:
            add(key)
    by_parent: dict[str, list[str]] = defaultdict(list)
    for key in ranked:
        by_parent[nodes[key].parent].append(key)
    for key in opened:
        for child in sorted(by_parent.get(key, ()), key=weight)[:OPENED]:
            add(child)
    limit = min(MOST_SHOWN, shown + len(alone))
    main = [key for key in ranked if nodes[key].sort != "exit"]
    if len(main) <= limit:
        alone.update(main)
    for key in sorted(main, key=weight):
        if len(alone) >= limit:
            break
        add(key)
    return alone


def _drawn(
    nodes: Mapping[str, Node], ranked: list[str], home: Mapping[str, str], wanted: Collection[str]
) -> dict[str, Node]:
    drawn: dict[str, Node] = {}
    for key in ranked:
        node, at = nodes[key], home[key]
        if at == key:
            drawn[key] = replace(node, parent=home[node.parent] if node.parent else "", is_wanted=key in wanted)
            continue
        group = drawn.setdefault(at, Node(at, "group", hops=node.hops, first_us=node.first_us, n=0,
                                          parent=at.removeprefix(MORE)))  # fmt: skip
        group.n += node.sort == "account"
        group.hops = min(group.hops[0], node.hops[0]), max(group.hops[1], node.hops[1])
        group.stays += node.stays
        for name, fen in node.ends.items():
            group.ends[name] = group.ends.get(name, 0) + fen
        if node.sort == "exit":
            group.ends["exit"] = group.ends.get("exit", 0) + node.in_fen
        if home.get(node.parent) != at:
            group.in_fen += node.in_fen
    for node in list(drawn.values()):
        for name, fen in node.ends.items():
            key = f"{name}:{node.key}"
            drawn[key] = Node(key, "end", kind=name, hops=node.hops, first_us=node.first_us, in_fen=fen,
                              parent=node.key, reason=node.reason)  # fmt: skip
    return drawn


def _edges(moves: list[Edge], home: Mapping[str, str], drawn: Mapping[str, Node]) -> tuple[list[Edge], tuple[int, int]]:
    """Ribbons; what only goes to and fro among groups is counted instead of drawn."""
    folded: list[Edge] = []
    aside = [0, 0]
    for move in moves:
        src, dst = home[move.src], home[move.dst]
        in_group = drawn[src].sort == "group" or (drawn[dst].sort == "group" and drawn[dst].parent != src)
        if src == dst:
            continue
        if in_group:
            aside = [aside[0] + 1, aside[1] + move.fen]
            continue
        folded.append(replace(move, src=src, dst=dst))
    ends = [Edge(n.parent, n.key, n.in_fen, n.first_us) for n in drawn.values() if n.sort == "end"]
    return (folded if len(folded) <= EACH_TRANSFER else _merged(folded)) + ends, (aside[0], aside[1])


def _merged(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for every two nodes."""
    by_pair: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        known = by_pair.get((edge.src, edge.dst))
        by_pair[edge.src, edge.dst] = (
            replace(known, fen=known.fen + edge.fen, n=known.n + 1, transfer_id="") if known else edge
        )
    return list(by_pair.values())
