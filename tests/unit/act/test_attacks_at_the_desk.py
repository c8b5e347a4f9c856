"""Ways in which somebody might get more than the rules give, tried on a real desk; each must end in a refusal."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from chainbreak.act.orders import ledger
from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.exclusions import host_of
from chainbreak.act.orders.model import State
from chainbreak.app.add_person import add_person
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.decide_appeal import accept_appeal, decide_appeal
from chainbreak.app.extend_order import extend_order
from chainbreak.app.give_notice import give_notice
from chainbreak.app.list_orders import list_orders
from chainbreak.app.open_appeal import open_appeal
from chainbreak.app.release_order import release_order
from chainbreak.app.return_order import return_order
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.app.send_due import send_due
from chainbreak.app.show_order import show_order
from chainbreak.app.submit_order import submit_order
from chainbreak.app.take_emergency import take_emergency
from chainbreak.base.errors import InputError, RefusedError, SetupError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Member
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.findings import save_findings
from chainbreak.store.desk.tables_orders import exclusion

if TYPE_CHECKING:
    from conftest import World

HOUR_S = 3_600
CARD = "6222020000000000001"
HOLD: dict[str, Any] = {"case_ref": "A-1", "purpose": "p", "rung": "hold_amount", "ladder_reason": "r"}


def exclude(world: World, kind: str, how: str, value: str) -> None:
    with world.office.desk.begin() as conn:
        conn.execute(exclusion.insert().values(kind=kind, how=how, value=value, reason="bank", added_by="sun"))


def test_one_officer_does_not_set_an_exclusion_aside_in_an_emergency(world: World) -> None:
    exclude(world, "account", "exact", CARD)
    wish = Wish(**HOLD, exception={"reason": "mine", "entries": [f"account:exact:{CARD}"]})
    with pytest.raises(RefusedError, match="CB-OR-053"):
        take_emergency(world.office, world.li, world.account(CARD, 5_000).finding_id, wish)


def test_a_clock_that_jumped_ahead_and_back_stops_the_issuing_and_not_the_letting_go(world: World) -> None:
    """Judged by the highest time in the log, time would stand still: 30 minutes would last as long as the jump."""
    held = world.sent(world.line("+8613800138000"))
    waiting = submit_order(world.office, world.li, world.drafted(world.line("+8613900139000")).order_id)
    approved = world.approved(world.line("+8613700137000"))
    world.clock.advance(72 * HOUR_S)
    world.drafted(world.line("+8613600136000"))  # a leaf from the future
    world.clock.advance(-72 * HOUR_S)
    found = world.account(CARD, 5_000)
    with pytest.raises(RefusedError, match=r"CB-OR-052 .*259200 s"):
        take_emergency(world.office, world.li, found.finding_id, Wish(**HOLD))
    with pytest.raises(RefusedError, match="CB-OR-052"):
        approve_order(world.office, world.zhao, waiting.order_id, waiting.digest)
    assert send_due(world.office)["failed"] == 1
    assert approved.order_id not in world.file("carriers", "numbers.csv")
    assert release_order(world.office, world.wang, held.order_id).state is State.RELEASED
    send_due(world.office)
    assert held.order_id not in world.file("carriers", "numbers.csv")


def test_an_extension_rests_on_the_same_object_and_on_newer_records(world: World) -> None:
    order = world.sent(world.account(CARD, 5_000), rung="hold_amount")
    world.clock.advance(HOUR_S)
    calls = pa.table({
        "record_ref": ["0" * 32, "1" * 32], "local_day": pa.array([date(2026, 11, 20)] * 2, pa.date32()),
        "at_us": [order.last_approved_us - 1, order.last_approved_us + 1],
    })  # fmt: skip
    world.office.lake.append("call", calls, ["local_day"])
    with pytest.raises(InputError, match="CB-OR-062"):
        extend_order(world.office, world.li, order.order_id, world.line("+8613800138000").finding_id)
    for records in (("0" * 32,), ("2" * 32,)):  # old records judged again; records that are not there
        with pytest.raises(RefusedError, match="CB-OR-044"):
            extend_order(world.office, world.li, order.order_id,
                         world.finding(order.content.object, records, at=world.clock.now_us()).finding_id)  # fmt: skip
        world.clock.advance(1)
    fresh = world.finding(order.content.object, ("0" * 32, "1" * 32))
    assert extend_order(world.office, world.li, order.order_id, fresh.finding_id).extension is not None


def test_an_extension_is_not_signed_over_an_exclusion_that_came_meanwhile(world: World) -> None:
    order = world.sent(world.account(CARD, 5_000), rung="hold_amount")
    world.clock.advance(HOUR_S)
    extend_order(world.office, world.li, order.order_id, world.account(CARD, 6_000).finding_id)
    exclude(world, "account", "exact", CARD)
    with pytest.raises(RefusedError, match="CB-OR-026"):
        approve_order(world.office, world.zhao, order.order_id, show_order(world.office, order.order_id)["digest"])
    world.clock.advance(47 * HOUR_S)
    assert list_orders(world.office)[0]["standing"] == "expired"


def test_money_traced_to_one_account_is_not_held_on_another_of_the_same_finding(world: World) -> None:
    other = world.token(Identifier.ACCOUNT, "6222020000000000002")
    found = replace(world.account(CARD, 5_000), members=(Member("account", other, 0.9),), params_hash="x")
    with world.office.desk.begin() as conn:
        save_findings(conn, [found])
    draft = world.drafted(found, rung="hold_amount", object=other, amount_fen=5_000)
    with pytest.raises(RefusedError, match="CB-OR-025"):
        submit_order(world.office, world.li, draft.order_id)


def test_who_handed_it_in_once_does_not_sign_it_later(world: World) -> None:
    order = world.drafted(world.line("+8613800138000"))
    submit_order(world.office, world.wang, order.order_id)
    return_order(world.office, world.zhao, order.order_id, "say more")
    order = submit_order(world.office, world.li, order.order_id)
    with pytest.raises(RefusedError, match="CB-OR-030"):
        approve_order(world.office, world.wang, order.order_id, order.digest)
    assert approve_order(world.office, world.zhao, order.order_id, order.digest).state is State.APPROVED


def test_nobody_takes_the_machines_name(world: World) -> None:
    admin = Actor("root", frozenset({Role.ADMIN}))
    with pytest.raises(UsageError, match="CB-PE-004"):
        add_person(world.office, admin, "service", ["admin"])


def test_only_who_works_on_orders_says_that_somebody_was_told_or_heard(world: World) -> None:
    order = world.sent(world.line("+8613800138000"))
    appeal = open_appeal(world.office, world.sun, "wrong", order_id=order.order_id, channel="post")
    for role in (Role.ADMIN, Role.AUDITOR, Role.ENGINEER):
        outsider = Actor("root", frozenset({role}))
        with pytest.raises(RefusedError, match="CB-OR-005"):
            give_notice(world.office, outsider, order.order_id, "letter")
        with pytest.raises(RefusedError, match="CB-OR-005"):
            accept_appeal(world.office, outsider, appeal["appeal_id"])


def test_what_rests_on_a_fallen_order_is_not_signed(world: World) -> None:
    wrong, own = world.line("+8613800138000"), world.line("+8613900139000")
    first = world.sent(wrong)
    fallen = world.sent(wrong, rung="block", rests_on=(first.order_id,))
    draft = submit_order(world.office, world.li, world.drafted(wrong, rests_on=(fallen.order_id,)).order_id)
    sound = submit_order(world.office, world.li, world.drafted(own, rests_on=(fallen.order_id,)).order_id)
    appeal = open_appeal(world.office, world.sun, "wrong", order_id=first.order_id, channel="hotline")
    with pytest.raises(UsageError, match="CB-OR-073"):
        decide_appeal(world.office, world.chen, appeal["appeal_id"], upheld=True, reason="r", refutes=[own.finding_id])
    follows = decide_appeal(
        world.office, world.chen, appeal["appeal_id"], upheld=True, reason="r", refutes=[f"finding:{wrong.finding_id}"]
    )
    assert follows["fallen"] == [fallen.order_id]
    with pytest.raises(RefusedError, match="CB-OR-027"):
        approve_order(world.office, world.zhao, draft.order_id, draft.digest)
    assert approve_order(world.office, world.zhao, sound.order_id, sound.digest).state is State.APPROVED


@pytest.mark.parametrize("name", [
    "WWW.Gov.CN.", "a.b.gov.cn", "gov.cn", "com.cn", "ｇｏｖ．ｃｎ", "Pay。gov。cn",
    "https://gov.cn./x", "HTTP://GOV%2ECN/x", "https://evil.example@gov.cn:8443/", "https://gov.cn\\@evil.example/",
])  # fmt: skip
def test_no_way_of_writing_a_name_goes_past_the_lists(name: str, world: World) -> None:
    kind = "takedown.request" if "://" in name else "domain.sinkhole"
    with pytest.raises(RefusedError, match="CB-OR-026"):
        world.drafted(world.finding(name), kind=kind, rung="host" if "://" in name else "host_sinkhole")


def test_hosts_that_are_not_names_are_read_too() -> None:
    assert (host_of("http://1.2.3.4/x"), host_of("http://[::1]:80/")) == ("1.2.3.4", "::1")
    with pytest.raises(InputError, match="CB-ID-010"):
        host_of("http://[::1/")


def test_release_appeal_and_lapse_need_no_vault(world: World) -> None:
    order, other = (
        world.sent(world.line("+8613800138000")),
        world.sent(world.finding("evil.example"), rung="host_sinkhole"),
    )
    shutil.rmtree(world.office.centre.vault)
    blind = Office(world.office.centre, world.clock)
    appeal = open_appeal(blind, world.sun, "wrong", order_id=other.order_id, channel="post")
    assert decide_appeal(blind, world.chen, appeal["appeal_id"], upheld=True, reason="r")["outcome"] == "upheld"
    assert release_order(blind, world.zhao, order.order_id).state is State.RELEASED
    assert list_orders(blind)[0]["in_force"] is False
    blind.desk.close()


def test_a_broken_rules_file_stops_the_issuing_and_not_the_letting_go(world: World) -> None:
    order, other = (
        world.sent(world.line("+8613800138000")),
        world.sent(world.finding("evil.example"), rung="host_sinkhole"),
    )
    (world.office.centre.root / "orders.yaml").write_text("clocks: {emergency_min: soon}")
    with pytest.raises(SetupError, match="CB-OR-001"):
        world.sent(world.line("+8613900139000"))
    appeal = open_appeal(world.office, world.sun, "wrong", order_id=other.order_id, channel="post")
    decided = decide_appeal(world.office, world.chen, appeal["appeal_id"], upheld=True, reason="r")
    assert decided["outcome"] == "upheld"
    assert release_order(world.office, world.zhao, order.order_id).state is State.RELEASED


def test_a_thing_is_the_same_thing_after_its_keys_were_rotated(world: World) -> None:
    old = world.account(CARD, 10_000)
    held = world.sent(old, rung="hold_amount", amount_fen=6_000)
    lapsing = take_emergency(world.office, world.li, world.line("+8613800138000").finding_id,
                             Wish("A-1", "p", rung="restrict_outgoing", ladder_reason="r"))  # fmt: skip
    world.clock.advance(HOUR_S)
    rotate_keys(world.office, Actor("qian", frozenset({Role.ENGINEER})))
    fresh = world.account(CARD, 10_000)
    assert fresh.subject != old.subject
    with world.office.desk.read() as conn:
        assert ledger.read_order(conn, lapsing.order_id).content.object != world.line("+8613800138000").subject
    with pytest.raises(RefusedError, match="CB-OR-025"):
        submit_order(world.office, world.li, world.drafted(fresh, rung="hold_amount", amount_fen=4_001).order_id)
    submit_order(world.office, world.li, world.drafted(fresh, rung="hold_amount", amount_fen=4_000).order_id)
    with pytest.raises(RefusedError, match="CB-OR-043"):
        take_emergency(world.office, world.li, world.line("+8613800138000").finding_id,
                       Wish("A-1", "p", rung="restrict_outgoing", ladder_reason="r"))  # fmt: skip
    exclude(world, "account", "exact", CARD)
    with pytest.raises(RefusedError, match="CB-OR-026"):
        extend_order(world.office, world.li, held.order_id, fresh.finding_id)
    with world.office.desk.begin() as conn:
        conn.execute(exclusion.delete().where(exclusion.c.added_by == "sun"))
    extend_order(world.office, world.li, held.order_id, fresh.finding_id)
    approve_order(world.office, world.zhao, held.order_id, show_order(world.office, held.order_id)["digest"])
    send_due(world.office)
    again = world.sent(fresh, rung="hold_amount", amount_fen=1_000)
    appeal = open_appeal(world.office, world.sun, "wrong", order_id=held.order_id, channel="hotline")
    # The finding under the new token is about the order's own object too, and takes what rests on it along.
    assert decide_appeal(world.office, world.chen, appeal["appeal_id"], upheld=True, reason="r")["fallen"] == [
        again.order_id
    ]
