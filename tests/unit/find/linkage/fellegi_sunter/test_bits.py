import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import minimize

from chainbreak.find.linkage.fellegi_sunter import (
    MISSING,
    Bits,
    averaged,
    fit_em,
    fit_labelled,
    fit_prior,
    rarity_bits,
    scaled,
    shares,
)

SIZES = (2, 3, 4)
some_levels = arrays.arrays(
    np.uint8, st.tuples(st.integers(1, 60), st.just(3)), elements=st.sampled_from([0, 1, MISSING])
)


def drawn(n: int, share: float, m: list[list[float]], u: list[list[float]], seed: int = 7):
    rng = np.random.default_rng(seed)
    linked = rng.random(n) < share
    columns = [
        np.where(linked, rng.choice(len(a), n, p=a), rng.choice(len(b), n, p=b)) for a, b in zip(m, u, strict=True)
    ]
    return np.stack(columns, axis=1).astype(np.uint8), linked


M = [[0.1, 0.9], [0.05, 0.15, 0.8], [0.1, 0.1, 0.2, 0.6]]
U = [[0.95, 0.05], [0.7, 0.25, 0.05], [0.9, 0.05, 0.03, 0.02]]


@given(some_levels, st.data())
def test_the_terms_and_the_prior_add_up_to_the_score(levels: np.ndarray, data: st.DataObject) -> None:
    linked = data.draw(arrays.arrays(np.bool_, len(levels)))
    table = fit_labelled(levels, linked, SIZES)
    total = table.prior_bits + table.terms(levels).sum(axis=1)
    assert np.isfinite(total).all()
    assert np.allclose(table.score(levels), total)
    assert np.allclose(table.terms(levels[0]), table.terms(levels)[0])


@given(some_levels, st.data())
def test_what_is_missing_says_nothing_and_order_of_pairs_does_not_matter(
    levels: np.ndarray, data: st.DataObject
) -> None:
    linked = data.draw(arrays.arrays(np.bool_, len(levels)))
    table = fit_labelled(levels, linked, SIZES)
    assert (table.terms(levels)[levels == MISSING] == 0).all()
    order = np.array(data.draw(st.permutations(range(len(levels)))))
    assert fit_labelled(levels[order], linked[order], SIZES) == table


@given(some_levels, st.data())
def test_a_higher_level_is_never_worth_less_where_the_order_is_known(levels: np.ndarray, data: st.DataObject) -> None:
    linked = data.draw(arrays.arrays(np.bool_, len(levels)))
    table = fit_labelled(levels, linked, SIZES, rising=[True] * 3)
    for t, row in enumerate(table.bits):
        seen = [row[level] for level in range(SIZES[t]) if (levels[:, t] == level).any()]
        assert all(a <= b + 1e-12 for a, b in itertools.pairwise(seen))


def test_labelled_bits_are_those_that_the_pairs_were_drawn_with() -> None:
    levels, linked = drawn(200_000, 0.1, M, U)
    table = fit_labelled(levels, linked, SIZES)
    for row, m, u in zip(table.bits, M, U, strict=True):
        assert np.allclose(row, np.log2(np.array(m) / np.array(u)), atol=0.15)
    assert table.prior_bits == pytest.approx(np.log2(0.1 / 0.9), abs=0.05)


def test_what_was_hardly_seen_is_hardly_evidence() -> None:
    levels = np.array([[0]] * 999 + [[1]], np.uint8)
    linked = np.array([True] * 10 + [False] * 990)
    table = fit_labelled(levels, linked, [3])
    assert abs(table.bits[0][1]) < 0.1
    assert table.bits[0][2] == 0


def test_labels_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="do not agree"):
        fit_labelled(np.zeros((3, 1), np.uint8), np.zeros(2, bool), [2])
    with pytest.raises(ValueError, match="do not agree"):
        fit_labelled(np.zeros((0, 1), np.uint8), np.zeros(0, bool), [2])


@pytest.mark.parametrize("seed", range(5))
def test_scaling_finds_the_same_minimum_as_a_library(seed: int) -> None:
    levels, linked = drawn(3_000, 0.2, M, U, seed)
    # The first comparison twice and one that misleads: factors must fall, one of them to zero.
    doubled = np.column_stack([levels, levels[:, 0], 1 - levels[:, 0]]).astype(np.uint8)
    table = fit_labelled(doubled, linked, [*SIZES, 2, 2])
    table = Bits(table.prior_bits, (*table.bits[:4], tuple(reversed(table.bits[4]))))
    found = scaled(table, doubled, linked, ridge=2.0)
    design = table.terms(doubled) * np.log(2.0)

    def loss(x: np.ndarray) -> float:
        logit = design @ x[:-1] + x[-1]
        return float(np.logaddexp(0, logit).sum() - logit @ linked + (x[:-1] ** 2).sum())

    best = minimize(loss, np.zeros(6), method="L-BFGS-B", bounds=[(0, None)] * 5 + [(None, None)]).fun
    factors = [f[-1] / b[-1] if b[-1] else 0.0 for f, b in zip(found.bits, table.bits, strict=True)]
    ours = loss(np.array([*factors, found.prior_bits * np.log(2.0)]))
    assert min(factors) >= 0
    assert ours <= best + 1e-4


def test_em_finds_the_bits_without_labels() -> None:
    levels, linked = drawn(60_000, 0.2, M, U)
    blind, told = fit_em(levels, SIZES, tuple(map(np.array, U))), fit_labelled(levels, linked, SIZES)
    assert np.corrcoef(blind.score(levels), told.score(levels))[0, 1] > 0.999
    assert ((blind.score(levels) > 0) == linked).mean() > 0.97


def test_a_comparison_that_chose_the_pairs_takes_no_part_and_is_learnt_elsewhere() -> None:
    levels, _ = drawn(30_000, 0.05, M, U)
    u = tuple(map(np.array, U))
    parts = []
    for held in range(3):
        free = [t != held for t in range(3)]
        chosen = levels[levels[:, held] == SIZES[held] - 1]
        parts.append((fit_em(chosen, SIZES, u, free), free))
        assert set(parts[-1][0].bits[held]) == {0.0}
    table = averaged(parts)
    assert table.bits[0][1] == pytest.approx(np.log2(0.9 / 0.05), abs=0.3)
    with pytest.raises(ValueError, match="never free"):
        averaged(parts[:1])


def test_the_prior_counts_linked_pairs_among_all() -> None:
    levels, linked = drawn(1_000_000, 0.005, M, U)
    table = fit_labelled(levels, linked, SIZES)
    candidate = (levels[:, 0] == 1) | (levels[:, 1] == 2)
    found = fit_prior(table, levels[candidate], len(levels))
    assert 2.0**found.prior_bits * len(levels) == pytest.approx(int(linked[candidate].sum()), rel=0.1)


def test_agreement_on_a_rare_value_is_worth_more_and_a_misspelling_no_proof() -> None:
    told = rarity_bits(np.array([0.1, 0.001, 1e-12, np.nan]), 0.01, least=1e-4)
    assert told[0] < 0 < told[1] < told[2] == np.log2(0.01 / 1e-4)
    assert told[3] == 0


@given(some_levels)
def test_shares_sum_to_one(levels: np.ndarray) -> None:
    assert all(row.sum() == pytest.approx(1) and (row > 0).all() for row in shares(levels, SIZES))
