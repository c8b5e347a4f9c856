from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from chainbreak.find.linkage.measures import linked_pairs, partition_measures, ranking_measures

labels = st.lists(st.integers(0, 6), min_size=1, max_size=30)


def by_hand(truth: list[int], found: list[int]) -> dict[str, float]:
    n = range(len(truth))
    same = {(i, j) for i, j in combinations(n, 2) if truth[i] == truth[j]}
    put = {(i, j) for i, j in combinations(n, 2) if found[i] == found[j]}
    precision = len(same & put) / len(put) if put else 1.0
    recall = len(same & put) / len(same) if same else 1.0
    inside = [{j for j in n if found[j] == found[i]} for i in n]
    series = [{j for j in n if truth[j] == truth[i]} for i in n]
    b3 = [
        np.mean([len(a & b) / len(own) for a, b, own in zip(inside, series, of, strict=True)])
        for of in (inside, series)
    ]
    wrong = [len(c) - max(len(c & s) for s in series) for c in inside]
    return {
        "pair_precision": precision, "pair_recall": recall,
        "pair_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "b3_precision": b3[0], "b3_recall": b3[1], "b3_f1": 2 * b3[0] * b3[1] / (b3[0] + b3[1]),
        "largest": max(map(len, inside)), "largest_false": max(wrong),
    }  # fmt: skip


@given(st.data(), labels)
def test_measures_are_those_counted_pair_by_pair(data: st.DataObject, truth: list[int]) -> None:
    found = data.draw(st.lists(st.integers(0, 6), min_size=len(truth), max_size=len(truth)))
    assert partition_measures(truth, found) == pytest.approx(by_hand(truth, found))
    assert linked_pairs(truth) == sum(truth[i] == truth[j] for i, j in combinations(range(len(truth)), 2))


@given(labels, st.permutations(range(7)))
def test_the_truth_itself_is_perfect_under_any_names(truth: list[int], names: list[int]) -> None:
    told = partition_measures(truth, [f"series {names[label]}" for label in truth])
    assert all(told[m] == pytest.approx(1) for m in told if not m.startswith("largest"))
    assert told["largest_false"] == 0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40).filter(
        lambda r: any(h for h, _ in r)
    )
)
def test_average_precision_is_that_of_a_library_ties_included(rows: list[tuple[bool, int]]) -> None:
    hit, score = [h for h, _ in rows], [s for _, s in rows]
    told = ranking_measures(hit, score, at=[len(rows), len(rows) * 2])
    assert told["ap"] == pytest.approx(average_precision_score(hit, score))
    assert told[f"precision_at_{len(rows)}"] == pytest.approx(np.mean(hit))
    assert told[f"precision_at_{len(rows) * 2}"] == pytest.approx(np.mean(hit) / 2)


def test_pairs_that_were_never_scored_are_never_found() -> None:
    assert ranking_measures([True], [1.0], total=4)["ap"] == 0.25
    assert ranking_measures([], [], total=4)["ap"] == 0.0


def test_a_million_records_in_one_cluster_do_not_overflow() -> None:
    truth = np.arange(1_000_000) // 2
    told = partition_measures(truth, np.zeros(1_000_000, int))
    assert told["pair_precision"] == pytest.approx(500_000 / (1_000_000 * 999_999 / 2))
    assert told["largest_false"] == 999_998


def test_labels_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="labels of"):
        partition_measures([1], [1, 2])
