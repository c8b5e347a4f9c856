"""Numbers at a SIP proxy: what a million cost to load and to compare, changes one by one, and what calls pay for it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any

from chainbreak.act.delivery.entry import Entry
from chainbreak.bench.delivery.sip_calls import callee, load
from chainbreak.bench.delivery.sip_servers import ASSERTED, Proxy, running
from chainbreak.bench.delivery.trial import Stack

NUMBERS = {"small": 20_000, "full": 1_000_000}
"""Numbers that stand from the beginning."""
CHANGES = {"small": 500, "full": 2_000}
RATE = 200.0
"""Calls a second, as asked."""
ROUNDS = {"small": (3, 400), "full": (9, 2_000)}
"""Rounds of either proxy in turn, calls a round."""
ENDS_AT_US = 2_145_916_800_000_000
"""2038-01-01: nothing ends while it is measured, and Kamailio 5.6 counts seconds in 32 bits."""
GIVE_UP_S = 5.0


def numbers(n: int) -> Iterator[tuple[str, str]]:
    """Rows of a table: mobile numbers scattered over their range, no two alike, no order of ours."""
    for i in range(n):
        yield f"8619{i * 2_654_435_761 % 10**9:09d}", f"{ENDS_AT_US // 1_000_000}:reject:reject:0:bench:+:block:both"


@contextmanager
def paths(scale: str) -> Iterator[Stack]:
    """A running proxy full of numbers, and how a caller meets it; to the centre of a trial they are somebody else's."""
    with running(rows=numbers(NUMBERS[scale]), probe_number="") as proxy:
        yield Stack("sip", proxy.address, proxy.settings.model_dump(mode="json"), {"kamailio": proxy.rejects})


def servers(scale: str) -> list[dict[str, Any]]:
    """Rows: the start of a full proxy, changes and comparisons beside it, then calls with and without its numbers."""
    n = NUMBERS[scale]
    with callee() as phone, running(next_hop=phone) as empty, running(rows=numbers(n), next_hop=phone) as full:
        rows = [
            {"what": "kamailio: numbers loaded at its start", "n": count, "seconds": proxy.ready_s,
             "cpu_s": proxy.server.all_cpu_s, "rss_mib": proxy.server.pss_mib}
            for count, proxy in ((0, empty), (n, full))
        ]  # fmt: skip
        rows += changes(full, CHANGES[scale])
        rows += calls(empty, full, *ROUNDS[scale])
        return [*rows, restart(full, n), *whole(full, n)]


def changes(proxy: Proxy, n: int) -> list[dict[str, Any]]:
    """Rows: numbers told one by one; then from the moment of telling to the first call that meets it."""
    entries = [_entry(i) for i in range(n)]
    with closing(proxy.point()) as point:
        wall, cpu = time.perf_counter(), proxy.server.all_cpu_s
        point.mend(entries, [])
        took, used = time.perf_counter() - wall, proxy.server.all_cpu_s - cpu
        told = {"what": "kamailio: numbers told one by one", "n": n, "seconds": took, "rows_per_s": n / took,
                "cpu_s": used}  # fmt: skip
        point.mend([], [e.mark for e in entries])
        seen: dict[str, list[float]] = {"block": [], "withdraw": []}
        for entry in entries[:200]:
            for word, put, drop in (("block", [entry], []), ("withdraw", [], [entry.mark])):
                since = time.perf_counter()
                point.mend(put, drop)
                while proxy.rejects(entry.value) != bool(put) and time.perf_counter() < since + GIVE_UP_S:
                    pass
                seen[word].append(time.perf_counter() - since)
    return [told, *({"what": f"kamailio: {word} met by a call", "n": 200, **_spread(s)} for word, s in seen.items())]


def calls(empty: Proxy, full: Proxy, rounds: int, n: int) -> list[dict[str, Any]]:
    """Rows: clean calls answered through a proxy with nothing and one with everything, in turn; then their ratio, the
    middle one of all rounds: what else runs on the machine meets both, and rarely a whole round.
    """
    took: dict[str, list[list[float]]] = {"nothing": [], "everything": []}
    lost = dict.fromkeys(took, 0)
    used = dict.fromkeys(took, 0.0)
    callers = [f"+86188{i:08d}" for i in range(n)]
    for at in range(rounds):
        # Each goes first as often as the other.
        for name, proxy in (("nothing", empty), ("everything", full))[:: 1 if at % 2 else -1]:
            before = proxy.server.all_cpu_s
            answers = load(proxy.settings.proxy, ASSERTED, callers, RATE)
            used[name] += proxy.server.all_cpu_s - before
            took[name].append(sorted(s for s in answers if s is not None))
            lost[name] += answers.count(None)
    rows = [
        {"what": f"kamailio: clean calls at {RATE:.0f}/s, {name} blocked", "n": n * rounds,
         **_spread(list(chain(*all_s))), "cpu_s": used[name], "lost": lost[name]}
        for name, all_s in took.items()
    ]  # fmt: skip
    for share in (50, 99):
        ratios = [_at(b, share) / _at(a, share) for a, b in zip(took["nothing"], took["everything"], strict=True)]
        rows.append({"what": f"kamailio: p{share} of clean calls, everything over nothing blocked", "n": rounds,
                     "ratio": statistics.median(ratios)})  # fmt: skip
    return rows


def restart(proxy: Proxy, n: int) -> dict[str, Any]:
    """A row: killed, started again, and equal to before."""
    since = time.perf_counter()
    proxy.restart(at_once=True)
    return {"what": "kamailio: killed and back with its numbers", "n": n, "seconds": time.perf_counter() - since}


def whole(proxy: Proxy, n: int) -> Iterator[dict[str, Any]]:
    """Rows: everything read out and compared with its file; everything loaded anew while it runs."""
    with closing(proxy.point()) as point:
        for word, act in (("read out and compared", lambda: len(list(point.rows()))),
                          ("loaded anew while it runs", lambda: point.load(numbers(n)))):  # fmt: skip
            wall, cpu, server = time.perf_counter(), time.process_time(), proxy.server.all_cpu_s
            act()
            yield {"what": f"kamailio: all {word}", "n": n, "seconds": time.perf_counter() - wall,
                   "cpu_s": proxy.server.all_cpu_s - server, "beside": f"sender {time.process_time() - cpu:.1f} cpu_s",
                   "rss_mib": proxy.server.pss_mib}  # fmt: skip


def _entry(i: int) -> Entry:
    return Entry(f"+8617{i:09d}", f"O-{i}", 1, "number.block", "block", "both", (), None, 0, ENDS_AT_US, "d")


def _spread(all_s: Sequence[float]) -> dict[str, float]:
    ordered = sorted(all_s)
    return {f"{name}_ms": 1_000 * _at(ordered, share) for name, share in (("p50", 50), ("p95", 95), ("p99", 99),
                                                                          ("max", 100))}  # fmt: skip


def _at(ordered: Sequence[float], share: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
