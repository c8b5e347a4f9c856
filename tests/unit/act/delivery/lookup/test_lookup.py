"""What partners are told: theirs alone, never after the end, never without news, and nothing that breaks it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from chainbreak.act.delivery import desired
from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import digest_of
from chainbreak.app.approve_order import approve_order
from chainbreak.app.change_partners import change_partner
from chainbreak.app.extend_order import extend_order
from chainbreak.app.issue_lookup_token import issue_lookup_token
from chainbreak.app.release_order import release_order
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.app.send_due import send_due
from chainbreak.audit.log import read_payload
from chainbreak.audit.tables import entries
from chainbreak.base.errors import RefusedError, SetupError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from asking import Desk

    from conftest import World

LINE, OTHER = "+8613800138000", "+8613900139000"


def test_an_order_is_listed_once_sent_and_no_more_once_released(world: World, lookup: Desk) -> None:
    lookup.partner("voice")
    order = world.approved(world.line(LINE))
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) is None  # signed, and not yet passed on
    send_due(world.office)
    lookup.follow()
    reply = lookup.get("voice", "phone", "138-0013-8000")
    assert reply.body["order_ref"] == order.order_id
    assert reply.body["reason_code"] == f"number.block.{order.content.rung}"
    assert set(reply.body) == {"listed", "order_ref", "until", "reason_code", "as_of", "age_ms", "stale"}
    assert order.content.case_ref not in json.dumps(reply.body)
    assert lookup.listed("voice", "phone", OTHER) is None
    release_order(world.office, world.zhao, order.order_id, "wrong_object")
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) is None  # before the sender has said a word


def test_the_end_counts_though_nobody_tells(world: World, lookup: Desk) -> None:
    lookup.partner("voice", stale_after_s=3_600)
    order = world.sent(world.line(LINE))
    lookup.follow()
    world.clock.at_us = order.content.expires_at_us - 1
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) == order.order_id
    world.clock.at_us += 1
    assert lookup.listed("voice", "phone", LINE) is None


def test_a_clock_set_back_revives_nothing(world: World, lookup: Desk) -> None:
    lookup.partner("voice")
    order = world.sent(world.line(LINE))
    world.clock.at_us = order.content.expires_at_us
    world.line(OTHER)
    lookup.partner("late")  # its leaf carries the time
    world.clock.advance(-3_600)
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) is None


def test_a_partner_sees_its_own_orders_only(world: World, lookup: Desk) -> None:
    lookup.partner("voice", "number.block")
    lookup.partner("pay", "funds.hold")
    line, account = world.sent(world.line(LINE)), world.sent(world.account("A-1", 5_000_000), rung="delay_settlement")
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) == line.order_id
    assert lookup.listed("pay", "account", "a-1") == account.order_id
    assert lookup.listed("pay", "phone", LINE) is None
    assert lookup.listed("voice", "account", "A-1") is None


def test_a_host_below_a_name_is_listed_with_it(world: World, lookup: Desk) -> None:
    lookup.partner("web")
    order = world.sent(world.finding("evil.example"), rung="host_sinkhole")
    lookup.follow()
    for name in ("evil.example", "EVIL.example.", "a.b.evil.example", "https://x.evil.example/pay"):
        assert lookup.listed("web", "domain", name) == order.order_id
    for name in ("notevil.example", "example.com", "evil.example.com"):
        assert lookup.listed("web", "domain", name) is None


def test_of_two_orders_the_stronger_is_told_and_the_other_takes_its_place(world: World, lookup: Desk) -> None:
    lookup.partner("voice")
    finding = world.line(LINE)
    mild, strong = world.sent(finding, rung="label"), world.sent(finding, rung="restrict_outgoing")
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) == strong.order_id
    release_order(world.office, world.zhao, strong.order_id)
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) == mild.order_id


def test_following_in_steps_gives_what_the_sender_wants_there(world: World, lookup: Desk) -> None:
    def told() -> None:
        lookup.follow()
        with world.office.desk.read() as conn:
            now = ledger.order_now(conn, world.clock.now_us())
            for partner in ("voice", "web"):
                wanted = {order.order_id for order in desired.orders(conn, partner, now)}
                seen = {
                    found
                    for kind, value in (("phone", LINE), ("phone", OTHER), ("domain", "evil.example"))
                    if (found := lookup.listed(partner, kind, value))
                }
                assert seen == wanted

    lookup.partner("voice", "number.block")
    lookup.partner("web", "domain.sinkhole")
    line = world.sent(world.line(LINE))
    told()
    world.approved(world.line(OTHER))
    told()
    send_due(world.office)
    name = world.sent(world.finding("evil.example"), rung="host_sinkhole")
    told()
    world.clock.advance(3_600)
    wish = extend_order(world.office, world.li, line.order_id, world.line(LINE).finding_id)
    told()
    assert wish.extension
    approve_order(world.office, world.zhao, line.order_id, digest_of(line.order_id, wish.extension.content))
    told()
    world.clock.at_us = line.content.expires_at_us
    told()
    assert lookup.listed("voice", "phone", LINE) == line.order_id
    release_order(world.office, world.zhao, name.order_id)
    told()
    world.clock.advance(169 * 3_600)
    told()


def test_a_partner_that_comes_later_sees_what_it_is_sent_and_no_more(world: World, lookup: Desk) -> None:
    lookup.partner("first")
    before = world.sent(world.line(LINE))
    lookup.follow()
    lookup.partner("second")
    after = world.sent(world.line(OTHER))
    lookup.follow()
    told = [lookup.listed(p, "phone", n) for p in ("first", "second") for n in (LINE, OTHER)]
    assert told == [before.order_id, after.order_id, None, after.order_id]


def test_a_desk_that_is_away_makes_the_answer_old_and_counts_wait(
    world: World, lookup: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup.partner("voice", stale_after_s=5)
    lookup.get("voice", "phone", LINE)

    def away(*_: object) -> None:
        raise SetupError("CB-DK-001", "the desk's database refused")

    with monkeypatch.context() as patched:
        patched.setattr(type(world.office.desk), "read", away)
        patched.setattr(type(world.office.desk), "begin", away)
        for do in (lookup.follow, lookup.service.write_down):
            with pytest.raises(SetupError):
                do()
        world.clock.advance(6)
        assert lookup.get("voice", "phone", LINE).body["stale"] is True
    lookup.service.write_down()
    with world.office.desk.read() as conn:
        seq = conn.execute(select(entries.c.seq).where(entries.c.action == "lookup.read")).scalar_one()
        assert read_payload(conn, seq)["phone"] == 2  # type: ignore[index]


def test_starting_again_gives_the_same(world: World, lookup: Desk) -> None:
    from asking import Desk

    lookup.partner("voice")
    order = world.sent(world.line(LINE))
    again = Desk(world)
    again.tokens = lookup.tokens
    again.follow()
    assert again.listed("voice", "phone", LINE) == order.order_id


def test_keys_may_rotate_under_it(world: World, lookup: Desk) -> None:
    lookup.partner("voice")
    order = world.sent(world.line(LINE))
    lookup.follow()
    rotate_keys(world.office, Actor("os", frozenset({Role.ADMIN})), [Identifier.LINE])
    assert lookup.listed("voice", "phone", LINE) == order.order_id  # not followed yet
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) == order.order_id
    release_order(world.office, world.zhao, order.order_id)
    lookup.follow()
    assert lookup.listed("voice", "phone", LINE) is None


def test_without_news_each_partner_is_told_what_it_chose(world: World, lookup: Desk) -> None:
    lookup.partner("open", stale_after_s=5, when_stale="open")
    lookup.partner("closed", stale_after_s=10, when_stale="closed")
    order = world.sent(world.line(LINE))
    lookup.follow()
    world.clock.advance(5)
    fresh = lookup.get("open", "phone", LINE).body
    assert (fresh["order_ref"], fresh["stale"], fresh["age_ms"]) == (order.order_id, False, 5_000)
    world.clock.advance(1)
    told = lookup.get("open", "phone", LINE)
    assert (told.status, told.body["listed"], told.body["stale"]) == (200, False, True)
    assert lookup.listed("closed", "phone", LINE) == order.order_id
    world.clock.advance(5)
    refused = lookup.get("closed", "phone", LINE)
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "CB-DL-187", "1")
    assert lookup.batch("closed", b'{"checks":[{"kind":"phone","value":"110"}]}').status == 503
    lookup.follow()
    assert lookup.listed("closed", "phone", LINE) == order.order_id


def test_a_quota_is_kept_and_says_when_to_come_back(world: World, lookup: Desk) -> None:
    lookup.partner("voice", per_s=2, burst=4)
    assert [lookup.get("voice", "phone", LINE).status for _ in range(5)] == [200] * 4 + [429]
    refused = lookup.batch("voice", json.dumps({"checks": [{"kind": "phone", "value": LINE}] * 3}).encode())
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "CB-DL-186", "2")
    world.clock.advance(1.5)
    assert lookup.batch("voice", json.dumps({"checks": [{"kind": "phone", "value": LINE}] * 3}).encode()).status == 200


def test_only_tokens_that_are_good_now_are_answered(world: World, lookup: Desk) -> None:
    office, first = world.office, lookup.partner("voice")
    assert lookup.raw(b"kind=phone&value=110", None).status == 401
    wrong = lookup.raw(b"kind=phone&value=110", first[:-1] + "x")
    assert (wrong.status, wrong.code, wrong.headers["www-authenticate"]) == (401, "CB-DL-180", "Bearer")
    second = issue_lookup_token(office, world.sun, "voice")
    third = issue_lookup_token(office, world.sun, "voice")
    lookup.follow()
    assert [lookup.raw(b"kind=phone&value=110", t).status for t in (first, second, third)] == [401, 200, 200]
    fourth = issue_lookup_token(office, world.sun, "voice", only=True)
    lookup.follow()
    assert [lookup.raw(b"kind=phone&value=110", t).status for t in (third, fourth)] == [401, 200]
    change_partner(office, world.sun, "voice", active=False)
    lookup.follow()
    assert lookup.raw(b"kind=phone&value=110", fourth).status == 401
    with office.desk.read() as conn:
        assert not any(fourth in str(row) for row in conn.exec_driver_sql("SELECT * FROM partner"))


def test_a_token_is_issued_by_a_liaison_to_a_partner_that_asks(world: World, lookup: Desk) -> None:
    lookup.partner("voice")
    with pytest.raises(RefusedError):
        issue_lookup_token(world.office, world.li, "voice")
    with pytest.raises(UsageError, match="CB-DL-190"):
        issue_lookup_token(world.office, world.sun, "carriers")


def test_only_kinds_agreed_on_are_answered(world: World, lookup: Desk) -> None:
    lookup.partner("voice", asks=["phone"])
    assert lookup.get("voice", "phone", LINE).status == 200
    refused = lookup.get("voice", "account", "A-1")
    assert (refused.status, refused.code) == (403, "CB-DL-181")


HOSTILE = [
    b"", b"kind=phone", b"value=110", b"kind=phone&value", b"kind=phone&value=110&value=120", b"kind=phone&kind=phone",
    b"kind=phone&value=110&x=1", b"kind=person&value=110", b"kind=&value=110", b"kind=phone&value=%",
    b"kind=phone&value=%zz", b"kind=phone&value=%ff%fe", b"kind=domain&value=%00", b"kind=domain&value=\xff",
    b"kind=phone&value=" + b"1" * 2_000, b"kind=domain&value=" + b"a." * 200 + b"com", b"kind=phone&value=%F0%9F%98%80",
    b"kind=account&value=%E2%80%AEabc", b"kind=domain&value=..", b"kind=account&value=", b"&&&",
    b"kind=phone&value=1e9", b"kind=phone&value=+++", b"kind=domain&value=https%3A%2F%2F%5B",
    b"kind=account&value=" + b"%41" * 300,
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_questions_are_refused_with_a_code(lookup: Desk, query: bytes) -> None:
    token = lookup.partner("voice")
    reply = lookup.raw(query, token)
    assert (reply.status, reply.code[:3]) == (400, "CB-")
    assert reply.code != "CB-DL-189"


BODIES = [
    b"", b"{}", b"[]", b"null", b'{"checks":[]}', b'{"checks":{}}', b'{"checks":[1]}', b'{"checks":[{"kind":"phone"}]}',
    b'{"checks":[{"kind":"phone","value":5}]}', b'{"checks":[{"kind":"x","value":"110"}]}', b'{"checks":"ab"}',
    b'{"checks":[{"kind":"phone","value":"110","x":1}]}', b'{"checks":[{"kind":[],"value":"110"}]}', b"[" * 60_000,
    b'{"checks":[{"kind":"phone","value":"1","value":"2"}]}', b"\xff", b'{"checks":[["kind","value"]]}',
    json.dumps({"checks": [{"kind": "phone", "value": "110"}] * 101}).encode(), b'{"checks":' + b"9" * 5_000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_hostile_batches_are_refused_with_a_code(lookup: Desk, body: bytes) -> None:
    lookup.partner("voice")
    reply = lookup.batch("voice", body)
    assert (reply.status, reply.code) == (400, "CB-DL-182")


def test_a_batch_answers_each_and_says_which_cannot_be(world: World, lookup: Desk) -> None:
    lookup.partner("voice", asks=["phone"])
    order = world.sent(world.line(LINE))
    lookup.follow()
    checks = [{"kind": "phone", "value": v} for v in (LINE, "none", OTHER)] + [{"kind": "domain", "value": "a.cn"}]
    reply = lookup.batch("voice", json.dumps({"checks": checks}).encode())
    first, wrong, other, kind = reply.body["answers"]
    assert (first["order_ref"], other["listed"]) == (order.order_id, False)
    assert (wrong["error"]["code"], kind["error"]["code"]) == ("CB-ID-010", "CB-DL-181")
    assert lookup.batch("voice", b"x" * 70_000).status == 413


def test_other_addresses_and_methods(lookup: Desk) -> None:
    token = lookup.partner("voice")
    assert lookup.raw(b"", token, path="/").status == 404
    refused = lookup.raw(b"", token, "DELETE")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, POST")
    assert set(lookup.raw(b"", None, path="/v1/age").body) == {"as_of", "age_ms"}


def test_reading_leaves_one_leaf_a_partner(world: World, lookup: Desk) -> None:
    lookup.partner("voice")
    world.sent(world.line(LINE))
    lookup.follow()
    for value in (LINE, OTHER, "none"):
        lookup.get("voice", "phone", value)
    lookup.get("voice", "domain", "evil.example")
    lookup.raw(b"kind=phone&value=110", "stranger")
    lookup.service.write_down()
    lookup.service.write_down()
    with world.office.desk.read() as conn:
        rows = conn.execute(select(entries.c.seq, entries.c.actor).where(entries.c.action == "lookup.read"))
        told = {row.actor: read_payload(conn, row.seq) for row in rows}
    counted = {key: told["partner:voice"][key] for key in ("phone", "domain", "account", "listed", "refused")}  # type: ignore[index]
    assert counted == {"phone": 2, "domain": 1, "account": 0, "listed": 1, "refused": 1}
    assert told["unknown"]["refused"] == 1  # type: ignore[index]
    assert LINE not in str(told)
