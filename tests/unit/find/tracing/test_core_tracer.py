"""The tracer beside itself: appended or built at once, compiled or interpreted, forward or back, give the same."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.errors import InputError, UsageError
from chainbreak.find.tracing import FOREVER, HOLDING, RULES, UNKNOWN, Claim, Ledger, Terms, Traced, Tracer, make_ledger
from chainbreak.find.tracing.amounts import times_over


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Some accounts, the last a sink, one perhaps held for a time only; transfers of which some are returned."""
    accounts, n = draw(st.integers(3, 6)), draw(st.integers(1, 30))
    link, payer, payee, fen = [-1] * n, [0] * n, [0] * n, [1] * n
    for k in range(n):
        of = draw(st.integers(-3, k - 1)) if k else -1
        if of >= 0:
            link[k], payer[k], payee[k], fen[k] = of, payee[of], payer[of], draw(st.integers(1, fen[of]))
        else:
            payer[k], payee[k] = draw(st.integers(0, accounts - 1)), draw(st.integers(0, accounts - 1))
            fen[k] = draw(st.integers(1, 60))
    at = np.cumsum(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    opening = draw(st.lists(st.integers(-1, 80), min_size=accounts, max_size=accounts))
    covered = [draw(st.sampled_from([FOREVER, 20, 0])) if a == 1 else FOREVER for a in range(accounts)]
    ledger, _ = make_ledger(
        at, range(n), payer, payee, fen, accounts=accounts, link=link, opening_fen=opening,
        sink=[a == accounts - 1 for a in range(accounts)], covered_until_us=covered,
    )  # fmt: skip
    return ledger


def rows(traced: Traced) -> list[list[list[int]]]:
    return [[column.tolist() for column in vars(part).values()] for part in (traced.flows, traced.places)]


def claims_on(ledger: Ledger) -> list[Claim]:
    return [Claim(str(row), row, int(ledger.fen[row])) for row in range(0, ledger.rows, 5)]


@given(ledgers(), st.integers(0, 30), st.sampled_from(RULES))
def test_an_index_that_grew_answers_as_one_built_at_once(whole: Ledger, cut: int, rule: str) -> None:
    cut = min(cut, whole.rows - 1)
    part = replace(whole, **{name: getattr(whole, name)[:cut] for name in ("at_us", "payer", "payee", "fen", "link")})
    grown, terms = Tracer(part), Terms(rule=rule)  # type: ignore[arg-type]
    grown.trace(claims_on(part), terms)
    for k in range(cut, whole.rows):
        more = slice(k, k + 1)
        grown.append(whole.at_us[more], whole.payer[more], whole.payee[more], whole.fen[more], whole.link[more])
    built = Tracer(whole)
    assert grown.digest == built.digest
    assert rows(grown.trace(claims_on(whole), terms)) == rows(built.trace(claims_on(whole), terms))
    assert rows(grown.back(claims_on(whole))) == rows(built.back(claims_on(whole)))


@given(ledgers())
def test_what_flowed_forward_flows_back_to_the_claim(ledger: Ledger) -> None:
    tracer = Tracer(ledger)
    for claim in claims_on(ledger):
        flows = tracer.trace([claim], Terms(horizon_us=None)).flows
        for row, lo, hi in zip(flows.row.tolist(), flows.lo.tolist(), flows.hi.tolist(), strict=True):
            back = tracer.back([Claim("back", row, hi - lo, lo)], Terms(horizon_us=None)).flows
            found = (back.row == claim.row) & (back.lo >= claim.lo) & (back.hi <= claim.lo + claim.fen)
            assert int((back.hi - back.lo)[found].sum()) >= hi - lo


@given(st.integers(0, 2**53), st.integers(0, 2**60), st.integers(1, 2**60))
def test_a_product_over_a_number_is_exact(a: int, b: int, c: int) -> None:
    a, b = min(a, c), min(b, c)
    assert tuple(times_over(a, b, c)) == divmod(a * b, c)


def test_without_numba_the_answers_are_the_same() -> None:
    script = """
import hashlib, numpy as np
from chainbreak.find.tracing import *
rng = np.random.default_rng(7)
n, m = 4000, 60
ledger, _ = make_ledger(np.arange(n) // 3, np.arange(n), rng.integers(0, m, n), rng.integers(0, m, n),
                        rng.integers(1, 500, n), accounts=m, opening_fen=rng.integers(-1, 900, m))
tracer = Tracer(ledger)
seen = hashlib.sha256()
for rule in RULES:
    traced = tracer.trace([Claim(str(k), k, int(ledger.fen[k])) for k in range(0, 100, 9)], Terms(rule=rule))
    for part in (traced.flows, traced.places):
        for column in vars(part).values():
            seen.update(np.ascontiguousarray(column).tobytes())
print(seen.hexdigest())
"""
    answers = {
        subprocess.run([sys.executable, "-c", script], env={**os.environ, "NUMBA_DISABLE_JIT": off}, check=True,
                       capture_output=True, text=True).stdout
        for off in ("0", "1")
    }  # fmt: skip
    assert len(answers) == 1


def plain(fen: list[int]) -> Ledger:
    return make_ledger(range(len(fen)), None, [0] * len(fen), [1] * len(fen), fen, accounts=2, opening_fen=[10**6, 0])[
        0
    ]


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ([Claim("c", 3, 1)], "CB-TR-011"), ([Claim("c", -1, 1)], "CB-TR-011"), ([Claim("c", 0, 101)], "CB-TR-011"),
        ([Claim("c", 0, 0)], "CB-TR-011"), ([Claim("c", 0, 60), Claim("d", 0, 40, lo=50)], "CB-TR-012"),
        ([Claim(str(k), 2, 1, lo=k) for k in range(1_001)], "CB-TR-013"),
    ],
)  # fmt: skip
def test_claims_that_cannot_be_are_refused(claims: list[Claim], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        Tracer(plain([100, 100, 9_999])).trace(claims, Terms(rule="prorata"))


def test_rows_that_cannot_be_booked_are_refused_and_nothing_is_entered() -> None:
    tracer = Tracer(plain([100, 100]))
    before = tracer.digest
    for at, payer, fen, link, code in (
        (0, 0, 5, -1, "CB-TR-005"), (9, 2, 5, -1, "CB-TR-003"), (9, 0, 0, -1, "CB-TR-002"), (9, 0, 5, 1, "CB-TR-004"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=code):
            tracer.append([at], [payer], [1], [fen], [link])
    assert tracer.digest == before
    tracer.append([9], [0], [1], [5])
    assert int(tracer.balance()[1]) == 205


def test_new_accounts_can_be_added_before_their_transfers() -> None:
    tracer = Tracer(plain([100]))
    tracer.trace([Claim("c", 0, 100)])
    tracer.add_accounts([0, 40], [False, False], [FOREVER, 0])
    tracer.append([5, 6], [1, 1], [2, 3], [70, 20])
    traced = tracer.trace([Claim("c", 0, 100)])
    assert [x.tolist() for x in traced.holdings()] == [[1, 2], [10, 70]]
    assert traced.total(UNKNOWN).tolist() == [20]
    assert int(traced.total(HOLDING)[0]) + 20 == 100
