"""Keeps a snapshot abreast of the desk: all of it at the start and after a rotation of keys, then what has changed.

A change of an order commits with its leaf in the log, a step of a message with its receipt; both are numbered
and writers queue, so what carries a number above the last one seen is all that is new, whatever the clocks do. No
identifier is read: an order names a token, and those that a rotation has replaced are followed through the vault.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy import bindparam, exists, func, select

from chainbreak.act.delivery.lookup import Settings
from chainbreak.act.delivery.lookup.callers import Caller, callers_of
from chainbreak.act.delivery.lookup.reading import OBJECTS, Key, Reader, host_key
from chainbreak.act.delivery.lookup.snapshot import Listing, Slot, Snapshot
from chainbreak.act.delivery.queue import BLOCK, FAILED, QUEUED, REJECTED
from chainbreak.act.orders.guards.ask import object_kind
from chainbreak.act.orders.model import ISSUED
from chainbreak.audit.tables import entries, head
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import InputError
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
"""How many leaves the log had, and the number of the last receipt, when the desk was last read."""
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
            partners = list(conn.execute(_PARTNERS))
            ids = {row.partner_id for row in partners}
            leaves, noted, floor = conn.execute(_HEAD).one_or_none() or (0, 0, 0)
            if anew := epochs != self._epochs:
                changed, listed = set[str](), _standing(conn, ids, None, max(now, floor))
            else:
                come = ids - {row.partner_id for row in self._partners}
                sent = {row.order_id for row in _standing(conn, come, None, max(now, floor))} if come else set()
                changed = _changed(conn, self._seen) | sent
                listed = _standing(conn, ids, changed, max(now, floor))
        snapshot = Snapshot(self.keys.reader()) if anew else self.snapshot
        self._take_over(snapshot, changed, listed)
        if anew:
            # What was just built stays: the collector need not walk through it again and again.
            gc.collect()
            gc.freeze()
        snapshot.read_at(now, floor)
        self.snapshot, self._epochs, self._seen = snapshot, epochs, (leaves, noted)
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
                Slot(row.target, OBJECTS[object_kind(row.object)], key)
                for row in told
                for key in keys.get(row.object, ())
            ]
            snapshot.change(order_id, self._listing(told[0]) if slots else None, slots)

    def _listing(self, row: Any) -> Listing:
        return Listing(
            row.order_id, self.ranks.get((row.kind, row.rung), -1), row.starts_at_us, row.ends_at_us,
            rfc3339(row.ends_at_us), f"{row.kind}.{row.rung}",
        )  # fmt: skip

    def _keys_of(self, objects: Iterable[str]) -> dict[str, tuple[Key, ...]]:
        """Object of an order -> every key it is found under: its own token, and today's while they differ.

        What nobody can ask for is left out.
        """
        keys: dict[str, tuple[Key, ...]] = {}
        tokens: dict[Identifier, dict[str, int]] = {}
        for written in objects:
            kind = object_kind(written)
            if kind == "domain":
                with suppress(InputError):  # one that cannot be read must not stop the others
                    keys[written] = (host_key(written),)
            elif kind in OBJECTS:
                tokens.setdefault(Identifier(kind), {})[written] = read_token(written)[1]
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


_p, _o, _b, _r, _newer = partner.c, order_file.c, outbox.c, receipt.c, outbox.alias().c
# Built once: the same few questions are put ten times a second.
_PARTNERS = select(_p.partner_id, _p.settings, _p.active).where(_p.format == FORMAT).order_by(_p.partner_id)
_HEAD = select(head.c.size, func.coalesce(select(func.max(_r.receipt_id)).scalar_subquery(), 0), head.c.highest_us)
_LEAVES = select(entries.c.object).where(entries.c.seq >= bindparam("since"), entries.c.object.like("order:%"))
_STEPS = select(_r.order_id).where(_r.receipt_id > bindparam("since"))
# As `desired` judges it: the newest message passed on says block, and was neither refused nor given up.
_OVERTAKEN = exists().where(
    _newer.order_id == _b.order_id, _newer.target == _b.target, _newer.revision > _b.revision, _newer.attempts > 0
)
_STANDING = (
    select(_b.target, _o.order_id, _o.kind, _o.rung, _o.object, _o.starts_at_us, _o.ends_at_us)
    .join_from(order_file, outbox, _b.order_id == _o.order_id)
    .where(
        _o.state.in_(sorted(ISSUED)), _o.ends_at_us > bindparam("now"), _b.action == BLOCK, _b.attempts > 0,
        _b.state.not_in((QUEUED, FAILED)), _b.detail != REJECTED, ~_OVERTAKEN,
    )
)  # fmt: skip
_STANDING_OF = _STANDING.where(_o.order_id.in_(bindparam("of", expanding=True)))


def _changed(conn: Connection, seen: Seen) -> set[str]:
    """Orders that changed, or whose messages went a step, after `seen`."""
    moved = {written.partition(":")[2] for written in conn.execute(_LEAVES, {"since": seen[0]}).scalars()}
    return moved.union(conn.execute(_STEPS, {"since": seen[1]}).scalars())


def _standing(conn: Connection, targets: set[str], of: Iterable[str] | None, now_us: int) -> list[Any]:
    """Orders that one of `targets` should know of, one row each; `of`: only among these."""
    if of is None:
        query = _STANDING.where(_b.target.in_(sorted(targets)))
        return list(conn.execute(query, {"now": now_us}))
    # Of a few orders every message is looked at: asked for a partner's, SQLite would go through all it was ever sent.
    found = (row for some in chunks(of) for row in conn.execute(_STANDING_OF, {"now": now_us, "of": list(some)}))
    return [row for row in found if row.target in targets]
