"""Keeps a snapshot abreast of the desk: all of it at the start and after a rotation of keys, then what has changed.

A change of an order commits with its time, which never falls behind an earlier commit's, and each step of a message
with a growing number; writers queue, so asking for what came at or after the last ones seen misses nothing. Taking a
change over twice does nothing. No identifier is read: an order names a token, and tokens that a rotation has replaced
are followed through the vault's map.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy import exists, func, select

from chainbreak.act.delivery.lookup import Settings
from chainbreak.act.delivery.lookup.callers import Caller, callers_of
from chainbreak.act.delivery.lookup.reading import OBJECTS, Key, Reader
from chainbreak.act.delivery.lookup.snapshot import Listing, Slot, Snapshot
from chainbreak.act.delivery.queue import BLOCK, FAILED, QUEUED, REJECTED
from chainbreak.act.orders.guards.ask import object_kind
from chainbreak.act.orders.model import ISSUED
from chainbreak.audit import log
from chainbreak.base.clock import rfc3339
from chainbreak.base.log import get_log
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_delivery import outbox, partner, receipt
from chainbreak.store.desk.tables_orders import order_file

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.base.clock import Clock
    from chainbreak.store.desk import Desk

FORMAT = "lookup"
Seen = tuple[int, int]
"""The time of the last change of an order, and the number of the last step of a message, that were taken over."""
_log = get_log("lookup")


@dataclass
class Keys:
    """What following needs of a centre's keys.

    `epochs`: which token keys are in force, read anew · `reader`: what reads questions under them · `currents`: tokens
    of a kind -> the tokens that stand for the same values today.
    """

    epochs: Callable[[], tuple[int, ...]]
    reader: Callable[[], Reader]
    currents: Callable[[Identifier, set[int]], dict[int, int]]


@dataclass
class Follower:
    """One process's view of the desk. `share`: how many processes answer, each with its part of a quota."""

    desk: Desk
    clock: Clock
    keys: Keys
    ranks: Mapping[tuple[str, str], int]
    share: int = 1
    snapshot: Snapshot = field(init=False)
    callers: dict[bytes, Caller] = field(init=False, default_factory=dict)
    """Digest of a token -> who has it."""
    _epochs: tuple[int, ...] = ()
    _partners: list[Any] = field(default_factory=list)
    _seen: Seen = (0, 0)

    def __post_init__(self) -> None:
        self.snapshot = Snapshot(self.keys.reader())

    def refresh(self) -> None:
        """Take over what has changed since the last time; the snapshot is only as old as the last time this worked.

        Raises:
            SetupError: the desk cannot be read, or a key is missing.
        """
        now, epochs = self.clock.now_us(), self.keys.epochs()
        with self.desk.read() as conn:
            partners = _partners(conn)
            ids = {row.partner_id for row in partners}
            anew = epochs != self._epochs or ids != {row.partner_id for row in self._partners}
            floor, seen = log.highest_time_us(conn), _last_of(conn)
            changed = None if anew else _changed(conn, self._seen)
            listed = _standing(conn, ids, changed, max(now, floor))
        snapshot = Snapshot(self.keys.reader()) if anew else self.snapshot
        self._take_over(snapshot, changed or set(), listed)
        if anew:
            # What was just built stays: the collector need not walk through it again and again.
            gc.collect()
            gc.freeze()
        snapshot.read_at(now, floor)
        self.snapshot, self._epochs, self._seen = snapshot, epochs, seen
        if partners != self._partners:
            self._partners, self.callers = partners, self._callers(partners)

    def _take_over(self, snapshot: Snapshot, changed: set[str], rows: Iterable[Any]) -> None:
        by_order: dict[str, list[Any]] = {}
        for row in rows:
            by_order.setdefault(row.order_id, []).append(row)
        keys = self._keys_of({row[0].object for row in by_order.values()})
        for order_id in {*changed, *by_order}:
            told = by_order.get(order_id, [])
            slots = [
                Slot(row.target, OBJECTS[object_kind(row.object)], key) for row in told for key in keys[row.object]
            ]
            snapshot.change(order_id, self._listing(told[0]) if slots else None, slots)

    def _listing(self, row: Any) -> Listing:
        return Listing(
            row.order_id, self.ranks.get((row.kind, row.rung), -1), row.starts_at_us, row.ends_at_us,
            rfc3339(row.ends_at_us), f"{row.kind}.{row.rung}",
        )  # fmt: skip

    def _keys_of(self, objects: Iterable[str]) -> dict[str, tuple[Key, ...]]:
        """Object of an order -> every key it is found under: its own token, and today's while they differ."""
        keys: dict[str, tuple[Key, ...]] = {}
        tokens: dict[Identifier, dict[str, int]] = {}
        for written in objects:
            kind = object_kind(written)
            if kind == "domain":
                keys[written] = (written,)
            elif kind in OBJECTS:
                tokens.setdefault(Identifier(kind), {})[written] = read_token(written)[1]
            else:
                keys[written] = ()  # nobody can ask for it
        for of, found in tokens.items():
            today = self.keys.currents(of, set(found.values()))
            keys |= {written: tuple({token, today[token]}) for written, token in found.items()}
        return keys

    def _callers(self, partners: Iterable[Any]) -> dict[bytes, Caller]:
        known: list[tuple[str, Settings]] = []
        for row in partners:
            try:
                settings = Settings.model_validate(json.loads(row.settings))
            except (ValidationError, ValueError):
                _log.error("settings_unreadable", partner=row.partner_id)  # it is answered 401 until they are mended
                continue
            # Who was retired asks no more; the centre still looks whether its orders were let go.
            known.append((row.partner_id, settings if row.active else settings.model_copy(update={"tokens": ()})))
        return callers_of(known, self.share)


