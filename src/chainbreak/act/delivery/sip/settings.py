"""What a partner with a SIP proxy sets: where it listens, whom it believes, what each rung does there."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _host_port(text: str) -> str:
    parts = urlsplit(f"sip://{text}")
    if not parts.hostname or not parts.port or parts.path or parts.username:
        raise ValueError("a host and a port, as 192.0.2.1:5060 or [2001:db8::1]:5060")
    ip_address(parts.hostname)
    return text


def _network(text: str) -> str:
    return str(ip_network(text))


def _sip_uri(text: str) -> str:
    if text and not re.fullmatch(r"sips?:[A-Za-z0-9+*#._~-]+@[A-Za-z0-9.:\[\]-]+", text):
        raise ValueError("a SIP address, as sip:96110@192.0.2.1:5060")
    return text


def _web_address(text: str) -> str:
    if text and not re.fullmatch(r"https?://[A-Za-z0-9._~:/\[\]%-]+", text):
        raise ValueError("a web address without query, as https://centre.example/card")
    return text


def _plain_path(path: Path) -> Path:
    if not re.fullmatch(r"/[A-Za-z0-9._/-]+", str(path)):
        raise ValueError("an absolute path of letters, digits and . _ - /")
    return path


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise ValueError("not a regular expression") from None
    if text and not re.fullmatch(r"[0-9\[\]{}()|^$?+,-]+", text):
        raise ValueError("a pattern of digits, brackets, bars and counts")
    return text


HostPort = Annotated[str, AfterValidator(_host_port)]
SipUri = Annotated[str, AfterValidator(_sip_uri)]


class Trunk(BaseModel):
    """Where calls come from, and which statement about the caller is believed there."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    network: Annotated[str, AfterValidator(_network)]
    """Address or network of the sending side, `192.0.2.7` or `192.0.2.0/28`; a trunk no stranger can send into."""
    identity: Literal["none", "asserted", "asserted_or_from"] = "asserted"
    """`asserted`: P-Asserted-Identity (RFC 3325) alone. `asserted_or_from`: From where that is missing; only for
    trunks whose other end checks From, because anybody can write any number there and the block would hit the person
    impersonated. `none`: no block by caller."""


class Settings(BaseModel):
    """One Kamailio proxy."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    sip: HostPort
    """Where the proxy listens for SIP over UDP; calls and probes go there."""
    next_hop: HostPort
    """Where calls that pass are sent."""
    trunks: tuple[Trunk, ...] = ()
    """Whom calls are taken from, the first match counts; calls from elsewhere are refused with 403."""
    card_url: Annotated[str, AfterValidator(_web_address)] = ""
    """Where a rejected caller's side finds whom to contact (RFC 8688): `/card` of this centre's console, as reached
    from outside. Empty: no Call-Info."""
    reverify: SipUri = ""
    """Where callers under `reverify` are sent; empty: their calls pass with the label."""
    divert: SipUri = ""
    """Where calls under `divert` are sent; empty: calls from the number pass with the label, calls to it pass."""
    sends_by: Literal["redirect", "relay"] = "redirect"
    """How they are sent there: `redirect` answers 302 with that Contact; `relay` passes the call on with it."""
    label: str = Field(default="suspected", pattern=r"^[A-Za-z0-9 ._-]{1,64}$")
    """What the header X-Fraud-Warning says on calls that pass with a label."""
    always_reached: Annotated[str, AfterValidator(_pattern)] = "110|112|119|120|122|12381|96110"
    """Pattern of numbers, as dialled, that everybody reaches whatever stands about them: emergency lines, and where one
    appeals."""
    country_code: str = Field(default="86", pattern=r"^[1-9][0-9]{0,2}$")
    """Code of the country whose numbers are written without one."""
    national_prefix: str = Field(default="0", pattern=r"^[0-9]{0,2}$")
    """What national numbers begin with when dialled; empty where there is none or it belongs to the number (Italy)."""
    national: Annotated[str, AfterValidator(_pattern)] = "1[3-9][0-9]{9}|[48]00[0-9]{7}"
    """Pattern of numbers that are national although nothing stands before them; all others are taken as written."""
    table: str = Field(default="blk", pattern=r"^[a-z][a-z0-9_]{0,15}$")
    """Name of the hash table."""
    folder: Annotated[Path, AfterValidator(_plain_path)] | None = None
    """A folder that this centre and the proxy both reach: `numbers.sqlite` is what the proxy loads at its start,
    `held.sqlite` what it says it holds. Without one it starts empty, is filled number by number, and can be compared
    up to some 20,000 numbers."""
    probe_from: str = Field(default="", pattern=r"^[0-9a-f.:]*$")
    """The centre's own address, from which test calls come; empty: effects are not observed."""
    probe_number: str = Field(default="", pattern=r"^\+?[0-9]{0,20}$")
    """The test line that test calls go to; empty: the proxy answers them itself. They never reach anybody else."""
    command_port: int = Field(default=5080, ge=1, le=65_535)
    """Where the proxy listens for commands behind a front that does mutual TLS: this port of its own loopback. Without
    a front the partner's address says it."""
    timeout_s: float = Field(default=3.0, gt=0, le=60)
    """How long an answer of the proxy is waited for, seconds; reading out or loading everything may take longer."""
    probe_timeout_s: float = Field(default=1.0, gt=0, le=10)
    """How long the answer to a test call is waited for, seconds."""

    @property
    def proxy(self) -> tuple[str, int]:
        """Where the proxy listens, for a socket."""
        parts = urlsplit(f"sip://{self.sip}")
        return str(parts.hostname), int(parts.port or 0)
