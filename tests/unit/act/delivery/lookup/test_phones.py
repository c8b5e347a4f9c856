"""The quick way of reading numbers gives what the long way gives, also in what it refuses."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chainbreak.act.delivery.lookup import phones
from chainbreak.act.delivery.lookup.phones import canonical_line
from chainbreak.base.errors import InputError
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.records.kind import Identifier

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = "0123456789"
PLACES = [Place(), Place(area_code="571"), Place("GB"), Place(opaque=True)]


def said(read: object, text: str, place: Place) -> str:
    try:
        return read(text, place)  # type: ignore[operator, no-any-return]
    except InputError as e:
        return e.code


def long_way(text: str, place: Place) -> str:
    return normalise(Identifier.LINE, text, place).value


written = st.one_of(
    st.builds(lambda c, n: f"+{c}{n}", st.sampled_from(CODES), st.text(DIGITS, min_size=2, max_size=14)),
    st.builds(lambda c, n: f"00{c}{n}", st.sampled_from(CODES), st.text(DIGITS, min_size=2, max_size=14)),
    st.builds(lambda p, n: f"{p}1{n}", st.sampled_from(["", "+86", "86", "0086"]), st.text(DIGITS, min_size=8)),
    st.text(DIGITS + "+- ", max_size=20),
    st.text(max_size=20),
)


@given(written, st.sampled_from(PLACES))
@example("+86138001380001", Place())
@example("13800138000\n", Place())
@example("+390612345678", Place())
@example("+5491123456789", Place())
@example("१३८००१३८०००", Place())
def test_both_ways_agree(text: str, place: Place) -> None:
    assert said(canonical_line, text, place) == said(long_way, text, place)


@pytest.mark.parametrize("kind", [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE])
def test_both_ways_agree_on_an_example_of_every_country(kind: int) -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            assert said(canonical_line, text, Place()) == said(long_way, text, Place()), region


def test_ordinary_numbers_do_not_take_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "normalise", lambda *_: pytest.fail("the long way"))
    for text in ("+8613800138000", "13800138000", "+442079460958", "0012025550123", "+6591234567", "+85291234567"):
        assert canonical_line(text, Place()).startswith("+")
