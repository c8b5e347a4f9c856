"""Which SIMs sit in one box: every pair that shares a place, a port or a list is weighed as in record linkage.

For each SIM a sum of bits says how much it looks like a card in a box; for each pair a sum of bits says how much it
looks like one box (Fellegi and Sunter 1969: log2 of a likelihood ratio, a term a measure). Pairs above the cut are
joined, and what hangs together is one device. The tables of bits stand in links.toml, fitted by scripts/fit_links.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.find.contract.detector import Rows
from chainbreak.find.contract.weights import Weights
from chainbreak.find.detectors.goip.v2.field import Field, Floats, Ints
from chainbreak.find.detectors.goip.v2.site import APART_M
from chainbreak.find.detectors.goip.v2.standing import PARTS

BASE_SHARE = 0.07
"""Least share of a SIM's sightings for a cell to be one of its places: ten gateways share a remote bank's cards."""
RING_TOO = 4
"""How many other cards are taken to ring a number that one rang: people choose the same shops and hotlines, so two
cards share more by chance than if every number were rung once. A convention of this project; the bits of
`shared_strangers` are fitted with it.
"""
LEAST_CALLS = 8
"""Calls of a card below which its habits are not compared."""
LEAST_BITS = -8.0
"""Log2 odds of a card in a box that one of two cards must reach for their common place alone to make them a pair."""
MOST_AT_CELL = 400
"""Candidates of one place beyond which only those who look most like cards in boxes are paired."""


@dataclass(frozen=True)
class Pairs:
    """Pairs (a, b) of SIM numbers, a < b, each once, ordered; `measures`: name -> value of each, NaN: not measured."""

    a: Ints
    b: Ints
    measures: Mapping[str, Floats]


def weigh_all(measures: Mapping[str, Floats], table: Weights) -> Floats:
    """Sum of bits of each row over the table's rules; what was not measured weighs nothing.

    >>> from chainbreak.find.contract.weights import Rule
    >>> table = Weights({"x": Rule("x", "f", "", (2.0,), (-1.0, 3.0))}, 0.0, 0.0, (.5, .8, .95))
    >>> weigh_all({"x": np.array([1.0, 2.0, np.nan])}, table).tolist()
    [-1.0, 3.0, 0.0]
    """
    total = np.zeros(len(next(iter(measures.values()))))
    for name in sorted(table.rules):
        rule, values = table.rules[name], measures[name]
        bits = np.asarray(rule.bits)[np.searchsorted(rule.edges, np.nan_to_num(values), side="right")]
        total += np.where(np.isnan(values), 0.0, bits)
    return total


def pair_up(field: Field, own_bits: Floats, reduced: Rows) -> Pairs:
    """Every pair that shares a place or has one of the ties the engine found, with what is measured of it."""
    places = _places(field, own_bits)
    ties = {name: _counts(field, reduced[table], column) for name, (table, column) in TIES.items()}
    keys = np.unique(np.concatenate([places.key, *(key for key, _ in ties.values())]))
    a, b = keys // field.n, keys % field.n
    counts = {name: _looked_up(keys, *tie, 0.0) for name, tie in ties.items()}
    here = {name: _looked_up(keys, places.key, values, nothing) for name, values, nothing in (
        ("together", places.together, 0.0), ("far_places", places.far, 0.0), ("rivals", places.rivals, np.nan),
        ("ta_gap", places.ta_gap, np.nan))}  # fmt: skip
    return Pairs(a, b, here | _measures(field, own_bits, a, b, counts))


TIES = {
    "swaps": ("swaps", "swaps"), "shared": ("shared", "shared"), "soon": ("shared", "soon"),
    "same_imei": ("ports", "imeis"), "inside": ("inside", "inside"), "relays": ("relays", "relays"),
}  # fmt: skip
"""Tie -> reduced table of pairs, and its column of counts."""


@dataclass(frozen=True)
class _Places:
    """Of each pair with a place in common (`key` = a * n + b, ordered): cosine of the shares of places; how much of
    both is at further common places far from the best one; candidates with as many bits at the best common one;
    difference of timing advance there (steps, NaN: unknown)."""

    key: Ints
    together: Floats
    far: Floats
    rivals: Floats
    ta_gap: Floats


def _places(field: Field, own_bits: Floats) -> _Places:
    based = np.flatnonzero(field.stay_share >= BASE_SHARE)
    based = based[np.lexsort((field.stay_sim[based], field.stay_cell[based]))]
    starts = np.flatnonzero(np.diff(field.stay_cell[based], prepend=-1))
    rows: list[tuple[Ints, Floats, Floats, Floats, Ints]] = []
    for stays in np.split(based, starts[1:]) if len(based) else ():
        if len(stays) > MOST_AT_CELL:
            order = np.lexsort((field.stay_sim[stays], -own_bits[field.stay_sim[stays]]))
            stays = np.sort(stays[order[:MOST_AT_CELL]])
        i, j = np.triu_indices(len(stays), 1)
        sim, share, ta = field.stay_sim[stays], field.stay_share[stays], field.stay_ta[stays]
        bits = own_bits[sim]
        told = np.maximum(bits[i], bits[j]) >= LEAST_BITS
        i, j = i[told], j[told]
        rivals = np.searchsorted(np.sort(-bits), -np.minimum(bits[i], bits[j]), side="right").astype(float)
        cell = np.full(len(i), field.stay_cell[stays[0]])
        rows.append((sim[i] * field.n + sim[j], share[i] * share[j], rivals, np.abs(ta[i] - ta[j]), cell))
    if not rows:
        return _Places(np.zeros(0, np.int64), *(np.zeros(0) for _ in range(4)))
    key, product, rivals, ta_gap, cell = (np.concatenate(column) for column in zip(*rows, strict=True))
    # Of several common places the one where both are most counts; the first of equals, which is the lower cell.
    order = np.lexsort((-product, key))
    unique, first = np.unique(key[order], return_index=True)
    best = order[first]
    norm = np.sqrt(np.bincount(field.stay_sim, field.stay_share**2, minlength=field.n))
    dot = np.add.reduceat(product[order], first)
    together: Floats = dot / np.maximum(norm[unique // field.n] * norm[unique % field.n], 1e-9)
    at_best = np.repeat(cell[best], np.diff(np.append(first, len(order))))
    is_far = np.hypot(*(field.cell_m[cell[order]] - field.cell_m[at_best]).T) > APART_M
    far: Floats = np.add.reduceat(np.sqrt(product[order]) * is_far, first)
    return _Places(unique, np.round(together, 9), np.round(far, 9), rivals[best], ta_gap[best])


def _counts(field: Field, rows: pa.Table, column: str) -> tuple[Ints, Floats]:
    """Keys a * n + b, ordered, and the count of each; a relay's two directions are one pair, the stronger counts."""
    a, b = field.index(rows["a"].to_numpy()), field.index(rows["b"].to_numpy())
    known = (a >= 0) & (b >= 0)
    low, high = np.minimum(a, b)[known], np.maximum(a, b)[known]
    key, value = low * field.n + high, rows[column].to_numpy()[known].astype(float)
    unique, at = np.unique(key, return_inverse=True)
    most = np.zeros(len(unique))
    np.maximum.at(most, at, value)
    return unique, most


