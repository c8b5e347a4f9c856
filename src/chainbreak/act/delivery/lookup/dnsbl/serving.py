"""Configuration of the servers, ready to run: the primary's zone, and an Unbound that follows it and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from chainbreak.act.delivery.dns.records import zone_file
from chainbreak.act.delivery.dns.serving import (
    KEYS_FILE,
    READERS_FILE,
    Listens,
    feeder_conf,
    key_clause,
    primary_head,
    primary_zone,
)
from chainbreak.act.delivery.dns.settings import transfer_secret
from chainbreak.act.delivery.lookup.dnsbl.names import Told, test_lines, told_lines

if TYPE_CHECKING:
    from chainbreak.act.delivery.lookup.dnsbl import Settings


def primary_conf(s: Settings, here: Listens, feeder: Listens) -> str:
    """The hidden primary; one that has policy zones already takes the zone alone."""
    told = f"{feeder.bind()} key {s.transfer_key};"
    return f"# Hidden primary of the zone of look-ups.\n{primary_head(s, here)}{primary_zone(s, s.zone, told)}"


def unbound_conf(s: Settings, here: Listens, feeder: Listens) -> str:
    """An Unbound that answers partners from the zone, and nothing else: it asks no other server."""
    allowed = "".join(f"    access-control: {network} allow\n" for network in s.clients)
    return f"""# Answers look-ups. Whoever is not in an access-control line is refused.
server:
    directory: "."
    chroot: ""
    username: ""
    pidfile: "unbound.pid"
    use-syslog: no
    log-queries: no
    interface: {here.at()}
    so-reuseport: yes
    do-not-query-localhost: no
    module-config: "iterator"
    minimal-responses: yes
{allowed}auth-zone:
    name: "{s.zone}"
    primary: {feeder.at()}
    allow-notify: {feeder.host}
    fallback-enabled: no
    for-downstream: yes
    for-upstream: no
    zonefile: "{s.zone}.db"
"""


def zone_text(s: Settings, told: Iterable[Told] = (), serial: int = 1) -> str:
    """The zone at the primary's first start: the test points, and what is in force."""
    return "".join(zone_file(s.zone, [*test_lines(), *told_lines(told)], serial, s.ttl_s))


def config(
    settings: Settings, *, address: str, secret: Callable[[str], str], partner: str = ""
) -> dict[str, str | bytes]:
    """Every file of the primary, the feeder and the answering server, by path below a folder; each is started in its
    own folder.

    Raises:
        SetupError: the key cannot be read (CB-DL-100).
    """
    s, primary, feeder = settings, Listens(address), Listens("127.0.0.1:5354")
    own, readers = secret("tsig"), transfer_secret(secret("tsig"))
    here = Listens((s.resolvers or ("127.0.0.1:53",))[0])
    reading = key_clause(s.transfer_key, readers)
    return {
        f"primary/{KEYS_FILE}": key_clause(s.key_name, own) + reading,
        "primary/named.conf": primary_conf(s, primary, feeder),
        f"primary/{s.zone}.zone": zone_text(s),
        f"unbound/feeder/{READERS_FILE}": reading,
        "unbound/feeder/named.conf": feeder_conf(s, (s.zone,), feeder, primary, here),
        "unbound/unbound.conf": unbound_conf(s, here, feeder),
    }
