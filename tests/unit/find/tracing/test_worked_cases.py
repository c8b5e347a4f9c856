"""The worked cases of spec/tracing.md, section 10, done by hand; amounts in fen."""

from __future__ import annotations

import pytest
from tests.oracles.against import by_hand, traced
from tests.oracles.case import Answer, Case

from chainbreak.find.tracing import Rule

POT, PAUL, MICHAEL, KAREN, GONE = range(5)
TODD = by_hand(
    [(1, PAUL, POT, 1_000), (2, MICHAEL, POT, 1_000), (3, POT, GONE, 1_000), (4, KAREN, POT, 1_000),
     (5, POT, GONE, 1_000)],
    [(0, 1_000), (1, 1_000), (3, 1_000)], 5, opening=[0, 1_000, 1_000, 1_000, 0], sink=[False] * 4 + [True],
)  # fmt: skip


def _of(case: Case, rule: Rule) -> Answer:
    [answer] = traced([case], rule)
    return answer


def _held(case: Case, account: int, rule: Rule = "fifo") -> list[int]:
    held = _of(case, rule).holdings().get(account, {})
    return [held.get(claim, 0) for claim in range(len(case.claims))]


def _ends(case: Case, rule: Rule = "fifo") -> dict[tuple[int, str, str], int]:
    """(account, bucket, reason) -> fen, of a case with one claim."""
    return {place[1:]: fen for place, fen in sorted(_of(case, rule).places.items()) if fen}


@pytest.mark.parametrize(
    ("rule", "left"),
    [("fifo", [0, 0, 1_000]), ("lifo", [1_000, 0, 0]), ("prorata", [250, 250, 500]), ("paripassu", [334, 333, 333]),
     ("lib", [334, 333, 333]), ("lib_group", [250, 250, 500])],
)  # fmt: skip
def test_todds_case(rule: Rule, left: list[int]) -> None:
    assert _held(TODD, POT, rule) == left


def test_the_lowest_balance_of_a_claim_alone() -> None:
    # 200,000 onto 100,000 of one's own, 254,500 spent: 45,500 left to claim (yuan).
    case = by_hand(
        [(1, 1, 0, 20_000_000), (2, 0, 2, 25_450_000), (3, 3, 0, 9_000_000)], [(0, 20_000_000)], 4,
        opening=[10_000_000, 20_000_000, 0, 9_000_000],
    )  # fmt: skip
    assert _held(case, 0, "lib") == _held(case, 0, "lib_group") == [4_550_000]


def test_a_transfer_to_oneself_goes_to_the_end_of_the_queue() -> None:
    # 60 stolen of 100 in; all is paid to oneself; 50 of one's own come in between and leave first.
    case = by_hand([(1, 1, 0, 100), (2, 1, 0, 50), (3, 0, 0, 100), (4, 0, 2, 50)], [(0, 60)], 3, opening=[0, 150, 0])
    assert _held(case, 0) == [60]
    assert _held(case, 0, "prorata") == [40]  # 50/150 of 60 leave
    assert _held(case, 2, "prorata") == [20]


def test_a_return_before_the_money_went_on_brings_back_the_very_fen() -> None:
    # Victim 1 pays mule 0, who holds 30 of his own in front; the bank returns it whole.
    case = by_hand([(1, 1, 0, 100), (2, 0, 1, 100, 0), (3, 1, 2, 40)], [(0, 100)], 3, opening=[30, 100, 0])
    assert _ends(case) == {(1, "holding", ""): 60, (2, "holding", ""): 40}
    assert _ends(case, "lifo") == {(1, "holding", ""): 60, (2, "holding", ""): 40}
    unlinked = case._replace(rows=[row._replace(link=-1) for row in case.rows])
    # Not linked, FIFO sends the mule's own 30 first: 70 of the claim go back, behind nothing.
    assert _ends(unlinked) == {(0, "holding", ""): 30, (1, "holding", ""): 60, (2, "holding", ""): 10}


def test_a_return_after_the_money_went_on_is_paid_out_of_other_money() -> None:
    # 100 stolen went on to 2; another 100 of account 3 came in; the return refunds the victim out of those.
    case = by_hand(
        [(1, 1, 0, 100), (2, 0, 2, 100), (3, 3, 0, 100), (4, 0, 1, 100, 0)], [(0, 100), (2, 100)], 4,
        opening=[0, 100, 0, 100],
    )  # fmt: skip
    assert _held(case, 2) == [100, 0]
    assert _held(case, 1) == [0, 100]


