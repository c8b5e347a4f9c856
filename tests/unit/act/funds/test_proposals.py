"""Proposals over random traces: never more than was traced, lies there, or is claimed; the same order every time."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.funds.dwell import Dwell, Lot, learn
from chainbreak.act.funds.policy import allot, charged
from chainbreak.act.funds.proposals import PROPOSED, Account, When, captured, propose
from chainbreak.act.funds.rules import Rules, load_rules
from chainbreak.act.funds.survival import Stay

MINUTE = 60_000_000
CLAIMS = ("C-1", "C-2", "C-3", "C-4")
ACCOUNTS = ("account:a", "account:b", "account:c")
RULES = load_rules()
PRIOR = learn((), RULES)

amounts = st.integers(1, 10**12)
lots = st.lists(
    st.builds(
        Lot, st.sampled_from(ACCOUNTS), st.sampled_from(CLAIMS), amounts, st.integers(0, 300 * MINUTE),
        st.integers(1, 6),
        st.integers(0, 50),
    ),
    min_size=1, max_size=8,
)  # fmt: skip
known = st.builds(
    lambda bank, balance, plain, held: Account(bank, balance, plain + sum(held.values()), held),
    st.sampled_from(("ICBC", "CCB")), st.integers(0, 10**12), st.integers(0, 10**11),
    st.dictionaries(st.sampled_from(CLAIMS), st.integers(1, 10**11), max_size=3),
)  # fmt: skip
registers = st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, known))
priorities = st.sampled_from(("earliest", "prorata"))
WHEN = When(300 * MINUTE, 305 * MINUTE)


def rules_with(priority: str) -> Rules:
    return RULES.model_copy(update={"priority": priority, "least_fen": 1})


@given(lots, registers, priorities)
def test_no_hold_exceeds_what_was_traced_what_lies_there_or_what_is_not_held_yet(
    found: list[Lot], register: dict[str, Account], priority: str
) -> None:
    rows = propose(found, register, CLAIMS, PRIOR, rules_with(priority), WHEN)
    assert {row.account for row in rows} == {lot.account for lot in found}
    for row in rows:
        there = register[row.account]
        traced = {c: sum(x.fen for x in found if (x.account, x.claim_id) == (row.account, c)) for c in row.shares}
        assert row.amount_fen == sum(row.shares.values())
        assert row.amount_fen + there.held_fen <= max(there.balance_fen, there.held_fen)
        for claim_id, fen in row.shares.items():
            assert 0 < fen + there.held.get(claim_id, 0) <= traced[claim_id]
        plain = there.held_fen - sum(there.held.values())
        mine = sum(there.held.get(c, 0) for c in row.traced)
        assert row.amount_fen == 0 or row.amount_fen + plain + mine <= row.traced_fen
        assert 0 <= row.expected_fen <= row.amount_fen
        assert (row.why == PROPOSED) == (row.amount_fen > 0)


@given(lots, registers, priorities, st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_changes_nothing(
    found: list[Lot], register: dict[str, Account], priority: str, luck: random.Random
) -> None:
    rules = rules_with(priority)
    rows = propose(found, register, CLAIMS, PRIOR, rules, WHEN)
    mixed = luck.sample(found, len(found))
    again = propose(mixed, dict(reversed(register.items())), CLAIMS, PRIOR, rules, WHEN)
    assert [replace(row, p_there=0, sources=()) for row in rows] == [
        replace(row, p_there=0, sources=()) for row in again
    ]
    assert [row.rank for row in rows] == list(range(1, len(rows) + 1))
    values = [row.amount_fen * row.p_there for row in rows if row.why == PROPOSED]
    assert all(a >= b - 1e-6 * abs(b) for a, b in pairwise(values))


@given(lots, registers, priorities)
def test_what_was_drafted_is_not_proposed_again(found: list[Lot], register: dict[str, Account], priority: str) -> None:
    rules = rules_with(priority)
    for row in propose(found, register, CLAIMS, PRIOR, rules, WHEN):
        there = register[row.account]
        held = {c: there.held.get(c, 0) + row.shares.get(c, 0) for c in {*there.held, *row.shares}}
        register[row.account] = replace(there, held_fen=there.held_fen + row.amount_fen, held=held)
    again = propose(found, register, CLAIMS, PRIOR, rules, WHEN)
    assert all(row.why != PROPOSED for row in again)


@given(
    st.integers(0, 10**9), st.dictionaries(st.sampled_from(CLAIMS), st.integers(1, 10**9), min_size=1),
    st.dictionaries(st.sampled_from(CLAIMS), st.integers(0, 10**9)), priorities, st.permutations(CLAIMS),
)  # fmt: skip
def test_room_is_used_up_or_everybody_has_all(
    room: int, traced: dict[str, int], held: dict[str, int], priority: str, rank: list[str]
) -> None:
    shares = allot(room, traced, held, rank, priority)  # type: ignore[arg-type]
    wanted = {c: max(fen - held.get(c, 0), 0) for c, fen in traced.items()}
    assert sum(shares.values()) == min(room, sum(wanted.values()))
    assert all(0 < fen <= wanted[c] for c, fen in shares.items())


@given(st.integers(0, 10**9), st.dictionaries(st.sampled_from(CLAIMS), st.integers(1, 10**9), min_size=1))
def test_money_held_without_a_claim_is_put_to_claims_once(plain: int, traced: dict[str, int]) -> None:
    put = charged(plain, traced, {}, CLAIMS)
    assert sum(put.values()) == min(plain, sum(traced.values()))
    assert all(fen <= traced[c] for c, fen in put.items())


def test_who_reported_first_is_held_for_first_and_the_other_policy_shares() -> None:
    traced = {"C-1": 60, "C-2": 60}
    assert allot(90, traced, {}, ["C-2", "C-1"], "earliest") == {"C-2": 60, "C-1": 30}
    assert allot(91, traced, {}, ["C-2", "C-1"], "prorata") == {"C-2": 46, "C-1": 45}


def test_an_account_that_loses_its_money_fast_comes_before_a_slow_one_of_the_same_amount() -> None:
    stays = [("fast", 1, Stay(MINUTE * (i + 1), True, 100, i)) for i in range(40)]
    stays += [("slow", 1, Stay(MINUTE * 60 * (i + 1), True, 100, 1_000 + i)) for i in range(40)]
    dwell = learn(stays, RULES)
    found = [Lot("account:a", "C-1", 500, 0, 1), Lot("account:b", "C-1", 500, 0, 1)]
    register = {"account:a": Account("fast", 500), "account:b": Account("slow", 500)}
    now = When(10 * MINUTE, 10 * MINUTE, 0)
    first, second = propose(found, register, CLAIMS, dwell, RULES, now)
    # With no time to lose both are certain, and the one that empties sooner is named first.
    assert (first.bank, second.bank) == ("fast", "slow")
    assert first.p50_left_us is not None
    assert second.p50_left_us is not None
    assert first.p50_left_us < second.p50_left_us
    first, second = propose(found, register, CLAIMS, dwell, RULES, replace(now, latency_us=15 * MINUTE))
    assert (first.bank, second.bank) == ("slow", "fast")
    assert first.expected_fen > second.expected_fen
    assert second.sources == ("Kaplan-Meier, 40 stays: bank fast, hop 1",)


def test_captured_money_never_falls_with_more_orders() -> None:
    curve = captured([(50, 10), (30, 10), (20, 1)], (1, 3, 10))
    assert [row["share"] for row in curve] == [0.5, 1.0, 1.0, 1.0]
    assert captured([], (1,))[0]["share"] == 0.0
    assert isinstance(PRIOR, Dwell)
