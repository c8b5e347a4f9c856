"""The log keeps what it was given: order, time, commitment, tree."""

from __future__ import annotations

import hashlib
import json
from types import ModuleType

import pytest
from sqlalchemy import Connection, create_engine, select

from chainbreak.audit import log, tables, tree


def entry(at_us: int = 1_000, **changes: object) -> log.Entry:
    fields = {"actor": "li", "role": "analyst", "via": "cli", "action": "order.draft", "object": "order:1"} | changes
    return log.Entry(at_us=at_us, **fields)  # type: ignore[arg-type]


def test_sequence_has_no_gap_across_single_and_batch_appends(conn: Connection) -> None:
    receipts = [log.append(conn, entry()), *log.append_many(conn, [entry()] * 3), log.append(conn, entry())]
    assert [r.sequence for r in receipts] == [0, 1, 2, 3, 4]
    assert log.size_of(conn) == 5
    stored = conn.execute(select(tables.entries.c.entry).order_by(tables.entries.c.seq)).scalars().all()
    assert [json.loads(e)["sequence"] for e in stored] == ["0", "1", "2", "3", "4"]


def test_time_never_goes_back_and_the_jump_is_written(conn: Connection) -> None:
    log.append(conn, entry(at_us=5_000))
    back = log.append(conn, entry(at_us=3_000))
    assert back.at_us == 5_000
    assert json.loads(back.entry)["clock_us"] == "3000"
    assert log.highest_time_us(conn) == 5_000
    assert "clock_us" not in json.loads(log.append(conn, entry(at_us=6_000)).entry)


def test_payload_stands_outside_under_a_salted_commitment(conn: Connection) -> None:
    receipt = log.append(conn, entry(payload={"reason": "受害人报案", "token": 2**63 - 1}))
    body = json.loads(receipt.entry)
    assert "受害人" not in receipt.entry.decode()
    row = conn.execute(select(tables.payloads)).one()
    assert len(row.salt) >= 16
    assert body["payload"] == hashlib.sha256(row.salt + row.payload).hexdigest()
    assert log.read_payload(conn, 0) == {"reason": "受害人报案", "token": str(2**63 - 1)}


def test_two_entries_alike_have_different_commitments(conn: Connection) -> None:
    first, second = log.append_many(conn, [entry(payload={"a": 1})] * 2)
    assert json.loads(first.entry)["payload"] != json.loads(second.entry)["payload"]


def test_rolled_back_change_leaves_no_entry() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        log.append(connection, entry())
    connection = engine.connect()
    log.append(connection, entry())
    connection.rollback()
    with engine.begin() as connection:
        assert log.append(connection, entry()).sequence == 1


def test_payload_that_is_not_json_is_refused_before_anything_is_written(conn: Connection) -> None:
    with pytest.raises(Exception, match="CB-AU-001"):
        log.append(conn, entry(payload={"x": object()}))
    assert log.size_of(conn) == 0


def test_root_follows_every_append(conn: Connection, naive: ModuleType) -> None:
    leaves = []
    for i in range(20):
        leaves.append(log.append(conn, entry(object=f"order:{i}")).leaf)
        assert tree.root_at(conn, i + 1) == naive.mth(leaves)
