"""What was erased is in no file of the desk once it has been swept."""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import select

from chainbreak.audit.erase import erase_payloads
from chainbreak.audit.log import Entry, append
from chainbreak.audit.tables import payloads
from chainbreak.store.desk import Desk


def entry(**payload: str) -> Entry:
    return Entry(1, "sun", "auditor", "cli", "vault.reveal", "line:00", "test", "C-1", payload)


def test_an_erased_payload_is_in_no_file_of_a_sqlite_desk(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(sqlite_template.read_bytes())
    desk, word = Desk(f"sqlite:///{tmp_path / 'desk.db'}"), secrets.token_hex(24)
    with desk.begin() as conn:
        receipt = append(conn, entry(seen=word))
    assert word.encode() in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    with desk.begin() as conn:
        erase_payloads(conn, [receipt.sequence], entry())
    desk.sweep(payloads.name)
    assert word.encode() not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    desk.close()


def test_a_sweep_leaves_the_rest_as_it_was(desk: Desk) -> None:
    with desk.begin() as conn:
        kept, gone = append(conn, entry(kept="1")), append(conn, entry(gone="1"))
        erase_payloads(conn, [gone.sequence], entry())
    desk.sweep(payloads.name)
    with desk.read() as conn:
        left = set(conn.execute(select(payloads.c.seq)).scalars())
    assert kept.sequence in left
    assert gone.sequence not in left
