"""The zone of look-ups on real servers: primary, feeder, an Unbound that answers; from the texts partners are given."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chainbreak.act.delivery.dns.primary import Primary
from chainbreak.act.delivery.dns.probe import Asker
from chainbreak.act.delivery.dns.serving import KEYS_FILE, READERS_FILE, Listens, feeder_conf, key_clause
from chainbreak.act.delivery.dns.settings import transfer_secret
from chainbreak.act.delivery.lookup.dnsbl import Settings
from chainbreak.act.delivery.lookup.dnsbl.names import Told
from chainbreak.act.delivery.lookup.dnsbl.serving import primary_conf, unbound_conf, zone_text
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.dns_servers import Server, free_port


@dataclass
class Site:
    """The three servers. `address`: of the primary, as a partner's; `answers`: `host:port` that clients ask."""

    settings: Settings
    address: str
    answers: str
    secret: str
    servers: dict[str, Server]

    def ask(self, name: str, kind: str = "TXT") -> list[str]:
        """What a client is told about a name below the zone: each record as text."""
        [answer] = Asker(self.answers, 2).ask([f"{name}.{self.settings.zone}."], kind)
        return [str(record) for rrset in answer.answer for record in rrset]

    def primary(self) -> Primary:
        """A new connection to the primary, as the sender makes it."""
        return Primary(self.address, self.settings.key_name, self.secret, self.settings.timeout_s)


@contextmanager
def running(told: Iterable[Told] = (), prefix: Sequence[str] = (), ready_s: float = 120) -> Iterator[Site]:
    """The servers, ready. `told`: what stands in the zone from the beginning; `prefix`: what starts the Unbound.

    Raises:
        SetupError: a server is not installed, or was not ready in time (CB-DL-194).
    """
    for program in ("named", "unbound"):
        if not shutil.which(program):
            raise SetupError("CB-DL-194", "a DNS server is not installed or not ready", given=program)
    root = Path(tempfile.mkdtemp(prefix="chainbreak-dnsbl-"))
    site = _written(root, told, prefix)
    try:
        for server in site.servers.values():
            server.start()
        _until_ready(site, ready_s)
        yield site
    finally:
        for server in site.servers.values():
            server.stop()
        shutil.rmtree(root, ignore_errors=True)


def _written(root: Path, told: Iterable[Told], prefix: Sequence[str]) -> Site:
    primary, feeder, here = (Listens(f"127.0.0.1:{free_port()}") for _ in range(3))
    s, secret = Settings(resolvers=(here.address,)), b64encode(secrets.token_bytes(32)).decode()
    reading = key_clause(s.transfer_key, transfer_secret(secret))
    texts = {
        "primary": {
            KEYS_FILE: key_clause(s.key_name, secret) + reading, f"{s.zone}.zone": zone_text(s, told),
            "named.conf": primary_conf(s, primary, feeder),
        },
        "feeder": {READERS_FILE: reading, "named.conf": feeder_conf(s, (s.zone,), feeder, primary, here)},
        "unbound": {"unbound.conf": unbound_conf(s, here, feeder)},
    }  # fmt: skip
    named, unbound = shutil.which("named") or "", shutil.which("unbound") or ""
    commands = {
        "primary": (named, "-g", "-n", "1", "-c", "named.conf"),
        "feeder": (named, "-g", "-n", "1", "-c", "named.conf"),
        "unbound": (*prefix, unbound, "-d", "-c", "unbound.conf"),
    }
    servers = {}
    for name, files in texts.items():
        (root / name).mkdir()
        for file, text in files.items():
            (root / name / file).write_text(text, encoding="ascii")
        servers[name] = Server(commands[name], root / name)
    return Site(s, f"dns://{primary.address}", here.address, secret, servers)


def _until_ready(site: Site, most_s: float) -> None:
    end = time.monotonic() + most_s
    while time.monotonic() < end:
        try:
            if site.ask("test"):
                return
        except PointDownError:
            pass
        time.sleep(0.1)
    raise SetupError("CB-DL-194", "a DNS server is not installed or not ready", given=f"{most_s:.0f} s")
