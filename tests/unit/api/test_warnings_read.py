"""Warnings as programs read them: the board, pages of the list, a story, what is held back; rights as on the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Browser
from desk_world import SETUP
from warning_world import warning_world

from chainbreak.app.add_person import GIVEN_ROLES, add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.list_warnings import MAY_READ

Program = Callable[[str], Browser]


@pytest.fixture
def made(office: Office) -> dict[str, list[str]]:
    """Tier -> its warnings."""
    return warning_world(office)


def test_pages_follow_one_another_and_end(program: Program, made: dict[str, list[str]]) -> None:
    wu, found, mark = program("wu"), [], ""
    while mark is not None:
        page = wu.get("/api/v1/warnings", params={"limit": 5, "next": mark}).json()
        found, mark = found + [row["warning_id"] for row in page["items"]], page["next"]
    assert found == [one for tier in ("urgent", "high", "medium", "low") for one in made[tier]]
    [row] = wu.get("/api/v1/warnings", params={"tier": "high", "district": "东湖区"}).json()["items"]
    assert (row["warning_id"], row["kinds"]) == (made["high"][0], ["call.fraud_line"])


def test_a_story_is_told_in_both_languages_and_holds_no_number(program: Program, made: dict[str, list[str]]) -> None:
    answer = program("wu").get(f"/api/v1/warnings/{made['high'][0]}")
    item = answer.json()["item"]
    assert item["why"]["clause"] == {"kind": "call.fraud_line", "duration_s": {"above": 600.0}}
    assert item["why"]["words"]["en"] == "a call with a confirmed fraud line, and duration over 10 min"
    assert item["events"][0]["words"]["zh"] == "与确认的诈骗号码通话，时长14分钟"
    assert "1391111" not in answer.text


def test_board_and_held_back_are_read_and_wrong_words_refused(program: Program, made: dict[str, list[str]]) -> None:
    wu = program("wu")
    assert [tier["to_call"] for tier in wu.get("/api/v1/warnings/board").json()["item"]["tiers"]] == [3, 3, 3, 0]
    assert wu.get("/api/v1/warnings/suppressed", params={"view": "later"}).json()["items"] == []
    for path in ("/warnings?tier=hgh", "/warnings?state=x", "/warnings/suppressed?view=x", "/warnings?limit=0"):
        assert wu.get(f"/api/v1{path}").status_code == 422, path
    unknown = wu.get("/api/v1/warnings/W-000000000000")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "CB-WA-201")


@pytest.mark.parametrize("role", sorted(GIVEN_ROLES))
def test_rights_are_those_of_the_pages(office: Office, program: Program, made: dict[str, list[str]], role: str) -> None:
    add_person(office, SETUP, "reader", [role])
    reader = program("reader")
    paths = ("", "/board", "/suppressed", f"/{made['low'][0]}")
    answers = {path: reader.get(f"/api/v1/warnings{path}").status_code for path in paths}
    assert answers == dict.fromkeys(paths, 200 if role in MAY_READ else 403)
