"""One engine on one month, in a process of its own: what it needed and what it answered, printed as lines of JSON."""

from __future__ import annotations

import json
import pickle
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainbreak.bench import Cost, run_child
from chainbreak.bench.trace.bisecting import Bisecting, Flow, Place
from chainbreak.bench.trace.book import Book, make_book
from chainbreak.find.tracing import (
    BUCKETS,
    HORIZON_US,
    REASONS,
    RULES,
    Claim,
    Ledger,
    Rule,
    Terms,
    Traced,
    Tracer,
    make_ledger,
)

SEED = 1
TIMED = 2_500
"""Claims asked one by one."""
BATCH = 10_000
MIXED = 40
"""Claims of the rules that mix money, one by one."""
PEER_CLAIMS = 20
"""Claims for engines that need a second each."""
Answer = tuple[list[Flow], dict[Place, int]]


def prepare(folder: str, transfers: int) -> None:
    """Write the month."""
    (Path(folder) / "book.pickle").write_bytes(pickle.dumps(make_book(transfers, SEED), protocol=5))


def _warm() -> None:
    """Every kernel once, on a small ledger: compiling, and reading what was compiled, is not what is measured."""
    tracer = Tracer(ledger_of(make_book(20_000, SEED)))
    for rule in RULES:
        tracer.trace([Claim("c", 1, 1)], Terms(rule))
    tracer.balance()
    tracer.append([2**52], [0], [1], [1])


def core(folder: str) -> None:
    """Ours: index, claims one by one and in a batch, other rules."""
    _warm()
    book = _book(folder)
    claims = claims_of(book)
    before, spent = _rss_mib(), time.process_time()
    began = time.perf_counter()
    ledger = ledger_of(book)
    tracer = Tracer(ledger)
    index_mib = tracer.index_bytes / 2**20  # asked for within the time: what is made when first needed is made now
    wall, spent = time.perf_counter() - began, time.process_time() - spent
    columns = sum(column.nbytes for column in vars(ledger).values())
    _tell("build", rows=ledger.rows, seconds=wall, cpu_s=spent, index_mib=index_mib,
          columns_mib=columns / 2**20, rss_mib=_rss_mib() - before)  # fmt: skip
    _one_by_one("fifo", claims[:TIMED], tracer, "fifo")
    answers = [answer_of(tracer.trace([claim])) for claim in claims[:TIMED]]
    (Path(folder) / "answers.pickle").write_bytes(pickle.dumps(answers))
    fresh = Tracer(ledger)
    fresh.index_bytes  # noqa: B018 makes the index whole; maps of odd accounts are made by the batch
    _batch("fifo batch", claims[:BATCH], fresh)
    _batch("fifo batch again", claims[:BATCH], fresh)
    _tell("fifo index", index_mib=fresh.index_bytes / 2**20)
    rules: tuple[Rule, ...] = ("lifo", "prorata", "lib_group", "poison")
    for rule in rules:
        _one_by_one(rule, claims[: TIMED if rule == "lifo" else MIXED], tracer, rule)
    _batch("lifo batch", claims[:BATCH], tracer, "lifo")
    scans = [_cpu_s(lambda: [int(column.sum()) for column in (ledger.at_us, ledger.payer, ledger.payee, ledger.fen)])
             for _ in range(5)]  # fmt: skip
    _tell("scan", rows=ledger.rows, cpu_s=float(np.median(scans)))
    _tell("balances", rows=ledger.rows, cpu_s=float(np.median([_cpu_s(tracer.balance) for _ in range(5)])))


