"""One report more, at any size: how long until it is linked, and whether the outcome is that of linking everything."""

from __future__ import annotations

import json
import time

import numpy as np

from chainbreak.bench import BenchRow
from chainbreak.bench.linkage.book import Book
from chainbreak.find.linkage.explain import explain_series
from chainbreak.find.linkage.link import link
from chainbreak.find.linkage.model import some_of
from chainbreak.find.linkage.standing import Standing


def arrivals(book: Book, held_out: int = 500, seed: int = 1) -> list[BenchRow]:
    """Rows with the median, the 95th and 99th percentile and the worst of `held_out` reports that arrive one by one on
    a standing state of all others; the last row says whether the series then equal those of linking everything.
    """
    reports = book.reports
    late = np.sort(np.random.default_rng(seed).choice(reports.n, held_out, replace=False))
    began = time.process_time()
    standing = Standing(some_of(reports, np.setdiff1d(np.arange(reports.n), late)))
    rows = [BenchRow(f"linkage: standing state of {reports.n - held_out:,} reports, from scratch", reports.n - held_out,
                     cpu_s=time.process_time() - began)]  # fmt: skip
    took = []
    for row in late:
        one = some_of(reports, np.array([row]))
        began_s = time.perf_counter()
        standing.change(one)
        took.append(time.perf_counter() - began_s)
    for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("worst", 1.0)):
        rows.append(BenchRow(f"linkage: one report more at {reports.n:,}, {name} (wall)", 1,
                             seconds=float(np.quantile(took, share))))  # fmt: skip
    same = standing.partition() == sorted(link(reports).partition())
    rows.append(BenchRow(f"linkage: series after {held_out} arrivals equal the batch: {'yes' if same else 'NO'}"))
    return rows


def orders(book: Book, reports: int = 1_000, n: int = 20) -> list[BenchRow]:
    """One row: of `n` random orders of arrival, each in random batches and with a tenth deleted and sent again on the
    way, how many end in other series or other explanations than linking all at once.
    """
    first = some_of(book.reports, np.arange(min(reports, book.reports.n)))
    whole, different = _told(Standing(first)), 0
    for seed in range(n):
        rng = np.random.default_rng(seed)
        order, at = rng.permutation(first.n), int(rng.integers(1, first.n // 2))
        standing = Standing(some_of(first, order[:at]))
        while at < first.n:
            upto = at + int(rng.integers(1, first.n // 10))
            standing.change(some_of(first, order[at:upto]))
            at = upto
        again = rng.choice(first.n, first.n // 10, replace=False)
        standing.change(gone=[str(i) for i in first.ids[again]])
        standing.change(some_of(first, again))
        different += _told(standing) != whole
    return [BenchRow(f"linkage: {different} differences over {n} arrival orders, explanations included", first.n)]


def _told(standing: Standing) -> str:
    return json.dumps([[series, explain_series(standing.about(series), series)] for series in standing.partition()])
