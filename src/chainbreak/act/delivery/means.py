"""What delivery needs of a centre, put together by `app/send_due.py`: the sender never opens the vault by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders.model import Content, Order

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.delivery.signing import Signer
    from chainbreak.act.orders.guards import Ask
    from chainbreak.act.orders.rules import Rules
    from chainbreak.base.clock import Clock
    from chainbreak.store.desk import Desk


@dataclass(frozen=True)
class Means:
    """The desk, the clock, where files and secrets lie, and what only the application may do."""

    desk: Desk
    clock: Clock
    out: Path
    secrets: Path
    """`keys/partners/`."""
    signer: Signer
    rules: Callable[[], Rules]
    """The centre's rules as they are now; the built-in ones while its file is broken."""
    ask: Callable[[Connection, Order, dict[str, Any]], Ask]
    """The facts that the guards of passing on need, for which the vault is opened, with a leaf `vault.read` of purpose
    `delivery`; with `probe` in the data only what an answer needs.
    """
    reveal_all: Callable[[Sequence[Content]], list[str]]
    """Objects of orders already passed on, in clear."""
    forms: Callable[[Connection, str, list[str]], dict[str, str]]
    """(connection, kind, objects) -> every written form of these objects -> the object."""

    @contextmanager
    def alone_at(self, partner_id: str) -> Iterator[None]:
        """Keep every other process on this machine from carrying to the same partner: the later reading wins."""
        import fcntl

        folder = self.out / partner_id
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
