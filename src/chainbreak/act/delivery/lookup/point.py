"""The look-up as the sender sees it. Nothing is carried there: it follows the desk by itself. It is asked, over HTTP
and with a token of the partner's view, whether it tells that partner what it should.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chainbreak.act.delivery.entry import Entry, Mark
from chainbreak.act.delivery.lookup.client import Client
from chainbreak.act.delivery.point import Answer, Parcel, Setup

ASKED_AS = {"number.block": "phone", "domain.sinkhole": "domain", "funds.hold": "account"}
"""Kind of order -> how its object is asked for."""


class LookupPoint:
    """One partner of format `lookup`."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._client: Client | None = None

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Nothing has to be brought: the message that is being sent is what makes the look-up list the order."""
        return [Answer("full", meaning="the look-up follows the desk")] * len(parcels)

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Whether the partner is told what each parcel wants.

        Raises:
            PointDownError: the look-up was not reached, or is behind the desk.
        """
        told = self._ask([(ASKED_AS[parcel.order.content.kind], parcel.value) for parcel in parcels])
        return [_as_wanted(parcel, answer) for parcel, answer in zip(parcels, told, strict=True)]

    def held(self) -> Iterable[Mark]:
        """What it tells the partner of what it should tell; what it should not tell, it has nowhere to keep.

        Raises:
            PointDownError: the look-up was not reached, or is behind the desk.
        """
        wanted = list(self._setup.desired())
        told = self._ask([(ASKED_AS[entry.kind], entry.value) for entry in wanted])
        return [
            Mark(entry.value, answer["order_ref"], answer["until"])
            for entry, answer in zip(wanted, told, strict=True)
            if answer.get("listed")
        ]

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Nothing can be done from here: what is missing shows that the look-up does not follow, and it is restarted
        by whoever runs it.
        """

    def close(self) -> None:
        """Give back the connection."""
        if self._client:
            self._client.close()

    def _ask(self, questions: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        if self._client is None:
            setup = self._setup
            self._client = Client(setup.address, setup.secret("probe"), setup.settings.get("ca", ""))
        return self._client.ask(questions)


def _as_wanted(parcel: Parcel, answer: dict[str, Any]) -> bool:
    if parcel.entry is None:
        # A name may still be listed by an order about a name above it.
        return answer.get("order_ref") != parcel.order.order_id
    return (answer.get("order_ref"), answer.get("until")) == (parcel.entry.order_id, parcel.entry.valid_until)
