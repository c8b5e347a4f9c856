"""Orders about a range of numbers: never by accident, never alone, never over an exclusion."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.model import Order, State
from chainbreak.app.approve_order import approve_order
from chainbreak.app.change_exclusions import add_exclusion
from chainbreak.app.change_partners import add_partner
from chainbreak.app.draft_order import draft_order
from chainbreak.app.draft_range import draft_range
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import send_due
from chainbreak.app.submit_order import submit_order
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.finding import Finding

if TYPE_CHECKING:
    from conftest import World

NUMBER = "+8613900130042"
WISH = Wish("A-1", "protect", rung="block", ladder_reason="the whole block is one gateway's")


def ranged(world: World, finding: Finding, open_digits: int = 4, wish: Wish = WISH) -> Order:
    return draft_range(world.office, world.li, finding.finding_id, wish, open_digits)


def numbers_of(world: World) -> list[str]:
    return [row["number"] for row in csv.DictReader(io.StringIO(world.file("carriers", "numbers.csv")))]


def test_a_range_reaches_its_partner_after_two_signatures_and_leaves_again(world: World) -> None:
    order = ranged(world, world.line(NUMBER))
    assert order.content.scope["open_digits"] == 4
    assert order.content.object == order.content.scope["object"] != world.line(NUMBER).subject
    assert "10,000" in order.content.notice["zh"]
    assert "10,000" in order.content.notice["en"]
    order = submit_order(world.office, world.li, order.order_id)
    order = approve_order(world.office, world.wang, order.order_id, order.digest)
    assert order.state is State.SUBMITTED, "one signature is not enough for so many numbers"
    order = approve_order(world.office, world.zhao, order.order_id, order.digest)
    assert order.state is State.APPROVED
    send_due(world.office)
    assert numbers_of(world) == ["+861390013****"]
    release_order(world.office, world.wang, order.order_id, "wrong_object")
    send_due(world.office)
    assert numbers_of(world) == []


def test_a_range_and_a_number_in_it_stand_side_by_side(world: World) -> None:
    finding = world.line(NUMBER)
    order = submit_order(world.office, world.li, ranged(world, finding, 2).order_id)
    for signer in (world.wang, world.zhao):
        order = approve_order(world.office, signer, order.order_id, order.digest)
    world.approved(finding, rung="block")
    send_due(world.office)
    assert numbers_of(world) == ["+86139001300**", NUMBER]
    release_order(world.office, world.wang, order.order_id, "wrong_object")
    send_due(world.office)
    assert numbers_of(world) == [NUMBER], "letting go of the range lets go of no number that stands by itself"


@pytest.mark.parametrize(
    ("how", "entry", "meets"),
    [
        ("exact", "+8613900139999", True),
        ("prefix", "+86139001399", True),
        ("prefix", "+861390", True),
        ("exact", "+8613900149999", False),
        ("prefix", "+86139001499", False),
    ],
)
def test_an_exclusion_inside_the_range_stops_it(world: World, how: str, entry: str, meets: bool) -> None:
    add_exclusion(world.office, world.wang, "line", entry, "a hospital", prefix=how == "prefix")
    if meets:
        with pytest.raises(RefusedError, match="CB-OR-026"):
            ranged(world, world.line(NUMBER))
    else:
        assert ranged(world, world.line(NUMBER)).state is State.DRAFT


def test_what_is_no_range_is_refused(world: World) -> None:
    for number, digits in ((NUMBER, 0), (NUMBER, 5), ("CN:95588", 2)):
        with pytest.raises(UsageError, match="CB-OR-017"):
            ranged(world, world.line(number), digits)
    with pytest.raises(UsageError, match="CB-OR-061"):
        ranged(world, world.account("A-1", 1))


def test_a_range_says_so_or_it_is_no_order(world: World) -> None:
    """Neither a range without its two signatures, nor one number that claims to be many."""
    about = ranged(world, world.line(NUMBER)).content.object
    with pytest.raises(InputError, match="CB-OR-017"):
        draft_order(world.office, world.li, world.finding(about).finding_id, WISH)
    with pytest.raises(InputError, match="CB-OR-017"):
        draft_order(world.office, world.li, world.line(NUMBER).finding_id, replace(WISH, open_digits=3))


def test_a_range_needs_its_reason(world: World) -> None:
    order = ranged(world, world.line(NUMBER), wish=replace(WISH, rung=None, ladder_reason=""))
    with pytest.raises(RefusedError, match="CB-OR-023"):
        submit_order(world.office, world.li, order.order_id)


def test_partners_that_hold_single_values_are_not_told(world: World) -> None:
    add_partner(world.office, world.sun, "asks", "lookup", ["number.block"], settings={"when_stale": "open"})
    assert ranged(world, world.line(NUMBER)).content.partners == ("carriers",)
    with pytest.raises(UsageError, match="CB-DL-126"):
        ranged(world, world.line(NUMBER), wish=replace(WISH, partners=("asks", "carriers")))
