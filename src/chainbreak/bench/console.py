"""Server time of the findings page and of a verdict at 10^6 findings, through the application and over HTTP.

Peers, on the same desk in the same run: the same fifty rows by OFFSET as raw SQL to JSON (what a page without a keyset
does), and one bare durable commit of SQLite (the least a verdict that is not lost can cost).
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import shutil
import socket
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
from chainbreak.app.sign_in import sign_in_by_link
from chainbreak.base.settings import Settings
from chainbreak.bench import BenchRow, watch
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Action, Evidence, Finding, Level, Member, write_token
from chainbreak.web.application import create_app

SIZES = {"full": 1_000_000, "small": 20_000}
REQUESTS = 100
DEEP = 5_000
"""Pages turned before the deep page."""
SETUP = Actor("os:bench", frozenset({Role.ADMIN}))
OFFSET = """SELECT finding_id, level, score, detector, subject, found_at_us FROM finding WHERE state = 'open'
            ORDER BY rank, finding_id LIMIT 50 OFFSET ?"""


@dataclass(frozen=True)
class Timed:
    """One kind of request: the 95th percentile of wall seconds, and CPU seconds of one on average."""

    p95_s: float
    cpu_s: float

    def row(self, what: str, rows: int, peer: str, other: Timed) -> BenchRow:
        """As a line of the table; the ratio is of wall seconds."""
        return BenchRow(what, rows, self.p95_s, self.cpu_s, peer=peer, ratio=self.p95_s / other.p95_s)


def run(scale: str) -> list[BenchRow]:
    """Fill a desk, then measure; `seconds` is the 95th percentile of one request, `cpu_s` one request's average."""
    folder = Path(tempfile.mkdtemp(prefix="chainbreak-bench-"))
    try:
        office = init_centre(folder / "centre", Settings())
        add_person(office, SETUP, "bench", ["admin", "analyst"])
        with watch() as filling:
            fill(office, SIZES[scale])
        rows = [BenchRow("fill the desk", SIZES[scale], filling.seconds, filling.cpu_s, SIZES[scale] / filling.seconds)]
        return rows + _measure(office, folder / "centre" / "desk.db", SIZES[scale])
    finally:
        shutil.rmtree(folder)


def _measure(office: Office, desk: Path, n: int) -> list[BenchRow]:
    secret = sign_in_by_link(office, issue_sign_in_link(office, SETUP, "bench").rpartition("/")[2], "bench")
    ids = _ids(desk, min(DEEP * 50, n - 100))
    ask = _asker(create_app(office), secret)
    first = _p95(lambda i: ask("GET", "/findings"))
    deep_path = f"/findings?after={ids[-1]}"
    deep = _p95(lambda i: ask("GET", deep_path))
    one = _p95(lambda i: ask("GET", f"/findings/{ids[i]}"))
    csrf = ask("GET", "/me").partition('name="csrf" content="')[2].partition('"')[0]
    verdict = _p95(lambda i: ask("POST", f"/findings/{ids[i]}/verdict", f"csrf={csrf}&verdict=c"))
    with _raw(desk) as raw:
        first_peer = _p95(lambda i: json.dumps(raw.execute(OFFSET, (0,)).fetchall()))
        deep_peer = _p95(lambda i: json.dumps(raw.execute(OFFSET, (len(ids),)).fetchall()))
        raw.execute("CREATE TABLE bare (n INTEGER PRIMARY KEY, body TEXT)")
        commit = _p95(lambda i: raw.execute("INSERT INTO bare (body) VALUES (?)", ("x" * 500,)))
    over_http = _over_http(office, secret)
    offset = "50 rows by OFFSET, raw SQL to JSON"
    return [
        first.row("findings page, p95, application", n, offset, first_peer),
        deep.row(f"page {len(ids) // 50:,}, p95, application", n, offset, deep_peer),
        one.row("finding opened, its leaf written, p95", n, "one durable commit", commit),
        verdict.row("verdict with its leaf, p95", n, "one durable commit", commit),
        over_http.row("findings page, p95, over HTTP", n, offset, first_peer),
    ]


