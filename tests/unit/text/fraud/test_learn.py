"""A trained table: what is stored answers as what was learnt, explains itself, and is refused when changed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.errors import InputError
from chainbreak.text.fraud import classify
from chainbreak.text.fraud.grams import Block, grams, pieces, prepared
from chainbreak.text.fraud.learn import _count, _idf, _values, answer_from, calibrate, learn, softmax
from chainbreak.text.fraud.table import TableModel, load_model

pytest.importorskip("sklearn", reason="training needs the extra ml")

STORIES = {
    "loan": "对方称可办理无抵押贷款，要求先交{}元{}才能放款",
    "police": "自称某地公安局民警，称其涉嫌洗钱，要求配合核查{}元{}",
    "shopping": "在网上购买二手手机，付款{}元{}后卖家不发货",
}
FEES = ("保证金", "手续费", "工本费", "验证金", "流水费", "押金", "定金", "会员费")


def reports() -> tuple[list[str], list[str]]:
    rows = [(s.format(100 + 37 * n, fee), key) for key, s in STORIES.items() for n, fee in enumerate(FEES * 2)]
    return [text for text, _ in rows], [key for _, key in rows]


@pytest.fixture(scope="module")
def model() -> TableModel:
    texts, labels = reports()
    return learn(texts, labels, np.arange(len(texts)))


def test_the_stored_table_gives_what_sklearn_gave(model: TableModel) -> None:
    texts, _ = reports()
    counted = [part for part in (_count(texts, part.block) for part in model.parts) if part]
    weights = np.vstack([part.weights for part in model.parts])
    scores = _values(counted, [_idf(part.counts) for part in counted]) @ weights + model.bias
    assert model.scores(texts) == pytest.approx(scores, rel=1e-4, abs=1e-4)


def test_what_is_read_back_reads_the_same(model: TableModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    for text in reports()[0][::7]:
        assert classify(text, back) == classify(text, model)
    assert back.name.startswith("trained:")


def test_equal_rows_give_equal_bytes(model: TableModel, tmp_path: Path) -> None:
    texts, labels = reports()
    learn(texts, labels, np.arange(len(texts))).save(tmp_path / "again")
    model.save(tmp_path / "m")
    for name in ("weights.npz", "card.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "m" / name).read_bytes()


def test_base_words_and_rest_are_the_log_odds(model: TableModel) -> None:
    text = "民警称其涉嫌洗钱，须交保证金 １００元"
    typed = classify(text, model)
    (_, first), (_, second) = typed.ranked[:2]
    told = typed.base_bits + typed.rest_bits + sum(word.bits for word in typed.words)
    assert told == pytest.approx(math.log2(first / second), abs=1e-4)
    assert typed.type == "police"
    heaviest = max(typed.words, key=lambda word: word.bits)
    assert set(heaviest.surface) & set("民警涉嫌洗钱")


@given(st.text(max_size=80))
def test_any_text_is_read_and_explained(model: TableModel, text: str) -> None:
    typed = classify(text, model)
    assert all(text[word.start : word.end] == word.surface for word in typed.words)
    told = typed.base_bits + typed.rest_bits + sum(word.bits for word in typed.words)
    assert told == pytest.approx(math.log2(typed.ranked[0][1] / typed.ranked[1][1]), abs=1e-3)


@given(st.text(max_size=60), st.sampled_from([Block("char", 1, 3), Block("token", 1, 2)]))
def test_pieces_are_the_grams_with_places(text: str, block: Block) -> None:
    met = pieces(text, block)
    assert sorted(piece.gram for piece in met) == sorted(grams(text, block))
    assert all(0 <= piece.start < piece.end <= len(text) for piece in met)


def test_numbers_say_nothing_but_their_length() -> None:
    assert prepared("转１２３元").text == prepared("转 987元").text.replace(" ", "")
    assert prepared("a\u200bb\n\n c").text == "ab c"


@pytest.mark.parametrize("change", ["card", "weights", "absent", "format"])
def test_a_changed_folder_is_refused(model: TableModel, tmp_path: Path, change: str) -> None:
    folder = tmp_path / "m"
    model.save(folder)
    card = json.loads((folder / "card.json").read_text())
    if change == "card":
        (folder / "card.json").write_text("{")
    elif change == "weights":
        (folder / "weights.npz").write_bytes((folder / "weights.npz").read_bytes()[:-9])
    elif change == "absent":
        (folder / "weights.npz").unlink()
    else:
        (folder / "card.json").write_text(json.dumps({**card, "format": 99}))
    with pytest.raises(InputError, match="CB-FR-007"):
        load_model(folder)


def test_a_folder_that_holds_something_is_not_overwritten(model: TableModel, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(InputError, match="CB-FR-008"):
        model.save(tmp_path)


def test_calibration_makes_sure_what_is_right_and_unsure_what_is_not() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 3_000)
    margins = np.eye(3)[truth] * 2.0 + rng.normal(size=(3_000, 3))
    shares = softmax(margins * calibrate(margins, truth))
    assert shares.max(axis=1).mean() == pytest.approx((shares.argmax(axis=1) == truth).mean(), abs=0.02)


def test_texts_without_a_piece_in_common_are_refused() -> None:
    with pytest.raises(InputError, match="CB-FR-004"):
        learn(["甲", "乙", "丙", "丁"], ["a", "a", "b", "b"], np.arange(4))


def test_tokens_are_taken_only_where_they_help_out_of_fold() -> None:
    texts, labels = reports()
    card = learn(texts, labels, np.arange(len(texts))).card
    assert len(card["blocks"]) == card["inner_macro_f1"].index(max(card["inner_macro_f1"])) + 1


def test_answers_start_where_nine_in_ten_are_right_and_never_below_even() -> None:
    sure = np.array([[0.9, 0.1]] * 90 + [[0.6, 0.4]] * 100)
    truth = np.array([0] * 90 + [0, 1] * 50)
    assert answer_from(sure, truth) == 0.9
    assert answer_from(np.array([[0.5, 0.3, 0.2]] * 4), np.zeros(4, int)) == 0.5
    assert answer_from(np.array([[0.9, 0.1]] * 4), np.ones(4, int)) == 1.0
