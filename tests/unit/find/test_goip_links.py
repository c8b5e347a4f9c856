"""Cards paired and joined in goip@2: independent of order, protected ones apart, strays out and newcomers in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.find.contract.weights import Rule, Weights
from chainbreak.find.detectors.goip.v2.field import Field
from chainbreak.find.detectors.goip.v2.group import LinkTables, cores, link_tables, members, together
from chainbreak.find.detectors.goip.v2.links import TIES, Pairs, belongings, components, pair_up, weigh_all
from chainbreak.find.detectors.goip.v2.params import GoipParams
from chainbreak.find.detectors.goip.v2.standing import PARTS

COUNTS = {table: [c for t, c in TIES.values() if t == table] for table, _ in TIES.values()}
"""Reduced table of pairs -> its columns of counts."""


def field(cells: Sequence[int], protected: Sequence[str] = ()) -> Field:
    """SIMs 0..n-1 that each stay in one cell all the time; token = 10 x number."""
    n = len(cells)
    one, many = np.ones(n), np.arange(n)
    sims = dict.fromkeys(("one_way", "mo", "mo_s", "answered", "days", "first_us"), one * 10)
    sims |= {f"part{p}": one for p in range(PARTS)}
    return Field(
        many * 10, sims, [None] * n, many, np.array(cells), one, one * np.nan, [str(c) for c in range(max(cells) + 1)],
        np.array([[c * 10_000.0, 0.0] for c in range(max(cells) + 1)]), many, [None] * n,
        list(protected) or [""] * n,
    )  # fmt: skip


STAYS = ("stay_sim", "stay_cell", "stay_share", "stay_ta")


def ties(**counted: list[tuple[int, int, int]]) -> dict[str, pa.Table]:
    """Reduced tables of pairs by token."""
    found = {}
    for name, columns in COUNTS.items():
        rows = [{"a": a, "b": b} | dict.fromkeys(columns, n) for a, b, n in counted.get(name, [])]
        found[name] = pa.Table.from_pylist(rows, schema=pa.schema([(c, pa.int64()) for c in ("a", "b", *columns)]))
    return found


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_components_do_not_depend_on_order(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array([p[0] for p in pairs], np.int64), np.array([p[1] for p in pairs], np.int64)
    found = components(10, a, b)
    assert components(10, b[::-1], a[::-1]) == found
    # Nobody is in two, and ends of a pair are in one: that is what hanging together means.
    place = {i: n for n, group in enumerate(found) for i in group}
    assert sum(map(len, found)) == len(place)
    assert all(place.get(i) == place.get(j) for i, j in pairs if i != j)


def test_pairs_share_a_place_or_a_tie() -> None:
    found = pair_up(field([0, 0, 1, 2]), np.zeros(4), ties(swaps=[(20, 30, 4)], relays=[(30, 20, 2), (20, 30, 5)]))
    pairs = list(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert pairs == [(0, 1), (2, 3)]
    assert found.measures["together"].tolist() == [1.0, 0.0]
    assert found.measures["swaps"].tolist() == [0.0, 4.0]
    # Of a relay's two directions the stronger counts.
    assert found.measures["relays"].tolist() == [0.0, 0.5]
    assert np.isnan(found.measures["rivals"][1])


@given(st.permutations(range(6)))
def test_pairs_do_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    rows = [(0, 10, 1), (0, 20, 2), (10, 20, 3), (20, 30, 4), (30, 40, 5), (40, 50, 6)]
    cells = [0, 0, 0, 1, 1, 1]
    plain = pair_up(field(cells), np.zeros(6), ties(shared=rows))
    mixed = pair_up(field(cells), np.zeros(6), ties(shared=[rows[i] for i in order]))
    assert all(np.array_equal(plain.measures[m], mixed.measures[m], equal_nan=True) for m in plain.measures)


def made(**bits: tuple[float, float]) -> Weights:
    """A table of one-edge rules: bits below and from 1."""
    return Weights({n: Rule(n, "f", "", (1.0,), b) for n, b in bits.items()}, 0.0, 0.0, (0.5, 0.8, 0.95))


def test_protected_and_free_cards_are_never_joined() -> None:
    f = field([0, 0, 0, 0], ["", "hospital", "hospital", ""])
    pairs = pair_up(f, np.zeros(4), ties())
    sure = Weights({}, 9.0, 0.0, (0.5, 0.8, 0.95))
    device, _ = cores(f, pairs, LinkTables(sure, sure, sure, sure, sure, sure), GoipParams())
    assert device.tolist() == [0, 1, 1, 0]


def test_a_stray_leaves_and_a_newcomer_joins() -> None:
    f = field([0] * 5)
    known = ties(swaps=[(0, 10, 3), (10, 20, 3), (0, 20, 3), (20, 40, 3)])
    pairs = pair_up(f, np.zeros(5), known)
    table, none = made(swaps=(-2.0, 2.0)), Weights({}, -9.0, 0.0, (0.5, 0.8, 0.95))
    tables = LinkTables(none, none, none, none, table, none)
    # SIM 3 was joined with no swap to show for it; SIM 4 has swaps with a member and was not joined.
    device, sure = members(f, np.zeros(5), pairs, np.array([0, 0, 0, 0, -1]), 1, tables, GoipParams())
    assert device.tolist() == [0, 0, 0, -1, 0]
    assert sure[4] == 2.0
    assert sure[3] == -np.inf


def test_a_chain_of_likenesses_that_meets_nowhere_is_no_device() -> None:
    assert together(field([0, 0, 1, 2]), np.array([0, 1, 2])) == 2 / 3
    assert together(field([0, 1, 2, 3]), np.arange(4)) == 0.25


def test_no_device_no_belonging() -> None:
    f = field([0, 0])
    where, who, measures = belongings(f, np.zeros(2), pair_up(f, np.zeros(2), ties()), np.array([-1, -1]))
    assert len(where) == len(who) == 0
    assert all(len(values) == 0 for values in measures.values())


def test_the_shipped_tables_weigh_what_is_measured() -> None:
    tables = link_tables()
    f = field([0, 0, 1])
    pairs: Pairs = pair_up(f, np.zeros(3), ties())
    assert set(tables.standing_pair.rules) == set(tables.moving_pair.rules) == set(pairs.measures)
    _, _, measures = belongings(f, np.zeros(3), pairs, np.array([0, 0, -1]))
    assert set(tables.standing_member.rules) == set(tables.moving_member.rules) == set(measures)
    assert np.isfinite(weigh_all(pairs.measures, tables.standing_pair)).all()


def test_a_network_without_cells_or_cores_has_no_device() -> None:
    f = field([0, 0])
    nowhere = Field(**vars(f) | {name: getattr(f, name)[:0] for name in STAYS})
    pairs = pair_up(nowhere, np.zeros(2), ties())
    assert len(pairs.a) == 0
    device, sure = members(f, np.zeros(2), pairs, np.array([-1, -1]), 0, link_tables(), GoipParams())
    assert device.tolist() == [-1, -1]
    assert np.isinf(sure).all()


def test_the_last_device_keeps_its_own_protected_class() -> None:
    f = field([0, 0, 1, 1], ["", "", "hospital", "hospital"])
    pairs = pair_up(f, np.zeros(4), ties(swaps=[(0, 10, 3), (20, 30, 3)]))
    likely = Weights({}, 9.0, 0.0, (0.5, 0.8, 0.95))
    tables = LinkTables(likely, likely, likely, likely, likely, likely)
    device, _ = members(f, np.zeros(4), pairs, np.array([-1, -1, 0, 0]), 1, tables, GoipParams())
    assert device.tolist() == [-1, -1, 0, 0]
