"""The built-in reader: what it answers, why, and when it keeps silent."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.errors import SetupError
from chainbreak.city.narratives import fraud_names
from chainbreak.text.fraud import classify
from chainbreak.text.fraud.cues import cue_model
from chainbreak.text.fraud.types import national, types_of

TOLD = {
    "fake_task": "网友拉其进群做任务，点赞关注返佣金，后称需做联单才能提现",
    "fake_service": "接自称抖音客服来电，称其误开直播会员每月扣费，需转账关闭",
    "investment": "微信群内老师推荐股票，下载APP买虚拟币，账面盈利后无法提现",
    "loan": "网上申请贷款，对方称卡号填错账户冻结，要交解冻费才能放款",
    "credit_record": "对方称其名下校园贷未注销会影响征信，须清空额度",
    "shopping": "在闲鱼购买手机，付款后卖家迟迟不发货",
    "police": "自称某市公安局民警，称其涉嫌洗钱，要求配合资金核查",
    "acquaintance": "有人用单位领导头像加其好友，称不方便出面让其代为垫付",
    "game": "出售王者荣耀账号，交易平台称资金冻结需充值解冻",
    "romance": "网恋男友称家人生病多次借钱，谈婚论嫁后失联",
    "military": "自称某部队后勤采购，让其代为购买自热米饭并垫付货款",
    "other": "与网友裸聊后被以发送视频给通讯录相要挟，敲诈钱财",
}


def test_keys_are_those_of_the_simulated_city() -> None:
    assert list(national()) == fraud_names() == list(TOLD)


@pytest.mark.parametrize(("key", "text"), TOLD.items())
def test_a_plain_telling_of_each_type_is_read(key: str, text: str) -> None:
    typed = classify(text)
    assert (typed.type, typed.abstained) == (key, False)
    assert all(text[word.start : word.end] == word.surface for word in typed.words)


@pytest.mark.parametrize("text", ["", "你好", "昨天下午去派出所报案，民警提醒注意安全", "🙂" * 50])
def test_without_a_cue_there_is_no_answer_and_every_type_is_alike(text: str) -> None:
    typed = classify(text)
    assert (typed.type, typed.abstained) == ("other", True)
    assert typed.words == ()
    assert typed.probability == pytest.approx(1 / 12)


def test_the_form_of_a_report_is_no_cue() -> None:
    loan = "网上贷款被骗解冻费"
    assert classify(loan).ranked == classify(loan + "，后被民警劝阻，到派出所报案").ranked


def test_words_add_up_to_the_odds_against_the_runner_up() -> None:
    typed = classify("自称京东客服，称其白条利率过高影响征信，要求注销账户")
    (_, first), (_, second) = typed.ranked[:2]
    assert sum(word.bits for word in typed.words) == pytest.approx(math.log2(first / second))
    assert {word.surface for word in typed.words if word.bits < 0} == {"京东客服"}


def test_a_cue_counts_once_however_often_it_is_said() -> None:
    assert classify("刷单").ranked == classify("刷单，刷单，又刷单").ranked


def test_a_cue_with_another_before_it_needs_both_in_one_clause() -> None:
    assert classify("冒充某公安的人").type == "police"
    assert "公安" not in {word.surface for word in classify("冒充客服。他去了公安").words}


def test_latin_cues_are_whole_words_in_either_case() -> None:
    assert classify("He asked for BITCOIN on an investment platform").type == "investment"
    assert classify("steamer").words == ()


@given(st.text(max_size=300))
def test_any_text_is_read_and_spans_lie_in_it(text: str) -> None:
    typed = classify(text)
    assert sum(share for _, share in typed.ranked) == pytest.approx(1.0)
    places = [(word.start, word.end) for word in typed.words]
    assert places == sorted(places)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(places))
    assert all(text[word.start : word.end] == word.surface for word in typed.words)


def test_a_local_type_is_read_by_its_own_cues(tmp_path: Path) -> None:
    (tmp_path / "fraud").mkdir()
    (tmp_path / "fraud" / "types.yaml").write_text(
        "elder_care:\n  {zh: 养老诈骗, en: Elder-care fraud, cues: {6: [以房养老, 养老院床位]}}\n"
        "police: {zh: 冒充公检法, en: False police}\n",
        encoding="utf-8",
    )
    types = types_of(tmp_path)
    assert types["police"].zh == "冒充公检法"
    assert len(types) == 13
    assert classify("对方推销以房养老，收取养老院床位费", cue_model(types)).type == "elder_care"
    assert classify("自称公安局民警，称其涉嫌洗钱", cue_model(types)).type == "police"


@pytest.mark.parametrize(
    "body",
    ["[1, 2]", "x: {zh: 甲}", "Bad Key: {zh: 甲, en: a}", "x: {zh: 甲, en: a, cues: {many: [词语]}}",
     "x: {zh: 甲, en: a, cues: {4: [词]}}", "x: {zh: 甲, en: a, cues: {99: [词语]}}", "x: {zh: 甲, en: a, colour: red}",
     "x: {zh: [", "\x00"],
)  # fmt: skip
def test_a_faulty_file_of_types_is_refused_by_name(tmp_path: Path, body: str) -> None:
    (tmp_path / "fraud").mkdir()
    (tmp_path / "fraud" / "types.yaml").write_text(body, encoding="utf-8")
    with pytest.raises(SetupError, match="CB-FR-001"):
        types_of(tmp_path)
