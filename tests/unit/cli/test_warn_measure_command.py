"""`chainbreak warn stats|power|tiers …` as typed: faults by line, a change by two people, exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chainbreak.app.bootstrap import Office
from chainbreak.base.errors import ChainbreakError
from chainbreak.cli.warn_measure import app

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world
from measure_world import Measured, call
from warning_world import known_lines

from chainbreak.base.clock import US_PER_DAY

Run = Callable[..., Any]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = make_world(tmp_path / "centre", findings=2)
    world = Measured(made, tmp_path / "files")
    for n, line in enumerate(known_lines(made, 6)):
        world.warn(call(line, world.now - US_PER_DAY, 360, campaign=f"series:{n}"), outcome="dissuaded", reached_min=5)
    return made


@pytest.fixture
def run(office: Office) -> Run:
    """Runs a command as somebody; (what it printed, exit code), the code of the error when it was refused."""

    def run(who: str, *words: str, as_json: bool = True) -> Any:
        given = [*words, "--as", who, "--centre", str(office.centre.root), *(["--json"] if as_json else [])]
        result = CliRunner().invoke(app, given)
        if isinstance(result.exception, ChainbreakError):
            return result.exception.code, result.exception.exit_code
        return (json.loads(result.stdout) if as_json else result.stdout), result.exit_code

    return run


def test_tiers_go_from_show_to_in_force(run: Run, tmp_path: Path) -> None:
    text, _ = run("chen", "tiers", "show", as_json=False)
    path = tmp_path / "tiers.yaml"
    path.write_text(text.replace("name: four", "name: four-2", 1).replace("above: 600", "above: 300"), encoding="utf-8")
    proposed, code = run("chen", "tiers", "propose", str(path), "--why", "早些打")
    assert (code, proposed["version"], proposed["back_test"]["moves"]["counts"]["up"]) == (0, 1, 6)
    again, code = run("wu", "tiers", "back-test", "1")
    assert (code, again["same"]) == (0, True)
    assert run("chen", "tiers", "approve", "1") == ("CB-WA-180", 4)
    assert run("lin", "tiers", "approve", "1") == ({"version": 1, "state": "approved"}, 0)
    assert run("wu", "tiers", "show")[0]["name"] == "four-2"
    assert run("he", "tiers", "decline", "1", "--reason", "晚了") == ("CB-WA-191", 4)
    assert run("chen", "tiers", "propose", str(path), "--why", "再来") == ("CB-WA-183", 3)


def test_faults_have_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "tiers.yaml"
    path.write_text("name: x\ntiers: []\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["tiers", "check", str(path), "--json"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 3
    assert [row["line"] for row in rows] == [1, 1, 1, 2]
    path.write_bytes(b"\xff\xfe")
    assert CliRunner().invoke(app, ["tiers", "check", str(path)]).exit_code != 0


def test_measures_for_people_and_for_programs(run: Run) -> None:
    found, _ = run("wu", "stats")
    assert found["tiers"][0]["precision"]["hits"] == 6
    assert found["uplift"]["why"] == "people"
    text, _ = run("wu", "stats", as_json=False)
    assert "100.0% (61.0–100.0) of 6" in text
    assert "not known yet: too few people" in text
    assert run("zhou", "stats") == ("CB-WA-180", 4)


def test_the_need_is_told_beforehand() -> None:
    told = CliRunner().invoke(app, ["power", "0.05", "0.04", "--json"])
    assert json.loads(told.stdout)["per_arm"] == 6745
