"""A small centre with people and findings, whose objects the vault knows, for tests of pages, API and journeys."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa

from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import Clock
from chainbreak.base.settings import Settings
from chainbreak.identity.batch import tokenise
from chainbreak.identity.numbers import Place
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Action, Evidence, Finding, Level, Member, write_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.findings import save_findings

SETUP = Actor("os:test", frozenset({Role.ADMIN}))
PEOPLE = {
    "admin": ("管理员", ["admin"]),
    "chen": ("陈研", ["analyst", "fund_desk"]),
    "lin": ("林审", ["approver"]),
    "he": ("何审", ["approver", "commander"]),
    "zhou": ("周联络", ["liaison"]),
    "wu": ("吴审计", ["auditor"]),
    "both": ("双职", ["analyst", "approver"]),
    "qian": ("钱工", ["engineer"]),
}
HOUR_US = 3_600_000_000
# rule, value, threshold, unit, family, bits
CALLS = (
    ("callees_per_day", 88.0, 30.0, "callee/day", "behaviour", 3.5),
    ("sims_per_imei", 6.0, 2.0, "SIM", "device", 4.0),
)
MONEY = (
    ("pass_through_24h", 0.98, 0.85, "ratio", "money", 2.0),
    ("dwell_median", 12.0, 30.0, "min", "money", 3.0),
)


def make_world(root: Path, clock: Clock | None = None, findings: int = 12) -> Office:
    """A new centre at `root` with `PEOPLE` and `findings` findings about lines and accounts."""
    office = init_centre(root, Settings(name="测试市反诈中心"), clock)
    for name, (display_name, roles) in PEOPLE.items():
        add_person(office, SETUP, name, roles, display_name)
    save(office, make_findings(office, findings))
    return office


def save(office: Office, findings: list[Finding]) -> None:
    with office.desk.begin() as conn:
        save_findings(conn, findings)


def make_findings(office: Office, n: int, seed: int = 1) -> list[Finding]:
    """Alternately a line that calls in bulk and an account that passes money on, most urgent first."""
    draw, now = random.Random(seed), office.clock.now_us()
    lines = _known(office, Identifier.LINE, [f"1380013{i:04d}" for i in range(n)])
    accounts = _known(office, Identifier.ACCOUNT, [f"A-{i:06d}" for i in range(n)])
    found = []
    for i in range(n):
        is_line = i % 2 == 0
        subject = lines[i] if is_line else accounts[i]
        score = round(0.99 - i * 0.4 / max(n, 1), 6)
        evidence = CALLS if is_line else MONEY
        refs = (f"{draw.getrandbits(128):032x}",)
        found.append(
            Finding(
                "goip" if is_line else "mules", "1", "line" if is_line else "account", subject,
                (Member(subject.partition(":")[0], subject, 0.97),), score,
                Level.URGENT if score > 0.9 else Level.HIGH if score > 0.7 else Level.MEDIUM,
                now - 48 * HOUR_US, now - 2 * HOUR_US, tuple(Evidence(*e, refs) for e in evidence),
                (Evidence("tenure_days", 400.0, 30.0, "day", "register", -1.0, refs),),
                Action.BLOCK if is_line else Action.HOLD, f"{i:032x}", {"call": 3, "line": 1},
                {"calls": 900 + i, "callees": 700 + i} if is_line else {"in_fen": 5_000_000 + i, "payers": 11},
            )
        )  # fmt: skip
    return found


def _known(office: Office, kind: Identifier, values: list[str]) -> list[str]:
    batch = tokenise(kind, pa.array(values), office.keys, Place("CN", ""))
    office.vault.add(kind, batch)
    return [write_token(kind, token) for token in batch["token"].to_pylist()]
