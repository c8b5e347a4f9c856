"""The fast path and the slow one are one function; tokens are HMAC and nothing else; no column is mixed up."""

from __future__ import annotations

import hmac
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.base.errors import InputError
from chainbreak.identity.batch import tokenise
from chainbreak.identity.keys import Keyring
from chainbreak.identity.normalise import ATTRIBUTES, Normal, normalise
from chainbreak.identity.numbers import Place, is_blank
from chainbreak.identity.tokens import token_of
from chainbreak.records import Identifier

KEYS = Keyring.create(Path(tempfile.mkdtemp()) / "keys")

# Texts near to identifiers find the seams between the paths better than any text does.
_PIECES = (
    *("0", "1", "10", "138", "571", "8", "400", "95", "46000", "3520", "７", "+86", "0086", "+44", "00"),
    *(" ", "-", "(", ")", ".", "/", "'", "\t", ".0", "e10"),
)
_separated = st.lists(st.sampled_from(_PIECES), max_size=14)
_RAW = st.one_of(
    _separated.map("".join),
    st.from_regex(r"(\+86|0086|86)?1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"[0-9]{10,20}(\.0)?", fullmatch=True),
    st.text(max_size=20),
)


def normal_or_code(kind: Identifier, raw: str, place: Place) -> Normal | str:
    try:
        return normalise(kind, raw, place)
    except InputError as e:
        return e.code


@settings(max_examples=300)
@given(st.sampled_from(list(Identifier)), st.lists(_RAW, max_size=6), st.sampled_from(["", "571"]), st.booleans())
def test_a_column_gives_what_its_values_give_one_by_one(
    kind: Identifier, raw: list[str], area_code: str, opaque: bool
) -> None:
    place = Place(area_code=area_code, opaque=opaque)
    rows = tokenise(kind, pa.array(raw, pa.string()), KEYS, place).to_pylist()
    assert [row["raw"] for row in rows] == raw
    for row in rows:
        normal = normal_or_code(kind, row["raw"], place)
        if isinstance(normal, str):
            assert (row["token"], row["check"], row["value"]) == (None, None, None)
            assert row["reason"] == (None if is_blank(row["raw"]) else normal)
            continue
        assert (row["value"], row["checked"], row["reason"]) == (normal.value, normal.checked, None)
        assert {name: row[name] for name in ATTRIBUTES.get(kind, ())} == normal.attributes
        digest = hmac.digest(KEYS.token_key(kind), normal.value.encode(), "sha256")
        assert row["token"] == int.from_bytes(digest[:8], "big", signed=True)
        assert row["check"] == int.from_bytes(digest[8:16], "big", signed=True)
        assert row["token"] == token_of(KEYS.token_key(kind), normal.value)


@pytest.mark.parametrize("kind", Identifier)
def test_empty_and_null_columns(kind: Identifier) -> None:
    assert tokenise(kind, pa.array([], pa.string()), KEYS, Place()).num_rows == 0
    rows = tokenise(kind, pa.chunked_array([[None, ""], ["nan"]], pa.string()), KEYS, Place())
    assert rows["token"].null_count == 3
    assert rows["reason"].null_count == 3  # nothing there is no error


def test_one_value_in_two_kinds_gives_unrelated_tokens() -> None:
    raw = pa.array(["460001234567890"])
    tokens = {tokenise(kind, raw, KEYS, Place())["token"][0].as_py() for kind in (Identifier.IMSI, Identifier.ACCOUNT)}
    assert len(tokens) == 2


def test_the_anonymised_sample_is_tokenised_whole(shared: Path) -> None:
    import csv

    with (shared / "data/cdr_sample/TEST_DATASET.CSV").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    opaque = Place(opaque=True)
    for kind, column in ((Identifier.LINE, "A_Num"), (Identifier.LINE, "B_Num"), (Identifier.IMEI, "IMEI")):
        distinct = {row[column] for row in rows if row[column]}
        made = tokenise(kind, pa.array(sorted(distinct)), KEYS, opaque)
        assert made["reason"].null_count == made.num_rows
        assert len(set(made["token"].to_pylist())) == len({float(value) for value in distinct})
