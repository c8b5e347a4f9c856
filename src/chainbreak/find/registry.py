"""The explicit list of detectors, newest version of each last. Adding a detector is adding a line here."""

from __future__ import annotations

from functools import cache

from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.find.contract.detector import Detector, ident


@cache
def detectors() -> tuple[Detector, ...]:
    """Every registered version of every detector."""
    from chainbreak.find.detectors.goip.v2 import Goip
    from chainbreak.find.detectors.mules.v1 import Mules
    from chainbreak.find.detectors.sites.v1 import Sites

    return (Goip(), Mules(), Sites())


def detector_named(name: str) -> Detector:
    """The newest version of `name`, or the one asked for as `name@version`.

    >>> ident(detector_named("goip")), ident(detector_named("goip@2"))
    ('goip@2', 'goip@2')

    Raises:
        UsageError: no such detector or version (CB-US-001), naming the nearest.
    """
    found = [d for d in detectors() if name in (d.name, ident(d))]
    if not found:
        known = [d.name for d in detectors()] + [ident(d) for d in detectors()]
        raise UsageError("CB-US-001", "unknown detector", given=name, allowed=did_you_mean(name, known))
    return found[-1]