def fill(office: Office, n: int) -> None:
    """`n` open findings with distinct subjects, in bulk: the counts are set at the end, as saving would have."""
    from sqlalchemy import insert

    from chainbreak.store.desk.findings import OPEN, rank_of
    from chainbreak.store.desk.tables_findings import finding, finding_count

    draw, now, counts = random.Random(1), office.clock.now_us(), dict.fromkeys(Level, 0)  # noqa: S311 not a secret
    template = _example(now).as_bytes()
    for start in range(0, n, 20_000):
        rows = []
        for _ in range(min(20_000, n - start)):
            score, ident = draw.random(), f"{draw.getrandbits(64):016x}"
            level = Level.URGENT if score > 0.97 else Level.HIGH if score > 0.8 else Level.MEDIUM
            counts[level] += 1
            rows.append({
                "finding_id": ident, "detector": "goip", "version": "1", "subject_kind": "line",
                "subject": f"line:{draw.getrandbits(64):016x}", "level": str(level), "score": score,
                "proposed_action": "block", "district": "", "first_evidence_us": now, "found_at_us": now,
                "state": OPEN, "rank": rank_of(level, score), "body": template,
            })  # fmt: skip
        with office.desk.begin() as conn:
            conn.execute(insert(finding), rows)
    with office.desk.begin() as conn:
        conn.execute(
            insert(finding_count),
            [{"state": OPEN, "detector": "goip", "level": str(level), "n": k} for level, k in counts.items() if k],
        )


def _example(now: int) -> Finding:
    refs = tuple(f"{i:032x}" for i in range(4))
    evidence = tuple(Evidence(f"rule_{i}", 2.0 * i, 1.0, "SIM", "device", 1.5, refs) for i in range(6))
    return Finding(
        "goip", "1", "line", write_token("line", 1), (Member("line", write_token("line", 1), 0.9),), 0.9, Level.HIGH,
        now, now, evidence, evidence[:1], Action.BLOCK, "0" * 32, {"call": 1}, {"calls": 900},
    )  # fmt: skip


def _asker(app: Any, secret: str) -> Callable[..., str]:
    """A function that sends one request straight to the application and returns the page."""
    loop = asyncio.new_event_loop()

    def ask(method: str, target: str, body: str = "") -> str:
        path, _, query = target.partition("?")
        headers = [(b"cookie", f"chainbreak_session={secret}".encode()), (b"host", b"bench")]
        if body:
            headers += [(b"content-type", b"application/x-www-form-urlencoded"), (b"hx-request", b"true")]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("bench", 80), "root_path": "",
        }  # fmt: skip
        status, text = loop.run_until_complete(_call(app, scope, body.encode()))
        if status != 200:
            raise RuntimeError(f"{method} {target} answered {status}")
        return text

    return ask


async def _call(app: Any, scope: dict[str, Any], body: bytes) -> tuple[int, str]:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app(scope, receive, send)
    return int(said[0]["status"]), b"".join(m.get("body", b"") for m in said[1:]).decode()


def _over_http(office: Office, secret: str) -> Timed:
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(office), port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    line = http.client.HTTPConnection("127.0.0.1", port)

    def get(_i: int) -> None:
        line.request("GET", "/findings", headers={"cookie": f"chainbreak_session={secret}"})
        line.getresponse().read()

    try:
        return _p95(get)
    finally:
        line.close()
        server.should_exit = True
        thread.join()


def _p95(act: Callable[[int], Any]) -> Timed:
    for i in range(3):
        act(REQUESTS + i)  # templates compiled, caches filled
    took, cpu = [], time.process_time()
    for i in range(REQUESTS):
        begun = time.perf_counter()
        act(i)
        took.append(time.perf_counter() - begun)
    return Timed(statistics.quantiles(took, n=20)[-1], (time.process_time() - cpu) / REQUESTS)


@contextmanager
def _raw(desk: Path) -> Iterator[sqlite3.Connection]:
    raw = sqlite3.connect(desk, isolation_level=None)
    raw.execute("PRAGMA synchronous=FULL")
    yield raw
    raw.close()


def _ids(desk: Path, n: int) -> list[str]:
    """The first `n` ids in the order of the list."""
    with _raw(desk) as raw:
        query = "SELECT finding_id FROM finding WHERE state = 'open' ORDER BY rank, finding_id LIMIT ?"
        return [row[0] for row in raw.execute(query, (n,))]
