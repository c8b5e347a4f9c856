"""Masking by example, its refusals, and that it leans to masking."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.identity.keys import Keyring
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_of
from chainbreak.records.finding import write_token
from chainbreak.text.masking import MARK, hosts, mask

KEYS = Keyring.create(Path(tempfile.mkdtemp()) / "keys")
HERE = Place(area_code="571")


def values(text: str) -> list[str]:
    return [f"{kind.value}:{value}" for kind, _, value in mask(text, KEYS, HERE)[1]]


FOUND = [
    # telephones, glued to Chinese text
    ("嫌疑人用13800138000打来", ["line:+8613800138000"]),
    ("+86 138-0013-8000让我", ["line:+8613800138000"]),
    ("手机138 0013 8000。另有138.0013.8001", ["line:+8613800138000", "line:+8613800138001"]),
    ("１３８００１３８０００", ["line:+8613800138000"]),
    ("008617012345678来电", ["line:+8617012345678"]),
    ("0571-88123456或(010)82345678", ["line:+8657188123456", "line:+861082345678"]),
    ("或（0755）8234567", ["line:+867558234567"]),
    ("电话88123456", ["line:+8657188123456"]),
    ("400-812-3123转8004008888", ["line:+864008123123", "line:+868004008888"]),
    ("致电95588，又有96110打来电话", ["line:CN:95588", "line:CN:96110"]),
    ("短信来自106912345678", ["line:CN:106912345678"]),
    ("物联卡1064712345678", ["line:+861064712345678"]),
    ("00852 9123 4567和+1 202 555 0123", ["line:+85291234567", "line:+12025550123"]),
    # money
    ("转到卡号6222 0212 0112 2334 455开户", ["account:6222021201122334455"]),
    ("尾号不对的卡4111-1111-1111-1112", ["account:4111111111111112"]),
    ("账户：622202120112户名张三", ["account:622202120112"]),
    ("IBAN GB82 WEST 1234 5698 7654 32.", ["account:GB82WEST12345698765432"]),
    # people and things
    ("身份证11010519491231002x。", ["person:11010519491231002X"]),
    ("手机IMEI：352099001761481", ["imei:35209900176148"]),
    ("邮箱John.Smith@qq.com", ["chat:john.smith@qq.com"]),
    # chat ids with their cue words
    ("加微信abc123领取", ["chat:abc123"]),
    ("V信：Kkk_8899", ["chat:kkk_8899"]),
    ("vx:kkk_8899", ["chat:kkk_8899"]),
    ("加微kkk8899", ["chat:kkk8899"]),
    ("微信号是138001", ["chat:138001"]),
    ("微信同号13912345678", ["line:+8613912345678"]),
    ("QQ：123456789加我", ["chat:123456789"]),
    ("扣扣10001号", ["chat:10001"]),
    ("飞机@fraud_boss", ["chat:fraud_boss"]),
    ("下载飞机Fraud_Boss联系", ["chat:fraud_boss"]),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_found(text: str, expected: list[str]) -> None:
    assert values(text) == expected
    masked, found = mask(text, KEYS, HERE)
    assert len(MARK.findall(masked)) == len(expected)
    for kind, token, value in found:
        assert f"[{write_token(kind, token)}]" in masked
        assert token == token_of(KEYS.token_key(kind), value)


@pytest.mark.parametrize(
    "text",
    [
        "拨打110报警",
        "转账95000元",
        "充值10000，又12000",
        "损失3万5千元",
        "2024-04-22 13:54:51",
        "订单202404221354512",
        "卡号138****8000",
        "版本1.2.3",
        "坐飞机去北京",
        "微信转账500元",
        "QQ群里说",
        "90后",
        "第123456号楼",
        "",
        "对方号码为95588元",
    ],
)
def test_left_alone(text: str) -> None:
    assert mask(text, KEYS, HERE) == (text, [])


def test_only_the_identifier_is_replaced() -> None:
    masked, _ = mask("前１３８００１３８０００后，QQ：１２３４５６", KEYS, HERE)
    assert MARK.sub("#", masked) == "前#后，QQ：#"


def test_hosts_stay_in_clear_and_numbers_in_their_paths_do_not() -> None:
    masked, _ = mask("点击http://www.jd-kf88.com/13800138000?a=1下载", KEYS, HERE)
    assert MARK.sub("#", masked) == "点击http://www.jd-kf88.com/#?a=1下载"
    assert hosts("点击http://www.JD-kf88.com/x下载，发a.b@qq.com") == ["www.jd-kf88.com"]


_pieces = st.lists(
    st.sampled_from([text for text, _ in FOUND]) | st.text(max_size=8) | st.from_regex(r"[0-9]{1,20}", fullmatch=True),
    max_size=5,
)


@given(_pieces.map("，".join))
def test_masking_twice_is_masking_once_and_the_rest_is_untouched(text: str) -> None:
    masked, found = mask(text, KEYS, HERE)
    assert mask(masked, KEYS, HERE)[0] == masked
    assert len(MARK.findall(masked)) - len(MARK.findall(text)) == len(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("号码幺三八零零幺三八零零零", ["line:+8613800138000"]),
        ("①③⑧⓪⓪①③⑧⓪⓪⓪", ["line:+8613800138000"]),
        ("138\u200b0013\u200b8000", ["line:+8613800138000"]),
        ("l38OO138OOO", ["line:+8613800138000"]),
        ("前七位1380013，后面是8000", ["line:+8613800138000"]),
        ("威❤\ufe0f信：abc_123", ["chat:abc_123"]),
        ("订单6222021201122334456", ["account:6222021201122334456"]),
        ("杂乱的6 2220 2120 1122 3344 55", ["account:6222021201122334455"]),
        ("号码1234567打来", ["line:CN:1234567"]),
    ],
)
def test_what_is_disguised_or_doubtful_is_masked_too(text: str, expected: list[str]) -> None:
    assert values(text) == expected
    masked, _ = mask(text, KEYS, HERE)
    assert mask(masked, KEYS, HERE) == (masked, [])


@pytest.mark.parametrize("text", ["138****8000", "尾号8000的卡", "6222…1234", "前四位6222，后四位1234"])
def test_what_its_writer_masked_stays(text: str) -> None:
    assert mask(text, KEYS, HERE) == (text, [])


def test_disguised_hosts_are_hosts() -> None:
    assert hosts("jd-kf88点com、ⓙⓓ-kf89.com、http://例子.公司.cn/x、45.137.22.9") == [
        "jd-kf88.com", "jd-kf89.com", "xn--fsqu00a.xn--55qx5d.cn",
    ]  # fmt: skip
