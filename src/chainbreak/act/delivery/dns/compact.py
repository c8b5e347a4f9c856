"""At a quiet hour: what stands in the hot zone moves to the cold one, and no name is free for a moment in between.

A large zone reaches resolvers late, up to minutes. So names are added to `cold` first, and what was let go of since the
last move is taken out of it; then a name made up for this move alone, added last, is asked for until every resolver
knows it, and with it all that came before; only then do records leave `hot`. A crash at any point leaves names in both
zones, which bars them just the same, and the next run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from chainbreak.act.delivery.dns.changes import all_of, barring, clearing, text, unmarking
from chainbreak.act.delivery.dns.records import NOWHERE, PASSTHRU, Bar
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.act.delivery.dns.point import DnsPoint
    from chainbreak.act.delivery.dns.probe import Asker

AT_ONCE = 200
"""Names moved under one hold of the partner's lock; a withdrawal waits no longer than these take."""
LOOK_EVERY_S = 0.2
LAST_MOVE = "last-move.example"
"""Where the zone of marks keeps the name that the last move made up."""
Alone = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Moved:
    """What a move did: names now in `cold` alone, and seconds until every resolver had read them."""

    names: int
    waited_s: float


def compact(point: DnsPoint, alone: Alone, now_us: int) -> Moved:
    """Move every name of ours from `hot` to `cold`; `alone` keeps the sender out while a few are moved.

    Raises:
        SetupError: no resolver is set up to be asked, or one has not followed in time (CB-DL-104); names stay in both.
        PointDownError: the primary does not answer; names stay in both.
    """
    if not point.resolvers:
        raise SetupError("CB-DL-104", "no resolver is known that could be asked", next_step="set `resolvers`")
    names = [owner for owner in point.records(point.settings.hot) if not owner.startswith("*.")]
    if not sum(_copy(point, some, alone) for some in _some(names)):
        return Moved(0, 0.0)
    waited_s = _wait(point, now_us)
    return Moved(sum(_leave(point, some, alone) for some in _some(names)), waited_s)


def _copy(point: DnsPoint, names: Sequence[str], alone: Alone) -> int:
    with alone():
        bars = list(point.marked(names))
        barred = [bar for bar in bars if bar.leads_to != PASSTHRU]
        freed = [bar for bar in bars if bar.leads_to == PASSTHRU]
        point.primary.update(point.settings.cold, all_of(barring(barred, point.settings.ttl_s), clearing(freed)))
    return len(bars)


def _leave(point: DnsPoint, names: Sequence[str], alone: Alone) -> int:
    # What was let go of or led elsewhere meanwhile does not stand in `cold` as its mark says: it is left as it is.
    with alone():
        cold = {v: str(data.target) for v, data in point.primary.ask(point.settings.cold, names, "CNAME").items()}
        bars = list(point.marked(names))
        moved = [bar for bar in bars if cold.get(bar.value) == bar.leads_to]
        freed = [bar for bar in bars if bar.leads_to == PASSTHRU and bar.value not in cold]
        point.primary.update(point.settings.hot, clearing([*moved, *freed]))
        point.primary.update(point.settings.marks, unmarking(freed))
    return len(moved)


def _wait(point: DnsPoint, now_us: int) -> float:
    """Seconds until every resolver has read the cold zone as it is now."""
    settings = point.settings
    name = f"moved-{now_us}.example"
    known = point.primary.ask(settings.marks, [LAST_MOVE], "TXT")
    before = [Bar(found.strings[0].decode("ascii"), NOWHERE, "", 0) for found in known.values()]
    this = [Bar(name, NOWHERE, "", 0)]
    point.primary.update(settings.cold, all_of(clearing(before), barring(this, settings.ttl_s)))
    point.primary.update(settings.marks, lambda m: m.replace(LAST_MOVE, settings.ttl_s, text(name)))
    start = time.monotonic()
    for resolver in point.resolvers:
        while not _knows(resolver, name, settings.policy):
            if time.monotonic() - start > settings.settle_s:
                raise SetupError("CB-DL-104", "a resolver has not followed the cold zone", given=resolver.address,
                                 allowed=f"{settings.settle_s:.0f} s")  # fmt: skip
            time.sleep(LOOK_EVERY_S)
    return time.monotonic() - start


def _knows(resolver: Asker, name: str, zones: Sequence[str]) -> bool:
    # An Unbound with a million names answers nobody for seconds while it takes a change over.
    try:
        return resolver.leads_to([name], zones, "") == [NOWHERE]
    except PointDownError:
        return False


def _some(names: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while part := list(islice(rest, AT_ONCE)):
        yield part
