"""The look-up as a DNS zone, as block lists are asked (RFC 5782): for partners who ask more than HTTP carries.

The zone stands on the hidden primary and is written by signed updates; an Unbound beside the partner, or ours, follows
it and answers. DNS keeps no tokens and no quotas: who may ask is what the resolver's access list says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from chainbreak.act.delivery.dns.settings import Address
from chainbreak.act.delivery.lookup.dnsbl.serving import config

if TYPE_CHECKING:
    from chainbreak.act.delivery.lookup.dnsbl.point import DnsblPoint
    from chainbreak.act.delivery.point import Setup

__all__ = ["NEEDS", "Settings", "config", "open_point"]

NEEDS: tuple[str, ...] = ("tsig",)


class Settings(BaseModel):
    """The zone, the key that writes it, and whom to ask whether an order is told."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    zone: str = Field(default="bl.chainbreak", pattern=r"^([a-z0-9-]{1,63}\.){1,4}[a-z0-9-]{1,63}$")
    """Name of the zone."""
    ttl_s: int = Field(default=5, ge=1, le=3_600)
    """Seconds that a client may keep an answer, also that nothing is listed."""
    key_name: str = Field(default="chainbreak-sender", pattern=r"^[a-z0-9-]{1,63}$")
    """Name of the TSIG key that updates are signed with."""
    resolvers: tuple[Address, ...] = ()
    """`host:port` of each server that answers partners; asked, as a partner would, whether an order is told."""
    clients: tuple[str, ...] = ("127.0.0.0/8",)
    """Networks that may ask, for the configuration of the answering server."""
    timeout_s: float = Field(default=10, gt=0, le=120)
    """Longest wait for the primary, in seconds."""
    probe_timeout_s: float = Field(default=1, gt=0, le=30)
    """Longest wait for a resolver's answer, in seconds; asked three times."""

    @property
    def transfer_key(self) -> str:
        """Name of the key under which the zone is read."""
        return f"{self.key_name}-transfer"


def open_point(setup: Setup) -> DnsblPoint:
    """The zone of a partner; nothing is connected yet.

    Raises:
        SetupError: the key cannot be read (CB-DL-100).
    """
    from chainbreak.act.delivery.lookup.dnsbl.point import DnsblPoint

    return DnsblPoint(setup)
