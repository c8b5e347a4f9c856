"""A mapping says exactly how a partner's text becomes a value; a mistake in it is said with the nearest right word."""

import json
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.app.suggest_map import check_map, suggest_map
from chainbreak.base.clock import to_us
from chainbreak.base.errors import ChainbreakError, InputError
from chainbreak.ingest.mapping import load_mapping, read_mapping, shipped_mappings, write_mapping
from chainbreak.ingest.zones import local_parts, to_utc

from .conftest import make_calls, write_csv

MOMENT = 1_795_132_800_000_000  # 2026-11-20 08:00 in Shanghai


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [", "CB-IN-021"),
        ("just text", "CB-IN-022"),
        ("{kind: cal, columns: {}}", "did you mean call"),
        ("{kind: call, columns: {at_us: a, kind: b, imie: c}}", "imei"),
        ("{kind: call, columns: {at_us: a}}", "call needs kind"),
        ("{kind: domain, columns: {domain: {from: a, unti: s}}}", "did you mean unit"),
        ("{kind: domain, colums: {domain: a}}", "columns: Field required"),
        ("{kind: domain, columns: {domain: {from: a, constant: b}}}", "exactly one of"),
        ("{kind: account, columns: {account: a, opening_balance_fen: {from: b, unit: yuann}}}", "did you mean yuan"),
        ("{kind: call, columns: {kind: a, at_us: {from: b, time: step}}}", "needs an origin"),
        ("{kind: call, columns: {kind: a, at_us: {from: b, time: hours}}}", "unknown time format"),
        ("{kind: call, zone: Asia/Shangai, columns: {kind: a, at_us: b}}", "unknown time zone"),
    ],
)
def test_mistakes_are_named(text, said):
    with pytest.raises(InputError) as raised:
        read_mapping(text, "m.yml")
    assert said in str(raised.value)


def test_an_unknown_mapping_names_the_shipped_ones():
    with pytest.raises(ChainbreakError, match="did you mean cdr_sample"):
        load_mapping("cdr_sampel")


@pytest.mark.parametrize("name", shipped_mappings())
def test_shipped_mappings_are_read_and_survive_writing(name):
    mapping = load_mapping(name)
    assert read_mapping(write_mapping(mapping), name) == mapping


@pytest.mark.parametrize(
    ("source", "text", "value"),
    [
        ('{from: t, time: "%Y-%m-%d %H:%M:%S"}', "2026-11-20 08:00:00", MOMENT),
        ('{from: t, time: "%Y-%m-%d %H:%M:%S", zone: UTC}', "2026-11-20 00:00:00", MOMENT),
        ('{from: t, time: "%Y-%m-%d %H:%M:%S %z"}', "2026-11-20 01:00:00 +0100", MOMENT),
        ('{from: t, time: ["%Y/%m/%d", "%Y-%m-%d %H:%M"]}', "2026-11-20 08:00", MOMENT),
        ("{from: t, time: iso}", "2026-11-20T08:00:00", MOMENT),
        ("{from: t, time: iso}", "2026-11-20T00:00:00Z", MOMENT),
        ("{from: t, time: iso}", "2026-11-20T02:30:00.5+02:30", MOMENT + 500_000),
        ("{from: t, time: s}", "1795132800", MOMENT),
        ("{from: t, time: s}", "1795132800.25", MOMENT + 250_000),
        ("{from: t, time: ms}", "1795132800000", MOMENT),
        ("{from: t, time: us}", "1795132800000000", MOMENT),
        ("{from: t, time: excel}", "46346.333333333", MOMENT),
        ('{from: t, time: step, step: hour, origin: "2026-11-20T00:00:00+08:00"}', "8", MOMENT),
        ('{from: [d, t], join: " ", time: "%Y-%m-%d %H:%M"}', "08:00", MOMENT),
    ],
)
def test_times(source, text, value, bring, lake_rows, tmp_path):
    (tmp_path / "m.yml").write_text(f"kind: lookup\ncolumns:\n  domain: domain\n  at_us: {source}\n")
    path = write_csv(tmp_path / "f.csv", [{"d": "2026-11-20", "t": text, "domain": "a.example.com"}])
    (run,) = bring("lookup", path, mapping=str(tmp_path / "m.yml"))
    assert (run.error, run.reasons) == ("", {})
    assert lake_rows("lookup")[0]["at_us"] == value


@pytest.mark.parametrize(
    ("source", "text", "value"),
    [
        ("{from: v, unit: yuan}", "1234.56", 123_456),
        ("{from: v, unit: yuan}", "¥ 0.01", 1),
        ('{from: v, unit: yuan, decimal: ",", thousands: "."}', "1.234,56", 123_456),
        ('{from: v, unit: yuan, thousands: ","}', "92,233,720,368,547,758.07", 2**63 - 1),
        ("v", "17", 17),
        ("v", "17.0", 17),
        ("{from: v, default: 5}", "", 5),
        ("{from: v, default: 5}", "NULL", 5),
        ("{constant: 9}", "x", 9),
        ("{row: true}", "x", 2),
        ("{from: v, unit: yuan}", "0.001", None),
        ("v", "1.5", None),
        ("{from: v, round: true}", "1.5", 2),
        ("v", "99999999999999999999", None),
        ("v", "NaN", "null"),
        ("v", "twelve", None),
    ],
)
def test_numbers(source, text, value, bring, lake_rows, tmp_path):
    (tmp_path / "m.yml").write_text(f"kind: account\ncolumns:\n  account: a\n  opening_balance_fen: {source}\n")
    (run,) = bring("account", write_csv(tmp_path / "f.csv", [{"a": "C1", "v": text}]), mapping=str(tmp_path / "m.yml"))
    if value is None:
        assert run.reasons == {"CB-IN-031": 1}
    else:
        assert lake_rows("account")[0]["opening_balance_fen"] == (None if value == "null" else value)


