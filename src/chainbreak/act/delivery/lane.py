"""One partner's lane: reads what the desk wants now, carries it, looks whether it is so. It writes nothing to the desk.

What is carried is never the message but the present state of its value, read under the partner's lock: repeats, old
revisions and messages out of order change nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from chainbreak.act.delivery import desired
from chainbreak.act.delivery.claim import Result
from chainbreak.act.delivery.entry import Entry, Mark, entry_of
from chainbreak.act.delivery.point import Answer, Parcel, PointDownError, Setup
from chainbreak.act.delivery.points import open_point
from chainbreak.act.delivery.queue import AGAIN, FAILED, REJECTED
from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards import object_kind
from chainbreak.act.orders.model import Order, State
from chainbreak.audit import log
from chainbreak.base.clock import US_PER_S, rfc3339
from chainbreak.base.errors import ChainbreakError, SetupError
from chainbreak.identity.numbers import as_given
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.tables_delivery import partner

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.delivery.means import Means
    from chainbreak.act.delivery.point import Point

LOOKS_S = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.2, 0.25, 0.25)
"""Waits between looks before a message is given back as not seen: together one second, dense at the start."""


@dataclass(frozen=True)
class Carried:
    """A message that was carried, what of it the point holds, and what the point said."""

    message: Any
    parcel: Parcel
    answer: Answer

    def seen(self, seen: bool | None) -> Result:
        """The result, once looked at."""
        return Result(self.message, self.answer, seen)


@dataclass
class Lane:
    """One partner. Used by one thread at a time."""

    means: Means
    partner_id: str

    def __post_init__(self) -> None:
        self._point: Point | None = None
        self._row: Any = None

    def carry(self, messages: Sequence[Any]) -> list[Carried]:
        """Bring what the desk wants now to the point.

        Raises:
            PointDownError: the point was not reached; some may have arrived, all are carried again.
            ChainbreakError: a secret, an optional part or an identifier is missing.
        """
        with self.means.alone_at(self.partner_id):
            self._follow()
            parcels = self._parcels(messages)
            point = self.point()
            # What was handed over and waits for the partner's own answer is not said again.
            fresh = [p for m, p in zip(messages, parcels, strict=True) if m.sent_at_us is None]
            said = iter(point.carry(fresh) if fresh else [])
        answers = [next(said) if m.sent_at_us is None else Answer("") for m in messages]
        return [Carried(m, p, a) for m, p, a in zip(messages, parcels, answers, strict=True)]

    def look(self, carried: Sequence[Carried]) -> list[bool | None]:
        """Whether what was carried is in effect; None: it cannot be seen, or nothing is there to be seen.

        Raises:
            PointDownError: the probe was not answered.
        """
        shown = [c for c in carried if c.answer.outcome not in (REJECTED, FAILED, AGAIN)]
        seen = iter(self.point().look([c.parcel for c in shown]) if shown else [])
        return [next(seen) if c in shown else None for c in carried]

    def run(self, messages: Sequence[Any]) -> list[Result]:
        """Carry and look until all is seen or a second has passed; one result a message, whatever happens."""
        try:
            open_ = self.carry(messages)
            done: list[Result] = []
            for wait_s in (0.0, *LOOKS_S):
                time.sleep(wait_s)
                seen = self.look(open_)
                done += [c.seen(s) for c, s in zip(open_, seen, strict=True) if s is not False]
                open_ = [c for c, s in zip(open_, seen, strict=True) if s is False]
                if not open_:
                    break
            return done + [c.seen(False) for c in open_]
        except (PointDownError, ChainbreakError) as e:
            return self.not_reached(messages, e)

    def not_reached(self, messages: Sequence[Any], error: Exception) -> list[Result]:
        """The results of messages that came to nothing; the connection is opened anew next time."""
        self.close()
        why = f"{error.code} {error.what}" if isinstance(error, ChainbreakError) else str(error)
        return [Result(m, None, why=why) for m in messages]

    def compare(self) -> dict[str, Any]:
        """Compare what the point really holds with the desk and mend the difference, both ways.

        Returns partner, missing (put back), extra (taken away), mended.

        Raises:
            PointDownError: it does not say what it holds, or cannot be mended.
        """
        point = self.point()
        held = set(point.held())
        with self.means.desk.read() as conn:
            missing, extra = self._difference(conn, held)
        if missing or extra:
            with self.means.alone_at(self.partner_id):
                with self.means.desk.read() as conn:
                    # Between the two readings orders come and go; only what differs still is mended.
                    again, over = self._difference(conn, held)
                    extra &= over
                    # What another order holds of these values since then is put with it, never freed.
                    freed = {mark.value for mark in extra}
                    put = sorted(mark for mark in again if mark in missing or mark.value in freed)
                    entries = self._entries(conn, put)
                if entries or extra:
                    point.mend(entries, sorted(extra))
                missing &= again
        self._note(len(missing), len(extra))
        return {"partner": self.partner_id, "missing": len(missing), "extra": len(extra),
                "mended": bool(missing or extra)}  # fmt: skip

    def _difference(self, conn: Connection, held: set[Mark]) -> tuple[set[Mark], set[Mark]]:
        now = ledger.order_now(conn, self.means.clock.now_us())
        wanted = {e.mark for e in self._strongest(desired.orders(conn, self.partner_id, now))}
        return wanted - held, held - wanted

    def _entries(self, conn: Connection, marks: Sequence[Mark]) -> list[Entry]:
        orders = [ledger.read_order(conn, mark.order_id) for mark in marks]
        return [entry_of(order, mark.value) for order, mark in zip(orders, marks, strict=True)]

    def _note(self, missing: int, extra: int) -> None:
        said = {"missing": missing, "extra": extra}
        with self.means.desk.begin() as conn:
            now = ledger.order_now(conn, self.means.clock.now_us())
            conn.execute(update(partner).where(partner.c.partner_id == self.partner_id).values(
                compared_at_us=now, **said
            ))  # fmt: skip
            if missing or extra:
                log.append(conn, log.Entry.by(SERVICE, now, "delivery.mend", f"partner:{self.partner_id}",
                                              purpose="delivery", payload=said))  # fmt: skip

    def _parcels(self, messages: Sequence[Any]) -> list[Parcel]:
        with self.means.desk.read() as conn:
            now = ledger.order_now(conn, self.means.clock.now_us())
            orders = [ledger.read_order(conn, m.order_id) for m in messages]
            standing = self._standing(conn, {o.content.object for o in orders}, now)
        values = self.means.reveal_all([o.content for o in orders])
        rules = self.means.rules()
        parcels = []
        for message, order, value in zip(messages, orders, values, strict=True):
            about = standing.get(order.content.object, [])
            strongest = desired.strongest(about, rules)
            own = next((o for o in about if o.order_id == order.order_id), None)
            parcels.append(Parcel(
                order, message.revision, message.action, self.partner_id, as_given(value),
                entry_of(strongest, value) if strongest else None, entry_of(own, value) if own else None,
            ))  # fmt: skip
        return parcels

    def _standing(self, conn: Connection, objects: set[str], now: int) -> dict[str, list[Order]]:
        found: dict[str, list[Order]] = {}
        for kind in {object_kind(about) for about in objects}:
            forms = self.means.forms(conn, kind, sorted(o for o in objects if object_kind(o) == kind))
            for order in desired.orders(conn, self.partner_id, now, forms):
                found.setdefault(forms[order.content.object], []).append(order)
        return found

    def _strongest(self, orders: Sequence[Order]) -> list[Entry]:
        """One entry a value for points that hold values; every order for those that keep orders apart."""
        values = self.means.reveal_all([o.content for o in orders])
        if getattr(self.point(), "keeps_orders_apart", False):
            return [entry_of(order, value) for order, value in zip(orders, values, strict=True)]
        by_value: dict[str, list[Order]] = {}
        for order, value in zip(orders, values, strict=True):
            by_value.setdefault(value, []).append(order)
        rules = self.means.rules()
        chosen = ((value, desired.strongest(about, rules)) for value, about in by_value.items())
        return [entry_of(order, value) for value, order in chosen if order is not None]

    def point(self) -> Point:
        """The partner's enforcement point, opened when first asked for.

        Raises:
            ChainbreakError: a secret, an optional part or a setting is missing or wrong.
        """
        if self._point is None:
            self._row = self._settings()
            self._point = open_point(self._row.format, self._setup(self._row))
        return self._point

    def _follow(self) -> None:
        """Let go of a point that was opened with other settings than the partner's are now."""
        if self._point is not None and self._settings() != self._row:
            self.close()

    def _settings(self) -> Any:
        p = partner.c
        with self.means.desk.read() as conn:
            return conn.execute(select(p.format, p.address, p.settings).where(p.partner_id == self.partner_id)).one()

    def close(self) -> None:
        """Give back the connection; the next use opens it again, with the settings as they are then."""
        point, self._point = self._point, None
        if point is not None:
            with suppress(Exception):  # a connection that cannot even be closed is given up
                point.close()

    def _setup(self, row: Any) -> Setup:
        return Setup(
            self.partner_id, row.format, row.address, json.loads(row.settings), self._secret,
            self.means.out / self.partner_id, self.means.signer, self.means.rules().delivery, self.wanted,
            self._wrong, self._next_serial, self.means.clock,
        )  # fmt: skip

    def _secret(self, name: str) -> str:
        path = self.means.secrets / self.partner_id / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError:
            raise SetupError(
                "CB-DL-021", "a secret of this partner is not there", given=f"{self.partner_id} {name}",
                next_step=f"chainbreak partner secret {self.partner_id} {name} --from FILE",
            ) from None  # fmt: skip

    def wanted(self) -> list[Entry]:
        """Everything the point should hold now, in clear."""
        with self.means.desk.read() as conn:
            now = ledger.order_now(conn, self.means.clock.now_us())
            return self._strongest(desired.orders(conn, self.partner_id, now))

    def _wrong(self) -> list[tuple[str, str, str]]:
        with self.means.desk.read() as conn:
            annulled = [o for _, o in ledger.list_orders(conn, [State.ANNULLED], None) if self.partner_id in o.sent_to]
        values = self.means.reveal_all([o.content for o in annulled])
        return sorted(
            (as_given(v), o.order_id, rfc3339(o.ended_at_us or 0)) for o, v in zip(annulled, values, strict=True)
        )

    def _next_serial(self, said: dict[str, Any]) -> int:
        with self.means.desk.begin() as conn:
            now = ledger.order_now(conn, self.means.clock.now_us())
            last = conn.execute(select(partner.c.serial).where(partner.c.partner_id == self.partner_id)).scalar_one()
            serial = max(int(last) + 1, now // US_PER_S)
            conn.execute(update(partner).where(partner.c.partner_id == self.partner_id).values(serial=serial))
            log.append(conn, log.Entry.by(SERVICE, now, "delivery.write", f"partner:{self.partner_id}",
                                          purpose="delivery", payload={**said, "serial": serial}))  # fmt: skip
        return serial


@contextmanager
def opened(means: Means, partner_id: str) -> Iterator[Lane]:
    """A lane that is closed again."""
    lane = Lane(means, partner_id)
    try:
        yield lane
    finally:
        lane.close()
