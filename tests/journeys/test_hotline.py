"""In a real browser, without a mouse: three calls, a phrase that the citizen checks, an undo, two operators at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from warning_world import GATEWAY, warning_world

from chainbreak.act.warnings.scripts import shipped
from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.open_warning import reveal_recipient
from chainbreak.app.take_money_sent import list_alerts
from chainbreak.app.verify_phrase import verify_phrase
from chainbreak.store.desk.tables_warnings import warning, warning_call

SignIn = Callable[..., Any]


@pytest.fixture
def made(office: Office) -> dict[str, list[str]]:
    noon = f"Etc/GMT{time.gmtime().tm_hour - 12:+d}"  # at night the lower tiers wait; these zones count the other way
    office.centre = replace(office.centre, settings=office.centre.settings.model_copy(update={"zone": noon}))
    return warning_world(office, each=2)


@pytest.fixture
def desk(office: Office, address: str, made: dict[str, list[str]], sign_in: SignIn) -> Callable[..., Any]:
    """Somebody's hotline page."""

    def desk(name: str, **options: Any) -> Any:
        page = sign_in(name, **options)
        page.goto(f"{address}/hotline")
        page.wait_for_load_state()
        return page

    return desk


def press(page: Any, key: str, then: str) -> None:
    page.keyboard.press(key)
    page.wait_for_selector(then)


def shown(page: Any) -> str:
    return str(page.get_attribute(".call-card", "aria-label"))


def calls(office: Office) -> list[tuple[str, str, int | None, str]]:
    columns = (warning_call.c.warning_id, warning_call.c.outcome, warning_call.c.stake_fen, warning_call.c.verified)
    with office.desk.read() as conn:
        return [tuple(row) for row in conn.execute(select(*columns).order_by(warning_call.c.ended_at_us))]


@pytest.mark.browser
def test_three_calls_by_keyboard_with_a_phrase_an_undo_and_the_next_card_by_itself(
    office: Office, made: dict[str, list[str]], desk: Callable[..., Any]
) -> None:
    gu = desk("gu")
    gu.wait_for_selector('.call-idle:has-text("6人待拨")')
    press(gu, "n", ".call-card")
    first = shown(gu)
    assert first in made["urgent"]
    assert gu.inner_text("[data-tell]").startswith("紧急"), "said once to who listens"
    assert "绝不会向您要验证码" in gu.inner_text(".first")
    press(gu, "d", ".number.is-clear a")
    number = gu.get_attribute(".number a", "href").removeprefix("tel:")
    assert number == reveal_recipient(office, find_actor(office, "gu"), first).value

    press(gu, "m", '.beside:has-text("最低级别的消息已停发至")')
    phrase = gu.inner_text(".proof .phrase")
    assert verify_phrase(office, GATEWAY, number, phrase)["answer"] == "confirmed"
    gu.wait_for_selector('.proof.is-confirmed:has-text("对方已核验一致")')
    assert verify_phrase(office, GATEWAY, number, phrase)["answer"] == "none"

    gu.keyboard.press("s")
    gu.keyboard.type("35000")
    gu.keyboard.press("Enter")
    assert calls(office) == [], "an Enter too many chooses nothing"
    gu.keyboard.press("t")
    gu.keyboard.type("1 已到银行柜台")
    gu.keyboard.press("Escape")
    press(gu, "4", '.call-done:has-text("误报")')
    press(gu, "z", ".call-card")
    assert (shown(gu), calls(office)) == (first, [])
    press(gu, "1", '.call-done:has-text("已劝阻")')
    assert calls(office) == [(first, "dissuaded", None, "phrase")]
    press(gu, "n", ".call-card")

    second = shown(gu)
    gu.keyboard.press("r")
    gu.keyboard.press("s")
    gu.keyboard.type("120000.50")
    gu.keyboard.press("Escape")
    press(gu, "2", '.call-done a[href^="/cases/H-"]')
    assert calls(office)[1] == (second, "money_sent", 12_000_050, "refused")
    assert [row["warning_id"] for row in list_alerts(office, find_actor(office, "song"))] == [second]

    gu.keyboard.press("p")
    gu.wait_for_selector("[data-wrap-s][data-paused]")
    gu.keyboard.press("p")
    gu.wait_for_selector(".call-card", timeout=20_000)  # by itself, after the wrap-up
    third = shown(gu)
    assert third in made["high"]
    press(gu, "6", '.call-done:has-text("无人接听")')
    gu.goto(gu.url)
    gu.wait_for_selector(f'.call-idle .panel:has-text("{third}")')
    assert "3" in gu.inner_text(".call-idle .figures")


@pytest.mark.browser
def test_two_operators_never_have_the_same_person_and_a_call_back_goes_to_who_answers(
    office: Office, desk: Callable[..., Any]
) -> None:
    gu, fang = desk("gu"), desk("fang", color_scheme="dark")
    press(gu, "n", ".call-card")
    press(fang, "n", ".call-card")
    assert shown(gu) != shown(fang)
    code = gu.inner_text(".proof .code")
    fang.keyboard.press("/")
    fang.keyboard.type(code)
    fang.keyboard.press("Enter")
    fang.wait_for_selector(f'.call-card[aria-label="{shown(gu)}"]')
    fang.wait_for_selector('.proof:has-text("对方已回拨并报对核验号")')
    press(gu, "1", '.notice:has-text("这张卡片不在您手上")')
    press(fang, "1", ".call-done")
    assert calls(office) == [(shown(gu), "dissuaded", None, "call_back")]


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_whole_card_stands_on_one_screen(
    office: Office, address: str, made: dict[str, list[str]], sign_in: SignIn, lang: str
) -> None:
    gu = sign_in("gu")
    for fraud in sorted(shipped()):
        with office.desk.begin() as conn:
            conn.execute(update(warning).values(fraud=fraud))
        gu.goto(f"{address}/hotline?lang={lang}")
        if gu.query_selector(".call-idle"):
            press(gu, "n", ".call-card")
        for part in (".first", ".questions", ".spell", ".proof .phrase", ".keys-row", ".asides"):
            box = gu.locator(part).bounding_box()
            assert box["y"] >= 0, (fraud, part)
            assert box["y"] + box["height"] <= 768, (fraud, part)
        assert gu.evaluate("document.documentElement.scrollHeight") <= 768
        assert gu.evaluate("(e => e.scrollHeight <= e.clientHeight)(document.querySelector('.speech'))"), fraud


@pytest.mark.browser
def test_keys_are_dead_where_somebody_types(office: Office, desk: Callable[..., Any]) -> None:
    gu = desk("gu")
    press(gu, "n", ".call-card")
    gu.keyboard.press("t")
    gu.keyboard.type("123z")
    assert gu.input_value('[name="note"]') == "123z"
    assert calls(office) == []
