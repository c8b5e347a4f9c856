"""Real DNS servers for tests and bench, each in the foreground on a loopback port of its own, gone when the block ends.

They run from the configuration that partners are given. The primary also plays the rest of the world: every name that
nobody bars leads to 192.0.2.1 (RFC 5737), and no packet leaves the machine.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chainbreak.act.delivery.dns import serving
from chainbreak.act.delivery.dns.point import DnsPoint
from chainbreak.act.delivery.dns.primary import Primary
from chainbreak.act.delivery.dns.probe import Asker
from chainbreak.act.delivery.dns.records import Bar
from chainbreak.act.delivery.dns.serving import Listens
from chainbreak.act.delivery.dns.settings import Settings, transfer_secret
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError

MAKES = ("bind", "unbound", "pdns")
PROGRAMS = {"bind": "named", "unbound": "unbound", "pdns": "pdns_recursor"}
COMMANDS = {
    "bind": ("named", "-g", "-n", "2", "-c", "named.conf"),
    "unbound": ("unbound", "-d", "-c", "unbound.conf"),
    "pdns": ("pdns_recursor", "--config-dir=."),
}
_WORLD = "$TTL 5\n@ SOA localhost. hostmaster.localhost. 1 60 30 86400 5\n@ NS localhost.\n* A 192.0.2.1\n"
_HZ = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """One process in a folder of its own."""

    command: Sequence[str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in the foreground; what it says goes to `log` in its folder."""
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=out, stderr=subprocess.STDOUT)

    def stop(self, *, at_once: bool = False) -> None:
        """End it: `at_once` as a crash would, else in good order."""
        if self.process is None:
            return
        if at_once:
            self.process.kill()
        else:
            self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    @property
    def rss_mib(self) -> float:
        """Memory in use now, MiB."""
        status = self._proc("status")
        return next((int(row.split()[1]) / 1024 for row in status.splitlines() if row.startswith("VmRSS")), 0.0)

    @property
    def peak_mib(self) -> float:
        """The most memory in use so far, MiB."""
        status = self._proc("status")
        return next((int(row.split()[1]) / 1024 for row in status.splitlines() if row.startswith("VmHWM")), 0.0)

    @property
    def cpu_s(self) -> float:
        """CPU seconds used so far, user and system."""
        parts = self._proc("stat").rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / _HZ

    def _proc(self, name: str) -> str:
        assert self.process is not None, "it runs"
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="ascii")


@dataclass
class Site:
    """A primary and the resolvers behind it. `addresses`: make -> `host:port` a client asks."""

    settings: Settings
    address: str
    """Of the primary, as a partner's address."""
    secret: str
    servers: dict[str, Server] = field(default_factory=dict)
    """primary, bind, feeder, unbound, pdns."""
    addresses: dict[str, str] = field(default_factory=dict)
    ready_s: dict[str, float] = field(default_factory=dict)
    """Seconds that each took from its start until it was ready; they start one after another."""

    def primary(self) -> Primary:
        """A new connection to the primary, as the sender makes it."""
        return Primary(self.address, self.settings.key_name, self.secret, self.settings.timeout_s)

    def point(self) -> DnsPoint:
        """The enforcement point, as the sender opens it."""
        return DnsPoint("dns", self.settings, self.address, self.secret)

    def seen(self, make: str, values: Sequence[str]) -> list[str | None]:
        """Where our policy leads each name, at one resolver."""
        s = self.settings
        return Asker(self.addresses[make], 1).leads_to(values, (s.hot, s.cold), s.landing)

    def serial(self, zone: str) -> int:
        """The serial of a zone at the primary."""
        primary = self.primary()
        try:
            return int(primary.ask(zone, ["@"], "SOA")["@"].serial)
        finally:
            primary.close()

    def follows(self, make: str) -> bool:
        """Whether a resolver answers."""
        try:
            return bool(self.seen(make, ["nobody.example"]))
        except PointDownError:
            return False

    def up(self) -> bool:
        """Whether the primary answers."""
        try:
            s = self.settings
            return all(self.serial(zone) > 0 for zone in (s.allow, s.hot, s.cold, s.marks))
        except PointDownError:
            return False