def test_codes_that_nobody_declared_are_rejected_alone(bring, tmp_path):
    (tmp_path / "m.yml").write_text(
        'kind: call\ncolumns:\n  at_us: {from: t, time: us}\n  kind: {from: k, values: {"0": mo_call}}\n'
    )
    rows = [{"t": MOMENT + i, "k": code} for i, code in enumerate(["0", "1", "0"])]
    (run,) = bring("call", write_csv(tmp_path / "f.csv", rows), mapping=str(tmp_path / "m.yml"))
    assert (run.accepted, run.reasons) == (2, {"CB-IN-033": 1})


def test_a_file_without_a_mapped_column_is_refused(bring, tmp_path):
    (tmp_path / "m.yml").write_text("kind: domain\ncolumns: {domain: hostname}\n")
    (run,) = bring("domain", write_csv(tmp_path / "f.csv", [{"hostnam": "a.example"}]), mapping=str(tmp_path / "m.yml"))
    assert run.error.startswith("CB-IN-010")
    assert "did you mean hostnam" in run.error


@settings(max_examples=80, deadline=None)
@given(
    local=st.datetimes(datetime(1971, 1, 1), datetime(2035, 1, 1)),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
)
def test_zones_agree_with_python(local, zone):
    local = local.replace(fold=0)
    expected = to_us(local.replace(tzinfo=ZoneInfo(zone)))
    naive = to_us(local.replace(tzinfo=ZoneInfo("UTC")))
    others = np.array([0, naive, 2_000_000_000_000_000])
    assert int(to_utc(others, zone)[1]) == expected
    there = datetime.fromtimestamp(expected / 1e6, ZoneInfo(zone)) if expected % 1_000_000 == 0 else None
    days, hours = local_parts(np.array([expected, 0]), zone)
    if there:
        assert (int(days[0]), int(hours[0])) == ((there.date() - datetime(1970, 1, 1).date()).days, there.hour)


def test_a_proposed_mapping_works_as_it_is(bring, tmp_path):
    rows = [
        {"主叫号码": row["msisdn"], "被叫号码": row["peer"], "IMEI": row["imei"], "通话类型": "主叫",
         "开始时间": f"2026/11/20 08:00:{i:02d}", "通话时长": row["duration_s"], "备注": "x"}
        for i, row in enumerate(make_calls(40))
    ]  # fmt: skip
    path = write_csv(tmp_path / "export.csv", rows, encoding="gb18030")
    proposed = suggest_map(path)
    loaded = yaml.safe_load(proposed)
    assert loaded["kind"] == "call"
    assert loaded["ignore"] == ["备注"]
    assert not any(row["msisdn"] in proposed for row in make_calls(40))
    (tmp_path / "m.yml").write_text(proposed, encoding="utf-8")
    assert check_map(str(tmp_path / "m.yml"), path)["good"] == 40
    (run,) = bring("call", path, mapping=str(tmp_path / "m.yml"))
    assert (run.accepted, run.unread_identifiers) == (40, 0)


def test_check_counts_faults(tmp_path):
    (tmp_path / "m.yml").write_text("kind: call\ncolumns: {at_us: {from: at_us, time: us}, kind: kind}\n")
    path = write_csv(tmp_path / "f.csv", [{**row, "kind": "no"} for row in make_calls(3)])
    assert check_map(str(tmp_path / "m.yml"), path)["faults"] == {"kind CB-IN-033": 3}


SHARED = {
    "cdr_sample": ("call", "cdr_sample/TEST_DATASET.CSV", 333),
    "amlsim_transactions": ("transfer", "amlsim20k/transactions.parquet", 120_558),
    "amlsim_nodes": ("account", "amlsim20k/nodes.parquet", 20_000),
    "fbs_sms": ("message", "fbs_sms/fbs_sms.parquet", 14_074),
    "domains": ("domain", "domains/scam.parquet", 120_000),
    "calls_911": ("incident", "calls_for_service/calls_911.parquet", 3_051),
    "chicago_area_hour": ("incident", "calls_for_service/chicago_2022_area_hour.parquet", 159_004),
    "food_inspections": ("inspection", "calls_for_service/food_inspections.parquet", 41_979),
}


EVENTS_WITHOUT_IDENTITY = {"fbs_sms", "calls_911", "food_inspections"}
"""Their mappings keep equal rows apart."""


@pytest.mark.parametrize("name", SHARED)
def test_real_files_come_in_as_they_are(name, shared, bring, lake_rows):
    kind, file, count = SHARED[name]
    (run,) = bring(kind, shared / "data" / file, mapping=name)
    assert (run.error, run.rows_read, run.quarantined) == ("", count, 0)
    assert run.accepted + run.duplicates == count
    if name in EVENTS_WITHOUT_IDENTITY:
        assert run.duplicates == 0
    assert run.accepted > 0.9 * count
    rows = lake_rows(kind)
    assert len(rows) == run.accepted
    text = json.dumps(rows[:50], default=str)
    assert "isFraud" not in text
    assert "fraudStep" not in text
    if name == "cdr_sample":
        assert Counter(row["kind"] for row in rows)["mo_call"] == 90
        assert {row["msisdn_class"] for row in rows} == {"unknown"}
    if name == "amlsim_transactions":
        assert sum(row["amount_fen"] for row in rows) == 3_328_791_920
        assert sorted(row["seq"] for row in rows)[-1] == count
    if name == "chicago_area_hour":
        assert sum(row["n"] for row in rows) == 215_551
    if name == "fbs_sms":
        assert {row["at_us"] for row in rows} == {None}