def test_a_partial_return_takes_what_is_left_of_the_original_first() -> None:
    # 70 of the 100 went on; 30 are left behind 50 of account 3; 60 return: these 30, then 30 of the 50.
    case = by_hand(
        [(1, 1, 0, 100), (2, 0, 2, 70), (3, 3, 0, 50), (4, 0, 1, 60, 0)], [(0, 100), (2, 50)], 4,
        opening=[0, 100, 0, 50],
    )  # fmt: skip
    assert (_held(case, 1), _held(case, 2), _held(case, 0)) == ([30, 30], [70, 0], [0, 20])


def test_a_cycle_ends_where_it_began() -> None:
    case = by_hand([(1, 2, 0, 100), (2, 0, 1, 100), (3, 1, 0, 100), (4, 0, 1, 60)], [(0, 100)], 3, opening=[0, 0, 100])
    for rule in ("fifo", "lifo", "prorata", "lib"):
        assert _ends(case, rule) == {(0, "holding", ""): 40, (1, "holding", ""): 60}
    assert len(_of(case, "fifo").flows) == 4


def test_two_victims_in_one_second_are_told_apart_by_their_sequence() -> None:
    case = by_hand([(1, 1, 0, 100), (1, 2, 0, 100), (1, 0, 3, 100)], [(0, 100), (1, 100)], 4, opening=[0, 100, 100, 0])
    assert (_held(case, 3), _held(case, 0)) == ([100, 0], [0, 100])
    assert (_held(case, 3, "lifo"), _held(case, 0, "lifo")) == ([0, 100], [100, 0])
    assert _held(case, 3, "prorata") == [50, 50]


def test_an_omnibus_wallet_passes_on_in_its_own_order() -> None:
    # A wallet with 1,000 of others in front: FIFO leaves the claim behind them, pro rata spreads it thin.
    case = by_hand([(1, 1, 0, 500), (2, 0, 2, 900), (3, 0, 3, 300)], [(0, 500)], 4, opening=[1_000, 500, 0, 0])
    assert _ends(case) == {(0, "holding", ""): 300, (3, "holding", ""): 200}
    assert _ends(case, "prorata") == {(0, "holding", ""): 100, (2, "holding", ""): 300, (3, "holding", ""): 100}
    assert _ends(case, "lib") == {(0, "holding", ""): 300, (3, "holding", ""): 200}


def test_at_the_edge_of_what_is_held() -> None:
    rows = [(10, 1, 0, 100), (20, 0, 2, 60), (30, 2, 3, 60)]
    case = by_hand(rows, [(0, 100)], 4, opening=[0, 100, 0, 0])
    held = list(case.covered)
    assert _ends(case._replace(covered=[*held[:2], 0, held[3]])) == {
        (0, "holding", ""): 40, (2, "unknown", "no_coverage"): 60
    }  # fmt: skip
    assert _ends(case._replace(covered=[*held[:2], 15, held[3]])) == {(0, "holding", ""): 40, (2, "in_flight", ""): 60}
    assert _ends(case._replace(covered=[*held[:2], 20, held[3]])) == {
        (0, "holding", ""): 40, (2, "unknown", "coverage_ended"): 60
    }  # fmt: skip
    assert _ends(case._replace(covered=[*held[:2], 20, held[3]], as_of=20)) == {
        (0, "holding", ""): 40, (2, "holding", ""): 60
    }  # fmt: skip


def test_an_unknown_opening_lends_nothing_and_takes_nothing() -> None:
    # Account 0 pays 80 before anything is known to have come in; the claim that comes later is untouched by it.
    case = by_hand([(1, 0, 2, 80), (2, 1, 0, 100), (3, 0, 3, 30)], [(1, 100)], 4, opening=[-1, 100, 0, 0])
    for rule in ("fifo", "lifo", "prorata", "lib", "lib_group", "paripassu"):
        assert _ends(case, rule) == {(0, "holding", ""): 70, (3, "holding", ""): 30}


def test_the_horizon_and_small_pieces_have_buckets_of_their_own() -> None:
    case = by_hand(
        [(10, 1, 0, 100), (20, 0, 2, 4), (25, 0, 2, 46), (31, 0, 3, 20)], [(0, 100)], 4, opening=[0, 100, 0, 0],
        horizon=20, de_minimis=5,
    )  # fmt: skip
    assert _ends(case) == {
        (0, "de_minimis", ""): 4, (0, "holding", ""): 30, (0, "unknown", "horizon"): 20, (2, "holding", ""): 46,
    }  # fmt: skip
