"""A text and its parts: joined again they are the text, none is too long, no character is torn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import gsm

from chainbreak.act.delivery.sms.segments import GSM7, UCS2, UDHI, Segment, segments
from chainbreak.base.errors import InputError

BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà"
EXTENDED = "\f^{}\\[~]|€"
ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=900)
LATIN = st.text(st.sampled_from(BASIC + EXTENDED), min_size=1, max_size=900)


def bodies(parts: list[Segment], reference: int) -> list[bytes]:
    """User data without headers; asserts that the headers join exactly these parts."""
    if len(parts) == 1:
        assert parts[0].esm_class == 0
        return [parts[0].data]
    for at, part in enumerate(parts, start=1):
        assert part.esm_class == UDHI
        assert part.data[:6] == bytes((5, 0, 3, reference % 256, len(parts), at))
    return [part.data[6:] for part in parts]


@given(ANY, st.integers(0, 65_535))
def test_parts_join_to_the_text_and_none_is_too_long(text: str, reference: int) -> None:
    parts = segments(text, reference)
    data = bodies(parts, reference)
    [coding] = {part.data_coding for part in parts}
    unit, whole, part = (1, 160, 153) if coding == GSM7 else (2, 70, 67)
    assert all(len(body) <= (whole if len(parts) == 1 else part) * unit for body in data)
    if coding == UCS2:
        assert "".join(body.decode("utf-16-be") for body in data) == text  # strict: a torn pair would raise
        if len(parts) > 1:  # as full as whole characters allow
            assert all(len(body) >= (part - 1) * unit for body in data[:-1])


@given(LATIN)
def test_latin_text_takes_septets_and_no_escape_is_torn(text: str) -> None:
    parts = segments(text, 1)
    data = bodies(parts, 1)
    assert {part.data_coding for part in parts} == {GSM7}
    assert all(not body.endswith(b"\x1b") for body in data)
    cost = sum(2 if char in EXTENDED else 1 for char in text)
    assert sum(map(len, data)) == cost
    assert (len(parts) == 1) == (cost <= 160)


def test_the_alphabet_is_the_libraries_where_both_know_a_character() -> None:
    for char in BASIC + EXTENDED:
        if char not in "§\f":  # the library has a grave accent for the one, and nothing for the other
            assert segments(char, 0)[0].data == gsm.gsm_encode(char)
    assert segments("§", 0)[0].data == b"\x5f"
    assert segments("`", 0)[0].data_coding == UCS2


@pytest.mark.parametrize("text", ["", "\ud800", "字" * (255 * 67 + 1)])
def test_what_cannot_be_sent_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="CB-DL-201"):
        segments(text, 0)


def test_the_longest_text_has_255_parts() -> None:
    assert len(segments("字" * (255 * 67), 0)) == 255
