"""People from the terminal: the first one is an administrator, a link is printed once, ended access ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainbreak.app.init_centre import init_centre
from chainbreak.app.sign_in import sign_in_by_link
from chainbreak.base.errors import RefusedError
from chainbreak.base.settings import Settings
from chainbreak.cli.root import run


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    init_centre(tmp_path / "centre", Settings()).desk.close()
    return tmp_path / "centre"


def user(centre: Path, *args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(["user", *args, "--centre", str(centre), "--json"])
    return int(ended.value.code or 0)


def test_the_first_person_is_an_administrator(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert user(centre, "add", "chen", "--role", "analyst") == 4
    assert "CB-PE-006" in capsys.readouterr().err
    assert user(centre, "add", "boss", "--role", "admin") == 0


def test_names_and_roles_are_checked(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user(centre, "add", "boss", "--role", "admin")
    assert user(centre, "add", "Boss!", "--role", "analyst") == 2
    assert user(centre, "add", "boss", "--role", "analyst") == 2
    assert user(centre, "add", "chen", "--role", "analist") == 2
    assert "did you mean analyst?" in capsys.readouterr().err
    assert user(centre, "add", "machine", "--role", "service") == 2


def test_a_printed_link_signs_in_until_access_ends(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from chainbreak.app.bootstrap import open_office

    user(centre, "add", "boss", "--role", "admin")
    user(centre, "add", "chen", "--role", "analyst", "--as", "boss")
    capsys.readouterr()
    assert user(centre, "link", "chen") == 0
    link = json.loads(capsys.readouterr().out)["link"]
    assert link.startswith("http://127.0.0.1:8600/sign-in/")
    assert user(centre, "disable", "chen") == 0
    office = open_office(centre)
    with pytest.raises(RefusedError, match="CB-PE-020"):
        sign_in_by_link(office, link.rpartition("/")[2], "127.0.0.1")


def test_only_administrators_change_people(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user(centre, "add", "boss", "--role", "admin")
    user(centre, "add", "chen", "--role", "analyst")
    assert user(centre, "roles", "chen", "--role", "admin", "--as", "chen") == 4
    assert "CB-PE-005" in capsys.readouterr().err
    assert user(centre, "roles", "chen", "--role", "auditor", "--as", "boss") == 0
    capsys.readouterr()
    user(centre, "list")
    people = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {p["name"]: p["roles"] for p in people} == {"boss": "admin", "chen": "auditor"}
