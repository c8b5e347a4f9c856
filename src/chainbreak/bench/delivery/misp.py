"""Sharing by MISP measured: building attributes and a feed, then whole paths to a partner's MISP (a stand-in)."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainbreak.act.delivery.sharing.feed import Feed
from chainbreak.act.delivery.sharing.misp_form import Misp, MispSettings
from chainbreak.base.clock import US_PER_S
from chainbreak.bench.delivery.misp_stand_in import misp_stand_in
from chainbreak.bench.delivery.sharing import BUILT, NOW_US, orders, timed
from chainbreak.bench.delivery.trial import Stack

SETTINGS = {"publisher": "bench"}


@contextmanager
def paths(_scale: str) -> Iterator[Stack]:
    """A partner's MISP; who asks it finds the number, on, and not deleted."""
    with misp_stand_in() as server:
        server.key = secrets.token_hex(20)

        def is_shared(value: str) -> bool:
            _, said = server.answer("/attributes/restSearch", server.key, {"value": value})
            return any(one["to_ids"] for one in said["response"]["Attribute"])

        yield Stack("misp", server.address, SETTINGS, {"misp (stand-in)": is_shared}, {"key": server.key.encode()})


def servers(scale: str) -> list[dict[str, Any]]:
    """Rows: attributes built; a feed written at once, and one change in it."""
    n, form = BUILT[scale], Misp(MispSettings(publisher="bench"), "point")
    rows: list[dict[str, Any]] = []
    with timed(rows, "attributes built (pymisp)", n):
        said = [form.write(order, 0, None, NOW_US) for order in orders(n)]
    with tempfile.TemporaryDirectory(prefix="bench-misp-") as name:
        feed = Feed(Path(name), form)
        with timed(rows, "feed: events written at once", n):
            feed.add(said)
        with timed(rows, f"feed: one withdrawal among {n} events", 1):
            feed.add([form.end(said[0], True, NOW_US + US_PER_S)])
    return rows
