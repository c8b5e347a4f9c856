"""What holds of every ledger and every rule (spec/tracing.md, section 9, by its numbers), and core beside oracles."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.oracles.against import COMPARED, differences, pieces, side_by_side, traced, traced_back
from tests.oracles.case import EXIT, FOREVER, HOLDING, Answer, Case, Share, balances
from tests.oracles.draw import cases
from tests.oracles.fens import back_by_fens

from chainbreak.find.tracing import RULES, Claim, Terms, Tracer

AMOUNTS = [rule for rule in RULES if rule != "poison"]
QUEUES = ["fifo", "lifo"]
some = settings(max_examples=60)


def _alive(case: Case) -> Case:
    """The case at a stated moment, with the claims that then exist."""
    end = case.end
    return case._replace(as_of=end, claims=[share for share in case.claims if case.rows[share.row].at <= end])


def _of_one_row(case: Case) -> Case:
    """Only the claims of the first claim's row: they lie beside one another."""
    return case._replace(claims=[share for share in case.claims if share.row == case.claims[0].row])


def _booked(answer: Answer) -> dict[Any, int]:
    return {place: fen for place, fen in answer.places.items() if fen}


@settings(max_examples=300)
@given(cases(), st.integers(0, 1))
def test_9_core_and_oracles_say_the_same(case: Case, grown: int) -> None:
    assert [found for found in differences([_alive(case)], list(COMPARED), grown) if found[2]] == []


@some
@given(cases())
def test_1_every_fen_of_a_claim_is_in_one_bucket(case: Case) -> None:
    case = _alive(case)
    for rule in AMOUNTS:
        [answer] = traced([case], rule)
        assert [answer.total(claim) for claim in range(len(case.claims))] == [share.fen for share in case.claims]
        assert all(fen >= 0 for fen in answer.places.values())


@some
@given(cases())
def test_2_no_transfer_carries_more_than_its_amount(case: Case) -> None:
    case = _of_one_row(_alive(case))
    for rule in AMOUNTS:
        [answer] = traced([case], rule)
        by_row: dict[int, int] = defaultdict(int)
        alone: dict[tuple[int, int], int] = defaultdict(int)
        for flow in answer.flows:
            assert 0 <= flow.lo < flow.hi <= case.rows[flow.row].fen
            by_row[flow.row] += flow.hi - flow.lo
            alone[flow.claim, flow.row] += flow.hi - flow.lo
        assert all(fen <= case.rows[row].fen for (_, row), fen in alone.items())
        if rule != "lib":  # each claim alone may charge the same debit
            assert all(fen <= case.rows[row].fen for row, fen in by_row.items())


@some
@given(cases())
def test_3_no_holding_exceeds_the_balance(case: Case) -> None:
    case = _of_one_row(_alive(case))
    side = side_by_side([case])
    stands = Tracer(side.ledger).balance(case.as_of)
    assert stands.tolist() == balances(case)
    for rule in AMOUNTS:
        for account, held in traced([case], rule)[0].holdings().items():
            assert sum(held.values()) <= stands[account]


@some
@given(cases())
def test_4_nothing_before_the_claim_and_no_child_before_its_parent(case: Case) -> None:
    case = _alive(case)
    for rule in RULES:
        for flow in traced([case], rule)[0].flows:
            assert flow.row >= case.claims[flow.claim].row


@some
@given(cases(), st.data())
def test_5_later_rows_change_no_earlier_flow_and_exits_never_fall(case: Case, data: st.DataObject) -> None:
    case = _alive(case)
    first = max(case.rows[share.row].at for share in case.claims)
    early = data.draw(st.integers(first, case.end))
    for rule in ("fifo", "lifo", "prorata", "lib", "lib_group"):
        [then], [now] = traced([case._replace(as_of=early)], rule), traced([case], rule)
        assert [f for f in pieces(now).items() if case.rows[f[0][1]].at <= early] == list(pieces(then).items())
        for place, fen in then.places.items():
            if place[2] == EXIT:
                assert now.places[place] >= fen


@some
@given(cases(), st.data())
def test_6_fifo_is_additive(case: Case, data: st.DataObject) -> None:
    case = _alive(case)._replace(de_minimis=0)
    whole = case.claims[0]
    assume(whole.fen > 1)
    cut = data.draw(st.integers(1, whole.fen - 1))
    parts = [Share(whole.row, cut, whole.lo), Share(whole.row, whole.fen - cut, whole.lo + cut)]
    for rule in QUEUES:
        [one], [two] = (traced([case._replace(claims=claims)], rule) for claims in ([whole], parts))
        summed: dict[Any, int] = defaultdict(int)
        for (_, *place), fen in two.places.items():
            summed[0, *place] += fen
        assert _booked(one) == dict(summed)