def _looked_up(keys: Ints, known: Ints, values: Floats, nothing: float) -> Floats:
    if not len(known):
        return np.full(len(keys), nothing)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, values[at], nothing)


def _measures(field: Field, own_bits: Floats, a: Ints, b: Ints, counts: Mapping[str, Floats]) -> dict[str, Floats]:
    s = field.sims
    one_way = np.nan_to_num(s["one_way"])
    calls = np.nan_to_num(s["mo"])
    by_chance = one_way[a] * one_way[b] / max(1.0, float(one_way.sum())) * RING_TOO
    rate = calls / np.maximum(np.nan_to_num(s["days"]), 1)
    bought = np.array([np.nan if r is None or r["activated_at_us"] is None else r["activated_at_us"]
                       for r in field.register], float)  # fmt: skip
    outlet = np.array(["" if r is None or r["outlet_id"] is None else r["outlet_id"] for r in field.register])
    same_shop = (outlet[a] == outlet[b]) & (outlet[a] != "")
    talk = _of_enough(s["mo_s"], s["answered"])
    taken = _of_enough(s["answered"], s["mo"])
    return {
        "own_bits": own_bits[a] + own_bits[b],
        "weaker_bits": np.minimum(own_bits[a], own_bits[b]),
        "swaps": counts["swaps"],
        "shared_strangers": counts["shared"] - by_chance,
        "shared_soon": counts["soon"],
        "same_imei": counts["same_imei"],
        "inside_calls": counts["inside"],
        "relays": counts["relays"] / np.maximum(np.maximum(calls[a], calls[b]), 5.0),
        "pace_apart": np.abs(np.log2((rate[a] + 1) / (rate[b] + 1))),
        "talk_apart": np.abs(np.log2(np.maximum(talk[a], 1.0) / np.maximum(talk[b], 1.0))),
        "taken_apart": np.abs(taken[a] - taken[b]),
        "hours_apart": _hours_apart(field, a, b),
        "began_apart": np.abs(s["first_us"][a] - s["first_us"][b]) / US_PER_HOUR,
        "bought_apart": np.where(same_shop, np.abs(bought[a] - bought[b]) / US_PER_DAY, np.nan),
    }


