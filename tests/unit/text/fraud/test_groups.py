"""Near-duplicates stay on one side of every split."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.text.fraud.groups import a_fifth, folds_of, groups_of


def test_copies_and_near_copies_are_one_group_whatever_their_numbers() -> None:
    texts = [
        "对方自称快递客服称包裹丢失可双倍理赔，转账5000元", "网上刷单做任务返佣金后无法提现",
        "对方自称快递客服称包裹丢失可双倍理赔，转账9999元", "网上刷单做任务返佣金后无法提现",
    ]  # fmt: skip
    assert groups_of(texts).tolist() == [0, 1, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc")), min_size=1, max_size=60), st.integers(2, 5))
def test_folds_keep_groups_whole(rows: list[tuple[int, str]], folds: int) -> None:
    groups, labels = np.array([g for g, _ in rows]), [label for _, label in rows]
    fold = folds_of(groups, labels, folds)
    assert all(len(set(fold[groups == g].tolist())) == 1 for g in set(groups.tolist()))
    assert set(fold.tolist()) <= set(range(folds))


def test_a_common_label_is_spread_over_the_folds() -> None:
    fold = folds_of(np.arange(40), ["a"] * 30 + ["b"] * 10, 4)
    assert np.bincount(fold[30:]).max() - np.bincount(fold[30:]).min() <= 1
    assert np.bincount(fold[:30], minlength=4).min() >= 7


def test_a_fifth_takes_whole_groups_and_about_a_fifth() -> None:
    texts = [f"报告{i}" for i in range(2_000)]
    groups = np.arange(2_000) // 2 * 2
    chosen = a_fifth(groups, texts)
    assert (chosen[::2] == chosen[1::2]).all()
    assert 0.16 < chosen.mean() < 0.24
