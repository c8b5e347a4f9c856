"""One line of an artefact: what a partner must hold, with its own end, so that a partner who hears no more lets go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.act.orders.force import ends_at_us
from chainbreak.base.clock import rfc3339
from chainbreak.identity.numbers import as_given

if TYPE_CHECKING:
    from chainbreak.act.orders.model import Order


@dataclass(frozen=True, order=True)
class Mark:
    """What identifies a line when a file is read back: the value in clear, the order, the end it was given."""

    value: str
    order_id: str
    valid_until: str


@dataclass(frozen=True)
class Entry:
    """One order as a partner needs it: `value` is the identifier in clear; times are UTC µs; money is fen."""

    value: str
    order_id: str
    revision: int
    kind: str
    measure: str
    direction: str
    functions: tuple[str, ...]
    amount_fen: int | None
    starts_at_us: int
    ends_at_us: int
    digest: str

    @property
    def valid_from(self) -> str:
        """The beginning, RFC 3339 UTC."""
        return rfc3339(self.starts_at_us)

    @property
    def valid_until(self) -> str:
        """The end, RFC 3339 UTC."""
        return rfc3339(self.ends_at_us)

    @property
    def mark(self) -> Mark:
        """What identifies the line."""
        return Mark(self.value, self.order_id, self.valid_until)

    @property
    def sort_key(self) -> tuple[str, str]:
        """Lines are sorted by value, then order."""
        return (self.value, self.order_id)


def entry_of(order: Order, value: str) -> Entry:
    """The line of an order about `value`, in the partner's own form."""
    content = order.content
    return Entry(
        as_given(value), order.order_id, order.revision, content.kind,
        content.rung, str(content.scope.get("direction", "")), tuple(content.scope.get("functions", ())),
        content.amount_fen, content.starts_at_us, ends_at_us(order), order.digest,
    )  # fmt: skip
