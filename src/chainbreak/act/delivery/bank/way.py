"""What a bank's point needs of the way messages go: over HTTP, or by files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chainbreak.act.delivery.point import PointDownError

if TYPE_CHECKING:
    from chainbreak.act.delivery.bank.messages import Message, Status


class NotTakenError(PointDownError):
    """The gateway is there and did not take this message; the next one may fare better."""


class Way(Protocol):
    """How messages reach the bank."""

    def hand_over(self, message: Message) -> bytes | None:
        """Bring a hold message; the bank's receipt when it gives one at once.

        Raises:
            PointDownError: not reached. InputError: the gateway does not take it in this form (CB-DL-148).
        """

    def recall(self, key: str, document: bytes) -> None:
        """Bring a camt.056; the camt.029 comes later.

        Raises:
            PointDownError, InputError: as for `hand_over`.
        """

    def status(self, key: str) -> bytes | None:
        """What the bank says of one order; None: it has no such answer."""

    def holds(self) -> list[Status] | None:
        """All that the bank holds for us; None: it is there and does not say.

        Raises:
            PointDownError: not reached.
        """

    def close(self) -> None:
        """Give back connections."""
