"""A message centre as a partner that is asked whether it answers; orders are neither sent to it nor held by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from chainbreak.act.delivery.point import Answer, NotListedError, PointDownError
from chainbreak.act.delivery.sms.link import Link, LinkDownError

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry, Mark
    from chainbreak.act.delivery.point import Parcel


class CentrePoint:
    """What `partner check` asks."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Refuse every order: no kind of order fits this format, so none is meant for it."""
        return [Answer("rejected", meaning="a message centre takes texts, not orders") for _ in parcels]

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """There is nothing to see."""
        return [None] * len(parcels)

    def held(self) -> Iterable[Mark]:
        """Bind and unbind.

        Raises:
            NotListedError: it lets us in, and holds no orders.
            PointDownError: it does not answer.
            SetupError: it does not let us in (CB-DL-203).
        """
        try:
            self._link.open()
        except LinkDownError as e:
            raise PointDownError(str(e)) from None
        self.close()
        raise NotListedError("it lets us in; a message centre holds no orders")

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """There is nothing to mend."""

    def close(self) -> None:
        """Unbind."""
        self._link.close()
