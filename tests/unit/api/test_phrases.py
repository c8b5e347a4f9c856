"""A gateway asks for a citizen whether it is the hotline that calls."""

from __future__ import annotations

from collections.abc import Callable

from browser import Browser
from warning_world import GATEWAY, warning_world

from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.issue_receipt_token import issue_receipt_token
from chainbreak.app.next_warning import next_warning
from chainbreak.web.guard import Guard

LINE = "139 1111 0000"


def test_a_gateway_is_told_once_and_strangers_nothing(
    office: Office, web: Guard, program: Callable[[str], Browser]
) -> None:
    warning_world(office, each=1)
    card = next_warning(office, find_actor(office, "gu"))
    assert card is not None
    gateway = Browser(web, base_url="http://testserver")
    gateway.headers["authorization"] = f"Bearer {issue_receipt_token(office, find_actor(office, 'zhou'), GATEWAY)}"

    def ask(by: Browser, **body: str) -> tuple[int, str]:
        answer = by.post("/api/v1/warnings/phrase", json={"line": LINE, **body})
        told = answer.json()
        return answer.status_code, told["item"]["answer"] if told["ok"] else told["error"]["code"]

    assert ask(program("gu"), said=card["proof"]["zh"]) == (401, "CB-DL-149"), "an operator cannot answer for a citizen"
    assert ask(gateway, said="错词10") == (200, "wrong")
    assert ask(gateway, said=card["proof"]["zh"], way="sms") == (200, "confirmed")
    assert ask(gateway, said=card["proof"]["zh"]) == (200, "none")
    assert ask(gateway, line="没有号码") == (422, "CB-WA-159")
    assert ask(gateway, way="fax")[0] == 422
    codes = [ask(gateway, said="错词10") for _ in range(10)]
    assert codes[-1] == (429, "CB-WA-156")
