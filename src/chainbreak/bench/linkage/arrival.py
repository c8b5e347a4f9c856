"""One report more, at any size: how long until it is linked, and whether the outcome is that of linking everything."""

from __future__ import annotations

import time

import numpy as np

from chainbreak.bench import BenchRow
from chainbreak.bench.linkage.book import Book
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
