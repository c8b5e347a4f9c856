"""Pages of the hotline without a script: the card, its moves, the fund desk's alert, who is refused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import Browser
from warning_world import warning_world

from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.next_warning import next_warning
from chainbreak.app.record_outcome import record_outcome

SignIn = Callable[[str], Browser]


@pytest.fixture
def made(office: Office) -> dict[str, list[str]]:
    return warning_world(office, each=2)


def test_a_call_without_a_script(made: dict[str, list[str]], sign_in: SignIn) -> None:
    gu = sign_in("gu")
    assert "6人待拨" in gu.get("/hotline").text
    page = gu.press("/hotline/next").text
    warning_id = re.search(r'class="call-card[^"]*" [^>]*aria-label="(W-[0-9a-f]{12})"', page)
    assert warning_id is not None
    assert warning_id[1] in made["urgent"]
    assert "13911110000" not in page, "not before it was asked for"
    assert re.search(r"139 •••• \d{4}", page)
    path = f"/hotline/{warning_id[1]}"
    assert "tel:+861391111" in gu.press(f"{path}/number").text
    before = re.search(r'class="phrase">([^<]+)<', page)
    after = re.search(r'class="phrase">([^<]+)<', gu.press(f"{path}/phrase").text)
    assert before is not None
    assert after is not None
    assert before[1] != after[1]
    assert warning_id[1] in gu.get("/hotline").text, "loaded anew it is the same card"
    ended = gu.press(f"{path}/outcome", attempt=1, outcome="6", stake="350", note="忙音")
    assert "待再拨" in ended.text
    assert warning_id[1] in ended.text
    again = gu.press("/hotline/open", named=warning_id[1]).text
    assert "第1次 gu" in again
    assert "忙音" in again
    assert gu.press(f"{path}/outcome", attempt=1, outcome="1").status_code == 409
    assert gu.press(f"{path}/outcome", attempt=2, outcome="1", stake="many").status_code == 422
    assert gu.press(f"{path}/keep").status_code == 204


def test_the_fund_desk_sees_an_alert_first_and_takes_it(
    office: Office, made: dict[str, list[str]], sign_in: SignIn
) -> None:
    song, chen = sign_in("song"), sign_in("wu")
    assert "已转账，立即止付" not in song.get("/").text
    gu = find_actor(office, "gu")
    card = next_warning(office, gu)
    assert card is not None
    report_id = record_outcome(office, gu, card["warning_id"], 1, "2", stake_fen=12_300)["report_id"]
    page = song.get("/").text
    assert page.index("已转账，立即止付") < page.index("到期")
    assert report_id in page
    assert "¥123.00" in page
    assert "已转账，立即止付" not in chen.get("/").text
    assert str(song.press(f"/hotline/{card['warning_id']}/take").url).endswith(f"/cases/{report_id}")
    assert "已转账，立即止付" not in song.get("/").text


def test_nobody_else_sees_the_hotline(made: dict[str, list[str]], sign_in: SignIn) -> None:
    for name in ("chen", "lin", "wu", "ma"):
        person = sign_in(name)
        assert person.get("/hotline").status_code == 403
        assert 'href="/hotline"' not in person.get("/").text
        assert person.get(f"/hotline/{made['urgent'][0]}/proof").status_code == 403