@some
@given(cases())
def test_6_what_went_forward_comes_back(case: Case) -> None:
    open_ended = {"sink": [False] * len(case.sink), "covered": [FOREVER] * len(case.covered)}
    case = _alive(case)._replace(de_minimis=0, horizon=None, **open_ended)
    side = side_by_side([case])
    tracer = Tracer(side.ledger)
    for flow in traced([case], "fifo", side, tracer)[0].flows:
        share = case.claims[flow.claim]
        found = tracer.back([Claim("x", side.rows[0][flow.row], flow.hi - flow.lo, flow.lo)], Terms(horizon_us=None))
        here = found.flows.row == side.rows[0][share.row]
        assert (found.flows.hi - found.flows.lo)[here].sum() >= flow.hi - flow.lo
        inside = (found.flows.lo[here] >= share.lo) & (found.flows.hi[here] <= share.lo + share.fen)
        assert (found.flows.hi - found.flows.lo)[here][inside].sum() == flow.hi - flow.lo


@settings(max_examples=200)
@given(cases(tiny=True))
def test_6_backward_every_fen_came_by_the_rows_that_carried_it(case: Case) -> None:
    case = _alive(case)._replace(de_minimis=0)
    came, theirs = back_by_fens(case)
    [ours] = traced_back([case])
    found: list[set[tuple[int, int]]] = [set() for _ in case.claims]
    for flow in ours.flows:
        found[flow.claim] |= {(flow.row, offset) for offset in range(flow.lo, flow.hi)}
    assert (found, _booked(ours)) == (came, _booked(theirs))


@some
@given(cases(), cases(), st.randoms(use_true_random=False))
def test_7_names_and_strangers_change_nothing(case: Case, stranger: Case, random: Any) -> None:
    case, names = _alive(case), list(range(len(case.opening)))
    random.shuffle(names)
    rows = [row._replace(payer=names[row.payer], payee=names[row.payee]) for row in case.rows]
    back = [names.index(account) for account in range(len(names))]
    known = {what: [getattr(case, what)[i] for i in back] for what in ("opening", "sink", "covered")}
    renamed = case._replace(rows=rows, **known)
    stranger = stranger._replace(claims=[], as_of=case.as_of, horizon=case.horizon, de_minimis=case.de_minimis)
    for rule in RULES:
        [plain], [other] = traced([case], rule), traced([renamed], rule)
        assert pieces(plain) == pieces(other)
        assert {(c, names[a], *where): fen for (c, a, *where), fen in plain.places.items()} == other.places
        beside = traced([stranger, case], rule)[1]
        assert (pieces(beside), beside.places) == (pieces(plain), plain.places)


@some
@given(cases(), st.data())
def test_8_a_transfer_booked_in_parts_leaves_the_holdings(case: Case, data: st.DataObject) -> None:
    case = _alive(case)._replace(de_minimis=0)
    named = {row.link for row in case.rows} | {share.row for share in case.claims}
    plain = [
        i for i, row in enumerate(case.rows)
        if i not in named and row.link < 0 and row.payer != row.payee and row.fen > 1
    ]  # fmt: skip
    assume(plain)
    at = data.draw(st.sampled_from(plain))
    cut = data.draw(st.integers(1, case.rows[at].fen - 1))
    parts = [case.rows[at]._replace(fen=cut), case.rows[at]._replace(fen=case.rows[at].fen - cut)]
    rows = [*case.rows[:at], *parts, *case.rows[at + 1 :]]
    rows = [row._replace(link=row.link + (row.link > at)) for row in rows]
    claims = [share._replace(row=share.row + (share.row > at)) for share in case.claims]
    assert _booked(traced([case], "fifo")[0]) == _booked(traced([case._replace(rows=rows, claims=claims)], "fifo")[0])


@some
@given(cases())
def test_10_poison_reaches_whatever_any_rule_reaches(case: Case) -> None:
    case = _alive(case)
    reached = {(claim, account) for claim, account, *_ in traced([case], "poison")[0].places}
    for rule in AMOUNTS:
        [answer] = traced([case], rule)
        assert {(flow.claim, case.rows[flow.row].payee) for flow in answer.flows} <= reached
        if rule != "paripassu":  # which divides anew among claims that met
            assert {(claim, account) for claim, account, *_ in _booked(answer)} <= reached


@some
@given(cases())
def test_10_the_lowest_balance_since_the_deposit_bounds_the_claim(case: Case) -> None:
    case = _alive(case)._replace(horizon=None, de_minimis=0)
    [answer] = traced([case], "lib")
    for claim, share in enumerate(case.claims):
        account = case.rows[share.row].payee
        if sum(case.rows[flow.row].payee == account for flow in answer.flows if flow.claim == claim) > 1:
            continue
        stands, least = [max(0, fen) for fen in case.opening], None
        for i, row in enumerate(case.alive()):
            stands[row.payer] = max(0, stands[row.payer] - row.fen)
            least = stands[account] if least is not None and row.payer == account else least
            stands[row.payee] += row.fen
            if i == share.row or least is not None:
                least = min(stands[account], stands[account] if least is None else least)
        assert answer.places.get((claim, account, HOLDING, ""), 0) <= least
