"""How a change is seen by a client of the look-up, over HTTP and over DNS: stacks for `trial`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from chainbreak.act.delivery.lookup.callers import digest_of
from chainbreak.act.delivery.lookup.dnsbl.names import owners
from chainbreak.bench.delivery import dnsbl_servers, lookup_servers
from chainbreak.bench.delivery.dns_servers import free_port
from chainbreak.bench.delivery.trial import Stack

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


@contextmanager
def over_http() -> Iterator[Stack]:
    """A look-up that is yet to be started, by `following`, once there is a centre."""
    token, probe = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    address = f"http://127.0.0.1:{free_port()}"
    settings = {
        "when_stale": "open", "tokens": [digest_of(token.encode())], "probe_digest": digest_of(probe.encode()),
        "per_s": 100_000, "burst": 1_000_000,
    }  # fmt: skip
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {token}"}, trust_env=False) as client:

        def listed(value: str) -> bool:
            answer = client.get("/v1/check", params={"kind": "phone", "value": value})
            return bool(answer.json()["listed"])

        yield Stack("lookup", address, settings, {"HTTP": listed}, {"probe": probe.encode()})


@contextmanager
def following(office: Office, stack: Stack) -> Iterator[lookup_servers.Running]:
    """The look-up of a stack, following its centre."""
    with lookup_servers.running(office, urlsplit(stack.address).port or 0) as up:
        yield up


@contextmanager
def over_dns() -> Iterator[Stack]:
    """Primary, feeder and Unbound."""
    with dnsbl_servers.running() as site:

        def told(value: str) -> bool:
            return bool(site.ask(owners(value)[0], "A"))

        settings = site.settings.model_dump(mode="json")
        yield Stack("dnsbl", site.address, settings, {"Unbound": told}, {"tsig": site.secret.encode()})
