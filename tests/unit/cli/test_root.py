"""The command answers fast, knows its nouns, and turns every error of ours into one message and its exit code."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

from chainbreak.cli.root import NOUNS, run

HEAVY = ("pyarrow", "duckdb", "ibis", "sqlalchemy", "pandas", "fastapi", "deltalake", "rich")


@pytest.mark.parametrize(
    "call", ["import chainbreak", "from chainbreak.cli.root import run\ntry: run(['--help'])\nexcept SystemExit: pass"]
)
def test_import_and_help_load_nothing_heavy(call: str) -> None:
    code = f"{call}\nimport sys, json\nsys.stderr.write(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == []


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_has_help(noun: str, capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module(f"chainbreak.cli.{NOUNS[noun][0]}")
    with pytest.raises(SystemExit) as stopped:
        run([noun, "--help"])
    assert stopped.value.code in (0, None)
    assert "Usage" in capsys.readouterr().out


def test_an_unknown_noun_names_the_nearest_and_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(["ordr"])
    assert stopped.value.code == 2
    assert "did you mean order?" in capsys.readouterr().err


def test_no_centre_is_one_sentence_and_exit_5(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(["finding", "list", "--centre", str(tmp_path)])
    assert stopped.value.code == 5
    assert capsys.readouterr().err.startswith("CB-ST-001 no centre here")
