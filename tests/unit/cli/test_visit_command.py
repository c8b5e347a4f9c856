"""`chainbreak warn visit`: from duty to result on a terminal, and the queue that is printed."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainbreak.cli import root

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world
from visit_world import visit_of, visit_world

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def first(tmp_path: Path) -> str:
    """A visit of a centre under the machine's own clock."""
    office = make_world(tmp_path / "centre", findings=2)
    visit_id = visit_of(office, visit_world(office)["urgent"][0])
    office.desk.close()
    return visit_id


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `warn visit …`; the exit code and what it printed, parsed when asked for as JSON."""

    def run(*words: str, stdin: str = "") -> tuple[int, Any]:
        monkeypatch.setenv("CHAINBREAK_CENTRE", str(tmp_path / "centre"))
        monkeypatch.setattr("sys.argv", ["chainbreak", "warn", "visit", *words])
        if stdin:
            monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as left:
            root.run()
        out = capsys.readouterr().out
        rows = [json.loads(line) for line in out.splitlines()] if "--json" in words and out else out
        return int(left.value.code or 0), rows

    return run


def test_a_visit_from_the_list_to_the_result(run: Run, first: str) -> None:
    assert first in {row["visit_id"] for row in run("list", "--as", "ma", "--json")[1]}
    assert run("address", first, "--file", "-", "--as", "gu", stdin="东湖区桂花路7号\n")[0] == 0
    assert run("reveal", first, "--purpose", "上门", "--case", "C-1", "--as", "ma")[0] == 4, "not taken on yet"
    assert run("accept", first, "--as", "ma", "--second", "luo", "--json")[1][0]["state"] == "accepted"
    assert "桂花路" in run("reveal", first, "--purpose", "上门", "--case", "C-1", "--as", "ma")[1]
    assert run("leave", first, "--as", "ma")[0] == run("arrive", first, "--as", "ma")[0] == 0
    code = run("code", first, "--as", "gu", "--json")[1][0]["code"]
    said = ("--answer", "call_ended=yes", "--said", code, "--key", "terminal-key-1")
    assert run("result", first, "1", "--as", "ma", *said, "--json")[1][0]["standing"] == "taken"
    assert run("result", first, "1", "--as", "ma", *said)[0] == 0, "the same key again"
    assert run("result", first, "2", "--as", "ma")[0] == 1, "kept as a conflict"
    shown = run("show", first, "--as", "he", "--json")[1][0]
    assert (shown["outcome"], [proof["way"] for proof in shown["proofs"]]) == ("dissuaded", ["said"])
    assert "桂花路" not in run("show", first, "--as", "he")[1]


def test_the_printed_queue_has_neither_address_nor_number(run: Run, first: str) -> None:
    run("address", first, "--file", "-", "--as", "gu", stdin="东湖区桂花路7号\n")
    code, text = run("print", "--as", "he")
    assert code == 0
    assert first in text
    assert "桂花路" not in text
    assert "1391111" not in text
    assert "line:" not in text


def test_wrong_words_are_one_sentence_and_a_code(run: Run, first: str) -> None:
    assert run("show", "V-000000000000", "--as", "he")[0] == 2
    assert run("handoff", first, "nowhere", "specialist", "--as", "he")[0] == 2
    assert run("duty", "gu", "--unit", "东湖区", "--as", "he")[0] == 2
    assert run("plan", "--as", "ma")[0] == 4
    assert run("list", "--as", "bai")[0] == 1
