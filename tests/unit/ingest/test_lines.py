"""A bad line costs itself: stray quotes, broken bytes and odd field counts leave the lines around them alone."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chainbreak.ingest.delimited import DelimitedReader
from chainbreak.ingest.limits import Limits


def _read(path: Path, block: int = 1 << 20, line: int = 1 << 16) -> tuple[list[tuple], list[tuple[int, str]]]:
    reader = DelimitedReader(path, Limits(block=block, line=line), None, None)
    rows, broken = [], []
    for chunk in reader.chunks():
        values = zip(*(chunk.table[name].to_pylist() for name in reader.names), strict=True)
        rows += list(zip(chunk.lines.to_pylist(), *zip(*values, strict=True), strict=True)) if len(chunk.lines) else []
        broken += [(b.line, b.code) for b in chunk.broken]
    return rows, broken


@pytest.mark.parametrize(
    ("text", "rows", "broken"),
    [
        ("a,b\n1,2\n\n3,4\n", [(2, "1", "2"), (4, "3", "4")], []),
        ("a,b\r\n1,2\r\n3,4", [(2, "1", "2"), (3, "3", "4")], []),
        ("a,b\n1,2,3\n4,5\n6\n", [(3, "4", "5")], [(2, "CB-IN-014"), (4, "CB-IN-014")]),
        ('a,b\n1,"2\n3,4\n5,6\n', [(3, "3", "4"), (4, "5", "6")], [(2, "CB-IN-014")]),
        ('a,b\n1,"two\nlines"\n3,4\n', [(2, "1", "two\nlines"), (4, "3", "4")], []),
        ('a,b\n1,5"\n3,4\n', [(2, "1", '5"'), (3, "3", "4")], []),
        ('a,b\n1,"x"y\n3,4\n', [(3, "3", "4")], [(2, "CB-IN-014")]),
        ("a,b\n,2\n", [(2, None, "2")], []),
    ],
)
def test_lines(text, rows, broken, tmp_path):
    (tmp_path / "f.csv").write_text(text, newline="")
    assert _read(tmp_path / "f.csv") == (rows, broken)


def test_bytes_that_are_no_utf8_cost_their_line(tmp_path):
    good = "".join(f"号码{i},x\n" for i in range(2_000)).encode()
    (tmp_path / "f.csv").write_bytes(b"a,b\n" + good + b"\xff\xfe\x80,x\n" + b"last,x\n")
    rows, broken = _read(tmp_path / "f.csv")
    assert len(rows) == 2_001
    assert rows[-1] == (2_003, "last", "x")
    assert broken == [(2_002, "CB-IN-017")]


def test_gb18030_after_a_long_stretch_of_ascii(tmp_path):
    (tmp_path / "f.csv").write_bytes(b"a,b\n" + b"1,2\n" * 3_000 + "杭州,3\n".encode("gb18030"))
    rows, broken = _read(tmp_path / "f.csv", block=1_000)
    assert rows[-1] == (3_002, "杭州", "3")
    assert not broken


@settings(max_examples=60, deadline=None)
@example(rows=[("00\n号", "x")], block=16)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufdd0\x1f"), max_size=8)] * 2),
        min_size=1,
        max_size=25,
    ),
    block=st.integers(16, 400),
)
def test_whatever_csv_writes_is_read_back_in_blocks_of_any_size(rows, block, tmp_path_factory):
    rows = [("k" + a, b) for a, b in rows]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([("a", "b"), *rows])
    path = tmp_path_factory.mktemp("f") / "f.csv"
    path.write_bytes(written.getvalue().encode())
    found, broken = _read(path, block=block, line=4_096)
    # A value of blanks alone is nothing known, to every reader of ours.
    assert [row[1:] for row in found] == [(a, b or None) for a, b in rows]
    assert broken == []