def appending(folder: str) -> None:
    """Ours: the last tenth of the month appended in batches of 1, 100 and 10,000; then asked as the whole is."""
    _warm()
    book = _book(folder)
    ledger = ledger_of(book)
    columns = (ledger.at_us, ledger.payer, ledger.payee, ledger.fen, ledger.link)
    first = ledger.rows - ledger.rows // 10
    tracer = Tracer(_cut(book, first))
    ends = [first + ledger.rows // 1_000, first + ledger.rows // 50, ledger.rows]
    for size, end in zip((1, 100, 10_000), ends, strict=True):
        at = tracer.ledger.rows
        cuts = [(k, min(k + size, end)) for k in range(at, end, size)]
        batches = [[column[a:b] for column in columns] for a, b in cuts]
        began, spent = time.perf_counter(), time.process_time()
        for batch in batches:
            tracer.append(*batch)
        spent = time.process_time() - spent
        _tell(f"append {size}", rows=end - at, seconds=time.perf_counter() - began, cpu_s=spent)
    wanted = pickle.loads((Path(folder) / "answers.pickle").read_bytes())  # noqa: S301 written by `core` of this run
    found = [answer_of(tracer.trace([claim])) for claim in claims_of(book)[: len(wanted)]]
    _tell("append check", rows=len(wanted), mismatches=sum(a != b for a, b in zip(found, wanted, strict=True)))


def bisecting(folder: str) -> None:
    """The honest peer: index, claims one by one and in a batch."""
    peer = _built("bisecting", Bisecting, _book(folder))
    _compare("bisecting", folder, lambda *claim: peer.follow(*claim, HORIZON_US), TIMED)
    claims = claims_of(_book(folder))[:BATCH]
    spent = _cpu_s(lambda: [peer.follow(c.row, c.lo, c.lo + c.fen, HORIZON_US) for c in claims])
    _tell("bisecting batch", rows=len(claims), cpu_s=spent)


def libraries(folder: str) -> None:
    """rustworkx and DuckDB, on the axes of the bisecting peer."""
    from chainbreak.bench.trace.libraries import Graph, Recursive

    axes = Bisecting(_book(folder))
    scratch = Path(folder) / "duck"
    graph = _built("rustworkx", Graph, axes)
    _compare("rustworkx", folder, lambda *claim: (graph.follow(*claim, HORIZON_US), None), PEER_CLAIMS)
    query = _built("duckdb", Recursive, axes, scratch)
    _compare("duckdb", folder, lambda *claim: (query.follow(*claim, HORIZON_US), None), PEER_CLAIMS)


def tried(folder: Path, function: str, *arguments: object) -> tuple[Cost, dict[str, dict[str, Any]]]:
    """A function of this module in a child: what it cost, and what it told by name."""
    given = ", ".join(repr(a) for a in (str(folder), *arguments))
    code = f"from chainbreak.bench.trace.trial import {function}; {function}({given})"
    cost = run_child([sys.executable, "-c", code])
    lines = [json.loads(line) for line in cost.output.splitlines() if line.startswith("{")]
    return cost, {line["name"]: line for line in lines}


def _tell(name: str, **told: Any) -> None:
    sys.stdout.write(json.dumps({"name": name} | told) + "\n")


def _book(folder: str) -> Book:
    book: Book = pickle.loads((Path(folder) / "book.pickle").read_bytes())  # noqa: S301 written by `prepare` of this run
    return book


def ledger_of(book: Book) -> Ledger:
    """The month as the core takes it."""
    return _cut(book, len(book.fen))


def _cut(book: Book, rows: int) -> Ledger:
    """The ledger of the first rows."""
    at_us, payer, payee, fen, link = (column[:rows] for column in book[:5])
    ledger, _ = make_ledger(
        at_us, np.arange(rows), payer, payee, fen, accounts=len(book.sink), link=link,
        opening_fen=book.opening_fen, sink=book.sink, covered_until_us=book.covered_until_us,
    )  # fmt: skip
    return ledger


def claims_of(book: Book) -> list[Claim]:
    """The stolen payments in a random order: those asked one by one come from the whole month."""
    rows = np.random.default_rng(SEED).permutation(book.theft)
    return [Claim(f"t{row}", int(row), int(book.fen[row])) for row in rows]


def answer_of(found: Traced) -> Answer:
    """The answer to one claim in the form of the peers, flows sorted."""
    flows, places = found.flows, found.places
    ended: dict[Place, int] = {}
    columns = (places.account, places.bucket, places.reason, places.fen)
    for account, bucket, reason, fen in zip(*(column.tolist() for column in columns), strict=True):
        place = account, REASONS[reason] or BUCKETS[bucket]
        ended[place] = ended.get(place, 0) + fen
    return sorted(zip(flows.row.tolist(), flows.lo.tolist(), flows.hi.tolist(), strict=True)), ended


def _one_by_one(name: str, claims: Sequence[Claim], tracer: Tracer, rule: Rule) -> None:
    """Each claim in a call of its own, every one for the first time; CPU ms."""
    took, flows = [], 0
    for claim in claims:
        began = time.process_time()
        found = tracer.trace([claim], Terms(rule))
        took.append(time.process_time() - began)
        flows += len(found.flows.row)
    _tell(name, rows=len(claims), flows=flows, **_spread(took))


def _batch(name: str, claims: Sequence[Claim], tracer: Tracer, rule: Rule = "fifo") -> None:
    began = time.perf_counter()
    spent = _cpu_s(lambda: tracer.trace(claims, Terms(rule)))
    _tell(name, rows=len(claims), seconds=time.perf_counter() - began, cpu_s=spent)


def _built(name: str, make: Callable[..., Any], *given: Any) -> Any:
    before, made = _rss_mib(), []
    began = time.perf_counter()
    spent = _cpu_s(lambda: made.append(make(*given)))
    _tell(f"{name} build", seconds=time.perf_counter() - began, cpu_s=spent, rss_mib=_rss_mib() - before)
    return made[0]


def _compare(name: str, folder: str, follow: Callable[..., tuple[Iterable[Flow], Any]], claims: int) -> None:
    """Time the claims one by one and count answers that are not ours: flows, and places where the peer says them."""
    wanted = pickle.loads((Path(folder) / "answers.pickle").read_bytes())  # noqa: S301 written by `core` of this run
    took, wrong = [], 0
    asked = claims_of(_book(folder))[: min(claims, len(wanted))]
    for claim, (flows, places) in zip(asked, wanted, strict=False):
        began = time.process_time()
        found, ended = follow(claim.row, claim.lo, claim.lo + claim.fen)
        took.append(time.process_time() - began)
        wrong += sorted(found) != flows or (ended is not None and ended != places)
    _tell(name, rows=len(asked), mismatches=wrong, **_spread(took))


def _spread(took: list[float]) -> dict[str, float]:
    p50, p99 = np.quantile(took, [0.5, 0.99]) * 1e3
    return {"cpu_s": sum(took), "p50_ms": float(p50), "p99_ms": float(p99), "most_ms": max(took) * 1e3}


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _rss_mib() -> float:
    """What this process holds now; pages of 4 KiB as Linux counts them."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20
