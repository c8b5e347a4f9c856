"""The measure of holds on a small city: no more than lies there is saved, and all harm to others is counted."""

from __future__ import annotations

import numpy as np
import pytest

from chainbreak.act.funds.rules import load_rules
from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN
from chainbreak.bench.funds.book import Book, read_book
from chainbreak.bench.funds.figures import ANEW, DELAYS_MIN, LATENCIES_MIN, METHODS, ONCE, ORDERS, markdown, sums_of
from chainbreak.bench.funds.methods import Ask, dwell_before, first_hop, ours, whole_accounts
from chainbreak.bench.funds.score import TERM_US, effect, freezable, moment
from chainbreak.bench.funds.watch import Paths, caught
from chainbreak.city.build import START, build
from chainbreak.find.tracing import EXIT, REASONS, Terms

MIX = """
presets: {tiny: {people: 1500, gangs: 2, online_cases_per_day: 25}}
gangs: {reported: 1, delay_to_pay_h: {median: 0.5, sigma: 0.3}, report_delay_h: {median: 1, sigma: 0.3}}
ledgers: {skew_s: 3}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Two days of a small city with many thefts and clocks that are a little off."""
    folder = tmp_path_factory.mktemp("funds")
    (folder / "mix.yaml").write_text(MIX, encoding="utf-8")
    build(folder / "city", "tiny", 31, START, mix=folder / "mix.yaml", until=2)
    return read_book(folder / "city")


def test_what_the_truth_finds_in_reach_was_paid_by_the_victim_and_lies_there(book: Book) -> None:
    assert len(book.thefts) > 20
    for theft in book.thefts[:20]:
        at_us = theft.first_us + 30 * US_PER_MIN
        now = moment(book, at_us)
        paid = sum(claim.fen for claim in book.claims(theft.case, at_us))
        assert 0 <= freezable(now, theft) <= paid
        assert all(fen <= now.balance[account] for account, fen in now.stolen_on.items())
        assert all(book.is_mule[account] for _, account in now.stolen)


def test_a_trace_ends_at_everybodys_wallet_and_at_exits(book: Book) -> None:
    ledger = book.tracer.ledger
    wallet = np.flatnonzero(ledger.covered_until_us == 0)
    assert len(wallet) == 1
    traced = book.tracer.trace(book.claims(None, int(ledger.at_us[-1])), Terms("fifo", None, None))
    ended = traced.places.account == wallet[0]
    assert ended.any()
    assert {REASONS[reason] for reason in traced.places.reason[ended].tolist()} == {"no_coverage"}
    assert not np.isin(ledger.payer[traced.flows.row], wallet).any()
    assert traced.total(EXIT).sum() > 0


def test_our_holds_are_within_the_trace_when_banks_act_at_once(book: Book) -> None:
    rules = load_rules()
    asked = 0
    for theft in book.thefts[:20]:
        at_us = theft.first_us + 15 * US_PER_MIN
        asks = ours(book, theft, at_us, 0, dwell_before(book, at_us, rules), rules, "fifo")
        done = effect(book, theft, asks, moment(book, at_us))
        assert done.not_traced == 0
        assert done.captured <= sum(ask.fen or 0 for ask in asks)
        assert theft.victim not in {ask.account for ask in asks}
        asked += len(asks)
    assert asked


def test_freezing_whole_accounts_holds_all_that_is_and_all_that_comes(book: Book) -> None:
    ledger = book.tracer.ledger
    theft = book.thefts[0]
    at_us = theft.first_us + 5 * US_PER_MIN
    now = moment(book, at_us)
    busiest = int(np.argmax(np.bincount(ledger.payee, minlength=ledger.accounts) * book.in_reach))
    done = effect(book, theft, [Ask(busiest, None)], now)
    comes = 0.0
    for row in range(ledger.rows_until(at_us), ledger.rows_until(at_us + TERM_US)):
        if ledger.payee[row] == busiest and ledger.payer[row] != busiest and not book.of_case[row]:
            comes += float(ledger.fen[row]) * (at_us + TERM_US - int(ledger.at_us[row])) / US_PER_HOUR
    assert done.touched == int(not book.is_mule[busiest])
    stands = max(int(now.balance[busiest]) - now.stolen_on.get(busiest, 0), 0) * 48
    assert done.fen_hours == pytest.approx(stands + comes)
    assert comes > 0
    amount = effect(book, theft, [Ask(busiest, 100)], now)
    assert amount.fen_hours <= 100 * 48


def test_first_hop_asks_for_what_was_paid_and_poison_reaches_no_less_than_fifo(book: Book) -> None:
    for theft in book.thefts[:10]:
        at_us = theft.first_us + 60 * US_PER_MIN
        paid = sum(ask.fen or 0 for ask in first_hop(book, theft, at_us))
        assert paid == sum(claim.fen for claim in book.claims(theft.case, at_us))
        fifo, poison = (
            {ask.account for ask in whole_accounts(book, theft, at_us, rule)} for rule in ("fifo", "poison")
        )
        assert fifo <= poison


def test_money_is_caught_where_it_lies_when_the_order_works_and_only_once() -> None:
    # 100 paid at 0; 60 of it went on at 10 and of that 20 into cash at 14; 30 went on at 30.
    ways = Paths(*(np.array(column) for column in (
        [0, 10, 14, 30], [True, True, False, True], [100, 60, 20, 30], [-1, 0, 1, 0], [10, 40, 20, 30])))  # fmt: skip
    assert caught(ways, 5, 0, False) == 100
    assert caught(ways, 5, 5, False) == 10 + 30
    assert caught(ways, 5, 5, True) == 10 + 40 + 30
    assert caught(ways, 5, 3, True) == 100
    assert caught(ways, 12, 1, False) == 10 + 40 + 20 + 30
    assert caught(ways, 12, 5, False) == 10 + 40 + 30
    assert caught(ways, 40, 0, False) == 10 + 40 + 30


def test_tables_have_every_delay_latency_and_method(book: Book) -> None:
    sums = sums_of(book)
    assert set(sums) == {(d, s, m) for d in DELAYS_MIN for s in LATENCIES_MIN for m in (*METHODS, ONCE, ANEW)}
    for delay in DELAYS_MIN:
        for latency in LATENCIES_MIN:
            captured = [sums[delay, latency, name].captured for name in ORDERS]
            assert captured == sorted(captured)
            for method in METHODS:
                one = sums[delay, latency, method]
                assert one.captured <= one.freezable <= one.claimed
    text = markdown([sums, sums], "twice the same")
    assert text.count("\n| 5 min | 0 min |") == 7
    assert "± 0" in text