def _partners(conn: Connection) -> list[Any]:
    p = partner.c
    query = select(p.partner_id, p.settings, p.active).where(p.format == FORMAT).order_by(p.partner_id)
    return list(conn.execute(query))


def _last_of(conn: Connection) -> Seen:
    updated, noted = func.max(order_file.c.updated_at_us), func.max(receipt.c.receipt_id)
    return conn.execute(select(updated)).scalar() or 0, conn.execute(select(noted)).scalar() or 0


def _changed(conn: Connection, seen: Seen) -> set[str]:
    """Orders that changed, or whose messages went a step, since `seen`."""
    o, r = order_file.c, receipt.c
    updated = conn.execute(select(o.order_id).where(o.updated_at_us >= seen[0])).scalars()
    noted = conn.execute(select(r.order_id).where(r.receipt_id > seen[1])).scalars()
    return {*updated, *noted}


def _standing(conn: Connection, targets: Iterable[str], of: Iterable[str] | None, now_us: int) -> list[Any]:
    """Orders that one of `targets` should know of, one row each, as `desired` judges it: the newest message passed on
    says block, and was neither refused nor given up. `of`: only among these orders.
    """
    b, o, newer = outbox.c, order_file.c, outbox.alias().c
    overtaken = exists().where(
        newer.order_id == b.order_id, newer.target == b.target, newer.revision > b.revision, newer.attempts > 0
    )
    query = (
        select(b.target, o.order_id, o.kind, o.rung, o.object, o.starts_at_us, o.ends_at_us)
        .join_from(order_file, outbox, b.order_id == o.order_id)
        .where(
            o.state.in_(sorted(ISSUED)), o.ends_at_us > now_us, b.target.in_(sorted(targets)), b.action == BLOCK,
            b.attempts > 0, b.state.not_in((QUEUED, FAILED)), b.detail != REJECTED, ~overtaken,
        )
    )  # fmt: skip
    if of is None:
        return list(conn.execute(query))
    return [row for some in chunks(of) for row in conn.execute(query.where(o.order_id.in_(some)))]
