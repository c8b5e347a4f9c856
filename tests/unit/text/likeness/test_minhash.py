from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.text.likeness import K, likeness, signatures
from chainbreak.text.likeness.minhash import NOTHING, batches, shingles

SCRIPT = "称其大学期间开通过校园贷，不注销会影响征信，要其把各平台额度提出来对冲"
TEXTS = st.lists(st.text(max_size=60) | st.just(SCRIPT), max_size=12)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4E80), min_size=3, max_size=200)


def exact(a: str, b: str) -> float:
    sets = [set(shingles([text])[0].tolist()) for text in (a, b)]
    return len(sets[0] & sets[1]) / max(1, len(sets[0] | sets[1]))


@given(TEXTS, st.integers(0, 12))
def test_a_batch_may_be_split_anywhere(texts: list[str], at: int) -> None:
    apart = np.concatenate((signatures(texts[:at]), signatures(texts[at:])))
    assert np.array_equal(signatures(texts), apart)


def test_more_texts_than_a_batch_holds() -> None:
    texts = [SCRIPT, "先送小礼品，拉入任务群"] * 3000
    assert len(list(batches(texts))) > 1
    assert np.array_equal(signatures(texts)[-2:], signatures(texts[:2]))


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_symmetric_and_between_nothing_and_one(a: str, b: str) -> None:
    rows = signatures([a, b])
    assert likeness(rows[:1], rows[1:]) == likeness(rows[1:], rows[:1])
    assert 0 <= likeness(rows[:1], rows[1:])[0] <= 1


@given(HAN)
def test_a_text_is_wholly_like_itself_unless_nothing_is_left_of_it(text: str) -> None:
    row = signatures([text])
    assert likeness(row, row)[0] == (0 if (row == NOTHING).all() else 1)


@pytest.mark.parametrize("empty", ["", " ，。！", "13800138000", "2026年3月5日14时许", "\ud800", "😀"])
def test_text_without_wording_is_like_nothing(empty: str) -> None:
    row = signatures([empty])
    assert (row == NOTHING).all()
    assert likeness(row, row)[0] == 0


def test_the_estimate_is_unbiased_and_errs_as_stated() -> None:
    rng = np.random.default_rng(4)
    letters = [chr(0x4E00 + 7 * i) for i in range(2000)]
    errors, stated = [], []
    for share in (0.2, 0.5, 0.8):
        for _ in range(150):
            words = ["".join(rng.choice(letters, 120)) for _ in range(2)]
            cut = int(120 * share)
            a, b = words[0], words[0][:cut] + words[1][cut:]
            rows, truth = signatures([a, b]), exact(a, b)
            errors.append(float(likeness(rows[0], rows[1])) - truth)
            stated.append(truth * (1 - truth) / K)
    assert abs(np.mean(errors)) < 3 * np.sqrt(np.mean(stated) / len(errors))
    assert np.mean(np.square(errors)) < 1.25 * np.mean(stated)


@settings(max_examples=60)
@given(st.lists(st.sampled_from("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"), min_size=1, max_size=20))
def test_short_texts_estimate_too(signs: list[str]) -> None:
    # A handful of shingles fill few bins; what the others borrow must not make unlike texts alike.
    text = "".join(signs)
    other = text.translate({ord(sign): ord(sign) + 1000 for sign in text})
    rows = signatures([text, other])
    if exact(text, other) == 0:
        assert likeness(rows[0], rows[1]) < 0.3


def test_golden_signatures() -> None:
    # Signatures are kept in the desk and compared across machines and releases: raise VERSION when these change.
    english = "Hello, I am customer service. Your account must be closed or your credit will suffer."
    zh, en = signatures([SCRIPT, english])
    assert zh[:4].tolist() == [1557445730, 234606792, 1143261920, 607582113]
    assert en[:4].tolist() == [250635481, 1960574873, 2173328517, 1874279288]
    assert [sum(row.tolist()) for row in (zh, en)] == [46049448117, 55846875700]
