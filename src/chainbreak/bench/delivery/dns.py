"""Delivery over DNS: what servers cost with a million names, and changes as clients of resolvers see them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from chainbreak.act.delivery.dns.compact import compact
from chainbreak.act.delivery.dns.records import NOWHERE, Bar
from chainbreak.act.delivery.point import PointDownError
from chainbreak.bench.delivery.dns_servers import Site, running
from chainbreak.bench.delivery.trial import Stack

COLD = {"small": 20_000, "full": 1_000_000}
"""Names in the cold zone."""
CHANGES = {"small": 50, "full": 200}
FOLLOWED = ("bind", "unbound")
LOAD_S = 900.0
"""Longest wait for a server with a full zone."""
GIVE_UP_S = 30.0
ENDS_AT_US = 4_102_444_800_000_000
"""2100-01-01: nothing ends while it is measured."""


def names(n: int) -> list[Bar]:
    """Names as a centre has them: registrable domains of 12 to 20 characters, no two alike."""
    return [Bar(f"b{i * 2_654_435_761 % 2**32:08x}{i % 97}.example", NOWHERE, "O-BENCH", ENDS_AT_US) for i in range(n)]


@contextmanager
def paths(scale: str) -> Iterator[Stack]:
    """A running primary with a full cold zone, BIND and Unbound behind it, and how their clients ask.

    The names in the cold zone carry no mark: to the centre of a trial they are somebody else's.
    """
    with running(FOLLOWED, names(COLD[scale]), marked=False, most_s=LOAD_S) as site:
        probes = {make: partial(_barred, site, make) for make in FOLLOWED}
        settings = site.settings.model_dump(mode="json")
        yield Stack("dns", site.address, settings, probes, {"tsig": site.secret.encode()})


def _barred(site: Site, make: str, value: str) -> bool:
    try:
        return site.seen(make, [value]) == [NOWHERE]
    except PointDownError:
        return False


def servers(scale: str) -> list[dict[str, Any]]:
    """Rows: load of the cold zone by server (seconds, CPU seconds, MiB), then what changes beside it: blocks and
    withdrawals in the hot zone, withdrawals from the cold one, a move from hot to cold, all read back.
    """
    n = COLD[scale]
    cold = names(n)
    with running(FOLLOWED, cold, most_s=LOAD_S) as site:
        rows = [
            {"what": f"{name}: cold zone loaded", "n": n, "seconds": site.ready_s[name], "cpu_s": server.cpu_s,
             "rss_mib": server.rss_mib, "peak_mib": server.peak_mib}
            for name, server in site.servers.items()
        ]  # fmt: skip
        return [*rows, *changes(site, CHANGES[scale], cold), move(site, CHANGES[scale]), comparison(site, n)]


def changes(site: Site, n: int, cold: Sequence[Bar]) -> list[dict[str, Any]]:
    """Rows: from the moment the sender begins to the first client that sees it, of `n` names barred and let go, and of
    as many let go that stood in the cold zone. `cpu_s`: of that resolver, for all changes together.
    """
    took: dict[str, list[float]] = {}
    point = site.point()
    before = {name: server.cpu_s for name, server in site.servers.items()}

    def change(word: str, act: Callable[[], None], value: str, wanted: str | None) -> None:
        start = time.monotonic()
        act()
        for make in FOLLOWED:
            took.setdefault(f"{make}: {word}", []).append(_until(site, make, value, wanted, start))

    for bar in _new(n):
        change("block", partial(point.put, [bar]), bar.value, NOWHERE)
        change("withdraw", partial(point.drop, [bar.value]), bar.value, None)
    for bar in cold[:: len(cold) // n][:n]:
        change("withdraw, cold", partial(point.drop, [bar.value]), bar.value, None)
    point.close()
    cost = {name: server.cpu_s - before[name] for name, server in site.servers.items()}
    return [
        {"what": what, "n": n, **_spread(all_s), "cpu_s": cost[what.partition(":")[0]]} for what, all_s in took.items()
    ]


def move(site: Site, n: int) -> dict[str, Any]:
    """A row: `n` names moved from hot to cold, until every resolver has read them."""
    point = site.point()
    point.put(_new(n))
    start = time.monotonic()
    moved = compact(point, nullcontext, time.time_ns() // 1_000)
    point.close()
    return {"what": "move hot to cold", "n": moved.names, "seconds": time.monotonic() - start}


def _new(n: int) -> list[Bar]:
    return [Bar(f"hot{i}.example", NOWHERE, "O-HOT", ENDS_AT_US) for i in range(n)]


def comparison(site: Site, n: int) -> dict[str, Any]:
    """A row: everything the primary holds, read back to be compared with the desk."""
    point = site.point()
    wall, cpu = time.monotonic(), time.process_time()
    found = len(point.held())
    point.close()
    return {"what": "sender: all read back", "n": found, "seconds": time.monotonic() - wall,
            "cpu_s": time.process_time() - cpu}  # fmt: skip


def _until(site: Site, make: str, value: str, wanted: str | None, start: float) -> float:
    while site.seen(make, [value]) != [wanted]:
        if time.monotonic() - start > GIVE_UP_S:
            break
        time.sleep(0.001)
    return time.monotonic() - start


def _spread(all_s: Sequence[float]) -> dict[str, float]:
    ms = sorted(1_000 * s for s in all_s)
    return {"p50_ms": ms[len(ms) // 2], "p95_ms": ms[min(len(ms) - 1, len(ms) * 95 // 100)], "max_ms": ms[-1]}
