"""The lists a centre keeps: what no order may touch, who carries orders out, which days are holidays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from chainbreak.act.orders.entries import entry_from
from chainbreak.app.change_exclusions import add_exclusion, check_exclusion, list_exclusions, retire_exclusion
from chainbreak.app.change_partners import add_partner, change_partner, list_partners
from chainbreak.app.draft_choices import draft_choices
from chainbreak.app.list_outbox import list_tasks
from chainbreak.app.open_appeal import open_appeal
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import send_due
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.identity.numbers import Place
from chainbreak.store.desk.tables_once import done_once

if TYPE_CHECKING:
    from conftest import World

NUMBER = "0086 138-0013-8000"
DAY_S = 86_400


def test_what_is_excluded_meets_orders_in_force_and_releases_none(world: World) -> None:
    held, other = world.sent(world.line("+8613800138000")), world.sent(world.line("+8613900139000"))
    added = add_exclusion(world.office, world.wang, "line", NUMBER, "a hospital")
    assert added == {"name": "line:exact:+8613800138000", "orders": [held.order_id]}
    assert [(t["kind"], t["order_id"]) for t in list_tasks(world.office)] == [("exclusion_hit", held.order_id)]
    send_due(world.office)
    assert {held.order_id, other.order_id} <= set(world.file("carriers", "numbers.csv").replace("\n", ",").split(","))
    with pytest.raises(RefusedError, match=r"CB-OR-026 .*\(a hospital\)"):
        world.drafted(world.line("+8613800138000"))
    with pytest.raises(UsageError, match="CB-OR-075"):
        add_exclusion(world.office, world.wang, "line", "13800138000", "again")


def test_an_entry_is_retired_by_an_approver_with_a_reason_and_is_not_forgotten(world: World) -> None:
    name = add_exclusion(world.office, world.wang, "domain", "Shop.Example.", "well known")["name"]
    assert check_exclusion(world.office, "domain", "pay.shop.example") == {name: "well known"}
    for actor, reason, code in ((world.li, "r", "CB-OR-005"), (world.sun, "r", "CB-OR-005"), (world.wang, " ", "048")):
        with pytest.raises(RefusedError, match=code):
            retire_exclusion(world.office, actor, name, reason)
    retire_exclusion(world.office, world.zhao, name, "sold to others")
    assert check_exclusion(world.office, "domain", "pay.shop.example") == {}
    [gone] = list_exclusions(world.office, retired=True)
    assert (gone["name"], gone["retired_by"], gone["retired_reason"]) == (name, "zhao", "sold to others")
    world.office.desk.migrate()  # rows of the package do not come back over a centre's own
    with pytest.raises(UsageError, match="CB-OR-076"):
        retire_exclusion(world.office, world.zhao, name, "again")
    add_exclusion(world.office, world.wang, "domain", "shop.example", "bought back")
    assert list_exclusions(world.office, retired=True) == []


@pytest.mark.parametrize(("kind", "typed", "prefix", "name"), [
    ("line", "110", False, "line:exact:110"), ("line", "+8695588", False, "line:exact:95588"),
    ("line", "95 5", True, "line:prefix:955"), ("line", "0086571 8722", True, "line:prefix:+865718722"),
    ("account", "6222 0200 0000 0000 001", False, "account:exact:6222020000000000001"),
    ("domain", "例え.テスト", False, "domain:suffix:xn--r8jz45g.xn--zckzah"),
])  # fmt: skip
def test_entries_are_stored_in_canonical_form(kind: str, typed: str, prefix: bool, name: str) -> None:
    assert entry_from(kind, typed, Place(), prefix=prefix).name == name


@pytest.mark.parametrize("typed", ["+86", "0086", "1", "95x", "0571"])
def test_a_prefix_that_takes_in_too_much_or_nothing_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match="CB-OR-074"):
        entry_from("line", typed, Place(), prefix=True)


def test_a_retired_partner_gets_nothing_new_and_every_withdrawal(world: World) -> None:
    held = world.sent(world.line("+8613800138000"))
    change_partner(world.office, world.sun, "carriers", active=False)
    second = world.drafted(world.line("+8613900139000"))
    assert second.content.partners == ()
    release_order(world.office, world.zhao, held.order_id)
    send_due(world.office)
    assert held.order_id not in world.file("carriers", "numbers.csv")


def test_a_new_partner_takes_what_its_format_can_say(world: World) -> None:
    add_partner(world.office, world.sun, "mobile-2", "numbers", ["number.block"], name_zh="二号运营商")
    assert "mobile-2" in world.drafted(world.line("+8613800138000")).content.partners
    for name, format_, kinds, code in (
        ("../x", "numbers", [], "CB-OR-077"), ("dns", "rpz", [], "CB-OR-078"), ("x", "pdf", [], "CB-US-001"),
        ("x", "numbers", ["funds.hold"], "CB-OR-079"), ("x", "requests", ["funds.hlod"], "CB-US-001"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=code):
            add_partner(world.office, world.sun, name, format_, kinds)
    with pytest.raises(RefusedError, match="CB-OR-005"):
        change_partner(world.office, world.wang, "dns", call="0571-1")
    change_partner(world.office, world.sun, "dns", call="0571-1")
    assert next(p for p in list_partners(world.office) if p["partner_id"] == "dns")["call"] == "0571-1"


def test_holidays_of_the_centre_move_the_deadlines_of_an_appeal(world: World) -> None:
    order = world.sent(world.line("+8613800138000"))  # on Friday 2026-11-20
    rules = world.office.centre.root / "orders.yaml"
    rules.write_text("holidays: [2026-11-23, 2026-11-24]\n", encoding="utf-8")
    opened = open_appeal(world.office, world.sun, "wrong", order_id=order.order_id, channel="post")
    assert opened["accept_by"].startswith("2026-11-25")


def test_keys_of_old_transactions_are_forgotten_and_fresh_ones_kept(world: World) -> None:
    with world.office.desk.begin("old"):
        pass
    world.clock.advance(29 * DAY_S)
    send_due(world.office)
    assert world.office.desk.was_done("old")
    world.clock.advance(2 * DAY_S)
    send_due(world.office)
    assert not world.office.desk.was_done("old")
    with world.office.desk.read() as conn:
        oldest = min(conn.execute(select(done_once.c.at_us)).scalars())
    assert oldest > world.clock.now_us() - 30 * DAY_S * 1_000_000


def test_the_form_of_a_draft_says_why_a_name_cannot_be_ordered_about(world: World) -> None:
    finding = world.finding("pay.bank.example")
    assert draft_choices(world.office, finding.finding_id)["excluded"] == {}
    add_exclusion(world.office, world.wang, "domain", "bank.example", "本市银行 a bank of this city")
    found = draft_choices(world.office, finding.finding_id)["excluded"]
    assert found == {"pay.bank.example": {"domain:suffix:bank.example": "本市银行 a bank of this city"}}
    public = draft_choices(world.office, world.finding("co.uk").finding_id)["excluded"]
    assert public == {"co.uk": {"domain:public:co.uk": ""}}
