"""The look-up of a centre as an ASGI application, and how it is served."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING, Any

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.base.errors import SetupError
from chainbreak.base.hosts import is_loopback
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.act.delivery.lookup.follower import Follower
    from chainbreak.act.delivery.lookup.server import LookupApp

_SHARE = "CHAINBREAK_LOOKUP_WORKERS"
"""How many processes answer: told to each by the environment, which the first process sets."""


def lookup_address(host: str, port: int, certificate: Path | None) -> str:
    """Where questions go.

    Raises:
        SetupError: `host` is not this machine and there is no certificate (CB-DL-188): tokens and what is asked for do
            not cross a network in clear.
    """
    if not is_loopback(host) and certificate is None:
        raise SetupError(
            "CB-DL-188", "the look-up is asked from elsewhere and has no certificate", given=host,
            allowed="127.0.0.1 behind a server that does TLS, or --certificate FILE --key FILE",
        )  # fmt: skip
    return f"{'https' if certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{port}/v1/check"


def serve_lookup(
    office: Office, host: str, port: int, workers: int = 1, certificate: Path | None = None, key: Path | None = None
) -> None:
    """Answer partners at `host`:`port` until told to end.

    Raises:
        SetupError: as `lookup_address`.
    """
    import uvicorn

    lookup_address(host, port, certificate)
    if workers == 1:
        uvicorn.run(create_lookup(office), host=host, port=port, **_options(certificate, key))
        return
    os.environ["CHAINBREAK_CENTRE"], os.environ[_SHARE] = str(office.centre.root), str(workers)
    uvicorn.run(f"{__name__}:from_environment", factory=True, host=host, port=port, workers=workers,
                **_options(certificate, key))  # fmt: skip


def create_lookup(office: Office, share: int = 1) -> LookupApp:
    """The application, following the desk from its start-up on; `share`: one of so many processes."""
    from chainbreak.act.delivery.lookup.server import LookupApp
    from chainbreak.act.delivery.lookup.service import Service

    return LookupApp(Service(follow_desk(office, share)))


def from_environment() -> LookupApp:
    """The application of one of several processes."""
    return create_lookup(open_office(), int(os.environ[_SHARE]))


def follow_desk(office: Office, share: int = 1) -> Follower:
    """A follower of this centre's desk."""
    from chainbreak.act.delivery.lookup.follower import Follower, Keys
    from chainbreak.act.delivery.lookup.reading import Reader
    from chainbreak.act.delivery.lookup.snapshot import ranks
    from chainbreak.app.order_ask import rules_of
    from chainbreak.identity.numbers import Place

    settings, kinds = office.centre.settings, (Identifier.LINE, Identifier.ACCOUNT)
    place = Place(settings.country, settings.area_code)

    def epochs() -> tuple[int, ...]:
        office.keys.refresh()
        return tuple(office.keys.epochs[kind] for kind in kinds)

    def currents(kind: Identifier, tokens: set[int]) -> dict[int, int]:
        if office.keys.epochs[kind] == 1 and kind not in office.keys.coming:
            return {token: token for token in tokens}
        return office.vault.currents(kind, tokens)

    def reader() -> Reader:
        return Reader.of(place, *(office.keys.token_key(kind) for kind in kinds))

    ladders = {name: rule.ladder for name, rule in rules_of(office).kinds.items()}
    return Follower(office.desk, office.clock, Keys(epochs, reader, currents), ranks(ladders), share)


def _options(certificate: Path | None, key: Path | None) -> dict[str, Any]:
    """Options of uvicorn; its fast parts are the extra `lookup`, without which it answers slower."""
    protocol: Any = "h11"
    if fast := all(importlib.util.find_spec(name) for name in ("httptools", "uvloop")):
        from chainbreak.act.delivery.lookup.protocol import QuickProtocol as protocol
    return {
        "loop": "uvloop" if fast else "asyncio", "http": protocol, "ws": "none",
        "lifespan": "on", "access_log": False, "log_level": "warning", "proxy_headers": False,
        "server_header": False, "date_header": False, "timeout_keep_alive": 75,
        "ssl_certfile": certificate, "ssl_keyfile": key,
    }  # fmt: skip
