"""`chainbreak case extract`: a text, a file, standard input; what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chainbreak.app.extract_text import extract_text
from chainbreak.base.errors import InputError, UsageError
from chainbreak.cli.case import app

TEXT = "昨天下午3点，接到一三八一二六七三九零五来电，加薇❤：abc_123，打开jd-kf88点com，损失3万5"


def rows(*arguments: str, stdin: str = "") -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["extract", *arguments, "--json"], input=stdin)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(autouse=True)
def outside_any_centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHAINBREAK_CENTRE", raising=False)


def test_a_text_a_file_and_standard_input_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text(TEXT, encoding="utf-8")
    given = rows(TEXT, "--at", "2026-11-20T18:30")
    assert rows("--file", str(tmp_path / "report.txt"), "--at", "2026-11-20T18:30") == given
    assert rows("-", "--at", "2026-11-20T18:30", stdin=TEXT) == given
    assert [(row["kind"], row["value"]) for row in given] == [
        ("time", "2026-11-19T15+08:00"), ("line", "+8613812673905"), ("chat", "abc_123"), ("domain", "jd-kf88.com"),
        ("amount", "3500000"),
    ]  # fmt: skip
    line = given[1]
    assert (line["role"], line["span"], line["normalisation"]) == ("suspect", "9-20", ["numerals"])
    assert given[3]["domain"] == "jd-kf88.com"


def test_the_table_shows_what_stands_in_the_text() -> None:
    shown = CliRunner().invoke(app, ["extract", TEXT]).stdout
    assert "一三八一二六七三九零五" in shown
    assert "+8613812673905" in shown


def test_nothing_found_is_said_and_is_exit_code_1() -> None:
    result = CliRunner().invoke(app, ["extract", "的工作总结"])
    assert result.exit_code == 1


def test_one_text_and_only_one() -> None:
    for arguments in ([], [TEXT, "--report", "R1"]):
        result = CliRunner().invoke(app, ["extract", *arguments])
        assert isinstance(result.exception, UsageError)


def test_what_is_no_text_or_no_time_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff\xe0" * 9)
    result = CliRunner().invoke(app, ["extract", "--file", str(tmp_path / "picture")])
    assert isinstance(result.exception, InputError)
    with pytest.raises(UsageError):
        extract_text(TEXT, at="yesterday")
