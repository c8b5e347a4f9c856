"""A small centre in which people are in contact with fraud: every sort of contact, by records brought in as files.

`bring` ingests rows of canonical columns; `confirm` has a finding about things, judged as fraud.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from desk_world import SETUP, save

from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.give_verdict import give_verdict
from chainbreak.app.ingest_file import ingest_files
from chainbreak.base.clock import US_PER_MIN
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_of
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Action, Evidence, Finding, Level, Member, write_token
from chainbreak.records.kind import Identifier

NOW_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
QIAN = Actor("qian", frozenset({Role.ENGINEER}))
CHEN = Actor("chen", frozenset({Role.ANALYST}))
GU = Actor("gu", frozenset({Role.HOTLINE}))
FRAUD, OTHER_FRAUD, VICTIM, SECOND, BYSTANDER = (f"1390000000{n}" for n in range(1, 6))
CARD, SITE = "460001234567890", "rebate-bonus.top"
MULE, SUSPECT, OWN, NO_HOLDER, UNHELD = (f"62220212345678{n:02d}0" for n in range(1, 6))
LINES = [
    {"msisdn": VICTIM, "imsi": "460000000000003", "holder": "张三", "activated_at_us": NOW_US // 2},
    {"msisdn": SECOND, "imsi": "460000000000004", "holder": "张三", "activated_at_us": NOW_US // 4},
]
ACCOUNTS = [
    {"account": MULE, "bank": "云川银行", "holder": "王五"}, {"account": SUSPECT, "bank": "云川银行", "holder": "赵六"},
    {"account": OWN, "bank": "云川银行", "holder": "张三"}, {"account": NO_HOLDER, "bank": "云川银行"},
]  # fmt: skip


def ago(minutes: float) -> int:
    """So many minutes before the world's noon, µs UTC."""
    return NOW_US - round(minutes * US_PER_MIN)


def leg(minutes: float, line: str, peer: str, kind: str, seconds: int = 60, cell: str = "c1") -> dict[str, Any]:
    """One answered leg of so many minutes ago."""
    return {"at_us": ago(minutes), "duration_s": seconds, "kind": kind, "msisdn": line, "peer": peer, "cell_id": cell,
            "answered": "true"}  # fmt: skip


def bring(office: Office, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Ingest rows, all of which must be good."""
    import json

    folder = office.centre.root.parent / "files"
    folder.mkdir(exist_ok=True)
    path = folder / f"{kind}-{len(list(folder.iterdir()))}.ndjson"
    path.write_text("".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    for run in ingest_files(office, QIAN, kind, [path]):
        assert run.error == "", run
        assert run.quarantined == 0, run


def token(office: Office, kind: Identifier, raw: str) -> str:
    """The written token of a raw identifier."""
    value = normalise(kind, raw, Place("CN", "")).value
    return write_token(kind, token_of(office.keys.token_key(kind), value))


def line(office: Office, raw: str) -> str:
    """The written token of a number."""
    return token(office, Identifier.LINE, raw)


def found(office: Office, subject: str, members: Mapping[str, float] | None = None, at_us: int = 0) -> Finding:
    """A finding about a written token, or a domain, with members and their probabilities."""
    kind = subject.partition(":")[0] if ":" in subject else "domain"
    named = {subject: 1.0} if members is None else members
    return Finding(
        "goip", "1", kind, subject, tuple(Member(n.partition(":")[0], n, p) for n, p in named.items()), 0.93,
        Level.HIGH, ago(600), at_us or ago(300), (Evidence("calls", 9.0, 3.0, "call", "behaviour", 3.0, ()),), (),
        Action.BLOCK, "0" * 32, {"call": 1},
    )  # fmt: skip


def confirm(office: Office, finding: Finding) -> str:
    """Save the finding and have it confirmed; its id."""
    save(office, [finding])
    give_verdict(office, CHEN, finding.finding_id, "confirmed")
    return finding.finding_id


def people(office: Office) -> None:
    """Who works here."""
    for name, role in (
        ("admin", "admin"),
        ("qian", "engineer"),
        ("chen", "analyst"),
        ("gu", "hotline"),
        ("wu", "auditor"),
    ):
        add_person(office, SETUP, name, [role], name)


def events_in(office: Office) -> list[dict[str, Any]]:
    """Every event on the desk, by time."""
    import json

    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import contact_event as e

    with office.desk.read() as conn:
        rows = conn.execute(select(e).order_by(e.c.at_us, e.c.kind, e.c.event_id)).mappings()
        return [dict(row) | {"facts": json.loads(row["facts"])} for row in rows]
