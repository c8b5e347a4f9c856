"""After the faults: does every point do what people decided, was every message answered, was nothing sent twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from chainbreak.act.delivery import queue
from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import in_force
from chainbreak.app.send_due import reconcile
from chainbreak.app.verify_log import verify_log
from chainbreak.audit.tables import entries
from chainbreak.bench.faults import observed
from chainbreak.bench.faults.stage import DNS, SIP
from chainbreak.store.desk.tables_delivery import outbox, receipt

if TYPE_CHECKING:
    from chainbreak.act.orders.model import Order
    from chainbreak.bench.faults.flow import Flow
    from chainbreak.bench.faults.stage import Stage


@dataclass
class Check:
    """One question put after the run: of `n` things, how many are not as they should be."""

    what: str
    n: int
    wrong: int


def proxy_is_right(stage: Stage, flow: Flow, numbers: dict[str, Order]) -> bool:
    """Whether the proxy holds what it should: one that forgets is filled again by a comparison, not by a message."""
    wanted = {number: numbers[number].order_id for number in flow.in_force & numbers.keys()}
    return not observed.table_wrong(stage.proxy, wanted)


def judge(stage: Stage, flow: Flow, domains: dict[str, Order], numbers: dict[str, Order]) -> list[Check]:
    """Every check. `domains`, `numbers`: value -> its order, signed or not."""
    barred_names, barred_numbers = flow.in_force & domains.keys(), flow.in_force & numbers.keys()
    of_names = {name: domains[name].order_id for name in barred_names}
    of_numbers = {number: numbers[number].order_id for number in barred_numbers}
    records, marks = observed.zone_wrong(stage.site, barred_names, of_names)
    calls = observed.calls_wrong(stage.proxy, barred_numbers, sorted(numbers))
    rows = observed.table_wrong(stage.proxy, of_numbers)
    checks = [Check("decisions that the desk forgot or made up", *_decisions(stage, flow, domains | numbers))]
    for make in stage.makes:
        wrong = observed.names_wrong(stage.site, make, barred_names, sorted(domains))
        checks.append(Check(f"names asked at {make}", len(domains), len(wrong)))
    checks += [
        Check("records transferred from the primary", 2 * len(barred_names), len(records)),
        Check("marks transferred from the primary, one an order", len(of_names), len(marks)),
        Check("calls from numbers", len(numbers), len(calls)),
        Check("rows of the proxy's table, one an order", len(of_numbers), len(rows)),
    ]  # fmt: skip
    return [*checks, *_drift(stage), *_messages(stage), *_sendings(stage, flow), *_log(stage)]


def _drift(stage: Stage) -> list[Check]:
    """The sender's own comparison must find what was observed from outside."""
    rows = reconcile(stage.office, [DNS, SIP])
    wrong = sum(row["missing"] + row["extra"] + bool(row["error"]) for row in rows)
    return [Check("points that the sender's own comparison finds adrift", len(rows), wrong)]


def _decisions(stage: Stage, flow: Flow, orders: dict[str, Order]) -> tuple[int, int]:
    with stage.office.desk.read() as conn:
        now = ledger.order_now(conn, stage.office.clock.now_us())
        there = {value for value, order in orders.items() if in_force(ledger.read_order(conn, order.order_id), now)}
    return len(flow.signed) + len(flow.released), len(there ^ flow.in_force)


def _messages(stage: Stage) -> list[Check]:
    """Every message has come to an end, and each step of it left its receipt."""
    with stage.office.desk.read() as conn:
        messages = conn.execute(select(outbox)).all()
        told = Counter(
            (row.order_id, row.revision, row.target, row.step)
            for row in conn.execute(select(receipt.c.order_id, receipt.c.revision, receipt.c.target, receipt.c.step))
        )
    ended = {queue.VERIFIED, queue.ACKNOWLEDGED, queue.SUPERSEDED}
    silent = [
        m for m in messages if m.state != queue.SUPERSEDED
        and not (told[m.order_id, m.revision, m.target, queue.SENT] and told[m.order_id, m.revision, m.target, m.state])
    ]  # fmt: skip
    passed = [m for m in messages if told[m.order_id, m.revision, m.target, queue.SENT]]
    twice = [m for m in passed if told[m.order_id, m.revision, m.target, queue.SENT] > 1]
    return [
        Check("messages not brought to an end", len(messages), sum(m.state not in ended for m in messages)),
        Check("messages without their receipts", len(messages), len(silent)),
        Check("messages passed on twice", len(passed), len(twice)),
    ]


def _sendings(stage: Stage, flow: Flow) -> list[Check]:
    """One event `send` an order, revision and target."""
    sent: Counter[tuple[str, int, str]] = Counter()
    with stage.office.desk.read() as conn:
        for order in flow.signed.values():
            for event in ledger.read_events(conn, order.order_id):
                if event.move == "send":
                    sent.update((order.order_id, order.revision, target) for target in event.data["targets"])
    return [Check("events `send` for one order and target", len(sent), sum(n > 1 for n in sent.values()))]


def _log(stage: Stage) -> list[Check]:
    found = verify_log(stage.office)
    return [Check("faults in the log", found["entries"], len(found["faults"]))]


def mended(stage: Stage) -> int:
    """How often the sender's own comparison found and mended something."""
    with stage.office.desk.read() as conn:
        leaves = select(func.count()).where(entries.c.action == "delivery.mend")
        return int(conn.execute(leaves).scalar_one())
