"""Exchanging tokens: every column that can hold one, nothing else, and never a token out of nowhere."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from chainbreak.base.errors import SetupError
from chainbreak.identity.retoken import Exchanger
from chainbreak.records import Identifier

EXCHANGE = {Identifier.LINE: (np.array([-5, 1, 9], dtype=np.int64), np.array([2, 7, -3], dtype=np.int64))}
OLD, NEW = "line:0000000000000001", "line:0000000000000007"


def exchanged(table: str, **columns: object) -> dict[str, list[object]]:
    return Exchanger(table, EXCHANGE).batch(pa.record_batch(columns)).to_pydict()


def test_token_columns_of_the_kinds_named_and_nulls_stay_nulls() -> None:
    rows = exchanged("call", msisdn=pa.array([1, None, -5]), peer=pa.array([9, 9, None]), imsi=pa.array([1, 1, 1]))
    assert rows == {"msisdn": [7, None, 2], "peer": [-3, -3, None], "imsi": [1, 1, 1]}


def test_written_tokens_in_declared_texts_and_lists_only() -> None:
    rows = exchanged(
        "report",
        narrative=pa.array([f"接到[{OLD}]来电，又[line:00000000000000ff]", None]),
        identifiers=pa.array([[OLD, "line:0000000000000003", "bad.example.com"], None]),
        district=pa.array([OLD, ""]),
    )
    assert rows["narrative"] == [f"接到[{NEW}]来电，又[line:00000000000000ff]", None]
    assert rows["identifiers"] == [["bad.example.com", "line:0000000000000003", NEW], None]
    assert rows["district"] == [OLD, ""]


def test_any_text_of_a_derived_table() -> None:
    assert exchanged("suspects", who=pa.array([OLD, f"imsi:{OLD[5:]}"]))["who"] == [NEW, f"imsi:{OLD[5:]}"]


def test_an_unknown_token_is_refused_and_counted() -> None:
    with pytest.raises(SetupError, match=r"CB-ID-031 .*2 of kind line in call"):
        exchanged("call", msisdn=pa.array([1, 3, 10]))
    with pytest.raises(SetupError, match="CB-ID-031"):
        Exchanger("call", {Identifier.LINE: (np.empty(0, np.int64), np.empty(0, np.int64))}).batch(
            pa.record_batch({"msisdn": pa.array([1])})
        )


@pytest.mark.parametrize(
    ("table", "field", "expected"),
    [("call", "msisdn", True), ("cell", "district", False), ("suspects", "who", True), ("transfer", "channel", False)],
)
def test_tables_without_such_columns_are_left_alone(table: str, field: str, expected: bool) -> None:
    assert Exchanger(table, EXCHANGE).concerns(pa.schema([(field, pa.string())])) is expected
