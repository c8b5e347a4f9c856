"""Configuration of the servers, ready to run: hidden primary, and resolvers of three makes that follow it.

The same texts serve the centre's partners, the tests and the bench.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chainbreak.act.delivery.dns.records import REFRESH_S, Bar, mark_lines, policy_lines, zone_file
from chainbreak.act.delivery.dns.settings import ALGORITHM, Settings, host_port, transfer_secret

KEYS_FILE, READERS_FILE = "keys.conf", "transfer-key.conf"


class Keyed(Protocol):
    """Settings that name the keys of a primary."""

    @property
    def key_name(self) -> str:
        """Of the key that may write."""

    @property
    def transfer_key(self) -> str:
        """Of the key that may read."""


@dataclass(frozen=True)
class Listens:
    """Where one server listens: `host:port`."""

    address: str

    @property
    def host(self) -> str:
        """The address alone."""
        return host_port(self.address)[0]

    @property
    def port(self) -> int:
        """The port."""
        return host_port(self.address)[1]

    def bind(self) -> str:
        """As BIND writes it: `127.0.0.1 port 53`."""
        return f"{self.host} port {self.port}"

    def at(self) -> str:
        """As Unbound writes it: `127.0.0.1@53`."""
        return f"{self.host}@{self.port}"

    def listening(self) -> str:
        """BIND's options for listening here and nowhere else."""
        own, other = ("listen-on-v6", "listen-on") if ":" in self.host else ("listen-on", "listen-on-v6")
        return f"{own} port {self.port} {{ {self.host}; }};\n    {other} {{ none; }};"


def key_clause(name: str, secret: str) -> str:
    """A TSIG key as BIND reads it."""
    return f'key "{name}" {{ algorithm {ALGORITHM}; secret "{secret}"; }};\n'


def primary_head(s: Keyed, here: Listens) -> str:
    """What comes before the zones of a hidden primary: it is asked by nobody but who writes and who reads under a key.

    BIND spaces notifications in slots of ten: with the default rate of 20 a second, one that follows another waits
    for the next half second. A rate of 1,000 makes the slot 10 ms.
    """
    return f"""include "{KEYS_FILE}";
options {{
    directory ".";
    pid-file "named.pid";
    session-keyfile none;
    {here.listening()}
    recursion no;
    dnssec-validation no;
    allow-query {{ key {s.key_name}; key {s.transfer_key}; }};
    allow-transfer {{ none; }};
    notify explicit;
    notify-delay 0;
    notify-rate 1000;
    startup-notify-rate 1000;
    transfers-out 100;
    max-ixfr-ratio unlimited;
    minimal-responses yes;
}};
controls {{ }};
"""


def primary_conf(s: Settings, here: Listens, extra: str = "") -> str:
    """The hidden primary: the sender alone writes, resolvers alone read, everybody is told at once."""
    told = " ".join(f"{Listens(a).bind()} key {s.transfer_key};" for a in s.told)
    # Changes of the cold zone, made at a quiet hour, reach resolvers together: each costs them seconds.
    delays = {s.allow: 0, s.hot: 0, s.cold: 2}
    zones = "".join(primary_zone(s, zone, told, delay_s) for zone, delay_s in delays.items())
    return f"""# Hidden primary. It is asked by nobody but the sender and the resolvers.
{primary_head(s, here)}{zones}zone "{s.marks}" {{
    type primary; file "{s.marks}.zone";
    allow-update {{ key {s.key_name}; }};
    allow-transfer {{ key {s.key_name}; }};
    notify no;
    max-journal-size 64m;
}};
{extra}"""


def primary_zone(s: Keyed, zone: str, told: str, delay_s: int = 0) -> str:
    """A zone that the sender writes and resolvers read; `told`: whom to notify, as BIND writes it, so many seconds
    after the first change.
    """
    # A journal bounded by the size of a small zone would be cut so often that resolvers must read it whole.
    return f"""zone "{zone}" {{
    type primary; file "{zone}.zone";
    allow-update {{ key {s.key_name}; }};
    allow-transfer {{ key {s.key_name}; key {s.transfer_key}; }};
    also-notify {{ {told} }};
    notify-delay {delay_s};
    max-journal-size 64m;
}};
"""


def resolver_conf(s: Settings, here: Listens, primary: Listens, upstream: Sequence[Listens] = ()) -> str:
    """A BIND resolver. `upstream`: resolvers it asks in turn; none: it asks the world itself."""
    forward = f"forward only;\n    forwarders {{ {' '.join(u.bind() + ';' for u in upstream)} }};" if upstream else ""
    policy = " ".join(f'zone "{zone}";' for zone in s.policy)
    return f"""# Resolver that bars what the centre's orders say.
include "{READERS_FILE}";
options {{
    directory ".";
    pid-file "named.pid";
    session-keyfile none;
    {here.listening()}
    recursion yes;
    dnssec-validation {"no" if upstream else "auto"};
    {forward}
    serial-query-rate 1000;
    max-ixfr-ratio unlimited;
    # Without `min-update-interval 0` every change would wait up to a minute.
    response-policy {{ {policy} }}
        qname-wait-recurse no break-dnssec yes min-update-interval 0 max-policy-ttl {s.ttl_s};
}};
# Who asked for which name is nobody's business here.
logging {{ category rpz {{ null; }}; }};
controls {{ }};
{"".join(_secondary_zone(s, zone, primary) for zone in s.policy)}"""


