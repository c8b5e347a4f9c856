"""Load on look-ups: a desk full of orders, nginx beside it, wrk and dnsperf as clients, CPU read from /proc."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.lookup.dnsbl.names import CODES, Told, owners
from chainbreak.app.change_partners import add_partner
from chainbreak.app.init_centre import init_centre
from chainbreak.app.issue_lookup_token import issue_lookup_token
from chainbreak.base.clock import US_PER_DAY, rfc3339
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery import dnsbl_servers, lookup_servers
from chainbreak.bench.delivery.dns_servers import Server, free_port
from chainbreak.bench.delivery.trial import ADMIN
from chainbreak.identity.tokens import digests
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

PHONES, MIXED = "phones", "mixed"
KINDS = ("number.block", "domain.sinkhole", "funds.hold")
UNBOUNDED = {"per_s": 100_000, "burst": 1_000_000}
"""Quotas are not what is measured."""
_UNTIL_US = 4_102_444_800_000_000
"""2100-01-01: nothing ends while it is measured."""
_LUA = """math.randomseed({seed})
wrk.headers["Authorization"] = "Bearer {token}"
local kinds = {kinds}
local at = 0
request = function()
  at = at % #kinds + 1
  local i = math.random(0, {most})
  return wrk.format("GET", "/v1/check?kind=" .. string.format(kinds[at], i))
end
"""
_PHONE, _DOMAIN, _ACCOUNT = '"phone&value=%%2B86138%08d"', '"domain&value=www.b%08d.example"', '"account&value=62%014d"'
_ASKED = {PHONES: f"{{{_PHONE}}}", MIXED: f"{{{_PHONE}, {_DOMAIN}, {_ACCOUNT}}}"}
_CONF = """worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; add_header cache-control no-store; return 200 '{body}'; }}
  }}
}}
"""
_BODY = (
    '{"listed":true,"order_ref":"O-261122-ABCDEFGH","until":"2026-12-22T00:00:00Z","reason_code":"number.block.block",'
    '"as_of":"2026-11-22T09:11:19.782195Z","age_ms":130,"stale":false}'
)


@dataclass
class Load:
    """What a client saw in `seconds`, and the CPU seconds of the server meanwhile."""

    requests: int
    seconds: float
    cpu_s: float
    p50_ms: float
    p99_ms: float = 0.0

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU µs of one request."""
        return self.cpu_s * 1e6 / self.requests


@dataclass
class Up:
    """A server under load. `cpu_s` reads how much CPU its processes have used."""

    address: str
    server: Server
    cpu_s: Callable[[], float]
    ready_s: float = field(default=0.0)


