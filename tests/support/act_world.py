"""A centre and shortcuts through it, for tests of orders and of what carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.model import Order
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.draft_order import draft_order
from chainbreak.app.send_due import send_due
from chainbreak.app.submit_order import submit_order
from chainbreak.base.clock import FixedClock
from chainbreak.identity.tokens import token_of
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Action, Evidence, Finding, Level, write_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.findings import save_findings

T0 = 1_795_132_800_000_000


@dataclass
class World:
    """A centre and shortcuts through it. People: li drafts, wang and zhao sign, chen decides, sun is the liaison."""

    office: Office
    clock: FixedClock
    li = Actor("li", frozenset({Role.ANALYST, Role.FUND_DESK}))
    wang = Actor("wang", frozenset({Role.APPROVER}))
    zhao = Actor("zhao", frozenset({Role.APPROVER}))
    chen = Actor("chen", frozenset({Role.COMMANDER}))
    sun = Actor("sun", frozenset({Role.LIAISON}))

    @property
    def out(self) -> Path:
        return self.office.centre.out

    def token(self, kind: Identifier, value: str) -> str:
        """The written token of a value, now in the vault."""
        self.office.vault.add_values(kind, [value])
        return write_token(kind, token_of(self.office.keys.token_key(kind), value))

    def finding(self, subject: str, records: tuple[str, ...] = (), **facts: float | int | str) -> Finding:
        """A saved finding about `subject`, found now, whose reason cites `records`."""
        kind = subject.partition(":")[0] if ":" in subject else "domain"
        evidence = (Evidence("rule", 50.0, 40.0, "1/day", "behaviour", 3.0, records),)
        found = Finding("test", "1", kind, subject, (), 0.9, Level.HIGH, T0, self.clock.now_us(), evidence, (),
                        Action.BLOCK, "h", {"call": 1}, dict(facts))  # fmt: skip
        with self.office.desk.begin() as conn:
            save_findings(conn, [found])
        return found

    def drafted(self, finding: Finding, **said: object) -> Order:
        wish = Wish(**{"case_ref": "A-1", "purpose": "protect", "ladder_reason": "milder failed", **said})  # type: ignore[arg-type]
        return draft_order(self.office, self.li, finding.finding_id, wish)

    def approved(self, finding: Finding, **said: object) -> Order:
        order = submit_order(self.office, self.li, self.drafted(finding, **said).order_id)
        return approve_order(self.office, self.wang, order.order_id, order.digest)

    def sent(self, finding: Finding, **said: object) -> Order:
        order = self.approved(finding, **said)
        send_due(self.office)
        return order

    def line(self, number: str) -> Finding:
        return self.finding(self.token(Identifier.LINE, number))

    def account(self, number: str, fen: int) -> Finding:
        return self.finding(self.token(Identifier.ACCOUNT, number), in_fen=fen)

    def file(self, partner: str, name: str) -> str:
        path = self.out / partner / name
        return path.read_text(encoding="utf-8") if path.exists() else ""
