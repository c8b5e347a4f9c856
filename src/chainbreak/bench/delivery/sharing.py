"""What both benches of sharing stand on: orders to share, and a clock around a piece of work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainbreak.act.delivery.entry import Entry
from chainbreak.base.clock import US_PER_DAY
from chainbreak.bench.delivery.values import values

BUILT = {"small": 1_000, "full": 10_000}
"""Objects built in one go."""
NOW_US = 1_795_132_800_000_000


def orders(n: int) -> list[Entry]:
    """`n` numbers under order from `NOW_US` for a week."""
    return [
        Entry(value, f"O-261120-{i:08d}", 1, "number.block", "block", "both", (), None, NOW_US, NOW_US + 7 * US_PER_DAY,
              "")
        for i, value in enumerate(values("line", "shared", n))
    ]  # fmt: skip


@contextmanager
def timed(rows: list[dict[str, Any]], what: str, n: int) -> Iterator[None]:
    """Add a row about what happens in the block."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    took = time.perf_counter() - wall
    rows.append({"what": what, "n": n, "seconds": took, "rows_per_s": n / took, "cpu_s": time.process_time() - cpu})
