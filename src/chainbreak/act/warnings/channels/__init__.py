"""How a planned message reaches the person: one interface for texts, push by an app, and notices at a bank's desk.

A channel hands over and says what it knows; it never decides whether somebody is warned, and restricts nothing. Handing
over is idempotent by `send_id` everywhere: texts by their id, push and bank by the key in each message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chainbreak.base.wording import Lang


@dataclass(frozen=True)
class Notice:
    """One message about one warning. `number`: the recipient in international form, "" where the channel does not need
    it or the vault does not know it; `money`: of a bank's notice, what is known of the payment; times UTC µs.
    """

    send_id: str
    recipient: str
    purpose: str
    tier: str
    fraud: str
    lang: Lang
    due_at_us: int
    expires_at_us: int
    number: str = ""
    money: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What a channel says of a message: `state` handing (it lies in our own queue), handed, delivered, read, failed,
    unknown, or due (to be handed over again); `receipt`: what the channel calls it.
    """

    send_id: str
    state: str
    receipt: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Declared:
    """What planning may count on: fen a message costs, seconds until it is usually seen, whom it reaches. Defaults of
    this project for comparison, not a price list.
    """

    cost_fen: int
    latency_s: int
    reach: str


class Channel(Protocol):
    """One way to the person. Used by one thread."""

    declared: Declared

    def send(self, batch: Sequence[Notice]) -> list[Receipt]:
        """Hand these over; a receipt for each, in order. Handing the same over again changes nothing there."""

    def status(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """What became of messages handed over before; those of which nothing new is known are left out."""

    def close(self) -> None:
        """Give back connections."""


DECLARED = {
    "sms": Declared(5, 10, "any telephone that is on"),
    "push": Declared(0, 3, "who has the app and allows it"),
    "bank": Declared(0, 60, "the bank's own desk, about its customer"),
}
"""By name of the channel."""
