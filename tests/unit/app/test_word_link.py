"""Sentences of a case file: each term with its bits, hubs as no ground, decisions with who and why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chainbreak.app.word_link import Saying, bits, word_event, word_pair, word_series, word_what_if
from chainbreak.base.wording import catalogue

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
TERMS = [
    {"kind": "days", "bits": -1.0, "value": 45.26},
    {"kind": "account", "key": "account:00000000000000a1", "freq": 3, "hub_score": 0.0, "bits": 9.1},
    {"kind": "line", "key": "line:00000000000000b2", "freq": 41, "hub_score": 0.2, "bits": 4.0},
    {"kind": "device", "key": "F-7", "freq": 5, "hub_score": 0.0, "bits": 3.0},
    {"kind": "near_chat", "bits": 0.375},
    {"kind": "together", "bits": -2.0, "value": 3},
    {"kind": "loss", "bits": -0.3, "value": None},
    {"kind": "script", "bits": 2.0, "value": 0.4567},
    {"kind": "victim", "bits": 0.0, "value": 0.0},
]
DECISION = {
    "decision_id": 7, "at_us": NOON_US, "actor": "chen", "kind": "same", "why": "同一收款人", "a": "r1", "b": "r2",
    "n_a": 1, "n_b": 1, "series": [], "undoes": None, "undone_by": None,
}  # fmt: skip
STEPS = [{"a": "r1", "b": "r9", "bits": 4.0, "kinds": []}, {"a": "r9", "b": "r2", "bits": 3.0, "kinds": []}]
PAIR: dict[str, Any] = {
    "a": "r1", "b": "r2", "prior_bits": -7.0, "total_bits": 8.175, "terms": TERMS, "path": STEPS,
    "suppressed": [{"kind": "line", "key": "line:0000000000095588", "freq": 612, "hub_score": 0.97}],
    "series": {"r1": "S-000001", "r2": "S-000001"}, "decisions": [DECISION],
}  # fmt: skip
EVENT = {
    "event_id": 1, "at_us": NOON_US, "series_id": "S-000001", "run_id": 1, "actor": "service", "kind": "grown",
    "cause": "arrival", "others": [], "decisions": [], "before": 3, "after": 5, "joined": 2, "left": 0,
}  # fmt: skip
SERIES: dict[str, Any] = {
    "series_id": "S-000001", "name": "金猪", "state": "live", "merged_into": None, "reports": 3, "since_us": NOON_US,
    "until_us": NOON_US + 86_400_000_000, "loss_fen": 1_234_567, "districts": {"东区": 2, "": 1},
    "types": {"fake_task": 3}, "members": [], "explained": True,
    "identifiers": [
        {"key": "account:00000000000000a1", "kind": "account", "freq": 4, "n": 3, "bits": 9.1},
        {"key": "line:0000000000095588", "kind": "line", "freq": 612, "n": 2, "bits": 0.0},
    ],
    "suppressed": PAIR["suppressed"], "bridges": [{"a": "r1", "b": "r3", "bits": 2.5}],
    "strongest": {"report_id": "r1", "bits": 12.0}, "weakest": {"report_id": "r3", "bits": 2.5},
    "questions": [{"kind": "bridge"}, {"kind": "only_decided", "reports": ["r8", "r9"]}],
    "events": [EVENT], "decisions": [DECISION | {"undone_by": 8}], "pending": [8],
    "contradictions": [{"apart": 3, "joined": [1, 2, 2], "path": ["a", "b", "c"], "pairs": 1, "decisions": []}],
}  # fmt: skip
NAMES = {"fake_task": {"zh": "刷单返利", "en": "Fake-task rebate"}}


def numbers(sentence: str) -> float:
    found = re.search(r"([+−]?[\d.]+) (?:比特|bits)", sentence)
    assert found, sentence
    return float(found[1].replace("−", "-"))


def test_a_pair_in_chinese_reads_like_a_case_file() -> None:
    assert word_pair(PAIR, Saying(types=NAMES)) == [
        "报案 r1 与报案 r2 的串并说明",
        "2026-11-20 12:00，chen 认定 r1 与 r2 系同一团伙所为。理由：同一收款人（决定 7）",
        "两案现均在串案 S-000001 中。",
        "两案经由以下报案间接相连：r1 — r9 — r2。",
        "两案均出现账户 account:00000000000000a1（全库仅 3 案提及），计 +9.1 比特。",
        "两案均出现号码 line:00000000000000b2（全库有 41 案提及），计 +4 比特。",
        "两案牵涉同一群呼设备 F-7（全库有 5 案牵涉），计 +3 比特。",
        "两案话术相近（相似度 46%），计 +2 比特。",
        "两案的社交账号仅一位之差，或一方有遮盖而其余各位相同，计 +0.375 比特。",
        "至少一案的损失金额不详，计 −0.3 比特。",
        "两案发案相隔 45.3 天，计 −1 比特。",
        "上述标识同时相同，按其相伴出现的常见程度，对逐项之和作修正，计 −2 比特。",
        "号码 line:0000000000095588 有 612 案提及，为多方共用，不作为串并依据。",
        "任取两案，同属一个团伙的可能性很小，起点为 −7 比特。",
        "以上各项合计 +8.175 比特，支持串并。",
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_sentences_say_adds_up(lang: Any) -> None:
    said = [s for s in word_pair(PAIR, Saying(lang)) if re.search(r"\d (比特|bits)", s)]
    *terms, total = map(numbers, said)
    assert sum(terms) == pytest.approx(total) == PAIR["total_bits"]


def test_values_stand_in_clear_only_where_they_were_revealed() -> None:
    shown = "\n".join(word_pair(PAIR, Saying(values={"account:00000000000000a1": "6222021234567890123"})))
    assert "账户 6222021234567890123（" in shown
    assert "line:00000000000000b2" in shown


def test_manner_alone_says_that_it_does_not_link() -> None:
    told = PAIR | {
        "terms": [{"kind": "script", "bits": 3.0, "value": 0.6}, {"kind": "manner_alone", "bits": -2.1}],
        "total_bits": -6.1,
    }
    said = word_pair(told, Saying())
    assert "两案没有共同的有效标识。" in said
    assert "两案仅手法相似，缺少足够的标识印证，按规则不得据以串并，计 −2.1 比特。" in said
    assert said[-1] == "以上各项合计 −6.1 比特，不足以串并。"


def test_a_series_says_what_holds_it_and_what_is_open() -> None:
    said = word_series(SERIES, Saying(types=NAMES))
    assert said[:3] == [
        "串案 S-000001“金猪”：3 案，报案时间 2026-11-20 12:00 至 2026-11-21 12:00，损失合计 ¥12,345.67。",
        "受理区县：东区 2 案、未注明 1 案。",
        "诈骗类型：刷单返利 3 案。",
    ]
    assert "账户 account:00000000000000a1 见于本串案 3 案（全库 4 案），两案共有此项计 +9.1 比特。" in said
    assert not any("95588 见于" in s for s in said)
    assert any("报案 r1 与 r3 之间的关联（+2.5 比特）是两部分之间的唯一纽带" in s for s in said)
    assert "报案 r8、r9 与其余各案之间没有证据相连，仅凭人工决定列入本串案。" in said
    assert "2026-11-20 12:00，因新到报案，新增 2 案，共 5 案。" in said
    assert any(s.endswith("此项已由决定 8 撤销") for s in said)
    assert "决定 8 尚未纳入运算，下次运行后生效。" in said
    assert said[-1] == (
        "决定 3 认定 a 与 c 并非同一团伙，而决定 1、2 又将其相连（a = b = c）。"
        "两者不能并存，须由人裁定；裁定前暂按相连处理。"
    )


def test_an_ended_series_says_where_it_went() -> None:
    empty = dict.fromkeys(
        ("identifiers", "suppressed", "bridges", "questions", "pending", "contradictions", "decisions"), ()
    )
    ended = (
        SERIES
        | empty
        | {"state": "ended", "merged_into": "S-000002", "explained": False, "strongest": None, "weakest": None}
    )
    assert "该串案已并入 S-000002。" in word_series(ended, Saying())
    assert "It has no reports left." in word_series(ended | {"merged_into": None}, Saying("en"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("cause", ["decision", "undo", "arrival", "withdrawal", "recomputed"])
@pytest.mark.parametrize("kind", ["created", "grown", "shrunk", "merged", "split", "ended", "undone"])
def test_every_event_and_cause_has_its_sentence(kind: str, cause: str, lang: Any) -> None:
    row = EVENT | {"kind": kind, "cause": cause, "others": ["S-000002"], "decisions": [3, 4]}
    for after in (0, 5):
        said = word_event(row | {"after": after}, Saying(lang))
        assert "{" not in said
        assert cause not in ("decision", "undo") or "3" in said


@pytest.mark.parametrize("kind", ["same", "different", "unsure", "merge", "split", "detach", "undo"])
def test_every_decision_has_its_sentence_in_both_languages(kind: str) -> None:
    for lang in ("zh", "en"):
        said = word_pair(
            PAIR | {"decisions": [DECISION | {"kind": kind, "undoes": 3, "series": ["S-000001"]}]}, Saying(lang)
        )
        assert "同一收款人" in said[1]
        assert "{" not in said[1]


def test_what_if() -> None:
    asked = {"series_id": "S-000001", "edge": None, "key": "chat:x", "parts": [["a", "b"]]}
    assert word_what_if(asked, Saying()) == "若不采信社交账号 chat:x，串案不变。"
    told = asked | {"edge": ("a", "c"), "key": "", "parts": [["a", "b"], ["c"]]}
    assert word_what_if(told, Saying()) == "若不采信报案 a 与 c 之间的关联，串案将分为 2 部分（2、1 案）。"


def test_an_unknown_reason_is_said_as_such() -> None:
    told = PAIR | {"terms": [{"kind": "weather", "bits": 1.0}]}
    assert "其他依据（weather），计 +1 比特。" in word_pair(told, Saying())


def test_braces_in_what_people_write_are_text() -> None:
    told = PAIR | {"decisions": [DECISION | {"why": "{why} {0}"}]}
    assert "理由：{why} {0}（决定 7）" in word_pair(told, Saying())[1]


def test_bits_have_a_true_minus_and_no_spare_digits() -> None:
    assert [bits(x) for x in (1.0, -0.1, 0.0004, -9.125)] == ["+1", "−0.1", "0", "−9.125"]


def test_no_half_width_punctuation_after_han() -> None:
    for key, texts in catalogue().items():
        if key.startswith("series."):
            assert not re.search(r"[㐀-鿿][,;:!?]", texts["zh"]), key
