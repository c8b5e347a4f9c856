"""Who asks: tokens, quotas, and how much each has asked since it was last written down."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from chainbreak.act.delivery.lookup import Settings
from chainbreak.base.clock import US_PER_S

PROBE = "service"
"""The centre itself, looking whether its orders are listed."""
UNKNOWN = "unknown"
"""Whoever came without a token that is known here."""


@dataclass
class Bucket:
    """A token bucket: `per_s` more a second, at most `burst`. Used by one thread."""

    per_s: float
    burst: float
    left: float = field(init=False)
    at_us: int = 0

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, n: int, now_us: int) -> float:
        """Take `n`; 0.0, or the seconds after which they will be there (nothing is taken then).

        >>> bucket = Bucket(10, 20)
        >>> bucket.take(20, 0), bucket.take(5, 0), bucket.take(5, 500_000)
        (0.0, 0.5, 0.0)
        """
        passed_us = now_us - self.at_us
        if passed_us > 0:  # a clock set back gives nothing and takes nothing
            self.left = min(self.burst, self.left + passed_us * self.per_s / US_PER_S)
        self.at_us = now_us
        if n <= self.left:
            self.left -= n
            return 0.0
        return (n - self.left) / self.per_s


@dataclass
class Caller:
    """One partner as it comes in. `probe`: the centre looks through the partner's eyes, without a quota."""

    partner_id: str
    settings: Settings
    bucket: Bucket
    probe: bool
    name: str = field(init=False)
    """Who it is in the log."""
    stale_after_us: int = field(init=False)

    def __post_init__(self) -> None:
        self.name = PROBE if self.probe else f"partner:{self.partner_id}"
        self.stale_after_us = self.settings.stale_after_s * US_PER_S


def digest_of(token: bytes) -> str:
    """What is stored of a token: SHA-256 in hex (see `Settings.tokens`)."""
    return hashlib.sha256(token).hexdigest()


def callers_of(partners: Iterable[tuple[str, Settings]], share: int) -> dict[bytes, Caller]:
    """Digest -> caller. A partner's tokens share a bucket, and each of `share` processes gives out its part of it."""
    callers: dict[bytes, Caller] = {}
    for partner_id, settings in partners:
        bucket = Bucket(settings.per_s / share, max(1.0, settings.burst / share))
        for digest in settings.tokens:
            callers[bytes.fromhex(digest)] = Caller(partner_id, settings, bucket, probe=False)
        if settings.probe_digest:
            callers[bytes.fromhex(settings.probe_digest)] = Caller(partner_id, settings, bucket, probe=True)
    return callers
