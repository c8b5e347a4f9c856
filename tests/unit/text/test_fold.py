"""Folding: what becomes of each disguise, and that every character knows where it came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.text.fold import fold, plain_digits, skeleton, steps


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("１３８", "138"), ("ⓙⓓ", "jd"), ("①③⑧", "138"), ("❶❸⓿", "130"), ("⑴⒊", "13"), ("𝟏𝟑𝟖", "138"), ("🅐🅑", "AB"),
        ("1\ufe0f\u20e33\ufe0f\u20e3", "13"), ("微\u200d信", "微信"), ("a\u00adb", "ab"), ("（，：）", "(,:)"),
        ("……", "……"), ("➕V", "+V"), ("①13812673905", "①13812673905"), ("٣٤", "34"), ("e\u0301", "é"), ("。", "。"),
    ],
)  # fmt: skip
def test_disguises(written: str, meant: str) -> None:
    assert fold(written).text == meant


@given(st.text(max_size=40))
def test_origins_cover_the_text_in_order(text: str) -> None:
    folded = fold(text)
    last = 0
    for at in range(len(folded.text)):
        start, end = folded.origin(at, at + 1)
        assert last <= start < end <= len(text)
        last = start


@given(st.text(max_size=40))
def test_digits_keep_the_length(text: str) -> None:
    assert len(plain_digits(fold(text).text)) == len(fold(text).text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("幺三八零零幺三八零洞拐", "13800138007"), ("三千五", "三千五"), ("二〇二六年", "二〇二六年"),
        ("13812673905一直", "13812673905一直"), ("138l2673905", "13812673905"), ("lOOlOIlO0l0", "lOOlOIlO0l0"),
    ],
)  # fmt: skip
def test_numerals_and_look_alikes_in_runs(written: str, meant: str) -> None:
    assert plain_digits(written) == meant


def test_skeleton_and_steps() -> None:
    assert skeleton("аррӏе.соm") == "appӏe.com"
    assert steps("１\u200b一") == ("invisible", "width", "numerals")
