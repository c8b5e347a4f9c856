"""Warnings in the console for those who do not call: the board, the story, what is held back, a report by others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import Browser
from sqlalchemy import func, insert, select, update
from warning_world import warning_world

from chainbreak.app.bootstrap import Office
from chainbreak.app.list_findings import list_findings
from chainbreak.audit.tables import entries
from chainbreak.store.desk.findings import Filter
from chainbreak.store.desk.tables_texts import text_message
from chainbreak.store.desk.tables_warnings import statement, warning

SignIn = Callable[[str], Browser]
NUMBER = "138 0013 8000"


@pytest.fixture
def made(office: Office) -> dict[str, list[str]]:
    """Tier -> its warnings."""
    return warning_world(office)


def words_of(page: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("view", ["", "later", "cancelled", "visits"])
def test_what_is_held_back_has_a_page_for_each_sort(
    made: dict[str, list[str]], sign_in: SignIn, view: str, lang: str
) -> None:
    answer = sign_in("wu").get("/warnings/suppressed", params={"lang": lang} | ({"view": view} if view else {}))
    assert answer.status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_board_opens_and_its_queue_is_filtered(made: dict[str, list[str]], sign_in: SignIn, lang: str) -> None:
    he = sign_in("he")
    every = he.get("/warnings", params={"lang": lang}).text
    assert every.count("data-row id=") == 12
    some = he.get("/warnings", params={"lang": lang, "kind": "sms.template"}).text
    assert [f"row-{one}" in some for one in (made["low"][0], made["high"][0])] == [True, False]
    assert he.get("/warnings?state=nonsense").status_code == 422
    rows = he.get(f"/warnings/rows?after={made['medium'][2]}").text
    assert [f"row-{one}" in rows for one in (made["low"][0], made["medium"][2])] == [True, False]


def test_an_empty_list_of_what_lapsed_does_not_speak_of_open_ones(made: dict[str, list[str]], sign_in: SignIn) -> None:
    shown = sign_in("he").get("/warnings?state=lapsed&lang=en")
    assert shown.status_code == 200
    assert "No warning meets the filter" in shown.text
    assert "No open warning" not in shown.text


def test_a_story_tells_why_and_never_the_number_until_it_is_revealed(
    office: Office, made: dict[str, list[str]], sign_in: SignIn
) -> None:
    warning_id, gu = made["high"][0], sign_in("gu")
    told = words_of(gu.get(f"/warnings/{warning_id}").text)
    assert "与确认的诈骗号码通话，时长14分钟" in told
    assert "符合“高”级的触发条件：与确认的诈骗号码通话，且时长超过10分钟。" in told
    assert "1391111" not in told
    assert "+861391111" in gu.press(f"/warnings/{warning_id}/reveal", purpose="核实预警").text
    assert gu.press(f"/warnings/{warning_id}/reveal", purpose=" ").status_code == 403
    seen = words_of(sign_in("wu").get(f"/warnings/{warning_id}").text)
    assert "gu还原标识" in seen, "who looked is part of the story"
    with office.desk.read() as conn:
        kept = conn.execute(select(func.count()).where(entries.c.action == "vault.reveal")).scalar_one()
    assert kept == 1


def test_what_came_from_outside_stays_text(office: Office, made: dict[str, list[str]], sign_in: SignIn) -> None:
    with office.desk.begin() as conn:
        conn.execute(update(warning).values(district="<script>x</script>", campaign='"><img src=x>', fraud="<b>"))
    he = sign_in("he")
    for path in ("/warnings", f"/warnings/{made['low'][0]}"):
        text = he.get(path).text
        assert "<script>x" not in text
        assert "<img src=x" not in text


def test_a_report_by_others_warns_the_person_it_is_about(
    office: Office, made: dict[str, list[str]], sign_in: SignIn
) -> None:
    gu = sign_in("gu")
    assert "+8613800138000" in gu.press("/warnings/report/read", number=NUMBER).text
    given = {"number": NUMBER, "kind": "screenshare.reported", "urgency": "top", "told_by": "family", "amount": "3万"}
    done = gu.press("/warnings/report", **given).text
    assert "已登记并预警" in done
    [warning_id] = set(re.findall(r"W-[0-9a-f]{12}", done))
    story = words_of(gu.get(f"/warnings/{warning_id}").text)
    assert "付款时被报告共享屏幕或远程控制" in story
    assert "¥30,000.00" in story
    assert "登记的报告家人" in story


def test_a_wrong_field_is_named_and_nothing_is_lost(
    office: Office, sign_in: SignIn, made: dict[str, list[str]]
) -> None:
    gu = sign_in("gu")
    given = {"number": "12", "kind": "cash.or_courier", "urgency": "top", "told_by": "bank", "words": "取现十万"}
    answer = gu.press("/warnings/report", **given)
    assert answer.status_code == 422
    assert "不是电话号码" in answer.text
    assert "取现十万" in answer.text
    assert gu.press("/warnings/report", **given | {"number": NUMBER, "amount": "很多"}).status_code == 422
    with office.desk.read() as conn:
        assert conn.execute(select(func.count()).select_from(statement)).scalar_one() == 0


def test_who_posed_as_the_hotline_stands_for_review_and_warns_nobody(
    office: Office, sign_in: SignIn, made: dict[str, list[str]]
) -> None:
    chen = sign_in("chen")
    given = {"number": "0571-88881234", "kind": "imitation", "words": "自称96110"}
    assert "累计1次" in words_of(chen.press("/warnings/report", **given).text)
    assert "累计2次" in words_of(chen.press("/warnings/report", **given).text)
    [found] = list_findings(office, Filter("open", detector="imitation"))
    assert found["level"] == "urgent"
    page = words_of(chen.get(f"/findings/{found['finding_id']}").text)
    assert "被报告冒充反诈专线" in page
    with office.desk.read() as conn:
        assert conn.execute(select(func.count()).select_from(warning)).scalar_one() == 12
    assert chen.press("/warnings/report", **given | {"number": "96110"}).status_code == 422


def test_texts_are_found_by_their_end_and_unknown_ones_are_pointed_out(
    office: Office, sign_in: SignIn, made: dict[str, list[str]]
) -> None:
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        conn.execute(insert(text_message), [
            {"text_id": f"{n:032x}", "event": f"warn:{made['low'][0]}", "recipient": "line:00f1ed0000000001",
             "channel": "sms", "purpose": "warn", "template": "warn", "lang": "zh", "body": "…", "state": state,
             "queued_by": "service", "queued_at_us": now, "due_at_us": now + n, "expires_at_us": now + 10,
             "detail": ""} for n, state in enumerate(["delivered", "unknown", "queued"])
        ])  # fmt: skip
    he = sign_in("he")
    every = he.get("/texts").text
    assert "1条结果不明" in words_of(every)
    assert every.index("排队") < every.rindex("已送达")
    some = he.get("/texts?state=unknown").text
    assert some.count("<tr data-row>") == 1
    assert made["low"][0] in some
    assert he.get("/texts?purpose=notice").text.count("<tr data-row>") == 0
    assert sign_in("qian").get("/texts").status_code == 403
