"""Core beside oracles: many small ledgers are laid side by side into one, asked once, and taken apart again.

Ledgers that share no account cannot touch one another (invariant 7), so each must come out as if it stood alone.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from tests.oracles import amounts, ends
from tests.oracles.case import FOREVER, Answer, Case, Flow, Row, Share
from tests.oracles.lots import by_lots

from chainbreak.find.tracing import BUCKETS, REASONS, Claim, Ledger, Rule, Terms, Traced, Tracer, make_ledger

Place = tuple[int, int, str, str]
FRACTIONS = "prorata by fractions"
"""Name of the comparison with exact fractions, which are a bound and not an equality."""


class Side(NamedTuple):
    """Ledgers side by side: the joined ledger, and for each case its rows, first account and first claim there."""

    ledger: Ledger
    claims: list[Claim]
    rows: list[list[int]]
    account: list[int]
    claim: list[int]


def under_one_term(cases: Sequence[Case]) -> list[Case]:
    """All cases under the terms of the first; claims that then do not exist yet are left out."""
    first, end = cases[0], max(case.rows[-1].at for case in cases)
    as_of = end if first.as_of is None else first.as_of
    found = []
    for case in cases:
        claims = [share for share in case.claims if case.rows[share.row].at <= as_of]
        terms = {"as_of": as_of, "horizon": first.horizon, "de_minimis": first.de_minimis}
        found.append(case._replace(claims=claims, **terms))
    return [case for case in found if case.claims]


def side_by_side(cases: Sequence[Case], seed: int = 0) -> Side:
    """The joined ledger, given to the core in a random order of rows."""
    sizes = [len(case.rows) for case in cases]
    account = np.cumsum([0, *(len(case.opening) for case in cases)])
    start = np.cumsum([0, *sizes])
    rows = np.array([row for case in cases for row in case.rows], np.int64)
    shift = np.repeat(account[:-1], sizes)
    link = np.where(rows[:, 4] >= 0, rows[:, 4] + np.repeat(start[:-1], sizes), -1)
    seq = np.arange(len(rows))
    mixed = np.random.default_rng(seed).permutation(len(rows))
    place = np.argsort(mixed)
    ledger, order = make_ledger(
        rows[mixed, 0], seq[mixed], (rows[:, 1] + shift)[mixed], (rows[:, 2] + shift)[mixed], rows[mixed, 3],
        accounts=int(account[-1]), link=np.where(link[mixed] >= 0, place[link[mixed]], -1),
        opening_fen=[x for case in cases for x in case.opening], sink=[x for case in cases for x in case.sink],
        covered_until_us=[x for case in cases for x in case.covered],
    )  # fmt: skip
    row_of = np.argsort(mixed[order])
    mine = [row_of[a:b].tolist() for a, b in itertools.pairwise(start)]
    claims = [
        Claim(f"{i}.{k}", mine[i][share.row], share.fen, share.lo)
        for i, case in enumerate(cases)
        for k, share in enumerate(case.claims)
    ]
    first = np.cumsum([0, *(len(case.claims) for case in cases)])
    return Side(ledger, claims, mine, account.tolist(), first.tolist())


def grown(ledger: Ledger, seed: int) -> Tracer:
    """A tracer of the same ledger whose later rows were entered in batches of random length."""
    rng = np.random.default_rng(seed)
    columns = (ledger.at_us, ledger.payer, ledger.payee, ledger.fen, ledger.link)
    cuts = np.unique(rng.integers(0, ledger.rows + 1, 6))
    at_us, payer, payee, fen, link = (column[: cuts[0]] for column in columns)
    tracer = Tracer(replace(ledger, at_us=at_us, payer=payer, payee=payee, fen=fen, link=link))
    for low, high in zip(cuts, [*cuts[1:], ledger.rows], strict=True):
        tracer.append(*(column[low:high] for column in columns))
    return tracer


def terms_of(case: Case, rule: Rule) -> Terms:
    """The case's terms as the core takes them."""
    return Terms(rule, case.as_of, case.horizon, case.de_minimis)


def traced(cases: Sequence[Case], rule: Rule, side: Side | None = None, tracer: Tracer | None = None) -> list[Answer]:
    """What the core says of each case (all under the same terms), in the oracles' form."""
    side = side or side_by_side(cases)
    found = (tracer or Tracer(side.ledger)).trace(side.claims, terms_of(cases[0], rule))
    return list(_apart(found, side, cases))


def traced_back(cases: Sequence[Case]) -> list[Answer]:
    """Where the claimed fen of each case came from, as the core says; de-minimis has no meaning there."""
    side = side_by_side(cases)
    return list(_apart(Tracer(side.ledger).back(side.claims, terms_of(cases[0], "fifo")), side, cases))