@contextlib.contextmanager
def running(
    makes: Sequence[str] = MAKES, bars: Sequence[Bar] = (), *, marked: bool = True, most_s: float = 60
) -> Iterator[Site]:
    """Primary and resolvers, ready: each follows the primary. `bars` stand in the cold zone from the beginning, with
    marks of ours or, as another centre's would, without.

    Raises:
        SetupError: a server is not installed (CB-DL-106), or was not ready in time (CB-DL-107).
    """
    for make in ("bind", *makes):
        if not _program(PROGRAMS[make]):
            raise SetupError("CB-DL-106", "a DNS server is not installed", given=PROGRAMS[make])
    root = Path(tempfile.mkdtemp(prefix="chainbreak-dns-"))
    site = _written(root, makes, bars, marked)
    last = list(bars[-1:])
    try:
        for name, server in site.servers.items():
            start = time.monotonic()
            server.start()
            if name == "primary":
                _until(site.up, most_s, name)
            elif name in makes:
                _until(partial(_follows, site, name, last), most_s, name)
            site.ready_s[name] = time.monotonic() - start
        yield site
    finally:
        for server in site.servers.values():
            server.stop()
        shutil.rmtree(root, ignore_errors=True)


def _written(root: Path, makes: Sequence[str], bars: Sequence[Bar], marked: bool) -> Site:
    """Folders with every configuration, from the texts that partners get."""
    at = {name: Listens(f"127.0.0.1:{free_port()}") for name in ("primary", "feeder", *makes)}
    told = [at[make].address for make in makes if make == "bind"] + [at["feeder"].address] * ("unbound" in makes)
    s = Settings(
        landing="warning.landing.example", resolvers=tuple(at[m].address for m in makes),
        notify=tuple(told) or (at["primary"].address,), probe_timeout_s=2, settle_s=60,
    )  # fmt: skip
    secret = b64encode(secrets.token_bytes(32)).decode()
    site = Site(s, f"dns://{at['primary'].address}", secret, addresses={m: at[m].address for m in makes})
    reading = serving.key_clause(s.transfer_key, transfer_secret(secret))
    world = 'zone "." { type primary; file "world.zone"; allow-query { any; }; notify no; };\n'
    texts: dict[str, dict[str, str | Iterator[str]]] = {
        "primary": {
            serving.KEYS_FILE: serving.key_clause(s.key_name, secret) + reading, "world.zone": _WORLD,
            "named.conf": serving.primary_conf(s, at["primary"], world), **serving.zones(s, 1, bars, marked=marked),
        },
        "bind": {
            serving.READERS_FILE: reading,
            "named.conf": serving.resolver_conf(s, at.get("bind", at["primary"]), at["primary"], [at["primary"]]),
        },
    }  # fmt: skip
    if "unbound" in makes:
        texts["feeder"] = {
            serving.READERS_FILE: reading,
            "named.conf": serving.feeder_conf(s, s.policy, at["feeder"], at["primary"], at["unbound"]),
        }
        texts["unbound"] = {"unbound.conf": serving.unbound_conf(s, at["unbound"], at["feeder"], [at["primary"]])}
    if "pdns" in makes:
        policy = serving.recursor_policy(s, at["primary"], transfer_secret(secret))
        texts["pdns"] = {"recursor.conf": serving.recursor_conf(at["pdns"], [at["primary"]]), "policy.lua": policy}
    for name, files in texts.items():
        if name in ("primary", "feeder", *makes):
            folder = root / name
            folder.mkdir()
            for file, text in files.items():
                with (folder / file).open("w", encoding="ascii") as out:
                    out.writelines([text] if isinstance(text, str) else text)
            program, *arguments = COMMANDS["bind" if name in ("primary", "feeder") else name]
            site.servers[name] = Server((_program(program) or program, *arguments), folder)
    return site


def _follows(site: Site, make: str, last: list[Bar]) -> bool:
    """Whether a resolver answers, and has read the cold zone to its last name."""
    wanted: list[str | None] = [bar.leads_to for bar in last] or [None]
    return site.seen(make, [bar.value for bar in last] or ["nobody.example"]) == wanted


def _until(ready: Callable[[], bool], most_s: float, name: str) -> None:
    end = time.monotonic() + most_s
    while time.monotonic() < end:
        with contextlib.suppress(PointDownError):
            if ready():
                return
        time.sleep(0.1)
    raise SetupError("CB-DL-107", "a DNS server was not ready in time", given=f"{name} {most_s:.0f} s")


def free_port() -> int:
    """A loopback port that is free for TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            with contextlib.suppress(OSError):
                udp.bind(("127.0.0.1", port))
                return port


def _program(name: str) -> str | None:
    # Debian keeps servers where an ordinary user's PATH does not look.
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
