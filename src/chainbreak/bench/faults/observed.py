"""What the enforcement points really do, seen without the code that feeds them: questions and transfers as any client
makes them, calls, and the proxy's own dump.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.xfr
import dns.zone
import httpx

from chainbreak.act.delivery.dns.settings import host_port, transfer_secret
from chainbreak.act.delivery.sip.probe import Call
from chainbreak.bench.delivery.dns_servers import Site
from chainbreak.bench.delivery.sip_servers import Proxy

TRIES = 3
CALLS_AT_ONCE = 50


def names_wrong(site: Site, make: str, barred: set[str], every: Iterable[str]) -> list[str]:
    """Names that a resolver bars and should not, or does not and should; one that gives no answer is wrong too."""
    place = host_port(site.addresses[make])
    return [name for name in every if _barred(name, *place) != (name in barred)]


def _barred(name: str, host: str, port: int) -> bool | None:
    question = dns.message.make_query(name, dns.rdatatype.A)
    for _ in range(TRIES):
        try:
            answer = dns.query.udp(question, host, timeout=2, port=port)
        except (dns.exception.DNSException, OSError):
            continue
        return answer.rcode() == dns.rcode.NXDOMAIN
    return None


def zone_wrong(site: Site, barred: set[str], orders: dict[str, str]) -> tuple[list[str], list[str]]:
    """By transfers from the primary: names whose two records in `hot` and `cold` are not as they should be, and names
    that do not carry exactly the one mark of their order. `orders`: barred name -> order.
    """
    settings = site.settings
    records = Counter(owner for zone in (settings.hot, settings.cold) for owner, _ in _transferred(site, zone, "CNAME"))
    wanted = Counter(owner for name in barred for owner in (name, f"*.{name}"))
    said = {owner: text.split('"')[1] for owner, text in _transferred(site, settings.marks, "TXT")}
    differing = (records - wanted) + (wanted - records)
    return sorted(differing), sorted(name for name in said.keys() | orders.keys() if said.get(name) != orders.get(name))


def _transferred(site: Site, zone: str, kind: str) -> Iterable[tuple[str, str]]:
    s = site.settings
    # Resolvers' key reads the policy; the marks are for whoever writes them alone.
    reading = {s.transfer_key: transfer_secret(site.secret)} if zone in s.policy else {s.key_name: site.secret}
    keys = dns.tsigkeyring.from_text(reading)
    host, port = host_port(site.address)
    found = dns.zone.Zone(zone)
    question, _ = dns.xfr.make_query(found, keyring=keys)
    dns.query.inbound_xfr(host, found, query=question, port=port, lifetime=60)
    for owner, _, rdata in found.iterate_rdatas(kind):
        yield owner.to_text(), rdata.to_text()


def calls_wrong(proxy: Proxy, barred: set[str], every: Sequence[str]) -> list[str]:
    """Numbers whose calls are refused and should not be, or are not and should."""
    wrong = []
    for at in range(0, len(every), CALLS_AT_ONCE):
        some = every[at : at + CALLS_AT_ONCE]
        outcomes = proxy.calls([Call(number, "+8657188000000") for number in some])
        wrong += [n for n, o in zip(some, outcomes, strict=True) if (o.status == 608) != (n in barred) or not o.status]
    return wrong


def table_wrong(proxy: Proxy, orders: dict[str, str]) -> list[str]:
    """Rows of the proxy's table that are not exactly the one of their number's order, by number. `orders`: barred
    number -> order.
    """
    said: list[tuple[str, str]] = []
    asked = {"jsonrpc": "2.0", "method": "htable.dump", "params": [proxy.settings.table], "id": 1}
    slots: list[dict[str, Any]] = httpx.post(proxy.address, json=asked, timeout=30).json()["result"]
    for slot in slots:
        said += [(f"+{row['name']}", str(row["value"]).split(":")[4]) for row in slot["slot"]]
    wanted = Counter(orders.items())
    return sorted(number for number, _ in (Counter(said) - wanted) + (wanted - Counter(said)))
