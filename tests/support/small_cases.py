"""Small sets of reports for the tests of linkage: few keys, many shared, some hubs, some near values."""

from __future__ import annotations

import numpy as np

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.linkage.model import CODE, Named, Near, Reports, in_order
from chainbreak.text.likeness import K


def some_reports(seed: int, n: int, gangs: int = 4, prefix: str = "R") -> Reports:
    """`n` reports of `gangs` gangs that use keys of their own for a while, and keys that everybody names."""
    rng = np.random.default_rng(seed)
    gang = rng.integers(0, gangs, n)
    scripts = rng.integers(0, 2**31, (gangs, K)).astype(np.uint32)
    told = np.where(rng.random((n, K)) < 0.6, scripts[gang], rng.integers(0, 2**31, (n, K)).astype(np.uint32))
    rows: list[tuple[int, int, int]] = []
    near: list[tuple[int, int, int, int]] = []
    for report in range(n):
        for kind in ("line", "account", "chat"):
            if rng.random() < 0.6:
                value = int(1_000 * (gang[report] + 1) + 100 * CODE[kind] + rng.integers(0, 3))
                if rng.random() < 0.15:  # misread: another value under one pattern
                    near.append((report, 70_000 + value, value * 100 + 7, CODE[kind]))
                    value = value * 100 + 7
                else:
                    near.append((report, 70_000 + value, value, CODE[kind]))
                rows.append((report, value, CODE[kind]))
        if rng.random() < 0.5:
            rows.append((report, 999, CODE["app"]))
    columns = {
        "occurred_us": rng.integers(0, 200, n) * US_PER_DAY, "district": rng.integers(-1, 3, n),
        "type": np.where(rng.random(n) < 0.1, -1, gang % 3), "loss_fen": rng.integers(-1, 10**7, n),
        "victim": rng.integers(0, 50, n), "script": told,
    }  # fmt: skip
    ids = [f"{prefix}{i:04d}" for i in rng.permutation(n)]
    return in_order(ids, columns, Named(*_columns(rows, 3)), Near(*_columns(near, 4)))


def _columns(rows: list[tuple[int, ...]], width: int) -> list[np.ndarray]:
    return [np.array([row[i] for row in rows], np.int64) for i in range(width)]
