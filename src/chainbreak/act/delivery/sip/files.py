"""The proxy's configuration file, from the same settings that the sender uses."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chainbreak.act.delivery.sip import bulk
from chainbreak.base.errors import SetupError
from chainbreak.base.hosts import is_loopback

if TYPE_CHECKING:
    from chainbreak.act.delivery.sip.settings import Settings

_HERE = Path(__file__).parent
CHILDREN = 4
"""Processes that take calls."""


def config(settings: Settings, address: str, partner: str) -> dict[str, str | bytes]:
    """File name -> content: `kamailio.cfg`; with a shared folder the empty table it starts from; for an address over
    https `front.conf`, nginx in front of the proxy.

    Raises:
        SetupError: the address is not one that commands may travel to (CB-DL-120).
    """
    parts = urlsplit(address)
    front = parts.scheme == "https"
    if not parts.port or not (front or (parts.scheme == "http" and is_loopback(parts.hostname or ""))):
        raise SetupError("CB-DL-120", "commands to a proxy travel on this machine or under mutual TLS only",
                         given=address, allowed="http://127.0.0.1:PORT/RPC or https://HOST:PORT/RPC")  # fmt: skip
    places = {"reverify": settings.reverify, "divert": settings.divert}
    values: dict[str, Any] = {name: getattr(settings, name) for name in type(settings).model_fields} | {
        "partner": partner, "children": CHILDREN, "front_port": parts.port,
        "rpc": f"127.0.0.1:{settings.command_port}" if front else parts.netloc,
        "places": {name: place for name, place in places.items() if place},
        "folder": str(settings.folder.absolute()) if settings.folder else "",
    }  # fmt: skip
    files: dict[str, str | bytes] = {"kamailio.cfg": _template("kamailio.cfg.j2").render(values)}
    if front:
        files["front.conf"] = _template("front.conf.j2").render(values)
    if settings.folder:
        with tempfile.TemporaryDirectory() as folder:
            empty = Path(folder) / bulk.NUMBERS
            bulk.write(empty, settings.table, ())
            files[bulk.NUMBERS] = empty.read_bytes()
    return files


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, StrictUndefined

    # No markup here: what goes in was checked against patterns that allow neither quotes nor line ends.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    return environment.from_string((_HERE / name).read_text(encoding="utf-8"))
