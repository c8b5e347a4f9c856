"""The same world as the pages', behind programs' tokens."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.issue_api_token import issue_api_token
from chainbreak.base.clock import FixedClock
from chainbreak.web.application import create_app
from chainbreak.web.guard import Guard

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from browser import Browser
from desk_world import SETUP, make_world

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A small world under a clock that stands still."""
    return make_world(tmp_path / "centre", FixedClock(NOON_US), findings=6)


@pytest.fixture
def web(office: Office) -> Guard:
    """The application."""
    return create_app(office)


@pytest.fixture
def program(office: Office, web: Guard) -> Callable[[str], Browser]:
    """A program that acts as the person named."""

    def program(name: str) -> Browser:
        client = Browser(web, base_url="http://testserver", raise_server_exceptions=False)
        client.headers["authorization"] = f"Bearer {issue_api_token(office, SETUP, name)}"
        return client

    return program