def feeder_conf(s: Keyed, zones: Sequence[str], here: Listens, primary: Listens, resolver: Listens) -> str:
    """A BIND on the machine of an Unbound, which cannot read a zone under a key itself (as of 1.17)."""
    handed_on = f"""allow-transfer {{ {resolver.host}; }};
    allow-query {{ {resolver.host}; }};
    also-notify {{ {resolver.bind()}; }};
    notify explicit;
    """
    return f"""# Stands on the resolver's own machine and hands it the zones.
include "{READERS_FILE}";
options {{
    directory ".";
    pid-file "named.pid";
    session-keyfile none;
    {here.listening()}
    recursion no;
    dnssec-validation no;
    notify-delay 0;
    notify-rate 1000;
    serial-query-rate 1000;
    max-ixfr-ratio unlimited;
}};
controls {{ }};
{"".join(_secondary_zone(s, zone, primary, handed_on) for zone in zones)}"""


def _secondary_zone(s: Keyed, zone: str, primary: Listens, more: str = "allow-query { none; };\n    ") -> str:
    return f"""zone "{zone}" {{
    type secondary; file "{zone}.db";
    primaries {{ {primary.bind()} key {s.transfer_key}; }};
    {more}min-refresh-time {REFRESH_S}; max-refresh-time {REFRESH_S};
    min-retry-time {REFRESH_S}; max-retry-time {REFRESH_S};
    max-journal-size 64m;
}};
"""


def unbound_conf(s: Settings, here: Listens, feeder: Listens, upstream: Sequence[Listens] = ()) -> str:
    """An Unbound that follows its feeder."""
    forward = "".join(f"    forward-addr: {u.at()}\n" for u in upstream)
    forward = f'forward-zone:\n    name: "."\n{forward}' if upstream else ""
    modules = "respip iterator" if upstream else "respip validator iterator"
    zones = "".join(
        f'rpz:\n    name: "{zone}"\n    primary: {feeder.at()}\n    allow-notify: {feeder.host}\n'
        f'    zonefile: "{zone}.db"\n'
        for zone in s.policy
    )
    return f"""# Resolver that bars what the centre's orders say.
server:
    directory: "."
    chroot: ""
    username: ""
    pidfile: "unbound.pid"
    use-syslog: no
    interface: {here.at()}
    access-control: 127.0.0.0/8 allow
    do-not-query-localhost: no
    module-config: "{modules}"
    ede: yes
{forward}{zones}"""


def recursor_conf(here: Listens, upstream: Sequence[Listens] = ()) -> str:
    """A PowerDNS Recursor; its packet cache would keep a name open, or shut, after the change has come."""
    forward = f"forward-zones-recurse=.={';'.join(u.address for u in upstream)}\ndnssec=off\n" if upstream else ""
    return (
        f"local-address={here.host}\nlocal-port={here.port}\nallow-from=127.0.0.0/8,::1/128\nsocket-dir=.\n"
        f"disable-packetcache=yes\nlua-config-file=policy.lua\ndaemon=no\nsetuid=\nsetgid=\n{forward}"
    )


def recursor_policy(s: Settings, primary: Listens, secret: str) -> str:
    """The zones of a PowerDNS Recursor: it asks every second, because it takes no notifications."""
    return "".join(
        f'rpzPrimary("{primary.address}", "{zone}", {{refresh=1, tsigname="{s.transfer_key}", '
        f'tsigalgo="{ALGORITHM}", tsigsecret="{secret}"}})\n'
        for zone in s.policy
    )


def zones(s: Settings, serial: int, bars: Sequence[Bar] = (), *, marked: bool = True) -> dict[str, Iterator[str]]:
    """The primary's zone files, by name, line by line; `bars` stand in `cold`, with their marks or without.

    `serial` must be larger than any that resolvers have seen, or they keep what they hold: seconds since 1970 are.
    """
    lines = {
        s.allow: iter(()),
        s.hot: iter(()),
        s.cold: policy_lines(bars),
        s.marks: mark_lines(bars if marked else ()),
    }
    return {f"{zone}.zone": zone_file(zone, of, serial, s.ttl_s) for zone, of in lines.items()}


def files(s: Settings, address: str, secret: str, serial: int) -> dict[str, str]:
    """Every file of a primary with empty zones and of a resolver of each make, by path below a folder; each server is
    started in its own folder.

    Raises:
        SetupError: the key cannot be read (CB-DL-100).
    """
    primary, feeder = Listens(address), Listens("127.0.0.1:5353")
    here = Listens((s.resolvers or ("127.0.0.1:53",))[0])
    readers = transfer_secret(secret)
    reading = key_clause(s.transfer_key, readers)
    at_primary = {
        KEYS_FILE: key_clause(s.key_name, secret) + reading,
        "named.conf": primary_conf(s, primary),
        **{name: "".join(lines) for name, lines in zones(s, serial).items()},
    }
    return {
        **{f"primary/{name}": text for name, text in at_primary.items()},
        f"bind/{READERS_FILE}": reading,
        "bind/named.conf": resolver_conf(s, here, primary),
        f"unbound/feeder/{READERS_FILE}": reading,
        "unbound/feeder/named.conf": feeder_conf(s, s.policy, feeder, primary, here),
        "unbound/unbound.conf": unbound_conf(s, here, feeder),
        "pdns/recursor.conf": recursor_conf(here),
        "pdns/policy.lua": recursor_policy(s, primary, readers),
    }
