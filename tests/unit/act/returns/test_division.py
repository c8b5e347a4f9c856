"""The division: sums, limits, order, ties, late victims, rounds; against an oracle that hands out fen by fen."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.act.returns.cases import divide
from chainbreak.act.returns.model import Division, Hop, Piece, Plan, Pot, Tracing, Victim
from chainbreak.app.show_return import division_rows

_spec = importlib.util.spec_from_file_location(
    "check_return", Path(__file__).resolve().parents[4] / "tools" / "check_return.py"
)
assert _spec
assert _spec.loader
check_return = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_return)

FEN = st.one_of(st.integers(1, 12), st.integers(1, 10**6), st.integers(1, 10**15))
EARLIER = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 10**15))


@st.composite
def victim_lists(draw: Any, largest: int = 12) -> tuple[Victim, ...]:
    ids = draw(st.lists(st.text("abcdef0123456789", min_size=1, max_size=4), min_size=1, max_size=largest, unique=True))
    return tuple(Victim(i, "", draw(FEN), draw(st.integers(0, 3)), draw(EARLIER), draw(EARLIER)) for i in ids)


def plan(frozen: int, victims: tuple[Victim, ...], tracing: Tracing | None = None) -> Plan:
    return Plan(Pot("account:0000000000000001", frozen, "basis", 1), victims, tracing)


def told(made: Plan) -> dict[str, Any]:
    division = divide(made)
    return {"frozen_fen": division.frozen_fen, "case": division.case, "returned_fen": division.returned_fen,
            "surplus_fen": division.surplus_fen, "rows": division_rows(made, division)}  # fmt: skip


def amounts(division: Division) -> dict[str, int]:
    return {row.claim_id: row.amount_fen for row in division.rows}


def by_levels(frozen: int, victims: tuple[Victim, ...]) -> dict[str, Fraction]:
    """Oracle: raise one ratio of return from nought; each stops at the limit, until the pot is empty."""
    got = {v.claim_id: Fraction(0) for v in victims}
    left, ratio = Fraction(frozen), Fraction(0)
    while rising := [v for v in victims if got[v.claim_id] < v.cap_fen]:
        next_stop = min(Fraction(v.cap_fen, v.loss_fen) for v in rising)
        losses = sum(v.loss_fen for v in rising)
        step = min(next_stop - ratio, left / losses)
        for v in rising:
            got[v.claim_id] += step * v.loss_fen
        left, ratio = left - step * losses, ratio + step
        if left == 0:
            break
    return got


@given(FEN, victim_lists())
def test_sums_limits_and_proof_hold_and_an_independent_checker_agrees(frozen: int, victims: Any) -> None:
    made = plan(frozen, victims)
    division = divide(made)
    assert division.returned_fen + division.surplus_fen == frozen
    caps = {v.claim_id: v.cap_fen for v in victims}
    assert all(0 <= fen <= caps[claim] for claim, fen in amounts(division).items())
    assert division.surplus_fen == max(0, frozen - sum(caps.values()))
    assert list(check_return.faults(told(made))) == []


@given(FEN, victim_lists())
def test_every_share_is_the_oracles(frozen: int, victims: Any) -> None:
    oracle = by_levels(frozen, victims)
    for row in divide(plan(frozen, victims)).rows:
        assert Fraction(row.share) * frozen == oracle[row.claim_id]


@given(FEN, victim_lists(), st.randoms(use_true_random=False))
def test_the_order_of_victims_changes_nothing(frozen: int, victims: Any, draw: Any) -> None:
    shuffled = list(victims)
    draw.shuffle(shuffled)
    assert divide(plan(frozen, tuple(shuffled))) == divide(plan(frozen, victims))


@given(FEN, victim_lists(8), FEN)
def test_a_late_victim_never_raises_what_another_gets_by_more_than_a_fen(frozen: int, victims: Any, loss: int) -> None:
    before = amounts(divide(plan(frozen, victims)))
    after = amounts(divide(plan(frozen, (*victims, Victim("zzzzz", "", loss, 9)))))
    assert all(after[claim] <= fen + 1 for claim, fen in before.items())


@given(st.lists(st.tuples(st.integers(1, 5_000), st.lists(st.integers(1, 3_000), max_size=3)), min_size=1, max_size=5))
@settings(max_examples=150)
def test_rounds_never_return_more_than_a_loss_and_lose_no_fen(rounds: Any) -> None:
    victims: tuple[Victim, ...] = (Victim("v0", "", 1_000, 0),)
    free, frozen_in_all, got = 0, 0, {"v0": 0}
    for added, losses in rounds:
        for loss in losses:
            victims = (*victims, Victim(f"v{len(victims)}", "", loss, len(victims)))
        victims = tuple(replace(v, returned_fen=got.get(v.claim_id, 0)) for v in victims)
        frozen_in_all += added
        division = divide(plan(free + added, victims))
        for claim, fen in amounts(division).items():
            got[claim] = got.get(claim, 0) + fen
        free = division.surplus_fen
        assert sum(got.values()) + free == frozen_in_all
        assert all(got[v.claim_id] <= v.loss_fen for v in victims)


@pytest.mark.parametrize(("first", "second"), [((5, "b"), (6, "a")), ((5, "a"), (5, "b"))])
def test_a_tie_goes_to_the_earlier_report_then_to_the_earlier_claim(first: Any, second: Any) -> None:
    victims = tuple(Victim(claim, "", 100, at) for at, claim in (second, first))
    assert amounts(divide(plan(101, victims))) == {first[1]: 51, second[1]: 50}


def test_todds_pot_is_divided_as_the_specification_says() -> None:
    victims = tuple(Victim(name, "", 1_000, at) for at, name in enumerate(("paul", "michael", "karen")))
    assert amounts(divide(plan(1_000, victims))) == {"paul": 334, "michael": 333, "karen": 333}


def traced(*pieces: tuple[str, int], credits: int = 2, opening: int = 0, hops: int = 1) -> Tracing:
    def path(claim: str) -> tuple[Hop, ...]:
        return tuple(Hop(f"{claim}{at}", "account:p", "account:q", 100, at) for at in range(hops))

    return Tracing("d", 9, credits, opening, tuple(Piece(claim, fen, path(claim)) for claim, fen in pieces))


@pytest.mark.parametrize(
    ("frozen", "tracing", "case", "why"),
    [
        (100, traced(("a", 100), credits=1), "single", "one_credit"),
        (60, traced(("a", 100), credits=1), "single", "one_credit"),
        (100, traced(("a", 100), credits=1, opening=-1), "separable", "all_traced"),
        (100, traced(("a", 100), credits=1, hops=2), "separable", "all_traced"),
        (100, traced(("a", 40), ("b", 60)), "separable", "all_traced"),
        (100, traced(("a", 30), ("a", 10), ("b", 60)), "separable", "all_traced"),
        (99, traced(("a", 40), ("b", 60)), "pro_rata", "indistinct"),
        (101, traced(("a", 40), ("b", 60)), "pro_rata", "untraced"),
        (100, traced(("a", 40), ("stranger", 60)), "pro_rata", "untraced"),
        (100, None, "pro_rata", "no_ledger"),
    ],
)
def test_the_three_legal_cases_in_their_order(frozen: int, tracing: Any, case: str, why: str) -> None:
    victims = (Victim("a", "", 500, 0), Victim("b", "", 500, 1))
    made = plan(frozen, victims, tracing)
    division = divide(made)
    assert (division.case, division.why) == (case, why)
    assert list(check_return.faults(told(made))) == []
    if case != "pro_rata":
        assert division.returned_fen == frozen


def test_what_is_traced_beyond_a_loss_stays_frozen() -> None:
    victims = (Victim("a", "", 500, 0, elsewhere_fen=490), Victim("b", "", 500, 1))
    division = divide(plan(100, victims, traced(("a", 40), ("b", 60))))
    assert (amounts(division), division.surplus_fen) == ({"a": 10, "b": 60}, 30)


@given(FEN, victim_lists(), st.data())
@settings(max_examples=60)
def test_the_checker_finds_any_fen_that_was_moved(frozen: int, victims: Any, data: Any) -> None:
    good = told(plan(frozen, victims))
    row = data.draw(st.sampled_from(good["rows"]))
    field = data.draw(st.sampled_from(["amount_fen", "floor_fen", "extra"]))
    row[field] += data.draw(st.sampled_from([-1, 1]))
    assert list(check_return.faults(good)) != []
