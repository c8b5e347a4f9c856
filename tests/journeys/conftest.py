"""A served centre and a browser with one context a person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.issue_sign_in_link import issue_sign_in_link

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from desk_world import SETUP, make_world
from live import CHROMIUM, CHROMIUM_ARGS, serving


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A small world under the machine's clock."""
    return make_world(tmp_path / "centre")


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """Where it is served."""
    with serving(office) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The machine's Chromium; skips, saying why, where it is not installed."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}; Debian's package is chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """A page in a context of its own; a script's error or a breach of the content policy fails the test."""
    contexts, wrong = [], []

    def open_page(**options: Any) -> Any:
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security" in line.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def sign_in(office: Office, address: str, open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Signs a person in by one-time link, in a browser context of their own."""

    def sign_in(name: str, **options: Any) -> Any:
        page = open_page(**options)
        page.goto(address + issue_sign_in_link(office, SETUP, name))
        page.click("button.primary")
        page.wait_for_selector(".rail")
        return page

    return sign_in