def program(name: str) -> str | None:
    """Where a program lies; servers are often where an ordinary PATH does not look."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def pinned() -> bool:
    """Whether server and client can be kept apart, each on a core of its own."""
    return program("taskset") is not None


def _on(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if pinned() else []


@contextmanager
def filled(folder: Path, n: int) -> Iterator[tuple[Office, dict[str, str]]]:
    """A centre whose one look-up partner was sent `n` orders: numbers, and a tenth each of domains and accounts.

    Listed are the even ones of twice as many, so that half of what is drawn at random hits.
    """
    office = init_centre(folder, Settings(name="bench"))
    add_partner(office, ADMIN, "voice", "lookup", KINDS, settings={"when_stale": "open", **UNBOUNDED})
    _write(office, n)
    yield office, {"voice": issue_lookup_token(office, ADMIN, "voice")}
    office.desk.close()


def _write(office: Office, n: int) -> None:
    from sqlalchemy import insert

    from chainbreak.store.desk.tables_delivery import outbox
    from chainbreak.store.desk.tables_orders import order_file

    now = office.clock.now_us()
    for start in range(0, n, 20_000):
        objects = list(_objects(office, range(start, min(n, start + 20_000))))
        orders = [
            {"order_id": f"O-BENCH-{i:08d}", "kind": kind, "rung": rung, "state": "acknowledged", "revision": 1,
             "object": written, "case_ref": "B-1", "drafted_by": "bench", "starts_at_us": now - US_PER_DAY,
             "ends_at_us": _UNTIL_US, "receipt_hash": f"{i:064d}", "updated_at_us": now - n + i, "body": b"{}"}
            for i, kind, rung, written in objects
        ]  # fmt: skip
        sent = [
            {"order_id": order["order_id"], "revision": 1, "target": "voice", "action": "block", "state": "verified",
             "urgency": 1, "attempts": 1, "queued_at_us": now, "due_at_us": now, "detail": "full"}
            for order in orders
        ]  # fmt: skip
        with office.desk.begin() as conn:
            conn.execute(insert(order_file), orders)
            conn.execute(insert(outbox), sent)


def _objects(office: Office, numbers: range) -> Iterator[tuple[int, str, str, str]]:
    """Number, kind, rung and object of each order."""
    lines = digests(office.keys.token_key(Identifier.LINE), [f"+86138{2 * i:08d}".encode() for i in numbers])[:, 0]
    accounts = digests(office.keys.token_key(Identifier.ACCOUNT), [f"62{2 * i:014d}".encode() for i in numbers])[:, 0]
    for at, i in enumerate(numbers):
        if i % 10 == 8:
            yield i, "domain.sinkhole", "host_sinkhole", f"b{2 * i:08d}.example"
        elif i % 10 == 9:
            yield i, "funds.hold", "hold_amount", write_token(Identifier.ACCOUNT, int(accounts[at]))
        else:
            yield i, "number.block", "restrict_outgoing", write_token(Identifier.LINE, int(lines[at]))


@contextmanager
def answering(office: Office) -> Iterator[Up]:
    """The look-up on the first core."""
    since = time.monotonic()
    with lookup_servers.running(office, prefix=_on(0)) as up:
        yield Up(up.address, up.server, lambda: up.server.cpu_s, time.monotonic() - since)


@contextmanager
def nginx(folder: Path) -> Iterator[Up]:
    """nginx with one worker on the first core, which answers everything with one body as long as ours."""
    port = free_port()
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(folder=folder, port=port, body=_BODY), encoding="ascii")
    server = Server([*_on(0), program("nginx") or "nginx", "-p", str(folder), "-c", str(conf)], folder)
    server.start()
    try:
        worker = _child_of(server)
        yield Up(f"http://127.0.0.1:{port}", server, lambda: worker.cpu_s)
    finally:
        server.stop()


def _child_of(server: Server) -> Any:
    """The one worker: the master itself uses no CPU."""
    assert server.process is not None
    path = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    for _ in range(200):
        if pids := path.read_text(encoding="ascii").split():
            return _Process(int(pids[0]))
        time.sleep(0.02)
    raise AssertionError("nginx has no worker")


@dataclass
class _Process:
    pid: int

    @property
    def cpu_s(self) -> float:
        """CPU seconds used so far, user and system."""
        parts = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / 100


def wrk(
    address: str, cpu_s: Callable[[], float], asked: str, token: str, seconds: int, clients: int, n: int
) -> Load:  # fmt: skip
    """Ask for `seconds` on the other core, over `clients` connections, without a pause."""
    with _script(_LUA.format(seed=7, token=token, kinds=_ASKED[asked], most=2 * n - 1)) as script:
        command = [*_on(1), "wrk", "-t", "1", "-c", str(clients), "-d", str(seconds), "--latency", "-s", str(script)]
        before = cpu_s()
        text = subprocess.run([*command, address], check=True, capture_output=True, text=True).stdout
        used = cpu_s() - before
    assert "Non-2xx" not in text, text
    requests, took = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()  # type: ignore[union-attr]
    spread = {share: _ms(time) for share, time in re.findall(r"(50|99)%\s+([\d.]+\w+)", text)}
    return Load(int(requests), float(took), used, spread["50"], spread["99"])


@contextmanager
def _script(text: str) -> Iterator[Path]:
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="ascii") as file:
        file.write(text)
        file.flush()
        yield Path(file.name)


def _ms(text: str) -> float:
    """wrk's times in ms.

    >>> _ms("950.00us"), _ms("1.50ms"), _ms("2.00s")
    (0.95, 1.5, 2000.0)
    """
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) / {"us": 1_000.0, "ms": 1.0, "s": 0.001}[unit]


@contextmanager
def zone(n: int) -> Iterator[dnsbl_servers.Site]:
    """Primary, feeder and Unbound with `n` numbers told, the Unbound on the first core."""
    code = CODES["number.block"]["restrict_outgoing"]
    until, reason = rfc3339(_UNTIL_US), "number.block.restrict_outgoing"
    told = (Told(f"+86138{2 * i:08d}", f"O-BENCH-{i:08d}", until, reason, code) for i in range(n))
    with dnsbl_servers.running(told, prefix=_on(0)) as site:
        yield site


def dnsperf(folder: Path, site: dnsbl_servers.Site, n: int, seconds: int) -> Load:
    """Ask for addresses of random numbers, half of them told, from the other core."""
    draw = random.Random(7)  # noqa: S311 the same questions in every run
    names = (owners(f"+86138{draw.randrange(2 * n):08d}")[0] for _ in range(200_000))
    questions = folder / "questions"
    questions.write_text("".join(f"{name}.{site.settings.zone} A\n" for name in names), encoding="ascii")
    host, port = site.answers.rsplit(":", 1)
    command = [*_on(1), "dnsperf", "-s", host, "-p", port, "-d", str(questions), "-l", str(seconds), "-c", "4"]
    unbound = site.servers["unbound"]
    before = unbound.cpu_s
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    done = int(re.search(r"Queries completed:\s+(\d+)", text)[1])  # type: ignore[index]
    took = float(re.search(r"Run time \(s\):\s+([\d.]+)", text)[1])  # type: ignore[index]
    mean_s = float(re.search(r"Average Latency \(s\):\s+([\d.]+)", text)[1])  # type: ignore[index]
    return Load(done, took, unbound.cpu_s - before, mean_s * 1_000)
