"""What falls when an order is annulled: the evidence graph, and who still stands on something.

An order's supports are findings and other orders. A finding holds by itself until it is refuted; an order holds as long
as at least one of its supports does. Two orders that only rest on each other rest on nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import NamedTuple


class Fallout(NamedTuple):
    """Order ids: `fallen` have no support left, `weakened` have lost one and still have another."""

    fallen: frozenset[str]
    weakened: frozenset[str]


def fallout(supports: Mapping[str, Set[str]], lost: Set[str]) -> Fallout:
    """What `lost` supports (`finding:ID`, `order:ID`) take with them.

    `supports` maps each order that is still issued to what its evidence rests on. The order that was annulled is not
    among its keys; `order:ID` of it is in `lost`.

    >>> fallout({"b": {"order:a"}, "c": {"order:b", "finding:1"}}, {"order:a"})
    Fallout(fallen=frozenset({'b'}), weakened=frozenset({'c'}))
    """
    names = {f"order:{order_id}": order_id for order_id in supports}
    standing: set[str] = set()
    # Grows from the ground up, so that a circle of orders without any finding under it never stands.
    grew = True
    while grew:
        now = {
            order_id
            for order_id, refs in supports.items()
            if any(names[ref] in standing if ref in names else ref not in lost for ref in refs)
        }
        grew, standing = now != standing, now
    touched = _reached(supports, lost, standing)
    return Fallout(frozenset(touched - standing), frozenset(touched & standing))


def _reached(supports: Mapping[str, Set[str]], lost: Set[str], standing: Set[str]) -> set[str]:
    # An order is touched when a support of its own is gone: lost outright, or an order that falls.
    gone, touched = set(lost), set[str]()
    while more := {o for o, refs in supports.items() if o not in touched and refs & gone}:
        touched |= more
        gone |= {f"order:{o}" for o in more if o not in standing}
    return touched
