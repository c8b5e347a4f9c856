"""A centre in a temporary folder, its sender a process of its own, and orders timed from signature to effect.

The clock of a block starts when the signature is kept on the desk, that of a withdrawal when the release is; it ends
when a client of the enforcement point first sees the effect. Clocks of one machine, wall time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import queue
from chainbreak.act.orders import drafting, ledger
from chainbreak.act.orders.drafting import Wish
from chainbreak.app.add_person import add_person
from chainbreak.app.approve_order import approve_order
from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.draft_order import begin_in
from chainbreak.app.init_centre import init_centre
from chainbreak.app.order_ask import ask_for, rules_of
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.release_order import release_order
from chainbreak.base.settings import Settings
from chainbreak.identity.tokens import token_of
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Action, Evidence, Finding, Level, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.act.orders.model import Order
    from chainbreak.app.bootstrap import Office

ADMIN = Actor("os:bench", frozenset({Role.ADMIN, Role.LIAISON}))
DRAFTER = Actor("li", frozenset({Role.ANALYST, Role.FUND_DESK}))
SIGNER = Actor("wang", frozenset({Role.APPROVER}))
KIND_OF = {"domain": "domain.sinkhole", "line": "number.block", "account": "funds.hold"}
AT_ONCE = 200
"""Orders drawn up in one transaction; only those who prepare do that."""
GIVE_UP_S = 30.0
Probe = Callable[[str], bool]
"""value -> whether a client meets the block now."""


@dataclass(frozen=True)
class Stack:
    """A running enforcement point: how a partner is set up for it, and how a client asks it."""

    format: str
    address: str
    settings: Mapping[str, Any]
    probes: Mapping[str, Probe]
    """Name of the point a client asks (a resolver, a proxy) -> how."""
    secrets: Mapping[str, bytes] = field(default_factory=dict)


@dataclass
class Trial:
    """One centre with one partner."""

    office: Office
    kind: str
    """Of the objects: domain, line or account."""
    rung: str | None = None

    def prepare(self, values: Sequence[str]) -> list[Order]:
        """Orders about these values, handed in and waiting for a signature."""
        orders = []
        for at in range(0, len(values), AT_ONCE):
            some = values[at : at + AT_ONCE]
            self._known(some)
            with self.office.desk.begin() as conn:
                orders += [self._submitted(conn, value) for value in some]
        return orders

    def sign(self, order: Order) -> None:
        """Sign an order: from here on its clock runs."""
        approve_order(self.office, SIGNER, order.order_id, order.digest)

    def sign_many(self, orders: Sequence[Order]) -> None:
        """Sign many in a few transactions, faster than people could."""
        rules = rules_of(self.office)
        for at in range(0, len(orders), AT_ONCE):
            with self.office.desk.begin() as conn:
                for order in orders[at : at + AT_ONCE]:
                    ask = ask_for(self.office, conn, SIGNER, order, digest=order.digest, check_lists=True)
                    ledger.make(conn, "approve", order.order_id, order, ask, rules)

    def queued(self) -> int:
        """Messages that nobody has passed on yet."""
        with self.office.desk.read() as conn:
            return len(queue.waiting(conn, states=(queue.QUEUED,)))

    def release(self, order: Order) -> None:
        """Release an order."""
        release_order(self.office, SIGNER, order.order_id, "wrong_object")

    def _known(self, values: Sequence[str]) -> None:
        if self.kind != "domain":
            self.office.vault.add_values(Identifier(self.kind), list(values))

    def _submitted(self, conn: Any, value: str) -> Order:
        now = ledger.order_now(conn, self.office.clock.now_us())
        written = value
        if self.kind != "domain":
            written = write_token(
                Identifier(self.kind), token_of(self.office.keys.token_key(Identifier(self.kind)), value)
            )
        facts = (Evidence("rule", 50.0, 40.0, "1/day", "behaviour", 3.0, ()),)
        found = Finding("bench", "1", self.kind, written, (), 0.9, Level.HIGH, now, now, facts, (), Action.BLOCK, "h",
                        {"call": 1}, {"in_fen": 1_000_000})  # fmt: skip
        wish = Wish("B-1", "measure", KIND_OF[self.kind], self.rung, ladder_reason="a milder step failed")
        rules = rules_of(self.office)
        source = drafting.source_of(found, found.as_bytes())
        order = begin_in(conn, self.office, DRAFTER, source, wish, "draft", rules, now)
        ask = ask_for(self.office, conn, DRAFTER, order, check_lists=True)
        return ledger.make(conn, "submit", order.order_id, order, ask, rules)


@contextmanager
def centre(folder: Path, stack: Stack, kind: str, *, rung: str | None = None, desk_url: str = "") -> Iterator[Trial]:
    """A new centre in `folder` with the one partner of `stack`, its sender running as a process of its own."""
    settings = Settings(name="bench", desk_url=desk_url) if desk_url else Settings(name="bench")
    office = init_centre(folder / "centre", settings)
    for name, roles in (("bench", ["admin"]), ("li", ["analyst"]), ("wang", ["approver"])):
        add_person(office, ADMIN, name, roles, name)
    for partner_id in ("dns", "carriers", "banks"):
        change_partner(office, ADMIN, partner_id, active=False)
    add_partner(office, ADMIN, "point", stack.format, [KIND_OF[kind]], address=stack.address, settings=stack.settings)
    for name, value in stack.secrets.items():
        set_secret(office, ADMIN, "point", name, value)
    with sender(office):
        yield Trial(office, kind, rung)
    office.desk.close()


@contextmanager
def sender(office: Office) -> Iterator[subprocess.Popen[bytes]]:
    """`chainbreak outbox run` for this centre, ended with the block."""
    command = [sys.executable, "-m", "chainbreak", "outbox", "run", "--centre", str(office.centre.root)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait()


def until(probe: Probe, value: str, wanted: bool, since: float) -> float | None:
    """Seconds from `since` until the probe says `wanted`; None when it never did."""
    while time.monotonic() - since < GIVE_UP_S:
        if probe(value) == wanted:
            return time.monotonic() - since
        time.sleep(0.001)
    return None


def both_ways(trial: Trial, stack: Stack, values: Sequence[str]) -> dict[str, list[float | None]]:
    """Each order signed and seen in effect, then released and seen gone, one after another.

    `block NAME`, `withdraw NAME` for each probe: seconds, None where it was never seen.
    """
    took: dict[str, list[float | None]] = {}
    for order, value in zip(trial.prepare(values), values, strict=True):
        for word, act, wanted in (("block", trial.sign, True), ("withdraw", trial.release, False)):
            act(order)
            since = time.monotonic()
            for name, probe in stack.probes.items():
                took.setdefault(f"{word} {name}", []).append(until(probe, value, wanted, since))
    return took


def withdrawn(
    trial: Trial, stack: Stack, orders: Sequence[Order], values: Sequence[str]
) -> dict[str, list[float | None]]:
    """Orders in effect released one after another, each seen gone; as `both_ways`."""
    took: dict[str, list[float | None]] = {}
    for order, value in zip(orders, values, strict=True):
        trial.release(order)
        since = time.monotonic()
        for name, probe in stack.probes.items():
            took.setdefault(f"withdraw {name}", []).append(until(probe, value, False, since))
    return took
