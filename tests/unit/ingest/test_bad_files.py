"""Each bad file is one clear error with a code and a next step; the files beside it come in."""

import gzip
import re
from pathlib import Path

import pytest

from chainbreak.base.wording import codes
from chainbreak.ingest.limits import MIB

from .conftest import make_calls, write_csv

CALLS = make_calls(2_000)
HEAD = ",".join(CALLS[0]) + "\n"


def _text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


BAD = {
    "missing": ("CB-IN-001", lambda p: p / "nowhere.csv"),
    "empty": ("CB-IN-002", lambda p: _text(p / "bad.csv", "")),
    "empty gz": ("CB-IN-002", lambda p: _bytes(p / "bad.csv.gz", gzip.compress(b""))),
    "cut gz": ("CB-IN-003", lambda p: _bytes(p / "bad.csv.gz", gzip.compress(HEAD.encode())[:20])),
    "bytes of no encoding": ("CB-IN-004", lambda p: _bytes(p / "bad.csv", HEAD.encode() + b"\xff\xff\x80\xff\n" * 9)),
    "name twice": ("CB-IN-006", lambda p: _text(p / "bad.csv", "at_us,kind,kind\n1,mo_call,x\n")),
    "png as csv": ("CB-IN-007", lambda p: _bytes(p / "bad.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")),
    "zip as csv": ("CB-IN-007", lambda p: _bytes(p / "bad.csv", b"PK\x03\x04rest")),
    "csv as parquet": ("CB-IN-007", lambda p: _text(p / "bad.parquet", HEAD)),
    "cut parquet": ("CB-IN-007", lambda p: _bytes(p / "bad.parquet", b"PAR1....")),
    "csv as xlsx": ("CB-IN-007", lambda p: _text(p / "bad.xlsx", HEAD)),
    "csv as ndjson": ("CB-IN-007", lambda p: _text(p / "bad.ndjson", HEAD)),
    "unknown ending": ("CB-IN-008", lambda p: _text(p / "bad.docx", HEAD)),
    "directory": ("CB-IN-009", lambda p: _folder(p / "bad.csv")),
    "other columns": ("CB-IN-010", lambda p: _text(p / "bad.csv", "a,b\n1,2\n")),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_said_and_its_neighbours_come_in(case, bring, tmp_path):
    code, make = BAD[case]
    good = write_csv(tmp_path / "good.csv", CALLS[:5])
    bad, after = bring("call", make(tmp_path), good)
    assert bad.error.startswith(code)
    assert ". Next: " in bad.error
    assert code in codes()
    assert bad.accepted == 0
    assert after.accepted == 5
    assert after.error == ""


def test_rows_before_the_break_of_a_gz_are_kept_and_the_whole_file_adds_the_rest(bring, tmp_path):
    whole = gzip.compress(write_csv(tmp_path / "calls.csv", CALLS).read_bytes())
    cut = _bytes(tmp_path / "cut.csv.gz", whole[: len(whole) // 2])
    (broken,) = bring("call", cut)
    assert broken.error.startswith("CB-IN-003")
    assert 0 < broken.accepted < len(CALLS)
    (healed,) = bring("call", _bytes(tmp_path / "whole.csv.gz", whole))
    assert healed.error == ""
    assert healed.accepted + broken.accepted == len(CALLS)
    assert healed.duplicates >= broken.accepted


def test_a_column_of_the_wrong_type_refuses_the_file_and_fills_no_quarantine(bring, tmp_path):
    wrong = [{**row, "duration_s": "two minutes"} for row in CALLS]
    bad, good = bring("call", write_csv(tmp_path / "bad.csv", wrong), write_csv(tmp_path / "good.csv", CALLS))
    assert bad.error.startswith("CB-IN-011")
    assert "duration_s" in bad.error
    assert bad.quarantined == 0
    assert good.accepted == len(CALLS)


def test_a_ten_megabyte_line_costs_itself_only(bring, tmp_path):
    lines = write_csv(tmp_path / "calls.csv", CALLS[:20]).read_text().splitlines(keepends=True)
    lines.insert(8, "x" * (10 * MIB) + "\n")
    (run,) = bring("call", _text(tmp_path / "long.csv", "".join(lines)))
    assert run.error == ""
    assert run.accepted == 20
    assert run.reasons == {"CB-IN-016": 1}


def test_a_bomb_is_stopped(office, tmp_path):
    from dataclasses import replace

    from chainbreak.app.ingest_file import open_parts
    from chainbreak.base.progress import silent
    from chainbreak.ingest.limits import Limits
    from chainbreak.ingest.pipeline import ingest_file
    from chainbreak.records import kind_named

    line = ",".join(CALLS[0].values()) + "\n"
    bomb = _bytes(tmp_path / "bomb.csv.gz", gzip.compress((HEAD + line * 200_000).encode()))
    parts = replace(open_parts(office), limits=Limits(block=MIB, ratio=50, ratio_from=4 * MIB))
    run = ingest_file(parts, kind_named("call"), bomb, None, silent)
    assert run.error.startswith("CB-IN-005")
    assert run.rows_read < 100_000
    assert run.accepted == 1


def test_messages_hold_no_identifier(bring, tmp_path):
    rows = [{**CALLS[0], "kind": "13800138000"}]
    (run,) = bring("call", write_csv(tmp_path / "bad.csv", rows))
    assert run.quarantined == 1
    assert not re.search(r"\d{11}", run.error + str(run.reasons))