def _of_enough(a: Floats, b: Floats) -> Floats:
    found: Floats = np.divide(a, b, out=np.full(len(a), np.nan), where=np.nan_to_num(b) >= LEAST_CALLS)
    return found


def _hours_apart(field: Field, a: Ints, b: Ints) -> Floats:
    """Total variation between the parts of the day of two cards, 0 (alike) to 1; NaN with too few calls."""
    parts = np.stack([np.nan_to_num(field.sims[f"part{n}"]) for n in range(PARTS)], axis=1)
    total = parts.sum(axis=1)
    share = np.where(total[:, None] >= LEAST_CALLS, parts / np.maximum(total, 1)[:, None], np.nan)
    found = np.zeros(len(a))
    for n in range(PARTS):
        found += np.abs(share[a, n] - share[b, n])
    return found / 2


def belongings(field: Field, own_bits: Floats, pairs: Pairs, device: Ints) -> tuple[Ints, Ints, dict[str, Floats]]:
    """Every (device, SIM) that is tied to a member other than itself, ordered, with what is measured of it.

    `device`: number of each SIM's device so far, -1 for none. Measures: over the SIM's pairs with members, the typical
    likeness of places and timing advance, the sum or the most of what counts up.
    """
    ends = [(pairs.a, pairs.b), (pairs.b, pairs.a)]
    rows = [np.flatnonzero(device[of] >= 0) for of, _ in ends]
    at = np.concatenate(rows)
    of = np.concatenate([end[0][r] for end, r in zip(ends, rows, strict=True)])
    sim = np.concatenate([end[1][r] for end, r in zip(ends, rows, strict=True)])
    key = device[of] * field.n + sim
    order = np.argsort(key, kind="stable")
    unique, first = np.unique(key[order], return_index=True)
    where, who = unique // field.n, unique % field.n
    size = np.bincount(device[device >= 0])[where] - (device[who] == where)

    def folded(name: str, how: np.ufunc, nothing: float = 0.0) -> Floats:
        values = pairs.measures[name][at][order]
        return np.asarray(how.reduceat(np.where(np.isnan(values), nothing, values), first))

    def mean(name: str) -> Floats:
        values = pairs.measures[name][at][order]
        known = np.add.reduceat((~np.isnan(values)).astype(float), first)
        summed = np.add.reduceat(np.nan_to_num(values), first)
        return np.asarray(np.divide(summed, known, out=np.full(len(first), np.nan), where=known > 0))

    met = np.diff(np.append(first, len(order)))
    gap = folded("ta_gap", np.minimum, np.inf)
    return where, who, {
        "own_bits": own_bits[who],
        "met": met / np.maximum(size, 1),
        "together": folded("together", np.add) / met,
        "most_together": folded("together", np.maximum),
        "far_places": folded("far_places", np.add) / met,
        "ta_gap": np.where(np.isinf(gap), np.nan, gap),
        "swaps": folded("swaps", np.add),
        "shared_strangers": folded("shared_strangers", np.add),
        "shared_soon": folded("shared_soon", np.add),
        "same_imei": folded("same_imei", np.add),
        "inside_calls": folded("inside_calls", np.add),
        "relays": folded("relays", np.maximum),
        **{name: mean(name) for name in ("pace_apart", "talk_apart", "taken_apart", "hours_apart")},
    }  # fmt: skip


def components(n: int, a: Ints, b: Ints) -> list[list[int]]:
    """What hangs together by the pairs, as ordered lists of two or more, ordered by their first.

    >>> components(5, np.array([0, 3]), np.array([2, 4]))
    [[0, 2], [3, 4]]
    """
    parent = list(range(n))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        low, high = sorted((root(i), root(j)))
        parent[high] = low
    found: dict[int, list[int]] = defaultdict(list)
    for i in sorted({*a.tolist(), *b.tolist()}):
        found[root(i)].append(i)
    return [members for _, members in sorted(found.items()) if len(members) > 1]
