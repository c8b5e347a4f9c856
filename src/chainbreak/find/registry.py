"""The explicit list of detectors, newest version of each last. Adding a detector is adding a line here."""

from __future__ import annotations

from functools import cache

from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.find.contract.detector import Detector, ident
from chainbreak.find.contract.settle import params_hash
from chainbreak.records.finding import Finding


@cache
def detectors() -> tuple[Detector, ...]:
    """Every registered version of every detector."""
    from chainbreak.find.detectors.goip.v2 import Goip
    from chainbreak.find.detectors.mules.v2 import Mules
    from chainbreak.find.detectors.sites.v1 import Sites

    return (Goip(), Mules(), Sites())


def detector_of(finding: Finding) -> Detector | None:
    """The detector that made the finding, None where its version is gone or its settings or weights are others now."""
    name = f"{finding.detector}@{finding.version}"
    return next((d for d in detectors() if ident(d) == name and params_hash(d) == finding.params_hash), None)


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
