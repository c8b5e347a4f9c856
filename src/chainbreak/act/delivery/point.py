"""An enforcement point as the sender speaks to it, whatever stands behind: a DNS primary, a SIP proxy, a bank, a file.

The desk is the truth and a point is a cache of it. A message says no more than "look again at this order"; what is
carried is what the desk says *now* about the value, so a repeat, an old revision or a late message changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry, Mark
    from chainbreak.act.delivery.signing import Signer
    from chainbreak.act.orders.model import Order
    from chainbreak.act.orders.rules import Delivery
    from chainbreak.base.clock import Clock


class PointDownError(Exception):
    """The point was not reached, or answered nothing usable: everything carried is tried again later."""


class NotListedError(PointDownError):
    """The point is there, but says to nobody what it holds: it cannot be compared, and nothing is wrong with it."""


@dataclass(frozen=True)
class Parcel:
    """One message for one point. `value`: the object in clear, in the partner's own form.

    `entry`: what the point should hold for `value` now, None for nothing. Of two orders about one value that both
    stand it is the stronger one's, so that letting go of one never frees what the other still holds.
    """

    order: Order
    revision: int
    action: str
    """block, withdraw or correct."""
    target: str
    value: str
    entry: Entry | None
    own: Entry | None = None
    """What this very order asks for now, None when it asks for nothing any more: for points that keep orders apart."""

    @property
    def key(self) -> str:
        """The idempotency key: (order, revision, target)."""
        return f"{self.order.order_id}.{self.revision}.{self.target}"


@dataclass(frozen=True)
class Answer:
    """What a point said. `outcome`: full, partial, rejected; "" when it was handed over and the answer comes later;
    `failed` when it cannot be said there at all, which a person must look at; `again` when the point is there but did
    not take this one, which is then carried again while what was taken beside it stands.

    `code` is the partner's own, `meaning` ours, `digest` SHA-256 of the raw answer in hex; `held_fen`: money held;
    `within_min`: minutes in which a person must act on it, None: what the rules say.
    """

    outcome: str = "full"
    code: str = ""
    meaning: str = ""
    digest: str = ""
    held_fen: int | None = None
    within_min: int | None = None


@dataclass(frozen=True)
class Setup:
    """What a point is opened with: the partner's own settings, its secrets, its folder."""

    partner_id: str
    format: str
    address: str
    """Where it listens, as `scheme://host:port/path`; empty for files."""
    settings: dict[str, Any]
    """Checked by the format's own model."""
    secret: Callable[[str], str]
    """name -> a secret of this partner, from `keys/partners/<partner>/<name>`; SetupError when it is not there."""
    folder: Path
    """`out/<partner>/`."""
    signer: Signer
    rules: Delivery
    desired: Callable[[], Sequence[Entry]]
    """Everything the point should hold now, in clear; for points that rewrite the whole."""
    wrong: Callable[[], Sequence[tuple[str, str, str]]]
    """(value, order, since RFC 3339) of annulled orders that it was ever sent, in clear."""
    next_serial: Callable[[dict[str, Any]], int]
    """The number of the artefact about to be written, larger than any before; the argument goes into the log."""
    clock: Clock


class Point(Protocol):
    """One enforcement point. Used by one thread at a time; calls are idempotent."""

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Bring each parcel to the point; answers in the same order.

        Raises:
            PointDownError: not reached; some parcels may have arrived, all are carried again.
        """

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Ask as a client would: whether what each parcel wants is in effect; None: this point cannot be asked.

        Raises:
            PointDownError: the probe was not answered.
        """

    def held(self) -> Iterable[Mark]:
        """What the point really holds, of what carries our mark.

        Raises:
            PointDownError: not reached; NotListedError: it is, and does not say.
        """

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Make the point hold `put` and no longer hold the values of `drop`; at least one of them is not empty.

        Raises:
            PointDownError: not reached.
        """

    def close(self) -> None:
        """Give back connections."""
