"""Rows of the proxy's table: what goes in comes out, and no rung does more than it says."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery.entry import Entry
from chainbreak.act.delivery.sip.cell import Effect, cell_of, effects, key_of, mark_of
from chainbreak.act.delivery.sip.settings import Settings
from chainbreak.act.orders.rules import load_rules
from chainbreak.base.errors import InputError

PLAIN = Settings(sip="127.0.0.1:5060", next_hop="127.0.0.1:5062")
FULL = PLAIN.model_copy(update={"reverify": "sip:1@127.0.0.1", "divert": "sip:2@127.0.0.1"})
LADDER = load_rules().kind("number.block").ladder
HARSHNESS = {Effect.PASS: 0, Effect.LABEL: 1, Effect.REVERIFY: 2, Effect.DIVERT: 3, Effect.REJECT: 4}
NUMBERS = st.from_regex(r"(\+[1-9][0-9]{6,14}(\*{0,4}))|[1-9][0-9]{2,17}", fullmatch=True)


def entry(value: str, measure: str = "block", direction: str = "both", ends_at_us: int = 1) -> Entry:
    return Entry(value, "O-261121-7KQ2MZ4B", 1, "number.block", measure, direction, (), None, 0, ends_at_us, "d")


@given(NUMBERS, st.sampled_from(LADDER), st.sampled_from(["both", "in", "out"]), st.integers(0, 2**31 * 1_000_000 - 1))
def test_a_row_read_back_is_the_mark_that_was_put(value: str, measure: str, direction: str, ends_at_us: int) -> None:
    about = entry(value, measure, direction, ends_at_us)
    cell = cell_of(about, FULL)
    assert mark_of(key_of(value, "O-1"), cell, FULL) == about.mark
    if effects(measure, direction, FULL) != effects(measure, direction, PLAIN):
        changed = mark_of(key_of(value, "O-1"), cell, PLAIN)
        assert changed
        assert (changed.value, changed.order_id) == (value, ""), "it does what the settings said once"
    assert int(cell.partition(":")[0]) * 1_000_000 <= ends_at_us, "the proxy lets go at the end, never after it"
    assert not set(cell) & set(" '\"\r\n;"), "it passes through SQL, JSON and the proxy's script"


@pytest.mark.parametrize(
    "value", ["", "opaque:8800", "+", "77", "+86138 0013", "+86138*0013", "1'; drop", "١٢٣٤", "*" * 5]
)
def test_what_is_no_number_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(InputError, match="CB-DL-121") as refused:
        key_of(value, "O-7")
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize(
    "cell", ["", "1", "the carrier's own", "1:reject:reject:0:bench:+:block:both", "1:reject:pass"]
)
def test_rows_of_others_carry_no_mark_of_ours(cell: str) -> None:
    assert mark_of("8613800138000", cell, FULL) is None


def test_each_rung_is_at_least_as_harsh_as_the_one_before_and_a_side_left_out_is_left_alone() -> None:
    for settings in (PLAIN, FULL):
        before = (0, 0)
        for measure in LADDER:
            from_it, to_it = effects(measure, "both", settings)
            now = (HARSHNESS[from_it], HARSHNESS[to_it])
            assert now[0] >= before[0], measure
            before = now
            assert effects(measure, "out", settings) == (from_it, Effect.PASS)
            assert effects(measure, "in", settings) == (Effect.PASS, to_it)
    assert effects("block", "both", PLAIN) == (Effect.REJECT, Effect.REJECT)


def test_nothing_below_restriction_rejects_and_what_has_no_place_to_go_is_only_labelled() -> None:
    for measure, direction in product(("label", "reverify", "divert"), ("both", "in", "out")):
        assert Effect.REJECT not in effects(measure, direction, FULL)
        assert set(effects(measure, direction, PLAIN)) <= {Effect.LABEL, Effect.PASS}
