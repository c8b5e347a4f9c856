"""At a quiet hour: what stands in the hot zone moves to the cold one, and no name is free for a moment in between.

A large zone reaches resolvers late, up to minutes. So names are added to `cold` first; then a name made up for this
move alone, added last, is asked for until every resolver knows it, and with it all that came before; only then do names
leave `hot`. A crash at any point leaves names in both zones, which bars them just the same, and the next run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from chainbreak.act.delivery.dns.point import clearing
from chainbreak.act.delivery.dns.records import NOWHERE, Bar
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.act.delivery.dns.point import DnsPoint

AT_ONCE = 200
"""Names moved under one hold of the partner's lock; a withdrawal waits no longer than these take."""
LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Moved:
    """What a move did: names now in `cold` alone, and seconds until every resolver had read them."""

    names: int
    waited_s: float


def compact(point: DnsPoint, alone: Callable[[], AbstractContextManager[None]], now_us: int) -> Moved:
    """Move every name of ours from `hot` to `cold`; `alone` keeps the sender out while a few are moved.

    Raises:
        SetupError: no resolver is set up to be asked, or one has not followed in time (CB-DL-104); names stay in both.
        PointDownError: the primary or a resolver does not answer; names stay in both.
    """
    if not point.resolvers:
        raise SetupError("CB-DL-104", "no resolver is known that could be asked", next_step="set `resolvers`")
    names = [owner for owner in point.records(point.settings.hot) if not owner.startswith("*.")]
    copied = 0
    for some in _some(names):
        with alone():
            bars = list(point.marked(some))
            point.primary.update(point.settings.cold, point.barring(bars))
            copied += len(bars)
    if not copied:
        return Moved(0, 0.0)
    waited_s = _wait(point, now_us)
    return Moved(sum(_leave(point, some, alone) for some in _some(names)), waited_s)


def _leave(point: DnsPoint, names: Sequence[str], alone: Callable[[], AbstractContextManager[None]]) -> int:
    # What was released or led elsewhere meanwhile no longer stands in `cold` as its mark says, and is left as it is.
    with alone():
        cold = point.primary.ask(point.settings.cold, names, "CNAME")
        settled = [
            bar for bar in point.marked(names)
            if bar.value in cold and str(cold[bar.value].target) == bar.leads_to
        ]  # fmt: skip
        point.primary.update(point.settings.hot, clearing(settled))
    return len(settled)


def _wait(point: DnsPoint, now_us: int) -> float:
    """Seconds until every resolver has read the cold zone as it is now."""
    settings = point.settings
    last = [Bar(f"moved-{now_us}.example", NOWHERE, "", 0)]
    point.primary.update(settings.cold, point.barring(last))
    start = time.monotonic()
    try:
        for resolver in point.resolvers:
            while resolver.leads_to([last[0].value], (settings.hot, settings.cold), "") != [NOWHERE]:
                if time.monotonic() - start > settings.settle_s:
                    raise SetupError("CB-DL-104", "a resolver has not followed the cold zone", given=resolver.address,
                                     allowed=f"{settings.settle_s:.0f} s")  # fmt: skip
                time.sleep(LOOK_EVERY_S)
    finally:
        # If this fails, one name too many stays, under `.example`, which nobody can own (RFC 2606).
        with suppress(PointDownError):
            point.primary.update(settings.cold, clearing(last))
    return time.monotonic() - start


def _some(names: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while part := list(islice(rest, AT_ONCE)):
        yield part
