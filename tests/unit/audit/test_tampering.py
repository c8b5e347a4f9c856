"""Flip, insert, delete, reorder, truncate, full re-hash: each is found, in the database and in an export, by whoever
kept one honest checkpoint. The attacker here owns the database, knows the format and, for the full re-hash, the key.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import rfc8785
from sqlalchemy import Connection, delete, insert, select, update

from chainbreak.audit import checkpoint as cp
from chainbreak.audit import log, tables, tree
from chainbreak.audit.export import export_log
from chainbreak.audit.note import SigningKey
from chainbreak.audit.verify import verify

Add = Callable[..., list[log.Receipt]]
SIZE = 40


def flip(rows: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.randrange(len(rows))
    rows[at] = changed(rows[at], actor="wang")
    return rows


def insert_one(rows: list[bytes], draw: random.Random) -> list[bytes]:
    rows.insert(draw.randrange(len(rows)), changed(draw.choice(rows), object="order:forged"))
    return rows


def delete_one(rows: list[bytes], draw: random.Random) -> list[bytes]:
    del rows[draw.randrange(len(rows))]
    return rows


def reorder(rows: list[bytes], draw: random.Random) -> list[bytes]:
    one, two = draw.sample(range(len(rows)), 2)
    rows[one], rows[two] = rows[two], rows[one]
    return rows


def truncate(rows: list[bytes], draw: random.Random) -> list[bytes]:
    return rows[: draw.randrange(len(rows))]


def unchanged(rows: list[bytes], _draw: random.Random) -> list[bytes]:
    return rows


EDITS = [flip, insert_one, delete_one, reorder, truncate]
Edit = Callable[[list[bytes], random.Random], list[bytes]]


def changed(entry: bytes, **fields: str) -> bytes:
    return rfc8785.dumps(json.loads(entry) | fields)


def renumbered(rows: list[bytes]) -> list[bytes]:
    """Sequence and times put right again, as a careful forger would."""
    times = sorted(json.loads(row)["at_us"] for row in rows)
    return [changed(row, sequence=str(i), at_us=at) for i, (row, at) in enumerate(zip(rows, times, strict=True))]


def all_entries(conn: Connection) -> list[bytes]:
    return list(conn.execute(select(tables.entries.c.entry).order_by(tables.entries.c.seq)).scalars())


def rewrite(conn: Connection, rows: list[bytes], *, rehash: bool) -> None:
    """Put `rows` in the database in place of the log; with `rehash` the tree and every column agree with them."""
    conn.execute(delete(tables.entries))
    for i, row in enumerate(rows):
        body = json.loads(row)
        conn.execute(insert(tables.entries).values(
            seq=i, at_us=int(body["at_us"]), entry=row, **{name: body[name] for name in ("actor", "action", "object")},
        ))  # fmt: skip
    if rehash:
        conn.execute(delete(tables.nodes))
        tree.append_leaves(conn, 0, [tree.leaf_hash(row) for row in rows])
        conn.execute(delete(tables.payloads).where(tables.payloads.c.seq >= len(rows)))
        for i, row in enumerate(rows):
            salt, payload = b"s" * 16, b"{}"
            if json.loads(row)["payload"] == log.commitment(salt, payload):
                conn.execute(
                    update(tables.payloads).where(tables.payloads.c.seq == i).values(salt=salt, payload=payload)
                )
        conn.execute(update(tables.head).values(size=len(rows)))


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("seed", range(8))
def test_a_crude_change_of_the_database_is_found_without_any_checkpoint(
    conn: Connection, add: Add, edit: Edit, seed: int
) -> None:
    add(SIZE)
    rewrite(conn, edit(all_entries(conn), random.Random(seed)), rehash=False)
    assert not verify(conn).sound


@pytest.mark.parametrize("edit", [*EDITS, unchanged])
@pytest.mark.parametrize("seed", range(8))
def test_a_full_re_hash_of_the_database_is_found_given_one_honest_checkpoint(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, edit: Edit, seed: int
) -> None:
    add(SIZE)
    honest = cp.publish(conn, tmp_path, key, 5_000)
    rewrite(conn, without_payloads(renumbered(edit(all_entries(conn), random.Random(seed)))), rehash=True)
    assert all("payload" in fault for fault in verify(conn).faults)  # by itself the new tree is in order
    assert any("root" in fault or "called for" in fault for fault in verify(conn, [honest]).faults)


def without_payloads(rows: list[bytes]) -> list[bytes]:
    """Entries whose commitments the forger can open."""
    return [changed(row, payload=log.commitment(b"s" * 16, b"{}")) for row in rows]


@pytest.mark.parametrize("edit", [*EDITS, unchanged])
@pytest.mark.parametrize("seed", range(8))
def test_the_stand_alone_verifier_finds_each_change_of_an_export(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, standalone: ModuleType, edit: Edit, seed: int
) -> None:
    add(SIZE)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    add(5)
    export_log(conn, tmp_path / "log", tmp_path / "out")
    path = tmp_path / "out" / "entries.jsonl"
    rows = path.read_bytes().splitlines()
    covered = edit(rows[:SIZE], random.Random(seed))
    for forged in (covered + rows[SIZE:], renumbered(covered + rows[SIZE:])):
        path.write_bytes(b"".join(row + b"\n" for row in forged))
        assert standalone.main([str(tmp_path / "out"), "--key", str(key.public)]) == (0 if edit is unchanged else 1)


@pytest.mark.parametrize("edit", EDITS)
def test_an_export_written_anew_with_the_stolen_key_is_found_given_one_kept_checkpoint(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, standalone: ModuleType, edit: Edit
) -> None:
    add(SIZE)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    kept = shutil.copy(cp.checkpoint_files(tmp_path / "log")[0], tmp_path / "kept.note")
    shutil.rmtree(tmp_path / "log")
    rewrite(conn, renumbered(edit(all_entries(conn), random.Random(1))), rehash=True)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    export_log(conn, tmp_path / "log", tmp_path / "out")
    known = [str(tmp_path / "out"), "--key", str(key.public)]
    assert standalone.main(known) == 0
    assert standalone.main([*known, "--earlier", str(kept)]) == 1


@pytest.mark.parametrize("table", ["nodes", "payloads"])
def test_a_changed_node_or_payload_is_found(conn: Connection, add: Add, table: str) -> None:
    add(SIZE)
    if table == "nodes":
        conn.execute(
            update(tables.nodes).where(tables.nodes.c.level == 3, tables.nodes.c.idx == 2).values(hash=b"0" * 32)
        )
    else:
        conn.execute(update(tables.payloads).where(tables.payloads.c.seq == 7).values(payload=b"{}"))
    assert len(verify(conn).faults) == 1


def test_a_column_that_disagrees_with_the_entry_is_found(conn: Connection, add: Add) -> None:
    add(SIZE)
    conn.execute(update(tables.entries).where(tables.entries.c.seq == 7).values(object="order:hidden"))
    assert verify(conn).faults == ["entry 7: its columns and its bytes differ, or the sequence has a gap"]


def test_a_payload_that_vanished_without_an_erasure_is_found(conn: Connection, add: Add) -> None:
    add(SIZE)
    conn.execute(delete(tables.payloads).where(tables.payloads.c.seq == 7))
    assert verify(conn).faults == ["entry 7: its payload is gone and no erasure says so"]


def test_a_sound_log_of_several_chunks(conn: Connection, add: Add, key: SigningKey, tmp_path: Path) -> None:
    honest = []
    for count in (1, 9_999, 3_000):
        add(count)
        honest.append(cp.publish(conn, tmp_path, key, 5_000))
    verdict = verify(conn, honest)
    assert (verdict.faults, verdict.size, verdict.checkpoints, verdict.payloads) == ([], 13_000, 3, 13_000)
    assert verdict.root == tree.root_at(conn, 13_000)
