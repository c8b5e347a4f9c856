"""A hot list comes in like any record: its tokens are those of the calls; a type of handset stays a type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .conftest import START_US, make_calls, write_csv

HEADER = "命中时间,名单类别,号码,IMSI,IMEI,TAC,来源"
SHEET = """
2026-11-20 09:30:00,拨测,13800130007,,,,省公司拨测
2026/11/20 09:31,终端黑名单,,,86123456000007,,反诈中心
2026-11-19,黑名单,,,,35917002,公安厅
2026-11-19,传言,13800130008,,,,?
"""


def test_hits_join_to_the_calls_of_the_same_number_and_handset(tmp_path: Path, bring: Any, lake_rows: Any) -> None:
    calls = [c | {"msisdn": "13800130007", "imei": "86123456000007"} for c in make_calls(3)]
    bring("call", write_csv(tmp_path / "calls.csv", calls))
    path = tmp_path / "hot.csv"
    path.write_text(HEADER + SHEET, encoding="gb18030")
    (run,) = bring("hotlist", path, mapping="hotlist")
    assert (run.accepted, run.quarantined) == (3, 1)
    hits = {row["list"] + (row["tac"] or ""): row for row in lake_rows("hotlist")}
    call = lake_rows("call")[0]
    assert hits["test_call"]["msisdn"] == call["msisdn"]
    assert hits["test_call"]["msisdn_class"] == "mobile"
    assert hits["blacklist"]["imei"] == call["imei"]
    assert hits["blacklist"]["imei_tac"] == "86123456"
    assert hits["blacklist35917002"]["imei"] is None
    assert hits["blacklist35917002"]["source"] == "公安厅"


def test_the_same_list_again_adds_nothing(tmp_path: Path, bring: Any, lake_rows: Any) -> None:
    rows = [{"at_us": START_US, "list": "reported", "msisdn": "13800130009", "source": "96110"}]
    path = write_csv(tmp_path / "hot.csv", rows)
    assert [run.accepted for run in (*bring("hotlist", path), *bring("hotlist", path))] == [1, 0]
    assert len(lake_rows("hotlist")) == 1


def test_a_cell_may_say_where_it_points(tmp_path: Path, bring: Any, lake_rows: Any) -> None:
    rows = [
        {"cell_id": "C1", "lat": 31.2, "lon": 121.4, "azimuth": 120, "technology": "gsm"},
        {"cell_id": "C2", "lat": 31.2, "lon": 121.4, "azimuth": 400, "technology": "gsm"},
        {"cell_id": "C3", "lat": 31.2, "lon": 121.4, "azimuth": "", "technology": ""},
    ]
    (run,) = bring("cell", write_csv(tmp_path / "cells.csv", rows))
    assert (run.accepted, run.quarantined) == (2, 1)
    assert {r["cell_id"]: (r["azimuth"], r["technology"]) for r in lake_rows("cell")} == {
        "C1": (120.0, "gsm"), "C3": (None, None),
    }  # fmt: skip
