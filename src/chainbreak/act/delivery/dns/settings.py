"""What a partner who takes domains over DNS may set, and the keys that his servers know us by."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chainbreak.base.errors import SetupError

ALGORITHM = "hmac-sha256"
_ZONE = r"^([a-z0-9-]{1,63}\.){0,3}[a-z0-9-]{1,63}$"


def host_port(text: str, port: int = 53) -> tuple[str, int]:
    """`host:port`, `[v6]:port` or a bare address.

    >>> host_port("127.0.0.1:5301"), host_port("[::1]:53"), host_port("192.0.2.7")
    (('127.0.0.1', 5301), ('::1', 53), ('192.0.2.7', 53))

    Raises:
        ValueError: not an address with a port; names are not asked for, so that nothing depends on the DNS we change.
    """
    parts = urlsplit(text if "://" in text else f"//{text}")
    if parts.path not in ("", "/") or parts.query or parts.username:
        raise ValueError("an address has no path")
    return str(ipaddress.ip_address(parts.hostname or "")), parts.port or port


def _is_address(text: str) -> str:
    host_port(text)
    return text


Address = Annotated[str, AfterValidator(_is_address)]


class Settings(BaseModel):
    """Zones of the hidden primary, what a blocked name leads to, and whom to ask whether it took effect."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    allow: str = Field(default="allow.rpz", pattern=_ZONE)
    """Zone of names that are never blocked; resolvers read it first."""
    hot: str = Field(default="hot.rpz", pattern=_ZONE)
    """Zone that takes every new order: small, so that resolvers take a change over at once."""
    cold: str = Field(default="cold.rpz", pattern=_ZONE)
    """Zone of orders moved out of `hot` at a quiet hour."""
    marks: str = Field(default="marks.rpz", pattern=_ZONE)
    """Zone that resolvers never see: order and end of each name."""
    landing: str = Field(default="", pattern=r"^([a-z0-9-]{1,63}\.)*[a-z0-9-]{0,63}$")
    """Host of the warning page; empty: the centre's own (`delivery.landing` in orders.yaml)."""
    ttl_s: int = Field(default=5, ge=1, le=3_600)
    """Seconds that a client may keep an answer about a blocked name."""
    key_name: str = Field(default="chainbreak-sender", pattern=r"^[a-z0-9-]{1,63}$")
    """Name of the TSIG key that updates are signed with."""
    resolvers: tuple[Address, ...] = ()
    """`host:port` of each resolver to ask, as a client would, whether an order is in effect."""
    notify: tuple[Address, ...] = ()
    """`host:port` of each server that the primary tells of a change; empty: the resolvers."""
    timeout_s: float = Field(default=10, gt=0, le=120)
    """Longest wait for the primary, in seconds."""
    probe_timeout_s: float = Field(default=1, gt=0, le=30)
    """Longest wait for a resolver's answer, in seconds; asked three times."""
    settle_s: float = Field(default=300, gt=0, le=3_600)
    """Longest wait for resolvers to have read the cold zone, in seconds, before a name leaves the hot one."""

    @property
    def policy(self) -> tuple[str, str, str]:
        """Zones that resolvers read, the one that wins first."""
        return self.allow, self.hot, self.cold

    @property
    def told(self) -> tuple[str, ...]:
        """Servers that the primary notifies."""
        return self.notify or self.resolvers

    @property
    def transfer_key(self) -> str:
        """Name of the key under which resolvers read the zones."""
        return f"{self.key_name}-transfer"


def secret_bytes(text: str) -> bytes:
    """A TSIG secret as `tsig-keygen` prints it: base64.

    Raises:
        SetupError: it is not, or shorter than 16 bytes (CB-DL-100).
    """
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        found = b""
    if len(found) < 16:
        raise SetupError("CB-DL-100", "the key of the DNS primary cannot be read", allowed="base64, 16 bytes or more",
                         next_step=f"tsig-keygen -a {ALGORITHM} chainbreak-sender")  # fmt: skip
    return found


def transfer_secret(text: str) -> str:
    """The secret of the key that may only read, made from the one that may write; it does not lead back to it.

    >>> transfer_secret("c2VjcmV0c2VjcmV0c2VjcmV0") == transfer_secret("c2VjcmV0c2VjcmV0c2VjcmV0")
    True
    """
    return base64.b64encode(hmac.digest(secret_bytes(text), b"chainbreak transfer", hashlib.sha256)).decode()
