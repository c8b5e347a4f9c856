"""SIMs, handsets, accounts and the rest: canonical form, attributes, refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.errors import InputError
from chainbreak.identity.checks import iban_ok, luhn_ok
from chainbreak.identity.domains import host_form, registrable
from chainbreak.identity.normalise import ATTRIBUTES, normalise
from chainbreak.identity.numbers import Place
from chainbreak.records import KINDS, Identifier
from chainbreak.records.kind import derived_columns

HERE = Place()


def test_attributes_are_those_the_record_kinds_derive() -> None:
    for kind in KINDS.values():
        for column in kind.columns:
            if column.identifier:
                names = tuple(f"{column.name}_{suffix}" for suffix in ATTRIBUTES.get(column.identifier, ()))
                assert names == tuple(derived.name for derived in derived_columns(column))


@pytest.mark.parametrize(
    ("kind", "raw", "value", "attributes"),
    [
        (Identifier.IMSI, "460001234567890", "460001234567890", {"plmn": "46000"}),
        (Identifier.IMSI, "460001234567890.0", "460001234567890", {"plmn": "46000"}),
        (Identifier.IMEI, "352099001761481", "35209900176148", {"tac": "35209900"}),
        (Identifier.IMEI, "352099001761480", "35209900176148", {"tac": "35209900"}),  # 0: not transmitted
        (Identifier.IMEI, "35-209900-176148-1", "35209900176148", {"tac": "35209900"}),
        (Identifier.IMEI, "3520990017614823", "35209900176148", {"tac": "35209900"}),  # IMEISV
        (Identifier.ACCOUNT, "4111-1111-1111-1111", "4111111111111111", {"bin": "411111"}),
        (Identifier.ACCOUNT, "4111111111111112", "4111111111111112", {"bin": None}),
        (Identifier.ACCOUNT, "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432", {"bin": None}),
        (Identifier.ACCOUNT, "c-1001", "C-1001", {"bin": None}),
        (Identifier.PERSON, "11010519491231002x", "11010519491231002X", {}),
        (Identifier.PERSON, " 张　三 ", "张 三", {}),
        (Identifier.CHAT, "@Fraud_Boss", "fraud_boss", {}),
        (Identifier.DEVICE, "AB:cd:01", "ab:cd:01", {}),
        (Identifier.IP, "::ffff:10.0.0.1", "10.0.0.1", {}),
        (Identifier.IP, "2001:DB8:0:0::1", "2001:db8::1", {}),
    ],
)
def test_canonical_forms(kind: Identifier, raw: str, value: str, attributes: dict[str, str | None]) -> None:
    normal = normalise(kind, raw, HERE)
    assert (normal.value, normal.attributes) == (value, attributes)
    assert normalise(kind, value, HERE).value == value


@pytest.mark.parametrize(
    ("kind", "raw", "code"),
    [
        (Identifier.IMSI, "46000123456789", "CB-ID-010"),
        (Identifier.IMSI, "060001234567890", "CB-ID-010"),
        (Identifier.IMEI, "352099001761482", "CB-ID-013"),
        (Identifier.IMEI, "00000000000000", "CB-ID-010"),
        (Identifier.IMEI, "5391", "CB-ID-010"),
        (Identifier.ACCOUNT, "9" * 65, "CB-ID-010"),
        (Identifier.ACCOUNT, "6.22202e+15", "CB-ID-012"),
        (Identifier.IP, "300.1.1.1", "CB-ID-010"),
        (Identifier.DEVICE, "a\x00b", "CB-ID-010"),
        (Identifier.PERSON, "  ", "CB-ID-010"),
        (Identifier.LINE, "NULL", "CB-ID-010"),
    ],
)
def test_refusals(kind: Identifier, raw: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        normalise(kind, raw, HERE)
    assert refused.value.code == code


def test_a_wrong_card_is_kept_and_flagged_and_is_no_card_to_features() -> None:
    assert normalise(Identifier.ACCOUNT, "4111111111111111", HERE).checked is True
    wrong = normalise(Identifier.ACCOUNT, "4111111111111112", HERE)
    assert (wrong.checked, wrong.attributes["bin"]) == (False, None)
    assert normalise(Identifier.ACCOUNT, "C1001", HERE).checked is None


def test_anonymised_ids_are_usable_and_never_meet_real_numbers() -> None:
    opaque = Place(opaque=True)
    line = normalise(Identifier.LINE, "8800", opaque)
    assert (line.value, line.attributes) == ("opaque:8800", {"class": "unknown", "country": None})
    assert (
        normalise(Identifier.LINE, "13800138000", opaque).value != normalise(Identifier.LINE, "13800138000", HERE).value
    )
    assert normalise(Identifier.IMEI, "5391.0", opaque).value == "opaque:5391"
    with pytest.raises(InputError, match="CB-ID-012"):  # two subscribers would become one
        normalise(Identifier.LINE, "2.13e+11", opaque)


@given(st.from_regex(r"[0-9]{11,18}", fullmatch=True), st.integers(0, 9), st.integers(0, 17))
def test_luhn_notices_every_single_wrong_digit(body: str, wrong: int, place: int) -> None:
    card = next(body + str(d) for d in range(10) if luhn_ok(body + str(d)))
    place %= len(card)
    changed = card[:place] + str(wrong) + card[place + 1 :]
    assert luhn_ok(changed) == (changed == card)


def test_iban_check_digits() -> None:
    assert iban_ok("DE89370400440532013000")
    assert iban_ok("DE88370400440532013000") is False


@pytest.mark.parametrize(
    ("raw", "host", "owned"),
    [
        ("WWW.Example.COM.CN.", "www.example.com.cn", "example.com.cn"),
        ("WWW.中文.COM", "www.xn--fiq228c.com", "xn--fiq228c.com"),
        ("a.b.github.io", "a.b.github.io", "b.github.io"),
        ("xn--fiqs8s.com", "xn--fiqs8s.com", "xn--fiqs8s.com"),
    ],
)
def test_domains(raw: str, host: str, owned: str) -> None:
    assert (host_form(raw), registrable(host_form(raw))) == (host, owned)


@pytest.mark.parametrize("raw", ["", "localhost", "a..b", "-", "a" * 300 + ".com", "ex ample.com", "http://a.com/"])
def test_no_domain(raw: str) -> None:
    with pytest.raises(InputError):
        host_form(raw)


@given(st.sampled_from(list(Identifier)), st.text(max_size=150), st.booleans())
def test_any_text_is_normalised_stably_or_refused(kind: Identifier, raw: str, opaque: bool) -> None:
    place = Place(area_code="571", opaque=opaque)
    try:
        value = normalise(kind, raw, place).value
    except InputError as e:
        refusal = str(e)
    else:
        refusal = ""
    if refusal:
        assert len(raw.strip()) < 6 or raw not in refusal
        return
    assert value
    assert value.isprintable()
    if not value.startswith("opaque:"):
        assert normalise(kind, value, place).value == value
