"""An enforcement point in memory, with the ways in which real ones fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel

from chainbreak.act.delivery.entry import Entry, Mark
from chainbreak.act.delivery.point import Answer, PointDownError

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Parcel, Setup

NEEDS: tuple[str, ...] = ()


class Settings(BaseModel):
    pass


@dataclass
class Memory:
    """What it holds by value, and everything that was carried to it in turn."""

    holds: dict[str, Entry] = field(default_factory=dict)
    carried: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False
    deaf: bool = False
    """It takes things and does nothing."""
    answer: Answer = field(default_factory=Answer)

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        self._reached()
        for parcel in parcels:
            self.carried.append((parcel.action, parcel.value))
            if self.deaf or self.answer.outcome == "rejected":
                continue
            if parcel.entry is None:
                self.holds.pop(parcel.value, None)
            else:
                self.holds[parcel.value] = parcel.entry
        return [self.answer for _ in parcels]

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        self._reached()
        return [self.holds.get(p.value) == p.entry for p in parcels]

    def held(self) -> list[Mark]:
        self._reached()
        return [entry.mark for entry in self.holds.values()]

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        self._reached()
        for mark in drop:
            self.holds.pop(mark.value)
        self.holds |= {entry.value: entry for entry in put}

    def close(self) -> None:
        pass

    def _reached(self) -> None:
        if self.down:
            raise PointDownError("nobody answers")


THE_ONE = Memory()


def open_point(setup: Setup) -> Memory:
    return THE_ONE
