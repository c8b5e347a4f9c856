"""Extraction on the hand-labelled suite, and what must hold for any text."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.clock import to_us
from chainbreak.bench.extract import HELD_OUT, REPORTED, Case, cases, f1, read, tally
from chainbreak.identity.numbers import Place
from chainbreak.text.extract import extract
from chainbreak.text.mention import Mention, domain_of

AT = to_us(datetime.fromisoformat(REPORTED))
SUITE = cases()


def test_the_suite_is_what_was_promised() -> None:
    held_out = cases(only=HELD_OUT)
    assert sum(len(case.mentions) for case in SUITE) >= 600
    assert len(held_out) >= 150
    assert {case.text for case in held_out}.isdisjoint(case.text for case in cases(exclude=HELD_OUT))


@pytest.mark.parametrize("part", ["tuned", "held out"])
def test_precision_and_recall_by_kind(part: str) -> None:
    labelled = cases(only=HELD_OUT) if part == "held out" else cases(exclude=HELD_OUT)
    counts = tally(labelled, read)
    assert f1(*counts["all"]) >= 0.95
    for kind, (right, more, missed) in counts.items():
        assert right / max(1, right + missed) >= 0.95, (part, kind, "recall")
        assert right / max(1, right + more) >= 0.98, (part, kind, "precision")


def test_validity_and_roles_are_those_of_the_label() -> None:
    wrong_roles, named = [], 0
    for case in SUITE:
        found = read(case.text)
        for key, (valid, role) in case.mentions.items():
            if key in found:
                assert found[key][0] == valid, (case.text, key)
                named += role is not None
                wrong_roles += [(case.text, key)] if role and found[key][1] != role else []
    assert len(wrong_roles) <= 0.03 * named, wrong_roles


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.text[:20])
def test_every_mention_points_at_the_original(case: Case) -> None:
    last = 0
    for m in extract(case.text, reported_at_us=AT):
        assert m.surface == case.text[m.start : m.end] != ""
        assert m.start >= last
        last = m.end


def values(text: str, place: Place | None = None) -> list[tuple[str, str]]:
    return [(m.kind, m.value) for m in extract(text, place or Place(), AT)]


PIECES = [case.text for case in SUITE if case.mentions]
INVISIBLE = st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f")
NUMBERS = st.sampled_from(["13812673905", "0571-88063217", "6228483072252499013", "330106198211205396", "4008217733"])


@given(NUMBERS, st.integers(1, 9), INVISIBLE, st.integers(1, 3))
def test_an_invisible_character_anywhere_in_a_number_changes_no_value(
    number: str, at: int, sign: str, times: int
) -> None:
    written = f"对方留的是{number[:at]}{sign * times}{number[at:]}，已核实"
    assert values(written) == values(f"对方留的是{number}，已核实")
    assert extract(written)[0].surface == f"{number[:at]}{sign * times}{number[at:]}"


@given(st.text(max_size=60))
def test_any_text_at_all_is_read(text: str) -> None:
    for m in extract(text, reported_at_us=AT):
        assert text[m.start : m.end] == m.surface


@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=4))
def test_texts_that_are_put_together_mention_what_each_of_them_does(texts: list[str]) -> None:
    numbers = {"line", "account", "person", "imei", "domain", "url"}
    # Two blank lines part reports; times hang on the dates named before, so only numbers and hosts are compared.
    together = [(m.kind, m.value) for m in extract("。\n\n".join(texts), reported_at_us=AT) if m.kind in numbers]
    assert together == [kv for text in texts for kv in values(text) if kv[0] in numbers]


def test_a_masked_number_is_a_pattern_and_never_a_number() -> None:
    found = extract("138****8000和6222…1234，尾号8000")
    assert [(m.value, m.valid, m.masked) for m in found] == [
        ("+86138****8000", False, True), ("6222****1234", False, True), ("****8000", False, True),
    ]  # fmt: skip
    assert max(m.confidence for m in found) <= 0.3


def test_steps_say_how_a_value_came_about() -> None:
    steps = {
        "１３８12673905": ("width",), "一三八一二六七三九零五": ("numerals",), "138\u200b12673905": ("invisible",),
        "①③⑧12673905": ("enclosed",), "138-1267-3905": ("separators",), "jd-kf88点com": ("dots",),
        "jd-kf88.cоm": ("homoglyph",), "138l2673905": ("homoglyph",), "前三位138，后面是12673905": ("joined",),
    }  # fmt: skip
    assert {text: extract(text)[0].normalisation for text in steps} == steps


def test_local_numbers_belong_to_the_place() -> None:
    assert values("座机88063217", Place(area_code="571")) == [("line", "+8657188063217")]
    assert values("座机88063217") == []


def test_relative_times_need_to_know_when_the_report_was_made() -> None:
    (unknown,) = extract("昨天下午3点")
    assert (unknown.value, unknown.low, unknown.high) == ("昨天下午3点", None, None)
    (known,) = extract("昨天下午3点", reported_at_us=AT)
    assert known.value == "2026-11-19T15+08:00"
    assert (known.low, known.high) == (
        to_us(datetime.fromisoformat("2026-11-19T15:00+08:00")),
        known.low + 3_600_000_000,
    )
    (elsewhere,) = extract("昨天下午3点", reported_at_us=AT, zone="Europe/Berlin")
    assert elsewhere.value == "2026-11-19T15+01:00"


def test_vague_amounts_have_bounds() -> None:
    bounds = {m.surface: (m.low, m.high) for m in extract("损失几万元，又转了3万余元，还有5000元")}
    assert bounds == {"几万元": (2_000_000, 9_000_000), "3万余元": (3_000_000, 4_000_000), "5000元": (500_000, 500_000)}


def test_marks_of_a_masked_text_are_mentions_on_demand_with_a_role() -> None:
    text = "受害人（电话[line:00000000000000aa]）接到[line:00000000000000bb]来电"
    assert extract(text) == []
    assert [(m.value, m.role, m.surface) for m in extract(text, marks=True)] == [
        ("line:00000000000000aa", "victim", "[line:00000000000000aa]"),
        ("line:00000000000000bb", "suspect", "[line:00000000000000bb]"),
    ]


def test_the_registrable_domain_of_a_mention() -> None:
    found = {m.kind: domain_of(m) for m in extract("https://m.jd-kf88.com.cn/app和45.137.22.9和www.ztwl.co.uk")}
    assert found == {"url": "jd-kf88.com.cn", "ip": None, "domain": "ztwl.co.uk"}
    assert domain_of(Mention("url", "http://45.137.22.9/x", "", 0, 0)) is None
