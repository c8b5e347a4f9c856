"""Which suspected accounts work together, and in which layer: communities of accounts joined by money and devices.

Joined are accounts that would be reported by themselves and pay one another, or were worked from one device.
Gangs lend one another accounts, so that everything hangs together somewhere: what is denser inside than out is a ring
(modularity, Newman & Girvan 2004; moved node by node and level by level, Blondel et al. 2008), in a fixed order.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.settle import total_bits, weigh
from chainbreak.find.detectors.mules.v2.cited import Cited
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.find.contract.detector import Detector, Suspicion
    from chainbreak.find.detectors.mules.v2.judge import Candidates

Links = Mapping[tuple[int, int], float]
"""Pair (lower account, higher account) -> how often they are joined."""
DEVICE = 3.0
"""A device in common joins as much as three transfers: money also goes to strangers, a telephone rarely does."""
LEAST_FEN = 10_000
"""Smaller transfers join nobody: 100 yuan."""
LEAST = 3
"""Fewer accounts are a payment, not a ring."""
PASSES = 50


@dataclass(frozen=True)
class Ring:
    """Accounts that work together, by layer: `first` gets most of its money from outside, `last` sends most outside,
    `middle` neither."""

    name: str
    layers: Mapping[int, str]


def with_rings(suspicions: list[Suspicion], of: Candidates, detector: Detector) -> list[Suspicion]:
    """The same suspicions; those of accounts in a ring say which, how many it has, and in which layer they are."""
    strong = {
        read_token(s.subject)[1] for s in suspicions
        if not s.protected and total_bits(weigh(s.measures, detector)) >= detector.weights.report_bits
    }  # fmt: skip
    ring_of = {account: ring for ring in rings(of, strong) for account in ring.layers}
    found = []
    for s in suspicions:
        account = read_token(s.subject)[1]
        if ring := ring_of.get(account):
            told: dict[str, float | int | str] = {
                "ring": ring.name,
                "ring_accounts": len(ring.layers),
                "layer": ring.layers[account],
            }
            s = replace(s, facts={**s.facts, **told})
        found.append(s)
    return found


def rings(of: Candidates, strong: Iterable[int]) -> list[Ring]:
    """Rings of at least `LEAST` of the accounts `strong`, ordered by name."""
    groups: dict[int, list[int]] = defaultdict(list)
    for account, group in communities(links(of, frozenset(strong))).items():
        groups[group].append(account)
    found = []
    for members in groups.values():
        if len(members) >= LEAST:
            layers = {a: layer(of.cited[a], frozenset(members)) for a in sorted(members)}
            # Named after the account that was busy first: those that join later do not make it another ring.
            eldest = min(members, key=lambda a: (of.cited[a].entries[0]["booked_at_us"], a))
            digest = hashlib.sha256(write_token(Identifier.ACCOUNT, eldest).encode()).hexdigest()[:16]
            found.append(Ring(f"ring:{digest}", layers))
    return sorted(found, key=lambda ring: ring.name)


def links(of: Candidates, strong: frozenset[int]) -> dict[tuple[int, int], float]:
    """How often each two accounts of `strong` are joined; each transfer once, each device once a pair."""
    found: dict[tuple[int, int], float] = defaultdict(float)
    for account in sorted(strong):
        for e in of.cited[account].entries:
            if not e["is_in"] and e["other"] in strong and e["amount_fen"] >= LEAST_FEN:
                found[min(account, e["other"]), max(account, e["other"])] += 1.0
    for on in of.on_device.values():
        together = sorted(strong & on.keys())
        for n, a in enumerate(together):
            for b in together[n + 1 :]:
                found[a, b] += DEVICE
    return found


def layer(cited: Cited, members: frozenset[int]) -> str:
    """Where in its ring an account stands, by money of seven days from its peak."""
    share = {}
    for is_in in (True, False):
        moved = [e for e in cited.within(7 * US_PER_DAY) if bool(e["is_in"]) is is_in]
        outside = sum(e["amount_fen"] for e in moved if e["other"] not in members)
        share[is_in] = outside / max(1, sum(e["amount_fen"] for e in moved))
    if max(share.values()) < 0.5:
        return "middle"
    return "first" if share[True] >= share[False] else "last"


def communities(links: Links) -> dict[int, int]:
    """Node -> community (its lowest node), such that no single move makes modularity larger.

    >>> triangles = {(1, 2): 1.0, (2, 3): 1.0, (1, 3): 1.0, (4, 5): 1.0, (5, 6): 1.0, (4, 6): 1.0, (3, 4): 1.0}
    >>> communities(triangles)
    {1: 1, 2: 1, 3: 1, 4: 4, 5: 4, 6: 4}
    """
    home = {node: node for node in sorted({n for pair in links for n in pair})}
    level = dict(links)
    while True:
        moved = _moved(level)
        if all(node == group for node, group in moved.items()):
            break
        home = {node: moved[group] for node, group in home.items()}
        merged: dict[tuple[int, int], float] = defaultdict(float)
        for (a, b), weight in sorted(level.items()):
            x, y = sorted((moved[a], moved[b]))
            merged[x, y] += weight
        level = dict(merged)
    lowest: dict[int, int] = {}
    for node, group in home.items():
        lowest.setdefault(group, node)
    return {node: lowest[group] for node, group in home.items()}


def _moved(links: Links) -> dict[int, int]:
    """Each node into the neighbouring community where modularity gains most, over and over; a link of a node with
    itself is what it holds inside."""
    near: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    degree: dict[int, float] = defaultdict(float)
    for (a, b), weight in sorted(links.items()):
        degree[a] += weight
        degree[b] += weight
        if a != b:
            near[a][b] += weight
            near[b][a] += weight
    total, group = sum(degree.values()), {node: node for node in sorted(degree)}
    mass = dict(degree)
    for _ in range(PASSES):
        changed = False
        for node in sorted(group):
            here = group[node]
            mass[here] -= degree[node]
            gain = {here: 0.0}
            for other, weight in near[node].items():
                gain[group[other]] = gain.get(group[other], 0.0) + weight
            gain = {g: w - degree[node] * mass[g] / total for g, w in gain.items()}
            best = max(gain, key=lambda g: (gain[g], g == here, -g))
            group[node] = best
            mass[best] += degree[node]
            changed |= best != here
        if not changed:
            break
    return group
