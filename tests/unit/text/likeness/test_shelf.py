from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.text.likeness import Shelf
from chainbreak.text.likeness.minhash import shingles
from chainbreak.text.likeness.shelf import CROWD

SIGNS = [chr(0x4E00 + 11 * i) for i in range(400)]


def wordings(rng: np.random.Generator, count: int) -> list[str]:
    """Families of texts: each takes over a part of an earlier one."""
    texts = ["".join(rng.choice(SIGNS, 90))]
    while len(texts) < count:
        old, cut = texts[int(rng.integers(len(texts)))], int(rng.integers(0, 90))
        texts.append(old[:cut] + "".join(rng.choice(SIGNS, 90 - cut)))
    return texts


def sets(texts: list[str]) -> list[set[int]]:
    hashes, owner = shingles(texts)
    return [set((hashes[owner == row] & np.uint64(0xFFFFFFFF)).tolist()) for row in range(len(texts))]


def exact(a: set[int], b: set[int]) -> float:
    return len(a & b) / max(1, len(a | b))


def test_finds_nearly_all_that_an_exact_search_finds_and_nothing_else() -> None:
    texts = wordings(np.random.default_rng(1), 300)
    shelf = Shelf()
    shelf.add([str(i) for i in range(300)], texts)
    found = {(i, int(m.name)) for i, some in enumerate(shelf.search(texts, 0.7, 300)) for m in some}
    known = sets(texts)
    truth = {(i, j) for i in range(300) for j in range(300) if exact(known[i], known[j]) >= 0.7}
    assert found <= truth
    assert len(found) > 0.95 * len(truth)


def test_gives_the_exact_likeness_the_likest_first() -> None:
    shelf = Shelf()
    base = "".join(SIGNS[:60])
    other = base[:50] + "".join(SIGNS[100:110])
    shelf.add(["c", "b", "a"], [base, base, other])
    matches = shelf.search([base])[0]
    assert [m.name for m in matches] == ["b", "c", "a"]
    assert matches[0].exact == 1
    assert matches[2].exact == pytest.approx(exact(*sets([base, other])))
    assert len(shelf.search([base], limit=1)[0]) == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_how_texts_arrive_changes_nothing(sizes: list[int]) -> None:
    texts = wordings(np.random.default_rng(2), sum(sizes))
    names = [str(i) for i in range(len(texts))]
    at_once, bit_by_bit = Shelf(), Shelf()
    at_once.add(names, texts)
    start = 0
    for size in sizes:
        bit_by_bit.add(names[start : start + size], texts[start : start + size])
        start += size
    assert len(at_once) == len(bit_by_bit) == len(texts)
    assert at_once.search(texts) == bit_by_bit.search(texts)


def test_a_text_copied_more_often_than_a_crowd_is_still_found() -> None:
    shelf = Shelf()
    text = "".join(SIGNS[:40])
    shelf.add([f"{i:04}" for i in range(2 * CROWD)], [text] * (2 * CROWD))
    assert [m.exact for m in shelf.search([text], limit=3)[0]] == [1, 1, 1]


def test_nothing_is_like_a_text_without_wording() -> None:
    shelf = Shelf()
    assert shelf.search(["刷单返利"]) == [[]]
    shelf.add(["empty", "short"], ["", "刷单"])
    assert shelf.search(["", "刷单"])[0] == []
    assert [m.name for m in shelf.search(["刷单"])[0]] == ["short"]


def test_names_and_texts_go_together() -> None:
    with pytest.raises(ValueError, match="1 names for 2 texts"):
        Shelf().add(["a"], ["b", "c"])
