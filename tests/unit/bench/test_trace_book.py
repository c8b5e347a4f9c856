"""The simulated month is what it says, and the peers of the bench answer as the core does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chainbreak.bench.trace.bisecting import Bisecting
from chainbreak.bench.trace.book import AGENT_SHARE, RETURNED, Book, make_book
from chainbreak.bench.trace.libraries import Graph, Recursive
from chainbreak.bench.trace.trial import answer_of, claims_of, ledger_of
from chainbreak.find.tracing import HORIZON_US, Tracer

TRANSFERS = 40_000


@pytest.fixture(scope="module")
def book() -> Book:
    return make_book(TRANSFERS, seed=3)


def test_the_month_has_a_hub_thefts_and_returns(book: Book) -> None:
    n = len(book.fen)
    debits = np.bincount(book.payer)
    assert n == pytest.approx(TRANSFERS, rel=0.01)
    assert debits.max() > 0.8 * AGENT_SHARE * n > np.sort(debits)[-2]
    assert np.count_nonzero(book.link >= 0) == pytest.approx(n * RETURNED, rel=0.05)
    assert (np.diff(book.at_us) >= 0).all()
    back = np.flatnonzero(book.link >= 0)
    of = book.link[back]
    assert (book.payer[back] == book.payee[of]).all()
    assert (book.fen[back] <= book.fen[of]).all()
    assert np.median(book.fen[book.theft]) > 10 * np.median(book.fen)


def test_almost_nobody_is_overdrawn(book: Book) -> None:
    known = book.opening_fen >= 0
    stands, overdrawn = np.maximum(book.opening_fen, 0), set()
    for payer, payee, fen in zip(book.payer.tolist(), book.payee.tolist(), book.fen.tolist(), strict=True):
        stands[payer] -= fen
        if stands[payer] < 0:
            overdrawn.add(payer)
        stands[payee] += fen
    assert all(not known[account] for account in overdrawn)
    assert (~known).mean() < 0.01


def test_the_same_seed_gives_the_same_month(book: Book) -> None:
    again = make_book(TRANSFERS, seed=3)
    assert all((a == b).all() for a, b in zip(book, again, strict=True))


def test_the_peers_answer_as_the_core_does(book: Book, tmp_path: Path) -> None:
    pytest.importorskip("rustworkx", reason="rustworkx is not installed: chainbreak[bench]")
    tracer, axes = Tracer(ledger_of(book)), Bisecting(book)
    graph, query = Graph(axes), Recursive(axes, tmp_path)
    for n, claim in enumerate(claims_of(book)):
        asked = (claim.row, claim.lo, claim.lo + claim.fen, HORIZON_US)
        flows, ended = axes.follow(*asked)
        assert (sorted(flows), ended) == answer_of(tracer.trace([claim]))
        assert sorted(graph.follow(*asked)) == sorted(flows)
        if n < 5:
            assert sorted(query.follow(*asked)) == sorted(flows)
