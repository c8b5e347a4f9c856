"""The number plan, by example: what exports really hold, and what it must become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.errors import InputError
from chainbreak.identity.numbers import Place, number_form, tidy

HERE = Place(area_code="571")

PLAN = [
    # mobile, in every spelling
    ("13800138000", "+8613800138000", "mobile"), ("+8613800138000", "+8613800138000", "mobile"),
    ("008613800138000", "+8613800138000", "mobile"), ("8613800138000", "+8613800138000", "mobile"),
    ("138 0013 8000", "+8613800138000", "mobile"), ("138-0013-8000", "+8613800138000", "mobile"),
    ("１３８００１３８０００", "+8613800138000", "mobile"), ("13800138000.0", "+8613800138000", "mobile"),
    ("1.3800138e10", "+8613800138000", "mobile"), ("'13800138000", "+8613800138000", "mobile"),
    ("tel:+86-138-0013-8000", "+8613800138000", "mobile"), ("19912345678", "+8619912345678", "mobile"),
    ("14712345678", "+8614712345678", "mobile"),
    # virtual operators
    *[(f"{head}12345678", f"+86{head}12345678", "virtual") for head in (162, 165, 167, 170, 171)],
    ("16612345678", "+8616612345678", "mobile"), ("17212345678", "+8617212345678", "mobile"),
    # machines
    ("1064712345678", "+861064712345678", "iot"), ("1440123456789", "+861440123456789", "iot"),
    ("14812345678", "+8614812345678", "iot"), ("8614912345678", "+8614912345678", "iot"),
    # landlines
    ("0571-88123456", "+8657188123456", "landline"), ("057188123456", "+8657188123456", "landline"),
    ("57188123456", "+8657188123456", "landline"), ("+86 (0)571 8812 3456", "+8657188123456", "landline"),
    ("(010)82345678", "+861082345678", "landline"), ("+861082345678", "+861082345678", "landline"),
    ("0755-8234567", "+867558234567", "landline"), ("88123456", "+8657188123456", "landline"),
    # services, short and emergency numbers
    ("4008123123", "+864008123123", "service"), ("800-810-8888", "+868008108888", "service"),
    ("95588", "CN:95588", "service"), ("+8695588", "CN:95588", "service"), ("96110", "CN:96110", "service"),
    ("9510123", "CN:9510123", "service"), ("106912345678", "CN:106912345678", "service"),
    ("10086", "CN:10086", "short"), ("12306", "CN:12306", "short"), ("116114", "CN:116114", "short"),
    *[(n, f"CN:{n}", "emergency") for n in ("110", "119", "120", "122", "12345")],
    # abroad
    ("+442079460958", "+442079460958", "foreign"), ("0044 20 7946 0958", "+442079460958", "foreign"),
    ("+852 9123 4567", "+85291234567", "foreign"), ("+1 202-555-0123", "+12025550123", "foreign"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "form", "range_class"), PLAN)
def test_the_plan(raw: str, form: str, range_class: str) -> None:
    assert number_form(raw, HERE)[:2] == (form, range_class)


@pytest.mark.parametrize(("raw", "country"), [("+85291234567", "HK"), ("+12025550123", "US"), ("13800138000", "CN")])
def test_the_country(raw: str, country: str) -> None:
    assert number_form(raw, HERE)[2] == country


@pytest.mark.parametrize(("form"), sorted({form for _, form, _ in PLAN if form.startswith("+")}))
def test_a_canonical_form_is_its_own_canonical_form(form: str) -> None:
    assert number_form(form, HERE)[0] == form


@pytest.mark.parametrize(
    "raw", ["", "abc", "12345678901", "+8612", "00", "+999123456789", "9" * 30, "一三八", "1380013800０a"]
)
def test_what_no_plan_holds_is_refused_without_showing_it(raw: str) -> None:
    with pytest.raises(InputError) as refused:
        number_form(raw, HERE)
    assert refused.value.code == "CB-ID-010"
    assert len(raw) < 3 or raw not in str(refused.value)


def test_a_local_number_needs_an_area_code() -> None:
    with pytest.raises(InputError, match="CB-ID-011"):
        number_form("88123456", Place())


@pytest.mark.parametrize("raw", ["2.13e+11", "1.38E10", "8.6138e12"])
def test_a_number_that_lost_digits_is_refused(raw: str) -> None:
    with pytest.raises(InputError, match="CB-ID-012"):
        number_form(raw, HERE)


def test_elsewhere_the_plan_of_that_country_holds() -> None:
    london = Place(country="GB")
    assert number_form("020 7946 0958", london) == ("+442079460958", "landline", "GB")
    assert number_form("07400 123456", london) == ("+447400123456", "mobile", "GB")
    assert number_form("+8613800138000", london) == ("+8613800138000", "foreign", "CN")
    assert number_form("999", london) == ("GB:999", "short", "GB")


@given(st.text(max_size=200))
def test_any_text_is_a_number_or_an_input_error(raw: str) -> None:
    try:
        form, _, _ = number_form(raw, HERE)
    except InputError:
        return
    assert form[0] == "+" or form[2] == ":"


@given(st.integers(0, 10**19))
def test_whole_floats_are_read_exactly(number: int) -> None:
    assert tidy(f"{number}.0") == str(number)
