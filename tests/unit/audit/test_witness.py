"""A second party with the published folder alone: signs what extends what it saw, refuses everything else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete

from chainbreak.audit import checkpoint as cp
from chainbreak.audit import log, tables
from chainbreak.audit.note import WITNESS_KEY, SigningKey, read_note
from chainbreak.audit.witness import Witnessed, witness

Add = Callable[..., list[log.Receipt]]


@pytest.fixture
def second(tmp_path: Path) -> SigningKey:
    return SigningKey.create(tmp_path / "witness.key", "bank.example/witness", WITNESS_KEY)


@pytest.fixture
def run(tmp_path: Path, second: SigningKey) -> Callable[[], Witnessed]:
    return lambda: witness(tmp_path / "log", second, tmp_path / "state.json", 20_000_000)


def test_follows_several_checkpoints_and_signs_the_newest(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, run: Callable[[], Witnessed], second: SigningKey
) -> None:
    add(3)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    first = run()
    assert (first.first_time, first.before, first.steps, first.checkpoint.size) == (True, 0, 1, 3)
    for count, at_us in ((4, 6_000), (0, 7_000), (9, 8_000)):
        add(count)
        cp.publish(conn, tmp_path / "log", key, at_us)
    then = run()
    assert (then.first_time, then.before, then.steps, then.checkpoint.size) == (False, 3, 3, 16)
    assert then.path is not None
    assert read_note(then.path).signing_time_s(second.public) == 20
    again = run()
    assert (again.steps, str(again.note)) == (0, str(then.note))


def test_two_witnesses_sign_under_the_same_checkpoint(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, run: Callable[[], Witnessed], second: SigningKey
) -> None:
    add(3)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    run()
    third = SigningKey.create(tmp_path / "third.key", "court.example/witness", WITNESS_KEY)
    note = witness(tmp_path / "log", third, tmp_path / "third.json", 1_000_000).note
    assert all(note.signed_by(k) for k in (key.public, second.public, third.public))


def test_follows_the_log_through_a_change_of_key(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, run: Callable[[], Witnessed]
) -> None:
    add(3)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    run()
    new = cp.rotate_key(conn, tmp_path / "log", tmp_path / "checkpoint.key", 6_000)
    add(3)
    cp.publish(conn, tmp_path / "log", new, 7_000)
    assert run().checkpoint.size == 6


@pytest.mark.parametrize("entries", [5, 10, 15])
def test_refuses_a_log_written_anew_and_published_afresh_with_the_true_key(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, run: Callable[[], Witnessed], entries: int
) -> None:
    add(10)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    run()
    shutil.rmtree(tmp_path / "log")
    for table in tables.metadata.sorted_tables:
        conn.execute(delete(table))
    add(entries, at_us=2_000)
    cp.publish(conn, tmp_path / "log", key, 6_000)
    before = (tmp_path / "state.json").read_bytes()
    with pytest.raises(Exception, match="CB-AU-010"):
        run()
    assert (tmp_path / "state.json").read_bytes() == before


def test_refuses_when_the_newest_checkpoints_are_taken_away(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, run: Callable[[], Witnessed]
) -> None:
    add(3)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    add(3)
    cp.publish(conn, tmp_path / "log", key, 6_000)
    run()
    cp.checkpoint_files(tmp_path / "log")[-1].unlink()
    with pytest.raises(Exception, match="CB-AU-010"):
        run()


def test_refuses_another_log_s_key(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, run: Callable[[], Witnessed]
) -> None:
    add(3)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    run()
    shutil.rmtree(tmp_path / "log")
    other = SigningKey.create(tmp_path / "other.key", key.public.name)
    cp.publish(conn, tmp_path / "log", other, 6_000)
    with pytest.raises(Exception, match="CB-AU-008"):
        run()


def test_a_spoilt_state_file_is_an_error_not_a_fresh_start(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, run: Callable[[], Witnessed]
) -> None:
    add(3)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    (tmp_path / "state.json").write_text("{", encoding="utf-8")
    with pytest.raises(Exception, match="CB-AU-005"):
        run()
