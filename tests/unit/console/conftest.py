"""A centre with people and findings behind test clients that keep cookies, one a person."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
from chainbreak.base.clock import FixedClock
from chainbreak.web.application import create_app

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from browser import Browser
from desk_world import SETUP, make_world

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; each test works on its own copy."""
    root = tmp_path_factory.mktemp("world") / "centre"
    make_world(root, FixedClock(NOON_US)).desk.close()
    return root


@pytest.fixture
def office(world: Path, tmp_path: Path) -> Office:
    """A copy of the world under a clock that stands still."""
    shutil.copytree(world, tmp_path / "centre")
    return open_office(tmp_path / "centre", FixedClock(NOON_US))


@pytest.fixture
def anybody(office: Office) -> Browser:
    """Somebody who is not signed in."""
    return Browser(create_app(office), base_url="http://testserver", raise_server_exceptions=False)


@pytest.fixture
def sign_in(office: Office) -> Callable[[str], Browser]:
    """Signs a person in by one-time link and returns their browser."""
    app = create_app(office)

    def sign_in(name: str) -> Browser:
        browser = Browser(app, base_url="http://testserver", raise_server_exceptions=False)
        answer = browser.post(issue_sign_in_link(office, SETUP, name))
        assert answer.status_code == 200, answer.text
        return browser

    return sign_in
