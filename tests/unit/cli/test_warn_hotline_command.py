"""`chainbreak warn` for the hotline as typed: a call, its undo, money sent, a script under four eyes, exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chainbreak.app.bootstrap import Office
from chainbreak.base.errors import RefusedError
from chainbreak.cli.warn_hotline import app

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world
from warning_world import warning_world

Run = Callable[..., Any]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = make_world(tmp_path / "centre", findings=2)
    warning_world(made, each=1)
    return made


@pytest.fixture
def run(office: Office) -> Run:
    """Runs a command as somebody; what it printed as JSON, or its exit code when there is nothing."""

    def run(who: str, *words: str) -> Any:
        given = [*words, "--as", who, "--centre", str(office.centre.root), "--json"]
        result = CliRunner().invoke(app, given, catch_exceptions=True)
        if isinstance(result.exception, RefusedError):
            return result.exception.code
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        return lines if len(lines) > 1 else lines[0] if lines else result.exit_code

    return run


def test_a_call_from_the_terminal(run: Run) -> None:
    card = run("gu", "next")
    assert (card["tier"], card["is_mine"]) == ("urgent", True)
    number = run("gu", "show", card["warning_id"], "--dial")["number"]
    assert number == "+8613911110000"
    told = run("gu", "outcome", card["warning_id"], "6", "--attempt", "1", "--note", "忙音", "--refused")
    assert (told["outcome"], told["verified"], told["again"]) == ("no_answer", "refused", False)
    assert run("gu", "undo") == {"warning_id": card["warning_id"]}
    told = run("gu", "outcome", card["warning_id"], "2", "--attempt", "1", "--stake", "35000.50")
    assert run("song", "alerts")["stake_fen"] == 3_500_050
    assert run("song", "take-alert", card["warning_id"])["report_id"] == told["report_id"]
    assert run("song", "alerts") == 1
    assert run("gu", "shift")["shift"]["calls"] == 1
    assert run("gu", "mute", card["warning_id"], "--days", "30")["until_us"]
    assert run("song", "next") == "CB-WA-140"


def test_a_card_is_read_at_the_terminal_in_the_order_it_is_spoken(office: Office) -> None:
    given = ["next", "--as", "gu", "--centre", str(office.centre.root), "--lang", "en"]
    shown = CliRunner().invoke(app, given).stdout
    assert "We never ask for a code" in shown
    assert shown.index("why") < shown.index("phrase") < shown.index("opening")
    assert "1391111" not in shown


def test_nobody_left_to_call_is_exit_code_one(run: Run) -> None:
    while isinstance(card := run("gu", "next"), dict):
        run("gu", "outcome", card["warning_id"], "1", "--attempt", "1")
    assert card == 1


def test_a_script_is_shown_changed_proposed_and_approved(run: Run, tmp_path: Path) -> None:
    script = run("gu", "script", "show", "loan")
    script["zh"]["spell"] = "放款前收钱的，都是骗子。"
    file = tmp_path / "loan.yaml"
    file.write_text(json.dumps(script, ensure_ascii=False), encoding="utf-8")
    assert run("gu", "script", "propose", "loan", str(file), "--why", "更短")["version"] == 2
    assert run("gu", "script", "approve", "loan", "2") == "CB-WA-155"
    assert run("lin", "script", "approve", "loan", "2")["state"] == "approved"
    assert [row["shown"] for row in run("gu", "script", "list", "loan")] == [False, True]
    run("gu", "script", "propose", "loan", str(file), "--why", "再短")
    assert run("lin", "script", "decline", "loan", "3")["state"] == "declined"
