"""Erasure: the payload cannot be had again from the database's bytes; every proof and the whole check still hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Connection, create_engine

from chainbreak.audit import checkpoint as cp
from chainbreak.audit import log, tables
from chainbreak.audit.erase import erase_payloads
from chainbreak.audit.export import receipt, receipt_bytes
from chainbreak.audit.note import SigningKey
from chainbreak.audit.verify import verify

Add = Callable[..., list[log.Receipt]]
WHY = log.Entry(9_000, "zhao", "auditor", "cli", "", "retention:reveal", "retention", "")


def test_proofs_handed_out_before_and_after_still_check(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, standalone: ModuleType
) -> None:
    add(9)
    honest = cp.publish(conn, tmp_path / "log", key, 5_000)
    before = receipt(conn, tmp_path / "log", 4, opened=True)
    erase_payloads(conn, [3, 4, 5], WHY)
    assert log.read_payload(conn, 4) is None
    verdict = verify(conn, [honest])
    assert (verdict.faults, verdict.erased, verdict.payloads) == ([], 3, 7)
    after = receipt(conn, tmp_path / "log", 4, opened=True)
    assert "opening" in before
    assert "opening" not in after
    for name, parts in (("before", before), ("after", after)):
        (tmp_path / name).write_bytes(receipt_bytes(parts))
        assert standalone.main([str(tmp_path / name), "--key", str(key.public)]) == 0


def test_nothing_of_payload_or_salt_is_left_in_the_file(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    secret = "举报人住在某某路七号" * 20
    with engine.begin() as conn:
        tables.metadata.create_all(conn)
        log.append(conn, log.Entry(1, "li", "analyst", "cli", "vault.reveal", "line:00", payload={"said": secret}))
        salt = bytes(conn.execute(tables.payloads.select()).one().salt)
    assert secret.encode() in (tmp_path / "desk.db").read_bytes()
    with engine.begin() as conn:
        erase_payloads(conn, [0], WHY)
    engine.dispose()
    left = (tmp_path / "desk.db").read_bytes()
    assert secret.encode()[:60] not in left
    assert salt not in left


def test_erasing_twice_writes_one_record(conn: Connection, add: Add) -> None:
    add(3)
    assert erase_payloads(conn, [1], WHY) is not None
    assert erase_payloads(conn, [1], WHY) is None
    assert log.size_of(conn) == 4


def test_the_record_of_an_erasure_cannot_be_erased(conn: Connection, add: Add) -> None:
    add(3)
    made = erase_payloads(conn, [1], WHY)
    assert made is not None
    with pytest.raises(Exception, match="CB-AU-011"):
        erase_payloads(conn, [made.sequence], WHY)


@pytest.mark.parametrize("part", ["entry", "proof", "checkpoint", "payload", "salt"])
def test_a_receipt_with_one_changed_part_is_rejected(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, standalone: ModuleType, part: str
) -> None:
    add(9)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    parts = receipt(conn, tmp_path / "log", 4, opened=True)
    match part:
        case "entry":
            parts["entry"] = parts["entry"].replace('"li"', '"wu"')
        case "proof":
            parts["proof"] = parts["proof"][::-1]
        case "checkpoint":
            parts["checkpoint"] = parts["checkpoint"].replace("\n9\n", "\n10\n")
        case "payload":
            parts["opening"]["payload"] = '{"n":5}'
        case "salt":
            parts["opening"]["salt"] = "00" * 16
    (tmp_path / "receipt.json").write_bytes(receipt_bytes(parts))
    assert standalone.main([str(tmp_path / "receipt.json"), "--key", str(key.public)]) == 1
