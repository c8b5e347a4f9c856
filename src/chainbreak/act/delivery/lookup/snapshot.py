"""What is listed, for each partner, as of one reading of the desk: keys, never identifiers in clear.

A listing carries its beginning and its end, and the clock decides at the moment of answering: an order that is over is
never listed, also when nobody has told this process for hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chainbreak.act.delivery.lookup.reading import Key, Reader
from chainbreak.base.clock import rfc3339


class Listing(NamedTuple):
    """One order about one key. `rank`: how far up its ladder; of several that are in force the highest is told."""

    order_id: str
    rank: int
    starts_us: int
    ends_us: int
    until: str
    """The end, RFC 3339 UTC."""
    reason: str
    """Kind and rung of the order, as `number.block.restrict_outgoing`."""


class Slot(NamedTuple):
    """Where a listing stands: which partner may see it, what kind it is asked as, under which key."""

    partner_id: str
    kind: str
    key: Key


Shelf = dict[Key, tuple[Listing, ...]]


@dataclass
class Snapshot:
    """Everything listed. Written by one thread, read by another: what a reader sees of one key is always whole."""

    reader: Reader
    as_of_us: int = 0
    """When the desk was last read, by the clock."""
    as_of: str = ""
    """The same as RFC 3339 UTC."""
    floor_us: int = 0
    """The highest time in the log then: orders are never judged by an earlier one (see `ledger.order_now`)."""
    _shelves: dict[tuple[str, str], Shelf] = field(default_factory=dict)
    _slots: dict[str, tuple[Slot, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._slots)

    def read_at(self, as_of_us: int, floor_us: int) -> None:
        """Note when the desk was read, and the highest time in its log."""
        self.as_of_us, self.as_of, self.floor_us = as_of_us, rfc3339(as_of_us), floor_us

    def change(self, order_id: str, listing: Listing | None, slots: Iterable[Slot]) -> None:
        """List an order at exactly `slots`, whatever was known of it; None: no longer."""
        new = tuple(slots) if listing else ()
        for slot in {*self._slots.get(order_id, ()), *new}:
            shelf = self._shelves.setdefault((slot.partner_id, slot.kind), {})
            left = tuple(one for one in shelf.get(slot.key, ()) if one.order_id != order_id)
            if listing and slot in new:
                left = (*left, listing)
            if left:
                shelf[slot.key] = left
            else:
                shelf.pop(slot.key, None)
        if new:
            self._slots[order_id] = new
        else:
            self._slots.pop(order_id, None)

    def find(self, partner_id: str, kind: str, key: Key, now_us: int) -> Listing | None:
        """What `partner_id` is told about `key` at `now_us`; of a domain also what is listed above it, the nearest
        name first, as a response policy zone with a wildcard below each name would have it.
        """
        shelf = self._shelves.get((partner_id, kind))
        if not shelf:
            return None
        found = _in_force(shelf.get(key, ()), now_us)
        while found is None and kind == "domain":
            key = str(key).partition(".")[2]
            if not key:
                return None
            found = _in_force(shelf.get(key, ()), now_us)
        return found


def _in_force(listings: tuple[Listing, ...], now_us: int) -> Listing | None:
    best = None
    for one in listings:
        if one.starts_us <= now_us < one.ends_us and (best is None or _strength(one) > _strength(best)):
            best = one
    return best


def _strength(one: Listing) -> tuple[int, int, str]:
    """As `desired.strongest`: the furthest rung, then the latest end."""
    return one.rank, one.ends_us, one.order_id


def ranks(ladders: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], int]:
    """(kind of order, rung) -> how far up.

    >>> ranks({"number.block": ("label", "block")})
    {('number.block', 'label'): 0, ('number.block', 'block'): 1}
    """
    return {(kind, rung): at for kind, ladder in ladders.items() for at, rung in enumerate(ladder)}
