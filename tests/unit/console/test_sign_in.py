"""Getting in, staying in, and being kept out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Browser
from desk_world import SETUP

from chainbreak.app.bootstrap import Office
from chainbreak.app.change_person import change_person
from chainbreak.app.find_actor import find_actor
from chainbreak.app.issue_sign_in_link import LINK_LASTS_US, issue_sign_in_link
from chainbreak.app.read_session import IDLE_US
from chainbreak.app.set_password import set_password
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.store.desk.tables_people import session, sign_in_link

SignIn = Callable[[str], Browser]
PASSWORD = "一句足够长的话就可以作密码用了吧"


def test_a_page_asks_to_sign_in_and_leads_back(anybody: Browser) -> None:
    answer = anybody.get("/findings?level=high", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?back=/findings%3Flevel%3Dhigh"


def test_opening_a_link_uses_nothing_up_and_pressing_it_works_once(office: Office, anybody: Browser) -> None:
    link = issue_sign_in_link(office, SETUP, "chen")
    assert "陈研" in anybody.get(link).text
    assert anybody.get(link).status_code == 200
    assert anybody.post(link).url.path == "/"
    anybody.cookies.clear()
    again = anybody.post(link)
    assert again.status_code == 401
    assert "登录链接无效" in again.text


def test_a_link_runs_out(office: Office, anybody: Browser) -> None:
    link = issue_sign_in_link(office, SETUP, "chen")
    office.clock.advance(LINK_LASTS_US / 1e6)
    assert anybody.post(link).status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(office: Office, anybody: Browser) -> None:
    cookie = anybody.post(issue_sign_in_link(office, SETUP, "chen"), follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_neither_links_nor_sessions_lie_in_the_desk(office: Office, anybody: Browser) -> None:
    link = issue_sign_in_link(office, SETUP, "chen")
    anybody.post(link)
    with office.desk.read() as conn:
        kept = {*conn.execute(sign_in_link.select()).scalars(), *conn.execute(session.select()).scalars()}
    assert link.rpartition("/")[2] not in kept
    assert anybody.cookies["chainbreak_session"] not in kept


def test_an_idle_desk_locks(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    office.clock.advance(IDLE_US / 1e6 - 1)
    assert chen.get("/findings").url.path == "/findings"
    office.clock.advance(IDLE_US / 1e6)
    assert chen.get("/findings").url.path == "/sign-in"


def test_losing_a_role_or_the_post_ends_the_session_at_once(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    change_person(office, find_actor(office, "admin"), "chen", active=False)
    assert chen.get("/findings").url.path == "/sign-in"
    with pytest.raises(RefusedError, match="CB-PE-002"):
        find_actor(office, "chen")


def test_a_password_works_and_a_wrong_one_is_limited(office: Office, anybody: Browser) -> None:
    set_password(office, find_actor(office, "chen"), PASSWORD)
    right = {"name": "chen", "password": PASSWORD, "back": "/findings"}
    assert anybody.post("/sign-in", data=right).url.path == "/findings"
    anybody.cookies.clear()
    for _ in range(5):
        assert anybody.post("/sign-in", data=right | {"password": "not it"}).status_code == 401
    limited = anybody.post("/sign-in", data=right)
    assert limited.status_code == 429
    assert "失败次数过多" in limited.text
    office.clock.advance(16 * 60)
    assert anybody.post("/sign-in", data=right).url.path == "/findings"


def test_there_is_no_password_until_one_is_set(anybody: Browser) -> None:
    assert anybody.post("/sign-in", data={"name": "admin", "password": "admin"}).status_code == 401


def test_a_short_password_is_refused(office: Office) -> None:
    with pytest.raises(UsageError, match="CB-PE-010"):
        set_password(office, find_actor(office, "chen"), "short")


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(sign_in: SignIn, back: str) -> None:
    answer = sign_in("chen").get("/sign-in", params={"back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_write_without_the_pages_token_changes_nothing(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    for token in ({}, {"csrf": ""}, {"csrf": "x" * 32}):
        answer = chen.post("/me", data={"language": "en", **token})
        assert answer.status_code == 403
        assert "CB-UI-002" in answer.text
    with office.desk.read() as conn:
        assert "en" not in {row.language for row in conn.exec_driver_sql("SELECT language FROM person")}


def test_signing_out_ends_the_session_on_the_server(sign_in: SignIn) -> None:
    chen = sign_in("chen")
    secret = chen.cookies["chainbreak_session"]
    chen.press("/sign-out")
    chen.cookies.set("chainbreak_session", secret)
    assert chen.get("/findings").url.path == "/sign-in"


def test_the_last_administrator_stays(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-PE-008"):
        change_person(office, find_actor(office, "admin"), "admin", roles=["analyst"])


def test_each_sign_in_forgets_what_ended_a_day_ago(office: Office, sign_in: SignIn) -> None:
    sign_in("chen")
    office.clock.advance(2 * 24 * 3600)
    sign_in("lin")
    with office.desk.read() as conn:
        assert {row.person for row in conn.execute(session.select())} == {"lin"}
        assert {row.person for row in conn.execute(sign_in_link.select())} == {"lin"}
