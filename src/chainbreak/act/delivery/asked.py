"""A partner that is only asked whether it answers: orders are neither sent to it nor held by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from chainbreak.act.delivery.point import Answer, NotListedError

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry, Mark
    from chainbreak.act.delivery.point import Parcel


class AskedPoint:
    """What `partner check` asks. `ask` says in words that the partner answers; it raises what `held` raises."""

    def __init__(self, ask: Callable[[], str], close: Callable[[], None]) -> None:
        self._ask, self.close = ask, close

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Refuse every order: no kind of order fits this format, so none is meant for it."""
        return [Answer("rejected", meaning="this partner takes no orders") for _ in parcels]

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """There is nothing to see."""
        return [None] * len(parcels)

    def held(self) -> Iterable[Mark]:
        """Ask.

        Raises:
            NotListedError: it answers, and holds no orders.
            PointDownError: it does not answer.
            SetupError: it does not let us in.
        """
        raise NotListedError(self._ask())

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """There is nothing to mend."""
