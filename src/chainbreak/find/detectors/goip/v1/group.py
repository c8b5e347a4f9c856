"""Which candidate SIMs sit in one device or at one site: union-find over shared ports and crowded places."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from chainbreak.find.contract.detector import Rows
from chainbreak.find.detectors.goip.v1.measures import Cited, called_back_share, callees_per_day, outgoing_share
from chainbreak.find.detectors.goip.v1.params import GoipParams
from chainbreak.find.detectors.goip.v1.sims import Sim

MOST_CLASHES = 0.2
"""Share of ten-minute slots with two SIMs in one port up to which they still take turns: a swap fills a slot twice."""
ORDINARY = 0.9
"""Share of cells, from the emptiest of candidates up, that say what is ordinary."""


class Unions:
    """Disjoint sets over integers 0..n-1.

    >>> sets = Unions(4); sets.join(0, 2); sets.join(2, 3); sets.groups()
    [[0, 2, 3], [1]]
    """

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, i: int) -> int:
        """The smallest index that stands for the set of `i`."""
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        """Make the sets of `i` and `j` one."""
        low, high = sorted((self.root(i), self.root(j)))
        self._parent[high] = low

    def groups(self) -> list[list[int]]:
        """All sets, each ascending, ordered by their smallest index."""
        found: dict[int, list[int]] = defaultdict(list)
        for i in range(len(self._parent)):
            found[self.root(i)].append(i)
        return list(found.values())


def ports_in_turn(reduced: Rows) -> dict[int, set[int]]:
    """IMEI -> SIMs that took turns in it; IMEIs whose SIMs are active in the same ten minutes (clones) are left out."""
    at: dict[int, Counter[int]] = defaultdict(Counter)
    sims: dict[int, set[int]] = defaultdict(set)
    for row in reduced["slots"].to_pylist():
        at[row["imei"]][row["slot"]] += 1
        sims[row["imei"]].add(row["sim"])
    clashes = {imei: sum(n > 1 for n in slots.values()) / len(slots) for imei, slots in at.items()}
    return {imei: sims[imei] for imei in sims if clashes[imei] <= MOST_CLASHES}


def surprise_bits(count: int, expected: float) -> float:
    """-log2 of the chance of `count` or more when `expected` are due (Poisson); 0 when count is 0.

    >>> surprise_bits(0, 1.0), round(surprise_bits(8, 0.3), 1), round(surprise_bits(1, 5.0), 2)
    (0.0, 29.6, 0.01)
    """
    if count == 0:
        return 0.0
    if expected <= 0:
        return math.inf
    first = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    tail, term, k = first, first, count
    while term > tail * 1e-12 and k < count + 10_000:
        k += 1
        term *= expected / k
        tail += term
    return max(0.0, -math.log2(min(1.0, tail))) if tail > 0 else 1_000.0


def may_join(sim: Sim, params: GoipParams) -> bool:
    """Whether the SIM's own busiest day looks enough like a port's for it to be put together with others."""
    day = Cited(sim.legs)
    # Written so that not-a-number (too few legs) joins nothing.
    return (
        callees_per_day(day) >= params.join_callees
        and outgoing_share(day) >= params.join_outgoing_share
        and called_back_share(day) <= params.join_called_back
    )


def crowded_cells(sims: list[Sim], eligible: set[int], reduced: Rows, params: GoipParams) -> list[list[int]]:
    """Indices of eligible SIMs at home in one cell, where they are more than the cell's crowd explains.

    The rate expected is that of ordinary cells: the fullest tenth, where boxes and call centres sit, is left out.
    Protected lines form groups of their own.
    """
    at: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i in sorted(eligible):
        sim = sims[i]
        if sim.home is not None and sim.home_share >= params.join_home_share:
            at[sim.home, sim.protected].append(i)
    loads = {row["cell_id"]: int(row["sims"]) for row in reduced["loads"].to_pylist()}
    per_cell = Counter(cell for (cell, _), found in at.items() for _ in found)
    ordinary = sorted(loads, key=lambda c: (per_cell[c], c))[: math.ceil(ORDINARY * len(loads))]
    rate = (sum(per_cell[c] for c in ordinary) + 1) / max(1, sum(loads[c] for c in ordinary))
    return [
        found
        for (cell, _), found in sorted(at.items())
        if len(found) >= 2 and surprise_bits(len(found), loads[cell] * rate) >= params.crowd_bits
    ]


def group(sims: list[Sim], reduced: Rows, params: GoipParams) -> list[list[Sim]]:
    """Candidates in groups that took turns in a port or crowd a cell; most groups are of one."""
    unions = Unions(len(sims))
    index = {sim.token: i for i, sim in enumerate(sims)}
    eligible = {i for i, sim in enumerate(sims) if may_join(sim, params)}
    for of_port in ports_in_turn(reduced).values():
        joined = sorted(index[s] for s in of_port if index[s] in eligible)
        for other in joined[1:]:
            if sims[other].protected == sims[joined[0]].protected:
                unions.join(joined[0], other)
    for here in crowded_cells(sims, eligible, reduced, params):
        for other in here[1:]:
            unions.join(here[0], other)
    return [[sims[i] for i in members] for members in unions.groups()]
