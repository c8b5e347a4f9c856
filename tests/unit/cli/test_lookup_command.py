"""`chainbreak lookup`: a token shown once, and every refusal one sentence with a code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.bootstrap import open_office
from chainbreak.app.change_partners import list_partners
from chainbreak.app.partner_secrets import secret_path
from chainbreak.cli import root

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world

Run = Callable[..., tuple[int, dict[str, Any]]]
VOICE = ("partner", "add", "voice", "--format", "lookup", "--kind", "number.block", "--as", "zhou")


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    make_world(tmp_path / "centre", findings=0).desk.close()
    return tmp_path / "centre"


@pytest.fixture
def run(centre: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command; its exit code, and what it wrote as JSON."""

    def run(*args: str) -> tuple[int, dict[str, Any]]:
        argv = [*args, "--centre", str(centre), "--json"]
        monkeypatch.setattr("sys.argv", ["chainbreak", *argv])
        with pytest.raises(SystemExit) as ended:
            root.run(argv)
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), json.loads(out or err)

    return run


def test_the_choice_for_old_news_has_no_default(run: Run) -> None:
    code, said = run(*VOICE)
    assert (code, said["error"]["code"]) == (2, "CB-DL-225")
    assert "when_stale" in said["error"]["allowed"]
    assert run(*VOICE, "--set", "when_stale=open")[0] == 0


def test_a_token_is_shown_once_and_kept_as_a_digest(run: Run, centre: Path) -> None:
    run(*VOICE, "--set", "when_stale=closed")
    code, said = run("lookup", "token", "voice", "--as", "zhou")
    assert code == 0
    office = open_office(centre)
    [row] = [row for row in list_partners(office) if row["partner_id"] == "voice"]
    assert said["token"] not in row["settings"]
    assert json.loads(row["settings"])["when_stale"] == "closed"
    path = secret_path(office, "voice", "probe")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o077) == (0o600, 0)
    assert run("lookup", "token", "voice", "--as", "chen")[1]["error"]["code"] == "CB-OR-005"
    office.desk.close()


@pytest.mark.parametrize(
    ("args", "code", "exit_code"),
    [
        (("token", "carriers"), "CB-DL-190", 2),
        (("token", "nobody"), "CB-OR-080", 2),
        (("check", "carriers", "phone", "110"), "CB-DL-190", 2),
        (("check", "voice", "person", "110"), "CB-US-001", 2),
        (("check", "voice", "phone", "110"), "CB-DL-191", 5),
    ],
)
def test_refusals_have_a_code(run: Run, args: tuple[str, ...], code: str, exit_code: int) -> None:
    run(*VOICE, "--set", "when_stale=open")
    ended, said = run("lookup", *args, "--as", "zhou")
    assert (ended, said["error"]["code"]) == (exit_code, code)
