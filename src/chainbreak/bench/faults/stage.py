"""Everything that can be killed: a sender, a DNS primary and its resolvers, a SIP proxy, the desk's database."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.act.delivery.point import PointDownError
from chainbreak.app.add_person import add_person
from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.init_centre import init_centre
from chainbreak.app.partner_secrets import set_secret
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery import dns_servers, sip_servers
from chainbreak.bench.delivery.trial import ADMIN, Trial
from chainbreak.bench.faults.database import Database, postgresql

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

DNS, SIP = "names", "calls"
"""The two partners."""
PEOPLE = (("bench", ["admin"]), ("li", ["analyst"]), ("wang", ["approver"]))
SEEDED = ("dns", "carriers", "banks")
"""Partners every new centre starts with; here they take no part."""
READY_S = 60.0
STARTS = 5


@dataclass
class Victim:
    """One part that is killed. `kill` ends it as a crash would, `revive` starts it and returns when it answers."""

    name: str
    kill: Callable[[], None]
    revive: Callable[[], None]
    partners: tuple[str, ...]
    """Whose messages wait while it is away."""


@dataclass
class Stage:
    """The running whole."""

    office: Office
    site: dns_servers.Site
    proxy: sip_servers.Proxy
    database: Database | None
    makes: Sequence[str]
    sender: subprocess.Popen[bytes] | None = field(default=None)

    def trials(self) -> tuple[Trial, Trial]:
        """How orders on domains and on numbers are drawn up and signed."""
        return Trial(self.office, "domain", "host_sinkhole"), Trial(self.office, "line", "block")

    def victims(self) -> list[Victim]:
        """What may be killed."""
        both = (DNS, SIP)
        found = [
            Victim("sender", self._kill_sender, self.start_sender, both),
            self._dns_victim("primary"),
            *(self._dns_victim(make) for make in self.makes),
            Victim("kamailio", lambda: self.proxy.server.stop(at_once=True), self._revive_proxy, (SIP,)),
        ]
        if self.database is not None:
            found.append(Victim("database", self.database.kill, self.database.start, both))
        return found

    def start_sender(self) -> None:
        """Start `chainbreak outbox run`; it is ready when it sends, which is measured, not waited for."""
        command = [sys.executable, "-m", "chainbreak", "outbox", "run", "--centre", str(self.office.centre.root)]
        with (self.office.centre.root / "sender.log").open("ab") as said:
            self.sender = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)

    def end_sender(self) -> None:
        """End it in good order."""
        if self.sender is not None:
            self.sender.terminate()
            self.sender.wait()
            self.sender = None

    def _kill_sender(self) -> None:
        if self.sender is not None:
            self.sender.kill()
            self.sender.wait()
            self.sender = None

    def _dns_victim(self, name: str) -> Victim:
        server = self.site.servers[name]

        def revive() -> None:
            server.start()
            wait_for(self.site.up if name == "primary" else lambda: self._answers(name))

        return Victim(name, lambda: server.stop(at_once=True), revive, (DNS,))

    def _answers(self, make: str) -> bool:
        try:
            return self.site.seen(make, ["nobody.example"]) == [None]
        except PointDownError:
            return False

    def _revive_proxy(self) -> None:
        # A proxy that starts while its file is being written finds it locked and ends; as Debian's unit does
        # (Restart=on-failure, at most five starts in ten seconds), it is started again.
        for left in reversed(range(STARTS)):
            self.proxy.server.start()
            try:
                self.proxy.wait(READY_S)
            except SetupError:
                if not left:
                    raise
            else:
                return


def wait_for(ready: Callable[[], bool], most_s: float = READY_S) -> bool:
    """Whether it became so in time."""
    end = time.monotonic() + most_s
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def stage(makes: Sequence[str], *, proxy_keeps: bool) -> Iterator[Stage]:
    """Everything running, a new centre with two partners among it; on SQLite where PostgreSQL is not installed.
    `proxy_keeps`: the SIP proxy starts from a file that is kept in step; else it forgets everything when it is killed.

    Raises:
        SetupError: BIND, a resolver or Kamailio is not installed, or was not ready in time.
    """
    with (
        dns_servers.running(makes) as site, sip_servers.running(shared=proxy_keeps) as proxy, postgresql() as database,
        tempfile.TemporaryDirectory(prefix="chainbreak-faults-") as folder,
    ):  # fmt: skip
        office = init_centre(
            Path(folder) / "centre", Settings(name="faults", desk_url=database.url if database else "")
        )
        for name, roles in PEOPLE:
            add_person(office, ADMIN, name, roles, name)
        for partner_id in SEEDED:
            change_partner(office, ADMIN, partner_id, active=False)
        add_partner(office, ADMIN, DNS, "dns", ["domain.sinkhole"], address=site.address,
                    settings=site.settings.model_dump(mode="json"))  # fmt: skip
        set_secret(office, ADMIN, DNS, "tsig", site.secret.encode())
        add_partner(office, ADMIN, SIP, "sip", ["number.block"], address=proxy.address,
                    settings=proxy.settings.model_dump(mode="json"))  # fmt: skip
        made = Stage(office, site, proxy, database, makes)
        try:
            yield made
        finally:
            made.end_sender()
            office.desk.close()
