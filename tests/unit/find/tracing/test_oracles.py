"""The oracles agree with one another and with arithmetic done by hand, before anything is judged by them."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from tests.oracles import amounts, ends
from tests.oracles.case import FOREVER, Answer, Case, Row, Share
from tests.oracles.draw import cases
from tests.oracles.fens import by_fens
from tests.oracles.lots import by_lots

POT, PAUL, MICHAEL, KAREN, GONE = range(5)
TODD = Case(
    [
        Row(1, PAUL, POT, 1_000), Row(2, MICHAEL, POT, 1_000), Row(3, POT, GONE, 1_000), Row(4, KAREN, POT, 1_000),
        Row(5, POT, GONE, 1_000),
    ],
    [0, 1_000, 1_000, 1_000, 0], [False, False, False, False, True], [FOREVER] * 5,
    [Share(0, 1_000), Share(1, 1_000), Share(3, 1_000)],
)  # fmt: skip


def _in_pot(answer: Answer) -> list[int]:
    held = answer.holdings().get(POT, {})
    return [held.get(claim, 0) for claim in range(3)]


def _booked(answer: Answer) -> dict[tuple[int, int, str, str], int]:
    return {place: fen for place, fen in answer.places.items() if fen}


def test_todds_case_by_every_oracle() -> None:
    assert _in_pot(by_lots(TODD, "fifo")) == [0, 0, 1_000]
    assert _in_pot(by_lots(TODD, "lifo")) == [1_000, 0, 0]
    assert _in_pot(amounts.prorata(TODD)) == _in_pot(amounts.prorata_exactly(TODD)) == [250, 250, 500]
    assert _in_pot(amounts.lib(TODD)) == [334, 333, 333]
    assert _in_pot(amounts.lib_group(TODD)) == [250, 250, 500]
    assert _in_pot(ends.paripassu(TODD)) == [334, 333, 333]
    assert ends.poison(TODD) == [{POT, GONE}] * 3


def test_largest_remainder_with_ties_to_the_earlier() -> None:
    assert amounts.divided(10, {0: 1, 1: 1, 2: 1}) == {0: 4, 1: 3, 2: 3}
    assert amounts.divided(7, {0: 5, 1: 3, 2: 2}) == {0: 4, 1: 2, 2: 1}  # 3.5, 2.1, 1.4
    assert amounts.divided(0, {0: 5}) == {0: 0}


@given(cases(tiny=True))
def test_lots_and_single_fen_end_in_the_same_places(case: Case) -> None:
    for rule in ("fifo", "lifo"):
        assert _booked(by_lots(case, rule)) == _booked(by_fens(case, rule))


@given(cases())
def test_every_oracle_gives_each_claim_back_whole(case: Case) -> None:
    answers = [by_lots(case, "fifo"), by_lots(case, "lifo"), amounts.lib(case)]
    for rule in (amounts.prorata, amounts.prorata_exactly, amounts.lib_group, ends.paripassu):
        try:
            answers.append(rule(case))
        except amounts.Overlapping:
            continue
    for answer in answers:
        assert [answer.total(claim) for claim in range(len(case.claims))] == [share.fen for share in case.claims]


@given(cases())
def test_whole_fen_stay_within_one_fen_an_event_of_the_fractions(case: Case) -> None:
    case = case._replace(de_minimis=0)
    try:
        whole, exact = amounts.prorata(case), amounts.prorata_exactly(case)
    except amounts.Overlapping:
        return
    for place in whole.places.keys() | exact.places.keys():
        assert abs(whole.places.get(place, 0) - Fraction(exact.places.get(place, 0))) <= exact.events
