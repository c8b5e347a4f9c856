"""What reports and files hold never steers the terminal nor is markup; a refused file is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainbreak.base.errors import UsageError
from chainbreak.cli.common import complain, emit
from chainbreak.cli.root import run

HOSTILE = "[/bold] [line:d52bffe1e80dfc2c] :phone: \x1b[2J\x1b]0;owned\x07\u202e end"
SHOWN = "[/bold] [line:d52bffe1e80dfc2c] :phone: [2J]0;owned end"


def test_text_is_shown_as_it_is_without_what_steers(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"narrative": HOSTILE}, as_json=False)
    emit([{"narrative": HOSTILE}], as_json=False)
    said = capsys.readouterr().out
    assert said.count(SHOWN) == 2
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_an_error_that_quotes_input_does_not_steer_either(capsys: pytest.CaptureFixture[str]) -> None:
    assert complain(UsageError("CB-US-001", "no such name", given=HOSTILE)) == 2
    assert SHOWN in capsys.readouterr().err


@pytest.mark.parametrize("listing", [["link", "list"], ["link", "events"], ["lead", "list"], ["case", "reports"]])
def test_a_list_has_a_length(listing: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for limit in ("-5", "0", "99999999"):
        with pytest.raises(SystemExit) as stopped:
            run([*listing, "--as", "chen", "--limit", limit] if listing[0] != "link" else [*listing, "--limit", limit])
        assert stopped.value.code == 2
        assert "--limit" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_one_sentence_and_exit_5(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stopped:
        run(["init", str(tmp_path / "file" / "centre")])
    assert stopped.value.code == 5
    said = capsys.readouterr().err
    assert said.startswith("CB-ST-004")
    assert "Not a directory" in said
