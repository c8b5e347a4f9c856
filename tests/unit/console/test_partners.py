"""The liaison's pages: who sees them, what they never show, and that every format has its words and its model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Browser
from delivered import delivered_order
from pydantic import BaseModel

from chainbreak.act.delivery.points import FORMATS, room_of
from chainbreak.app.acknowledge_order import acknowledge_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.find_actor import find_actor
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import send_due
from chainbreak.audit.tables import entries
from chainbreak.base.wording import catalogue

SignIn = Callable[[str], Browser]


@pytest.fixture
def order_id(office: Office) -> str:
    """A number that the carriers block."""
    return delivered_order(office)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_has_its_words_its_model_and_names_of_secrets(name: str) -> None:
    assert set(catalogue()[f"console_partners.format.{name}"]) == {"zh", "en"}
    room = room_of(name)
    assert issubclass(room.Settings, BaseModel)
    assert room.Settings.model_config["extra"] == "forbid", "a mistyped key is refused, not ignored"
    assert isinstance(room.NEEDS, tuple)


def test_no_page_shows_a_secret(office: Office, sign_in: SignIn) -> None:
    zhou = find_actor(office, "zhou")
    add_partner(office, zhou, "hidden", "dns", ["domain.sinkhole"], address="dns://127.0.0.1:1", settings={})
    assert "未设" in sign_in("zhou").get("/partners/hidden").text
    set_secret(office, zhou, "hidden", "tsig", b"never-to-be-seen")
    page = sign_in("zhou").get("/partners/hidden").text
    assert "已设" in page
    assert "never-to-be-seen" not in page


@pytest.mark.parametrize("path", ["/partners", "/partners/carriers"])
def test_whose_work_does_not_rest_on_it_is_told_which_right_it_takes(sign_in: SignIn, path: str) -> None:
    answer = sign_in("chen").get(path)
    assert answer.status_code == 403
    assert "CB-DL-220" in answer.text
    assert sign_in("wu").get(path).status_code == 200


def test_one_order_is_read_with_the_partners_code_and_our_meaning(
    office: Office, sign_in: SignIn, order_id: str
) -> None:
    acknowledge_order(office, find_actor(office, "zhou"), order_id, "carriers", "rejected", "R-17", "不在本网")
    zhou = sign_in("zhou")
    page = zhou.get(f"/outbox/orders/{order_id}?partner=carriers").text
    assert "R-17" in page
    assert "不在本网" in page
    assert "被拒绝，需跟进" in zhou.get("/partners/carriers").text
    with office.desk.read() as conn:
        leaves = [(row.actor, row.action) for row in conn.execute(entries.select())]
    assert ("zhou", "order.read") in leaves
    assert ("zhou", "outbox.list") in leaves


def test_the_part_that_is_asked_again_stops_once_everybody_has_let_go(
    office: Office, sign_in: SignIn, order_id: str
) -> None:
    lin = sign_in("lin")
    release_order(office, find_actor(office, "lin"), order_id)
    path = f"/orders/{order_id}/gone"
    assert "every 1s" in lin.get(path).text
    send_due(office)
    assert "every 1s" not in lin.get(path).text
    assert "各执行单位均已撤除" in lin.get(path).text


def test_what_is_typed_into_the_filter_is_a_beginning_not_a_pattern(sign_in: SignIn, order_id: str) -> None:
    zhou = sign_in("zhou")
    assert f'href="/outbox/orders/{order_id}' in zhou.get("/outbox", params={"view": "all", "q": order_id[:6]}).text
    for q in ("%", "_", "<b>", "'"):
        page = zhou.get("/outbox", params={"view": "all", "q": q}).text
        assert "没有符合筛选的事项" in page
        assert "<b>" not in page
