"""The sender: passes on what was approved, takes back what is over, and looks whether it happened.

Three steps, each of which may be the last before a crash:

1. *claim*, one transaction: every due message is checked (signatures, digest, end, exclusions) and marked sent;
2. *write*: each touched partner's files are rebuilt from what is in force now, so doing it twice changes nothing;
3. *probe*, one transaction: the files are read back as the partner would, and what is seen settles the messages.

A message stays `sent` until its probe, so a sender that died between two steps finds it again. The sender can neither
approve nor extend nor widen: its role bars those moves, and every content it writes is under an approved digest.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from chainbreak.act.delivery import queue
from chainbreak.act.delivery.entry import Entry, entry_of
from chainbreak.act.delivery.shelf import Desired, Shelf, render
from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import ends_at_us, in_force
from chainbreak.act.orders.model import Content, Order, State
from chainbreak.audit import log
from chainbreak.base.clock import US_PER_HOUR, US_PER_S, rfc3339
from chainbreak.base.errors import ChainbreakError, InputError, RefusedError, UsageError
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.tables_delivery import partner

if TYPE_CHECKING:
    from chainbreak.act.delivery.signing import Signer
    from chainbreak.act.orders.guards import Ask
    from chainbreak.act.orders.rules import Rules
    from chainbreak.base.clock import Clock
    from chainbreak.store.desk import Desk

Reveal = Callable[[Connection, Content, int], str]
"""(connection, content, now) -> the object in clear, with a leaf `vault.read` of purpose `delivery`."""
RevealAll = Callable[[Sequence[Content]], list[str]]
"""Objects of orders already delivered, in clear, to rebuild a file: the whole file is one leaf, `delivery.write`."""


@dataclass
class Sender:
    """What sending needs. `ask` gathers the facts guards need; `reveal` opens the vault and logs that it did."""

    desk: Desk
    clock: Clock
    out: Path
    signer: Signer
    rules: Rules
    ask: Callable[[Connection, Order, dict[str, Any]], Ask]
    reveal: Reveal
    reveal_all: RevealAll
    after_write: Callable[[], None] = field(default=lambda: None)
    """Called between writing and probing: tests stop the process there."""

    def send_due(self) -> dict[str, int]:
        """Send what is due; returns counts: sent, verified, failed, waiting (for a partner's own answer)."""
        touched, failed = self._claim()
        for target in sorted(touched):
            self._write(target)
        self.after_write()
        return {**self._probe(), "failed": failed}

    def reconcile(self, targets: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Compare every partner's files with what is in force and mend the difference, both ways.

        Rows (partner, missing, extra, mended): lines that were not there, lines that had no right to be.
        """
        with self.desk.read() as conn:
            known = [row.partner_id for row in conn.execute(select(partner).order_by(partner.c.partner_id))]
        return [self._write(target) for target in known if targets is None or target in set(targets)]

    def _claim(self) -> tuple[set[str], int]:
        touched: set[str] = set()
        failed = 0
        with self.desk.begin() as conn:
            now = ledger.order_now(conn, self.clock.now_us())
            due = queue.waiting(conn, now)
            for order_id, group in itertools.groupby(
                sorted(due, key=lambda m: (m.urgency, m.order_id, m.revision)), key=lambda m: m.order_id
            ):
                messages = list(group)
                try:
                    self._claim_order(conn, ledger.read_order(conn, order_id), messages, now)
                    touched |= {m.target for m in messages}
                except (RefusedError, InputError, UsageError) as e:
                    failed += len(messages)
                    self._fail(conn, messages, e, now)
        return touched, failed

    def _claim_order(self, conn: Connection, order: Order, messages: list[Any], now: int) -> None:
        fresh = [m for m in messages if m.state == queue.QUEUED]
        blocks = [m for m in fresh if m.action == queue.BLOCK]
        if blocks:
            self._try_entry(conn, order, blocks, now)
            move = "send_emergency" if order.state is State.EMERGENCY else "send"
            ask = self.ask(conn, order, {"targets": [m.target for m in blocks]})
            ledger.make(conn, move, order.order_id, order, ask, self.rules)
        for message in fresh:
            queue.settle(conn, message, queue.SENT, now)

    def _try_entry(self, conn: Connection, order: Order, blocks: list[Any], now: int) -> None:
        # One line that cannot be written must stop itself, not the whole file of a partner.
        formats = _formats(conn)
        value = self.reveal(conn, order.content, now)
        for message in blocks:
            render(formats[message.target], [entry_of(order, value)], 0, self.rules.delivery)

    def _fail(self, conn: Connection, messages: list[Any], error: ChainbreakError, now: int) -> None:
        for message in messages:
            queue.settle(conn, message, queue.FAILED, now, code=error.code, meaning=error.what)
        due = now + self.rules.clocks.answer_h * US_PER_HOUR
        ledger.open_task(conn, "not_sent", messages[0].order_id, f"{error.code} {error.what}", now, due)

    def _shelf(self, target: str, format_: str) -> Shelf:
        return Shelf(self.out / target, format_, self.rules.delivery, self.signer)

    def _write(self, target: str) -> dict[str, Any]:
        with self.desk.read() as conn:
            row = conn.execute(select(partner).where(partner.c.partner_id == target)).one()
        shelf = self._shelf(target, row.format)
        with shelf.alone():
            with self.desk.begin() as conn:
                now = ledger.order_now(conn, self.clock.now_us())
                desired = self._desired(conn, target, now)
                before = shelf.holds()
                drift = {"missing": len(desired.marks - before), "extra": len(before - desired.marks)}
                if shelf.is_current(desired):
                    return {"partner": target, "missing": 0, "extra": 0, "mended": False}
                serial = max(row.serial + 1, now // US_PER_S)
                conn.execute(update(partner).where(partner.c.partner_id == target).values(serial=serial))
                log.append(conn, log.Entry.by(
                    SERVICE, now, "delivery.write", f"partner:{target}", purpose="delivery",
                    payload={**drift, "entries": len(desired.entries), "serial": serial},
                ))  # fmt: skip
            # A file that cannot be written leaves its messages `sent`; the probe will see and postpone them.
            try:
                shelf.write(desired, serial, rfc3339(now))
            except OSError:
                return {"partner": target, **drift, "mended": False}
        return {"partner": target, **drift, "mended": True}

    def _desired(self, conn: Connection, target: str, now: int) -> Desired:
        sent = (o for o in ledger.issued_orders(conn) if target in o.sent_to and target in o.content.partners)
        entries = self._entries([order for order in sent if in_force(order, now)])
        annulled = [order for _, order in ledger.list_orders(conn, [State.ANNULLED], None)]
        wrong = self._entries([order for order in annulled if target in order.sent_to])
        ended = {order.order_id: rfc3339(order.ended_at_us or now) for order in annulled}
        return Desired(entries, tuple((e.value, e.order_id, ended[e.order_id]) for e in wrong))

    def _entries(self, orders: Sequence[Order]) -> tuple[Entry, ...]:
        values = self.reveal_all([order.content for order in orders])
        entries = (entry_of(order, value) for order, value in zip(orders, values, strict=True))
        return tuple(sorted(entries, key=lambda e: e.sort_key))

    def _probe(self) -> dict[str, int]:
        counts = {"sent": 0, "verified": 0, "waiting": 0}
        with self.desk.begin() as conn:
            now = ledger.order_now(conn, self.clock.now_us())
            formats = _formats(conn)
            seen: dict[str, tuple[dict[str, str], frozenset[str]]] = {}
            for message in [m for m in queue.waiting(conn) if m.state == queue.SENT]:
                counts["sent"] += 1
                if message.target not in seen:
                    shelf = self._shelf(message.target, formats[message.target])
                    seen[message.target] = ({m.order_id: m.valid_until for m in shelf.holds()}, shelf.corrects())
                counts[self._judge(conn, message, *seen[message.target], now)] += 1
        return counts

    def _judge(self, conn: Connection, message: Any, held: dict[str, str], corrected: frozenset[str], now: int) -> str:
        order_id = message.order_id
        order = ledger.read_order(conn, order_id)
        wanted = message.action == queue.BLOCK and in_force(order, now)
        if held.get(order_id) != (rfc3339(ends_at_us(order)) if wanted else None):
            queue.postpone(conn, message, now, "the file does not show it yet")
            return "waiting"
        if message.action == queue.CORRECT:
            # The file says it; that the partner has followed it in its own copies, only the partner can say.
            why = "listed; the partner's own answer is awaited" if order_id in corrected else "not listed yet"
            queue.postpone(conn, message, now, why)
            return "waiting"
        if message.action == queue.BLOCK and wanted:
            queue.settle(conn, message, queue.ACKNOWLEDGED, now, outcome="full", meaning="read back from the file")
            ask = self.ask(conn, order, {"target": message.target, "outcome": "full", "probe": True})
            ledger.make(conn, "answer", order_id, order, ask, self.rules)
        queue.settle(conn, message, queue.VERIFIED, now, outcome="full")
        return "verified"


def _formats(conn: Connection) -> dict[str, str]:
    rows = conn.execute(select(partner.c.partner_id, partner.c.format))
    return {row.partner_id: row.format for row in rows}
