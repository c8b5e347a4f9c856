"""Sharing by TAXII measured: building indicators, our own collection, then whole paths to a partner's collection."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainbreak.act.delivery.sharing.hosted import version_of
from chainbreak.act.delivery.sharing.stix import PATTERN, Stix
from chainbreak.act.delivery.sharing.terms import Terms
from chainbreak.base.clock import US_PER_S
from chainbreak.bench.delivery.sharing import BUILT, NOW_US, orders, timed
from chainbreak.bench.delivery.taxii_stand_in import COLLECTION, PASSWORD, USER, taxii_stand_in
from chainbreak.bench.delivery.trial import Stack
from chainbreak.store.collection import Collection, Wish

PAGE = 1_000


@contextmanager
def paths(_scale: str) -> Iterator[Stack]:
    """A partner's collection; who follows it knows of each number whether it was said last, or taken back."""
    with taxii_stand_in() as server:
        standing: dict[str, bool] = {}
        read = 0

        def is_shared(value: str) -> bool:
            nonlocal read
            fresh = server.versions[read:]
            read += len(fresh)
            for one in fresh:
                if found := PATTERN.fullmatch(one.get("pattern", "")):
                    standing[found[2]] = not one.get("revoked")
            return standing.get(value, False)

        settings = {"publisher": "bench", "collection": COLLECTION, "user": USER}
        yield Stack("taxii", server.address, settings, {"taxii (stand-in)": is_shared}, {"password": PASSWORD.encode()})


def servers(scale: str) -> list[dict[str, Any]]:
    """Rows: indicators built; our own collection written, read in pages, and one change in it."""
    n, form = BUILT[scale], Stix(Terms(publisher="bench"), "point")
    rows: list[dict[str, Any]] = []
    with timed(rows, "indicators built (stix2)", n):
        said = [form.write(order, 0, None, NOW_US) for order in orders(n)]
    with tempfile.TemporaryDirectory(prefix="bench-taxii-") as name:
        collection = Collection(Path(name) / "collection.db")
        with timed(rows, "own collection: written at once", n):
            collection.add([version_of(one) for one in said], NOW_US)
        with timed(rows, "own collection: read in pages of 1,000", n):
            after = -1
            while page := collection.read(Wish(after_us=after, alive_at_us=NOW_US, limit=PAGE)):
                after = page[-1].added_us
        with timed(rows, f"own collection: one withdrawal among {n}", 1):
            collection.add([version_of(form.end(said[0], True, NOW_US + US_PER_S))], NOW_US)
    return rows
