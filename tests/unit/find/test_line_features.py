"""The first calls of a card: values by hand, nothing from later, portable, and a table with the label beside it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.train_model import make_line_features
from chainbreak.base.errors import InputError, UsageError
from chainbreak.find.contract.portable import refused_operations
from chainbreak.find.models.line_features import FEATURES, line_features
from chainbreak.records import kind_named

HOUR_US = 3_600_000_000
SCHEMA = kind_named("call").arrow_schema()


def call(ref: str, sim: int, hour: float, kind: str, peer: int, talk_s: int, **more: Any) -> dict[str, Any]:
    when = {"at_us": int(hour * HOUR_US), "local_hour": int(hour), "record_ref": ref}
    who = {"imsi": sim, "peer": peer, "peer_class": "mobile", "cell_id": "a"}
    return {**when, **who, "kind": kind, "duration_s": talk_s, "answered": talk_s > 0, **more}


CALLS = [
    call("a", 1, 3, "mo_call", 7, 5, imei=50),
    call("b", 1, 4, "mo_call", 8, 0, peer_class="landline", imei=50, cell_id="b"),
    call("c", 1, 5, "mt_call", 7, 300, imei=51, ta=3),
    call("d", 1, 9, "mo_call", 9, 60, peer_class="service", imei=51, ta=4),
    call("e", 1, 10, "mo_sms", 7, 0),
    call("f", 2, 3, "mo_call", 7, 5),
]


def features_of(rows: list[dict[str, Any]], first: int) -> list[dict[str, Any]]:
    table = pa.Table.from_pylist([{n: r.get(n) for n in SCHEMA.names} for r in rows], schema=SCHEMA)
    found = line_features(ibis.memtable(table), first).to_pyarrow().to_pylist()
    return sorted(found, key=lambda row: row["sim"])


def test_values_of_the_first_calls_by_hand() -> None:
    (row,) = features_of(CALLS, 4)  # card 2 has not made four calls yet, and a text is no call
    assert row["sim"] == 1
    expected = {
        "outgoing_share": 3 / 4, "answered_share": 3 / 4, "answered_out_share": 2 / 3, "mean_talk_s": 365 / 3,
        "longest_talk_s": 300, "short_share": 1 / 4, "long_share": 1 / 4, "peers": 3, "calls_per_peer": 4 / 3,
        "top_peer_share": 1 / 2, "once_share": 2 / 3, "mutual_share": 1 / 3, "mobile_share": 1 / 2,
        "landline_share": 1 / 4, "service_share": 1 / 4, "foreign_share": 0, "cells": 2, "calls_per_cell": 2,
        "imeis": 2, "hours": 4, "night_share": 3 / 4, "calls_per_hour": 4 / 6, "shortest_gap_s": 3595,
        "mean_gap_s": (3595 + 3600 + 4 * 3600 - 300) / 3, "quick_share": 0, "ta_values": 2, "mean_auth_ms": None,
        "roaming_share": 0,
    }  # fmt: skip
    assert {n: row[n] for n in expected} == pytest.approx(expected)
    assert set(expected) == set(FEATURES)


def test_nothing_later_than_the_nth_call_is_looked_at_and_order_does_not_matter() -> None:
    later = [call(f"z{i}", 1, 20 + i, "mt_call", 30 + i, 900, cell_id=f"z{i}") for i in range(5)]
    mixed = [*CALLS, *later]
    random.Random(1).shuffle(mixed)
    assert features_of(mixed, 4) == features_of(CALLS, 4)


def test_only_the_portable_core_is_used() -> None:
    unbound = ibis.table(ibis.schema(SCHEMA), name="call")
    assert refused_operations(line_features(unbound, 20)) == []


def test_a_table_without_truth_has_no_label_and_the_log_says_it_was_written(office: Office, tmp_path: Path) -> None:
    from sqlalchemy import select

    from chainbreak.audit.tables import entries

    made = make_line_features(office, tmp_path / "t.parquet", 5)
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.column_names == ["sim", *FEATURES]
    assert made["rows"] == table.num_rows > 50
    assert all(text.startswith("imsi:") for text in table["sim"].to_pylist())
    with office.desk.read() as conn:
        assert any(b'"model.features"' in row.entry for row in conn.execute(select(entries)))


def test_the_label_comes_from_truth_by_card_alone(office: Office, tmp_path: Path) -> None:
    from chainbreak.identity.batch import tokenise
    from chainbreak.identity.numbers import Place
    from chainbreak.records.kind import Identifier

    cards = pa.array(["460001234567890", "460001234567891"])
    tokens = tokenise(Identifier.IMSI, cards, office.keys, Place("CN", ""))["token"].to_pylist()
    rows = [call(f"{i}{t}", t, i, "mo_call", i, 9) for t in tokens for i in range(3)]
    office.lake.append("call", pa.Table.from_pylist([{n: r.get(n) for n in SCHEMA.names} for r in rows], SCHEMA), [])
    (tmp_path / "truth").mkdir()
    pq.write_table(pa.table({"imsi": cards, "class": ["box", "courier"]}), tmp_path / "truth/sims.parquet")
    devices = pa.table({"imsi": cards, "gang": pa.array([0, None]), "level": ["L6", "L0"]})
    pq.write_table(devices, tmp_path / "truth/devices.parquet")
    made = make_line_features(office, tmp_path / "t.parquet", 3, tmp_path / "truth")
    told = {r["class"]: r["fraud"] for r in pq.read_table(tmp_path / "t.parquet").to_pylist()}
    assert made["fraud"] == 1
    assert told == {"L6": 1, "courier": 0, "unknown": 0}  # a company's own box is no fraud


def test_wrong_calls_are_refused(office: Office, tmp_path: Path) -> None:
    (tmp_path / "there.parquet").touch()
    for code, out, first, truth in [
        ("CB-MO-015", "t.parquet", 1, None),
        ("CB-MO-013", "there.parquet", 5, None),
        ("CB-MO-016", "t.parquet", 1000, None),
        ("CB-FI-005", "t.parquet", 5, tmp_path),
    ]:
        with pytest.raises((InputError, UsageError)) as refused:
            make_line_features(office, tmp_path / out, first, truth)
        assert refused.value.code == code
