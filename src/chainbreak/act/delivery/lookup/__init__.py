"""The look-up: whether a caller, a domain or an account is under an order, asked by partners over HTTP or DNS.

Nothing is pushed to a partner of format `lookup`: `chainbreak lookup serve` answers it from a snapshot that follows the
desk. `dnsbl` is the same question as a DNS zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from chainbreak.act.delivery.lookup.point import LookupPoint
    from chainbreak.act.delivery.point import Setup

NEEDS = ("probe",)
"""The centre's own token for this partner's view, by which the sender looks; made with the partner's first token."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Settings(BaseModel):
    """What a partner agreed to in writing, and the digests of its tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    when_stale: Literal["open", "closed"]
    """What it is told when the snapshot is older than `stale_after_s`: open: nothing is listed (200, `stale`); closed:
    nothing is known (503). The partner's own choice, so there is no default."""
    stale_after_s: int = Field(default=5, ge=2, le=3_600)
    """Seconds without news from the desk after which `when_stale` holds."""
    asks: tuple[Literal["phone", "domain", "account"], ...] = ("phone", "domain", "account")
    """Kinds it may ask for."""
    per_s: int = Field(default=500, ge=1, le=100_000)
    """Questions a second, in the long run; a batch counts each of its own."""
    burst: int = Field(default=1_000, ge=1, le=1_000_000)
    """Questions at once after a rest."""
    ca: str = ""
    """File of the certificate authority behind the look-up's own certificate, for the centre's probe; empty: those
    that the machine trusts."""
    tokens: tuple[Digest, ...] = Field(default=(), max_length=2)
    """SHA-256, in hex, of its tokens: the newest and, while it changes over, the one before. 256 random bits need no
    slow hash: there is nothing to guess, and every request is checked."""
    probe_digest: Digest | Literal[""] = ""
    """SHA-256, in hex, of the centre's own token."""


def open_point(setup: Setup) -> LookupPoint:
    """The look-up as the sender sees it: it only ever asks."""
    from chainbreak.act.delivery.lookup.point import LookupPoint

    return LookupPoint(setup)
