from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.text.likeness import likeness, signatures
from chainbreak.text.likeness.wording import wording


def told(text: str) -> str:
    return "".join(map(chr, wording([text]).units))


@pytest.mark.parametrize(
    "this",
    [
        "13800138000", "138-0013-8000", "１３８００１３８",
        "一三八零零一三八零零零", "+8613800138000", "138****8000",
        "6222 0203 3982 4591 799", "[line:9f3a0c55aa10b2d4]", "www.jd-kf88.com", "https://a.cn/x?id=3", "jd-kf88点com",
        "abc@qq.com", "wx_lihua", "VX abc123", "3.5万元", "三万五千元", "422,744元", "57万余元", "2026年3月5日14时许",
    ],
)  # fmt: skip
def test_identifiers_sums_and_times_leave_no_trace(this: str) -> None:
    assert told(f"冒充理赔专员，{this}，先做认证") == "冒充理赔专员先做认证"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("王某某（女，46岁）称被冒充客服", "称被冒充客服"),
        ("报警人张伟称有人冒充客服", "称有人冒充客服"),
        ("受害人欧阳娜娜称", "欧阳娜娜称"),  # a surname of two characters is not known: the name stays
        ("李女士在青溪县城关镇解放路", "在"),
        ("家住哈尔滨，冒充武汉市公安局", "家住冒充"),
        ("这是网络上的套路，线路故障", "这是网络上的套路线路故障"),
        ("下载“聚财宝”APP后开启屏幕共享", "后开启屏幕共享"),
        ("出示“逮捕令”要其配合", "出示逮捕令要其配合"),
        ("𠀀𠀁刷单", "𠀀𠀁刷单"),
    ],
)
def test_what_is_left(text: str, left: str) -> None:
    assert told(text) == left


def test_words_of_an_alphabet_are_units() -> None:
    assert len(wording(["Hello, your ACCOUNT must be closed"]).units) == 6
    upper, lower = signatures(["Your Account must be CLOSED today", "your account must be closed today"])
    assert likeness(upper, lower) == 1


def test_latin_words_in_chinese_text_are_names_and_go() -> None:
    assert told("打开APP共享屏幕") == "打开共享屏幕"


@given(
    st.text(alphabet="0123456789", min_size=11, max_size=19), st.text(alphabet="0123456789", min_size=11, max_size=19)
)
def test_the_same_script_with_other_numbers_is_the_same(a: str, b: str) -> None:
    rows = signatures([f"称快递丢失可双倍理赔，转入{number}，须开通理赔通道" for number in (a, b)])
    assert (rows[0] == rows[1]).all()


@given(st.lists(st.text(max_size=40), max_size=8))
def test_each_text_is_read_by_itself(texts: list[str]) -> None:
    together = wording(texts)
    for row, text in enumerate(texts):
        assert together.units[together.owner == row].tolist() == wording([text]).units.tolist()


def test_hostile_lengths() -> None:
    assert len(wording(["刷" * 100_000, "“" * 10_000, "a" * 100_000]).units) == 100_001
