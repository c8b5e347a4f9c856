"""Tokens for a whole column at once: patterns over Arrow arrays for the common forms, one by one for the rest.

Both paths give the same answer (a property test holds them together); the fast one exists because a day of calls names
millions of numbers: 2 million distinct Chinese numbers take about 4 CPU seconds, most of it SHA-256.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.errors import InputError
from chainbreak.identity.checks import luhn_ok_all
from chainbreak.identity.normalise import ATTRIBUTES, IMSI_PATTERN, OPAQUE_KINDS, normalise
from chainbreak.identity.numbers import CHINA, FLOAT, SEPARATORS, Place, is_blank
from chainbreak.identity.tokens import digests
from chainbreak.records import Identifier

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring

_WHOLE_CARD = r"^\d{12,19}$"


def tokenise(kind: Identifier, distinct_raw: Any, keys: Keyring, place: Place) -> pa.Table:
    """Tokens of the distinct raw values of one column, one row a value, in the order given.

    Columns: raw (string) · token (int64, null where there is none) · check (int64) · value (canonical form) ·
    `class`, `country` | `plmn` | `tac` | `bin` by kind (string) · checked (bool: check digits right, null without) ·
    reason (error code, null where a token was made and where raw is blank, which is no error).
    """
    raw = distinct_raw.combine_chunks() if isinstance(distinct_raw, pa.ChunkedArray) else distinct_raw
    forms = _forms(kind, raw.cast(pa.string()), place)
    columns = {"raw": raw} | forms
    present = forms["value"].is_valid().to_numpy(zero_copy_only=False)
    made = digests(keys.token_key(kind), forms["value"].drop_null().cast(pa.binary()).to_pylist())
    for name, column in (("token", 0), ("check", 1)):
        spread = np.zeros(len(raw), dtype=np.int64)
        spread[present] = made[:, column]
        columns[name] = pa.array(spread, mask=~present)
    return pa.table(columns).select(["raw", "token", "check", "value", *ATTRIBUTES.get(kind, ()), "checked", "reason"])


def _forms(kind: Identifier, raw: Any, place: Place) -> dict[str, Any]:
    """value, attributes, checked, reason of each raw value, as equally long arrays."""
    names = ["value", *ATTRIBUTES.get(kind, ()), "checked", "reason"]
    types = {"checked": pa.bool_()}
    fast = _fast_forms(kind, raw, place)
    done = fast["value"].is_valid() if fast else pa.array(np.zeros(len(raw), dtype=bool))
    slow_rows = np.flatnonzero(~done.to_numpy(zero_copy_only=False))
    if fast and not len(slow_rows):
        return {name: fast.get(name, pa.nulls(len(raw), types.get(name, pa.string()))) for name in names}
    slow = [_slow_form(kind, text, place) for text in raw.take(slow_rows).to_pylist()]
    columns = {}
    for at, name in enumerate(names):
        dtype = types.get(name, pa.string())
        base = fast.get(name, pa.nulls(len(raw), dtype))
        rest = pa.array([form[at] for form in slow], dtype)
        columns[name] = pc.replace_with_mask(base, pc.invert(done), rest)
    return columns


def _slow_form(kind: Identifier, raw: str | None, place: Place) -> tuple[Any, ...]:
    empty = (None,) * len(ATTRIBUTES.get(kind, ()))
    if raw is None or is_blank(raw):
        return (None, *empty, None, None)
    try:
        normal = normalise(kind, raw, place)
    except InputError as e:
        return (None, *empty, None, e.code)
    return (normal.value, *(normal.attributes[name] for name in ATTRIBUTES.get(kind, ())), normal.checked, None)


def _fast_forms(kind: Identifier, raw: Any, place: Place) -> dict[str, Any]:
    if place.opaque and kind in OPAQUE_KINDS:
        return {}
    match kind:
        case Identifier.LINE if place.country == "CN":
            return _china_lines(raw)
        case Identifier.IMSI:
            value = _only(raw, f"^{IMSI_PATTERN}$")
            return {"value": value, "plmn": pc.utf8_slice_codeunits(value, 0, 5)}
        case Identifier.IMEI:
            return _imeis(raw)
        case Identifier.ACCOUNT:
            return _cards(raw)
        case _:
            return {}


def _china_lines(raw: Any) -> dict[str, Any]:
    """The rules of the Chinese plan, each on what the earlier ones left; then once more without separators."""
    value, range_class = pa.nulls(len(raw), pa.string()), pa.nulls(len(raw), pa.string())
    left = np.arange(len(raw))
    for tidied in (False, True):
        texts = raw.take(left)
        if tidied:
            texts = pc.replace_substring_regex(_whole(texts), SEPARATORS, "")
        for rule in CHINA:
            if not len(left):
                break
            found = pc.struct_field(pc.extract_regex(texts, f"^{rule.pattern}$"), "n")
            hit = found.is_valid().to_numpy(zero_copy_only=False)
            if not hit.any():
                continue
            mask = np.zeros(len(raw), dtype=bool)
            mask[left[hit]] = True
            value = pc.replace_with_mask(value, mask, pc.binary_join_element_wise(rule.prefix, found.drop_null(), ""))
            range_class = pc.replace_with_mask(range_class, mask, pa.repeat(rule.range_class, int(hit.sum())))
            left, texts = left[~hit], texts.filter(pa.array(~hit))
    country = pc.if_else(value.is_valid(), "CN", pa.scalar(None, pa.string()))
    return {"value": value, "class": range_class, "country": country}


def _whole(raw: Any) -> Any:
    """Floats that are whole numbers (`213555123.0`) as such."""
    return pc.replace_substring_regex(raw, f"^{FLOAT}$", r"\1")


def _only(raw: Any, pattern: str) -> Any:
    """The values that match, null in place of the others."""
    return pc.if_else(pc.match_substring_regex(raw, pattern), raw, pa.scalar(None, pa.string()))


def _imeis(raw: Any) -> dict[str, Any]:
    """14 and 15 digits; what has a wrong check digit, or is anything else, is left to the slow path for its reason."""
    digits = _only(raw, r"^\d{0,13}[1-9]\d{0,14}$")
    length = pc.utf8_length(digits)
    right = _luhn(digits, pc.equal(length, 15))
    spare = pc.and_(pc.equal(length, 15), pc.ends_with(digits, "0"))
    good = pc.or_(pc.equal(length, 14), pc.or_(spare, pc.fill_null(right, False)))
    value = pc.if_else(pc.fill_null(good, False), pc.utf8_slice_codeunits(digits, 0, 14), pa.scalar(None, pa.string()))
    return {"value": value, "tac": pc.utf8_slice_codeunits(value, 0, 8), "checked": right}


def _cards(raw: Any) -> dict[str, Any]:
    value = _only(raw, _WHOLE_CARD)
    right = _luhn(value, value.is_valid())
    first_six = pc.if_else(
        pc.fill_null(right, False), pc.utf8_slice_codeunits(value, 0, 6), pa.scalar(None, pa.string())
    )
    return {"value": value, "bin": first_six, "checked": right}


def _luhn(digits: Any, wanted: Any) -> Any:
    """Luhn of the digit strings where `wanted`, null elsewhere; strings of one length at a time, as a matrix."""
    lengths = pc.if_else(pc.fill_null(wanted, False), pc.utf8_length(digits), 0).to_numpy(zero_copy_only=False)
    right = np.zeros(len(digits), dtype=bool)
    for length in np.unique(lengths[lengths > 0]):
        rows = np.flatnonzero(lengths == length)
        text = "".join(digits.take(pa.array(rows)).to_pylist()).encode()
        right[rows] = luhn_ok_all(np.frombuffer(text, dtype=np.uint8).reshape(-1, int(length)) - ord("0"))
    return pa.array(right, mask=lengths == 0)
