"""The log on PostgreSQL: the same as on SQLite, and writers at the same moment leave one gap-free sequence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, update

from chainbreak.audit import checkpoint as cp
from chainbreak.audit import log, proofs, tables, tree
from chainbreak.audit.erase import erase_payloads
from chainbreak.audit.export import export_log
from chainbreak.audit.note import SigningKey
from chainbreak.audit.verify import verify

pytestmark = pytest.mark.server


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    made = create_engine(postgresql_url)
    tables.metadata.drop_all(made)
    tables.metadata.create_all(made)
    yield made
    tables.metadata.drop_all(made)
    made.dispose()


def entry(number: int) -> log.Entry:
    return log.Entry(1_000 + number, "li", "analyst", "cli", "order.draft", f"order:{number}", payload={"n": number})


def test_append_prove_sign_erase_verify_export(engine: Engine, tmp_path: Path) -> None:
    key = SigningKey.create(tmp_path / "key", "log.example/pg")
    with engine.begin() as conn:
        receipts = log.append_many(conn, [entry(i) for i in range(300)])
        first = cp.publish(conn, tmp_path / "log", key, 5_000)
        log.append_many(conn, [entry(i) for i in range(300, 777)])
        cp.publish(conn, tmp_path / "log", key, 6_000)
    with engine.begin() as conn:
        erase_payloads(conn, [7], entry(9_000))
        proof = proofs.inclusion_proof(conn, 123, 300)
        assert proofs.includes(receipts[123].leaf, 123, 300, proof, first.root)
        proof = proofs.consistency_proof(conn, 300, 778)
        assert proofs.extends(300, first.root, 778, tree.root_at(conn, 778), proof)
        assert verify(conn, [first]).faults == []
    with engine.begin() as conn:
        assert export_log(conn, tmp_path / "log", tmp_path / "out") == 778
    with engine.begin() as conn:
        conn.execute(update(tables.entries).where(tables.entries.c.seq == 5).values(object="order:hidden"))
        assert not verify(conn, [first]).sound


def test_writers_at_the_same_moment_leave_no_gap(engine: Engine) -> None:
    """The first entries of all: the head row itself is made by whoever comes first."""
    start = threading.Barrier(4)

    def write(number: int) -> None:
        start.wait()
        for i in range(10):
            with engine.begin() as conn:
                log.append_many(conn, [entry(number * 100 + i)] * 3)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with engine.begin() as conn:
        verdict = verify(conn)
    assert (verdict.size, verdict.faults) == (120, [])
