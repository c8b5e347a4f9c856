"""The proxy's configuration file, from the same settings that the sender uses."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chainbreak.act.delivery.sip import bulk
from chainbreak.act.delivery.sip.rpc import is_loopback
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.act.delivery.sip.settings import Settings

_TEMPLATE = Path(__file__).parent / "kamailio.cfg.j2"
CHILDREN = 4
"""Processes that take calls."""


def config(settings: Settings, address: str, partner: str = "chainbreak") -> dict[str, str | bytes]:
    """File name -> content: `kamailio.cfg` and, with a shared folder, the empty table it starts from.

    Behind a front that does mutual TLS the proxy itself listens on loopback, at the port of `address`.

    Raises:
        SetupError: the address names no port (CB-DL-120).
    """
    port = urlsplit(address).port
    if port is None:
        raise SetupError("CB-DL-120", "the proxy's address for commands has no port", given=address,
                         allowed="http://127.0.0.1:PORT/RPC or https://HOST:PORT/RPC")  # fmt: skip
    values: dict[str, Any] = {name: getattr(settings, name) for name in type(settings).model_fields}
    host = urlsplit(address).hostname or ""
    places = {"reverify": settings.reverify, "divert": settings.divert}
    values |= {
        "partner": partner, "children": CHILDREN, "rpc": f"{host if is_loopback(host) else '127.0.0.1'}:{port}",
        "places": {name: place for name, place in places.items() if place},
        "folder": str(settings.folder.absolute()) if settings.folder else "",
    }  # fmt: skip
    files: dict[str, str | bytes] = {"kamailio.cfg": _template().render(values)}
    if settings.folder:
        with tempfile.TemporaryDirectory() as folder:
            empty = Path(folder) / bulk.NUMBERS
            bulk.write(empty, settings.table, ())
            files[bulk.NUMBERS] = empty.read_bytes()
    return files


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    # No markup here: what goes in was checked against patterns that allow neither quotes nor line ends.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