def _apart(found: Traced, side: Side, cases: Sequence[Case]) -> Iterator[Answer]:
    answers = [Answer() for _ in cases]
    case_of = [i for i, case in enumerate(cases) for _ in case.claims]
    row_of = {row: at for rows in side.rows for at, row in enumerate(rows)}
    flows, places = found.flows, found.places
    number: list[int] = []
    for claim, row, lo, hi, parent in zip(*(_listed(c) for c in vars(flows).values()), strict=True):
        i = case_of[claim]
        number.append(len(answers[i].flows))
        parent = number[parent] if parent >= 0 else parent
        answers[i].flows.append(Flow(claim - side.claim[i], row_of[row], lo, hi, parent))
    columns = (places.claim, places.account, places.bucket, places.reason, places.fen)
    for claim, account, bucket, reason, fen in zip(*(_listed(c) for c in columns), strict=True):
        i = case_of[claim]
        where = (BUCKETS[bucket], REASONS[reason])
        answers[i].put(claim - side.claim[i], account - side.account[i], where, fen)
    yield from answers


def _listed(column: np.ndarray) -> list[int]:
    return column.tolist()


def differences(cases: Sequence[Case], rules: Sequence[str], seed: int = 0) -> Iterator[tuple[str, int, str]]:
    """(comparison, number of the case, what differs) for cases under the same terms; nothing where all agree.

    For every second seed the core's ledger is not made at once but grown by appending.
    A rule that shares among claims is not compared where claims lie on the same fen: (rule, case, "") is given.
    """
    side = side_by_side(cases, seed)
    tracer = grown(side.ledger, seed) if seed % 2 else Tracer(side.ledger)
    for rule in rules:
        core = traced(cases, rule, side, tracer)  # type: ignore[arg-type]
        for i, (case, ours) in enumerate(zip(cases, core, strict=True)):
            try:
                said = COMPARED[rule](case, ours)
            except amounts.Overlapping:
                whole = [ours.total(claim) for claim in range(len(case.claims))]
                yield rule, i, "" if whole == [share.fen for share in case.claims] else f"not conserved: {whole}"
                if rule == "prorata" and not case.de_minimis:
                    yield FRACTIONS, i, ""
                continue
            if said:
                yield rule, i, said
            if rule == "prorata" and not case.de_minimis and (said := _near(case, ours)):
                yield FRACTIONS, i, said


def _near(case: Case, ours: Answer) -> str:
    exact = amounts.prorata_exactly(case)
    for place in ours.places.keys() | exact.places.keys():
        if abs(ours.places.get(place, 0) - exact.places.get(place, 0)) > exact.events:
            return f"{place}: {ours.places.get(place, 0)}, exactly {exact.places.get(place, 0)}"
    return ""


def _same(oracle: Callable[[Case], Answer], by: Callable[[Answer], object]) -> Callable[[Case, Answer], str]:
    def said(case: Case, ours: Answer) -> str:
        theirs = oracle(case)
        for what, a, b in (("places", _booked(ours), _booked(theirs)), ("flows", by(ours), by(theirs))):
            if a != b:
                return f"{what}: core {_only(a, b)}, oracle {_only(b, a)}"
        return ""

    return said


def _only(a: object, b: object) -> object:
    if isinstance(a, dict) and isinstance(b, dict):
        return {k: v for k, v in sorted(a.items()) if b.get(k) != v}
    return a


def _booked(answer: Answer) -> dict[Place, int]:
    return {place: fen for place, fen in answer.places.items() if fen}


def pieces(answer: Answer) -> dict[tuple[int, ...], int]:
    """How often each piece occurs: claim, row, lo, hi, and row, lo, hi of its parent."""
    found: dict[tuple[int, ...], int] = defaultdict(int)
    for flow in answer.flows:
        parent = answer.flows[flow.parent][1:4] if flow.parent >= 0 else (-1, -1, -1)
        found[(*flow[:4], *parent)] += 1
    return dict(found)


def by_row(answer: Answer) -> dict[tuple[int, int], int]:
    """Amount of each claim in each row."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for flow in answer.flows:
        found[flow.claim, flow.row] += flow.hi - flow.lo
    return dict(found)


def _reach(case: Case, ours: Answer) -> str:
    found: list[set[int]] = [set() for _ in case.claims]
    for claim, account, *_ in ours.places:
        found[claim].add(account)
    theirs = ends.poison(case)
    return "" if found == theirs else f"reach: core {found}, oracle {theirs}"


COMPARED: dict[str, Callable[[Case, Answer], str]] = {
    "fifo": _same(lambda case: by_lots(case, "fifo"), pieces),
    "lifo": _same(lambda case: by_lots(case, "lifo"), pieces),
    "prorata": _same(amounts.prorata, by_row),
    "lib": _same(amounts.lib, by_row),
    "lib_group": _same(amounts.lib_group, by_row),
    "paripassu": _same(ends.paripassu, lambda answer: 0),
    "poison": _reach,
}


def by_hand(rows: list[tuple[int, ...]], claims: list[tuple[int, ...]], accounts: int, **known: object) -> Case:
    """A case written by hand: everything is held, openings are 0, nothing is a sink, unless said otherwise."""
    plain = {"opening": [0] * accounts, "sink": [False] * accounts, "covered": [FOREVER] * accounts}
    return Case([Row(*row) for row in rows], claims=[Share(*claim) for claim in claims], **{**plain, **known})
