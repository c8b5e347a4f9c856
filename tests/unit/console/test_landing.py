"""What a person sees whose browser was led here: under any name, in both languages, and nothing about the order."""

from __future__ import annotations

import pytest
from browser import Browser

from chainbreak.app.bootstrap import Office
from chainbreak.web.landing import create_landing


def alone(office: Office, public_url: str = "") -> Browser:
    settings = office.centre.settings.model_copy(update={"public_url": public_url})
    object.__setattr__(office.centre, "settings", settings)
    return Browser(create_landing(office), base_url="http://www.bad.example")


@pytest.mark.parametrize("path", ["/", "/pay/login.php?x=1", "/status", "/landing", "/sign-in"])
def test_alone_it_is_the_only_page_at_every_address(office: Office, path: str) -> None:
    found = alone(office).get(path)
    assert found.status_code == 451
    assert "www.bad.example" in found.text
    assert "此网站已被限制访问" in found.text
    assert "96110" in found.text
    assert "/sign-in" not in found.text
    assert "查询与申诉" not in found.text, "there is nowhere to lead to"


def test_it_leads_to_the_centre_where_that_is_reached(office: Office) -> None:
    found = alone(office, "https://centre.example/").get("/?lang=en")
    assert 'href="https://centre.example/status?lang=en"' in found.text
    assert found.headers["link"] == '<https://centre.example>; rel="blocked-by"'
    assert "This site has been blocked" in found.text


@pytest.mark.parametrize("host", ["<script>alert(1)</script>", "1.2.3.4", "x" * 300, 'a.example" onload=x'])
def test_what_is_no_name_is_not_shown(office: Office, host: str) -> None:
    found = alone(office).get("/", headers={"host": host})
    assert found.status_code == 451
    assert host not in found.text


def test_its_style_comes_from_the_same_place_and_nothing_can_be_sent(office: Office) -> None:
    browser = alone(office)
    page = browser.get("/").text
    assert "/static/css/base.css" in page
    assert browser.get("/static/css/base.css").status_code == 200
    assert browser.post("/").status_code == 405
    assert "form-action 'self'" in browser.get("/").headers["content-security-policy"]


def test_the_console_shows_it_to_anybody_with_the_status_page_beside_it(anybody: Browser) -> None:
    found = anybody.get("/landing")
    assert found.status_code == 451
    assert "/status?lang=zh" in found.text
