"""Texts to people by SMPP 3.4: approved templates only, never twice the same, what became of each.

A text goes `queued → submitting → submitted → delivered | failed | expired | unknown`. It is marked `submitting` before
a byte of it leaves, so whatever breaks, it is never sent blindly again: where the message centre's acknowledgement was
lost the text is `unknown` until a receipt tells, and people see it so.

No order is carried here: the point of this format only says whether the centre lets us in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Point, Setup

NEEDS = ("password",)
"""Secrets of a partner of this format."""
PORTS = {"smpp": 2775, "smpps": 3550}
"""Schemes of an address with their registered ports: in clear (a private line, a tunnel), or TLS."""


class Settings(BaseModel):
    """How a message centre wants to be spoken to."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    system_id: Annotated[str, Field(pattern=r"^[!-~]{1,15}$")]
    """Our name at the centre, at most 15 characters (SMPP 3.4, section 5.2.1)."""
    system_type: Annotated[str, Field(pattern=r"^[!-~]{0,12}$")] = ""
    """What the centre calls our sort of client, at most 12 characters."""
    sender: Annotated[str, Field(pattern=r"^\d{3,20}$")]
    """The published short code texts come from, as digits; the only number a text may hold."""
    sender_ton: Annotated[int, Field(ge=0, le=6)] = 0
    """Type of number of `sender` (section 5.2.5)."""
    sender_npi: Annotated[int, Field(ge=0, le=18)] = 0
    """Numbering plan of `sender` (section 5.2.6)."""
    window: Annotated[int, Field(ge=1, le=1_000)] = 10
    """Parts on their way without an answer; more than 10 only where the centre agrees."""
    per_s: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Parts a second at most."""
    response_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    """Seconds after which an answer that did not come means that the link is broken."""
    enquire_s: Annotated[float, Field(gt=0, le=300)] = 30.0
    """Seconds of silence after which the link is tried."""
    query_s: Annotated[int, Field(ge=10, le=86_400)] = 600
    """Seconds after which a text without a receipt is asked after."""


def place_of(address: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS is spoken, of `smpp://host[:port]` or `smpps://host[:port]`.

    >>> place_of("smpp://127.0.0.1:15775"), place_of("smpps://[::1]")
    (('127.0.0.1', 15775, False), ('::1', 3550, True))

    Raises:
        SetupError: not such an address (CB-DL-202).
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in PORTS or parts.username is not None:
        raise SetupError("CB-DL-202", "not the address of a message centre", given="the partner's address",
                         allowed="smpp://HOST:PORT or smpps://HOST:PORT")  # fmt: skip
    return host, port or PORTS[parts.scheme], parts.scheme == "smpps"


def open_point(setup: Setup) -> Point:
    """The message centre, for a check.

    Raises:
        SetupError: an address that is none (CB-DL-202), or the extra is missing (CB-DL-200).
    """
    from chainbreak.act.delivery.asked import AskedPoint
    from chainbreak.act.delivery.point import PointDownError
    from chainbreak.act.delivery.sms.link import Link, LinkDownError

    link = Link(setup.address, Settings.model_validate(setup.settings), setup.secret("password"))

    def bind() -> str:
        try:
            link.open()
        except LinkDownError as e:
            raise PointDownError(str(e)) from None
        link.close()
        return "it lets us in; a message centre holds no orders"

    return AskedPoint(bind, link.close)
