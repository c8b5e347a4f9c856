"""No text with a link, an amount or a number but the published short code can leave, whoever fills it with what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery.sms.templates import Published, Template, faults, fill, template, templates
from chainbreak.base.errors import InputError, UsageError

HERE = Published("测试市反诈中心", "96110", "Asia/Shanghai")
VALUES: dict[str, str | int] = {"day": 1_795_132_800_000_000, "until": 1_795_737_600_000_000, "code": "7KQ2-M9D4-XYZ3"}


def test_every_approved_text_is_fit_for_sending() -> None:
    assert {name: faults(of) for name, of in templates().items() if faults(of)} == {}


def test_a_notice_reads_as_written() -> None:
    assert fill(template("notice_line"), "zh", HERE, VALUES) == (
        "【测试市反诈中心】您的电话号码自11月20日起被采取临时限制措施，至11月27日自动终止。如有异议，请拨打96110，"
        "凭查询码 7KQ2-M9D4-XYZ3 申诉。我们不会向您索要验证码、密码或转账。"
    )
    assert "call 96110 and give the code 7KQ2-M9D4-XYZ3" in fill(template("notice_measure"), "en", HERE, VALUES)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("请登录 http://a", "link"), ("见 www 网", "link"), ("evil.example", "link"), ("a@b", "link"),
        ("ｅｖｉｌ．ｃｏｍ", "link"), ("拨打 110", "digit"), ("拨打１１０", "digit"), ("拨打一三八零", "digit"),
        ("拨打①②", "digit"), ("汇款 ¥", "amount"), ("一万元", "amount"), ("{other}", "places"),
        ("{centre!r}", "format"),
    ],
)  # fmt: skip
def test_words_that_bar_a_template(words: str, fault: str) -> None:
    said = faults(
        Template(purpose="notice", valid_h=1, places={"centre": "name"}, zh="{centre}" + words, en="{centre}")
    )
    assert any(fault in told for told in said)


@given(st.text(max_size=60))
def test_no_value_smuggles_a_link_or_a_number_in(value: str) -> None:
    for place, published in (("code", HERE), ("until", HERE), ("centre", Published(value, "96110", "UTC"))):
        try:
            text = fill(template("notice_line"), "zh", published, {**VALUES, place: value})
        except InputError:
            continue
        # Only the centre's name is free, and it is letters.
        assert place == "centre"
        assert value in text
        assert not any(char.isdigit() or char in "./:@" for char in value)


def test_a_missing_value_is_named_and_not_shown() -> None:
    with pytest.raises(InputError, match="the value of code"):
        fill(template("notice_line"), "zh", HERE, {**VALUES, "code": "call +8613800138000"})
    with pytest.raises(UsageError, match="notice_line"):
        template("notice_lin")
