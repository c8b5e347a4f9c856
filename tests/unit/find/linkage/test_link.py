"""What links and what must not: rules of the evidence, against independent and slower ways of saying the same."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_cases import some_reports

from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.bridges import bridges
from chainbreak.find.linkage.cluster import cluster
from chainbreak.find.linkage.components import components
from chainbreak.find.linkage.explain import explain_pair, explain_series, what_if
from chainbreak.find.linkage.link import Linked, link
from chainbreak.find.linkage.model import CODE, Named, Near, Reports, in_order, nothing_near
from chainbreak.find.linkage.terms import CAP_MILLI
from chainbreak.find.linkage.weights import weights
from chainbreak.text.likeness import K

seeds = st.integers(0, 2**31)
edges = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30)


def reports_with(keys: list[list[tuple[str, int]]], near: list[tuple[int, int, int, str]] = [], **same: int) -> Reports:  # noqa: B006
    """Reports told in the same words on the same day, naming these (kind, key)."""
    n = len(keys)
    rows = [(at, key, CODE[kind]) for at, named in enumerate(keys) for kind, key in named]
    columns = {
        "occurred_us": np.full(n, 30 * US_PER_DAY), "district": np.zeros(n, np.int64), "type": np.zeros(n, np.int64),
        "loss_fen": np.full(n, 5_000_000), "victim": np.arange(1, n + 1),
        "script": np.tile(np.arange(1, K + 1, dtype=np.uint32), (n, 1)),
    }  # fmt: skip
    for name, step in same.items():
        columns[name] = np.arange(n) * step
    close = np.array([(at, pattern, value, CODE[kind]) for at, pattern, value, kind in near], np.int64).reshape(-1, 4)
    return in_order([f"R{i:03d}" for i in range(n)], columns, Named(*np.array(rows, np.int64).reshape(-1, 3).T),
                    Near(*close.T) if near else nothing_near())  # fmt: skip


def test_one_story_told_alike_in_every_way_links_nothing_without_a_shared_identifier() -> None:
    assert link(reports_with([[] for _ in range(20)])).partition() == []
    # Nor does a number that is only nearly the same.
    assert link(reports_with([[("line", 5)], [("line", 6)]], [(0, 1, 5, "line"), (1, 1, 6, "line")])).partition() == []


def test_a_chat_account_that_two_stories_share_links_them() -> None:
    assert link(reports_with([[("chat", 7)], [("chat", 7)], [("chat", 8)]])).partition() == [["R000", "R001"]]


def test_a_hotline_named_in_every_kind_of_story_links_nothing() -> None:
    rng = np.random.default_rng(1)
    everybody = reports_with([[("line", 95588)] for _ in range(300)], type=1, occurred_us=US_PER_DAY)
    everybody.script[:] = rng.integers(1, 2**31, everybody.script.shape)
    linked = link(everybody)
    assert linked.partition() == []
    assert explain_pair(linked, "R000", "R001")["suppressed"][0]["freq"] == 300


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_terms_add_up_for_every_pair_compared_or_not(seed: int) -> None:
    linked = link(some_reports(seed, 40, 4))
    ids = [str(i) for i in linked.reports.ids]
    for a, b in list(combinations(ids, 2))[::17]:
        told = explain_pair(linked, a, b)
        whole = round(told["prior_bits"] * 1000) + sum(round(term["bits"] * 1000) for term in told["terms"])
        assert whole == round(told["total_bits"] * 1000)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_no_pair_with_less_identifier_bits_than_the_floor_is_above_the_cap(seed: int) -> None:
    scores = link(some_reports(seed, 60, 4)).evidence.scores
    weak = scores.identifiers < weights().strong
    assert (scores.total[weak] <= CAP_MILLI).all()
    assert (scores.total == weights().prior + scores.identifiers + scores.manner + scores.cut).all()


@settings(max_examples=60, deadline=None)
@given(edges)
def test_components_and_bridges_are_those_found_edge_by_edge(found: list[tuple[int, int]]) -> None:
    pairs = sorted({(min(p), max(p)) for p in found if p[0] != p[1]})
    a, b = (np.array([p[i] for p in pairs], np.int64) for i in (0, 1))
    root = components(12, a, b)
    for x, y in combinations(range(12), 2):
        assert (root[x] == root[y]) == (y in reached(x, pairs))
    assert bridges(12, a, b) == [i for i, (x, y) in enumerate(pairs) if y not in reached(x, pairs[:i] + pairs[i + 1 :])]


def reached(start: int, pairs: list[tuple[int, int]]) -> set[int]:
    seen = {start}
    while more := {y for p in pairs for x, y in (p, p[::-1]) if x in seen} - seen:
        seen |= more
    return seen


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda p: p[0] < p[1]),
                       st.integers(-6_000, 9_000), max_size=25), st.integers(0, 2_000))  # fmt: skip
def test_clusters_are_those_of_the_greedy_rule_said_plainly(bits: dict[tuple[int, int], int], apart: int) -> None:
    a, b = (np.array([p[i] for p in bits], np.int64) for i in (0, 1))
    found = cluster(9, (a, b), np.array(list(bits.values()), np.int64), apart).label
    groups = [{i} for i in range(9)]
    for pair in sorted(bits, key=lambda p: (-bits[p], p)):
        x, y = (next(g for g in groups if i in g) for i in pair)
        between = sum(bits.get((min(p, q), max(p, q)), 0) for p in x for q in y)
        if bits[pair] > 0 and x is not y and between > apart * (min(len(x), len(y)) - 1):
            groups = [g for g in groups if g not in (x, y)] + [x | y]
    assert found.tolist() == [min(next(g for g in groups if i in g)) for i in range(9)]


def test_a_series_says_which_link_alone_holds_it_and_what_is_left_without_it() -> None:
    chain = reports_with([[("chat", 1)], [("chat", 1), ("account", 2)], [("account", 2), ("chat", 3)], [("chat", 3)]])
    linked = link(chain)
    members = ["R000", "R001", "R002", "R003"]
    told = explain_series(linked, members)
    assert linked.partition() == [members]
    assert [(e["a"], e["b"]) for e in told["bridges"]] == [("R000", "R001"), ("R001", "R002"), ("R002", "R003")]
    assert {key["kind"] for key in told["identifiers"]} == {"chat", "account"}
    assert what_if(linked, members, edge=("R001", "R002")) == [["R000", "R001"], ["R002", "R003"]]
    account = next(key["key"] for key in told["identifiers"] if key["kind"] == "account")
    assert what_if(linked, members, key=account) == [["R000", "R001"], ["R002", "R003"]]
    assert [step["kinds"] for step in explain_pair(linked, "R000", "R003")["path"]] == [["chat"], ["account"], ["chat"]]


def test_asking_of_what_was_not_linked_says_so() -> None:
    linked: Linked = link(reports_with([[("chat", 1)], [("chat", 1)]]))
    for ask, code in ((lambda: explain_pair(linked, "R000", "R9"), "CB-LK-001"),
                      (lambda: what_if(linked, ["R000"], key="chat:0"), "CB-LK-002")):  # fmt: skip
        with pytest.raises(UsageError) as refused:
            ask()
        assert refused.value.code == code
