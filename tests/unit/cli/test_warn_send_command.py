"""`chainbreak warn send` and `warn channels`, from the partner that is set up to the message that is shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chainbreak.bench.delivery.push_receiver import KEY, Receiver, push_receiver
from chainbreak.cli import root

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world
from send_world import warned

Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver, and a centre under the machine's own clock with two messages due by push."""
    office = make_world(tmp_path / "centre", findings=2)
    warned(office, 2, tier="high", channel="push")  # whatever the hour: this tier has no quiet hours
    office.desk.close()
    with push_receiver() as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command; the exit code, its rows, and what went to stderr."""

    def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
        monkeypatch.setenv("CHAINBREAK_CENTRE", str(tmp_path / "centre"))
        monkeypatch.setattr("sys.argv", ["chainbreak", *words])
        with pytest.raises(SystemExit) as left:
            root.run()
        said = capsys.readouterr()
        rows = [json.loads(line) for line in said.out.splitlines()] if "--json" in words else []
        return int(left.value.code or 0), rows, said.err

    return run


def test_from_the_partner_to_the_message(run: Run, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    address = f"http://127.0.0.1:{receiver.port}"
    assert run("partner", "add", "app", "--format", "push", "--address", address, "--as", "zhou")[0] == 0
    assert run("warn", "send")[2].startswith("CB-WA-121")
    assert run("partner", "secret", "app", "signing_key", "--from", str(tmp_path / "key"), "--as", "zhou")[0] == 0
    assert run("partner", "check", "app")[0] == 0
    assert run("warn", "send", "--json")[1] == [{"channel": "push", "state": "handed", "n": 2}]
    rows = {row["channel"]: row for row in run("warn", "channels", "--json")[1]}
    assert (rows["push"]["partners"], rows["push"]["handed"], rows["push"]["due"]) == ("app", 2, 0)
    assert rows["sms"]["partners"] == ""
    assert run("warn", "send", "--stay", "0.1", "--json")[:2] == (0, [])
    assert len(receiver.shown) == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--format", "push", "--address", "ftp://a.example"), "CB-DL-227"),
        (("--format", "push", "--address", "https://a.example", "--set", "signing_key=x"), "CB-DL-224"),
        (("--format", "push", "--address", "https://a.example", "--set", "batch=0"), "CB-DL-226"),
        (("--format", "bankdesk", "--address", "https://a.example", "--set", "for_al=true"), "CB-DL-224"),
        (("--format", "push", "--address", "https://a.example", "--kind", "number.block"), "CB-OR-079"),
    ],
)
def test_a_partner_that_cannot_be_is_refused_by_name(
    run: Run, receiver: Receiver, words: tuple[str, ...], code: str
) -> None:
    left, _, said = run("partner", "add", "x", *words, "--as", "zhou")
    assert left == 2
    assert code in said
