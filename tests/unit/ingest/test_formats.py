"""The same calls give the same records in whatever form they come."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from .conftest import make_calls, write_csv

CALLS = make_calls(30)


def _ndjson(path: Path) -> Path:
    rows = [{k: (int(v) if k in ("at_us", "duration_s") else v or None) for k, v in row.items()} for row in CALLS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _parquet(path: Path) -> Path:
    columns = {name: [row[name] or None for row in CALLS] for name in CALLS[0]}
    table = pa.table(columns)
    table = table.set_column(0, "at_us", table["at_us"].cast(pa.int64()))
    table = table.set_column(8, "answered", pa.array([v == "true" for v in columns["answered"]]))
    pq.write_table(table, path)
    return path


def _xlsx(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(CALLS[0]))
        for at, row in enumerate(CALLS, 1):
            # Identifiers stand as text in real exports: a workbook's numbers end at 15 digits.
            sheet.write_row(at, 0, [int(v) if k == "duration_s" else v for k, v in row.items()])
    return path


def _gzipped(path: Path) -> Path:
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


FORMS = {
    "tsv": lambda p: write_csv(p / "c.tsv", CALLS, delimiter="\t"),
    "semicolons": lambda p: write_csv(p / "c.csv", CALLS, delimiter=";"),
    "all quoted": lambda p: write_csv(p / "c.csv", CALLS, quoting=1),
    "CSV.GZ": lambda p: _gzipped(write_csv(p / "c.CSV", CALLS)),
    "utf-8 with mark": lambda p: write_csv(p / "c.csv", CALLS, encoding="utf-8-sig"),
    "utf-16": lambda p: write_csv(p / "c.csv", CALLS, encoding="utf-16"),
    "utf-16 without mark": lambda p: write_csv(p / "c.csv", CALLS, encoding="utf-16-le"),
    "ndjson": lambda p: _ndjson(p / "c.ndjson"),
    "jsonl.gz": lambda p: _gzipped(_ndjson(p / "c.jsonl")),
    "parquet": lambda p: _parquet(p / "c.parquet"),
    "parquet.gz": lambda p: _gzipped(_parquet(p / "c.parquet")),
    "xlsx": lambda p: _xlsx(p / "c.xlsx"),
    "xlsx.gz": lambda p: _gzipped(_xlsx(p / "c.xlsx")),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_adds_nothing_to_what_csv_brought(form, bring, tmp_path):
    (first,) = bring("call", write_csv(tmp_path / "calls.csv", CALLS))
    assert (first.accepted, first.quarantined, first.error) == (30, 0, "")
    (again,) = bring("call", FORMS[form](tmp_path))
    assert (again.error, again.rows_read, again.accepted, again.duplicates) == ("", 30, 0, 30)


def test_chinese_headers_and_codes_in_gb18030(bring, lake_rows, tmp_path):
    (tmp_path / "话单.csv").write_bytes(
        "开始时间,呼叫类型,本机号码,对方号码,通话时长\n2026-11-20 08:00:00,主叫,138 0013 8000,0571-87654321,1\n".encode(
            "gb18030"
        )
    )
    (tmp_path / "m.yml").write_text(
        'kind: call\ncolumns:\n  at_us: {from: 开始时间, time: "%Y-%m-%d %H:%M:%S"}\n'
        "  kind: {from: 呼叫类型, values: {主叫: mo_call}}\n  msisdn: 本机号码\n  peer: 对方号码\n"
        "  duration_s: {from: 通话时长, unit: min}\n", encoding="utf-8",
    )  # fmt: skip
    (run,) = bring("call", tmp_path / "话单.csv", mapping=str(tmp_path / "m.yml"))
    assert run.error == ""
    assert run.accepted == 1
    (row,) = lake_rows("call")
    assert row["at_us"] == 1_795_132_800_000_000
    assert str(row["local_day"]) == "2026-11-20"
    assert row["local_hour"] == 8
    assert (row["duration_s"], row["msisdn_class"], row["peer_class"]) == (60, "mobile", "landline")


def test_the_lake_holds_no_number(bring, office, tmp_path):
    bring("call", write_csv(tmp_path / "calls.csv", CALLS))
    stored = b"".join(path.read_bytes() for path in office.centre.root.rglob("*") if path.is_file())
    for row in CALLS:
        assert row["peer"].encode() not in stored
