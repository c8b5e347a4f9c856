"""Checkpoints are signed, chained, due in time, and never follow a log that was cut or rewritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from chainbreak.audit import checkpoint as cp
from chainbreak.audit import log, tables, tree
from chainbreak.audit.note import LOG_KEY, WITNESS_KEY, Note, PublicKey, SigningKey

Add = Callable[..., list[log.Receipt]]
HOUR = 3_600_000_000
# The vkey of sum.golang.org as shipped with Go (cmd/go/internal/modfetch/key.go): same format, made elsewhere.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
OTHER_HASH = GO_KEY.replace("033de0ae", "033de0af")


def test_a_checkpoint_reads_back_with_its_signature(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path
) -> None:
    add(7)
    made = cp.publish(conn, tmp_path / "log", key, 5_000)
    assert (made.size, made.root) == (7, tree.root_at(conn, 7))
    assert cp.last_checkpoint(tmp_path / "log") == made
    text = cp.checkpoint_files(tmp_path / "log")[0].read_text(encoding="utf-8")
    assert text.startswith("log.example/centre\n7\n")
    assert "\n\n— log.example/centre " in text


def test_one_changed_byte_of_the_text_is_refused(conn: Connection, add: Add, key: SigningKey, tmp_path: Path) -> None:
    add(7)
    cp.publish(conn, tmp_path / "log", key, 5_000)
    path = cp.checkpoint_files(tmp_path / "log")[0]
    path.write_text(path.read_text(encoding="utf-8").replace("\n7\n", "\n8\n", 1), encoding="utf-8")
    with pytest.raises(Exception, match="CB-AU-008"):
        cp.last_checkpoint(tmp_path / "log")


def test_due_by_entries_or_by_the_hour(conn: Connection, add: Add, key: SigningKey, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    add(1)
    assert cp.checkpoint_if_due(conn, folder, key, HOUR)
    add(999)
    assert cp.checkpoint_if_due(conn, folder, key, 2 * HOUR - 1) is None
    add(1)
    assert cp.checkpoint_if_due(conn, folder, key, 2 * HOUR - 1)
    assert cp.checkpoint_if_due(conn, folder, key, 3 * HOUR - 2) is None
    assert cp.checkpoint_if_due(conn, folder, key, 3 * HOUR - 1)


def test_a_clock_set_back_does_not_make_an_earlier_checkpoint(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path
) -> None:
    add(1)
    cp.publish(conn, tmp_path, key, 9_000)
    add(1)
    assert cp.publish(conn, tmp_path, key, 4_000).at_us == 9_000


def test_a_cut_log_is_not_signed(conn: Connection, add: Add, key: SigningKey, tmp_path: Path) -> None:
    add(10)
    cp.publish(conn, tmp_path, key, 5_000)
    conn.execute(delete(tables.entries).where(tables.entries.c.seq >= 8))
    conn.execute(update(tables.head).values(size=8))
    with pytest.raises(Exception, match="CB-AU-009"):
        cp.publish(conn, tmp_path, key, 6_000)


def test_a_rewritten_log_is_not_signed(conn: Connection, add: Add, key: SigningKey, tmp_path: Path) -> None:
    add(10)
    cp.publish(conn, tmp_path, key, 5_000)
    for table in tables.metadata.sorted_tables:
        conn.execute(delete(table))
    add(12, at_us=2_000)
    with pytest.raises(Exception, match="CB-AU-009"):
        cp.publish(conn, tmp_path, key, 6_000)


def test_the_old_key_vouches_for_the_new_and_signs_no_more(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path
) -> None:
    folder, path = tmp_path / "log", tmp_path / "checkpoint.key"
    add(3)
    cp.publish(conn, folder, key, 5_000)
    new = cp.rotate_key(conn, folder, path, 6_000)
    assert SigningKey.load(path).public == new.public != key.public
    add(3)
    with pytest.raises(Exception, match="CB-AU-007"):
        cp.publish(conn, folder, key, 7_000)
    assert cp.publish(conn, folder, new, 7_000).size == 6
    assert [k.key for k in cp.keys_in_force(folder, key.public)] == [key.public, new.public]


def test_a_stolen_old_key_signs_nothing_after_its_time(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    add(3)
    cp.rotate_key(conn, folder, tmp_path / "checkpoint.key", 6_000)
    forged = cp.Checkpoint(key.public.name, 9, b"\x07" * 32, 7_000)
    path = folder / "checkpoints" / f"{forged.name}.note"
    path.write_text(str(key.sign(Note(forged.text))), encoding="utf-8")
    with pytest.raises(Exception, match="CB-AU-008"):
        cp.last_checkpoint(folder)


@pytest.mark.parametrize("stop", ["before the note", "after the note"])
def test_a_rotation_that_was_killed_goes_on(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path, stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = tmp_path / "log", tmp_path / "checkpoint.key"
    add(3)
    where = (cp, "publish") if stop == "before the note" else (Path, "replace")
    with monkeypatch.context() as patch:
        real = Path.replace

        def killed(*args: object, **_: object) -> Path:
            if where[0] is Path and not str(args[0]).endswith(".next"):
                return real(*args)  # type: ignore[arg-type]
            raise KeyboardInterrupt

        patch.setattr(*where, killed)
        with pytest.raises(KeyboardInterrupt):
            cp.rotate_key(conn, folder, path, 6_000)
    new = cp.rotate_key(conn, folder, path, 6_000)
    add(1)
    cp.publish(conn, folder, new, 7_000)
    assert len(cp.keys_in_force(folder, key.public)) == 2


def test_a_rotation_signed_by_a_stranger_is_refused(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    add(3)
    cp.publish(conn, folder, key, 5_000)
    stranger = SigningKey.create(tmp_path / "stranger.key", key.public.name)
    text = f"chainbreak/key-rotation/v1\n{key.public.name}\n3\n{stranger.public}\n"
    (folder / "keys" / "000001.note").write_text(str(stranger.sign(Note(text))), encoding="utf-8")
    with pytest.raises(Exception, match="CB-AU-008"):
        cp.last_checkpoint(folder)


@pytest.mark.parametrize("kind", [LOG_KEY, WITNESS_KEY])
def test_keys_and_notes_read_back(tmp_path: Path, kind: int) -> None:
    made = SigningKey.create(tmp_path / "k", "检察院/见证", kind)
    assert (tmp_path / "k").stat().st_mode & 0o077 == 0
    again = SigningKey.load(tmp_path / "k")
    note = Note.parse(str(again.sign(Note("a\nb\n"), 77)))
    assert PublicKey.parse(str(made.public)) == again.public
    assert note.signing_time_s(made.public) == (77 if kind == WITNESS_KEY else 0)
    assert not Note("a\nc\n", note.signatures).signed_by(made.public)


def test_the_published_key_of_the_go_checksum_database_reads() -> None:
    assert str(PublicKey.parse(GO_KEY)) == GO_KEY


@pytest.mark.parametrize(
    "text", ["", "a+b", "x+00000000+AQ==", "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"]
)
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="CB-AU-005"):
        PublicKey.parse(text)


def test_published_twice_at_one_moment_is_one_checkpoint(
    conn: Connection, add: Add, key: SigningKey, tmp_path: Path
) -> None:
    add(3)
    made = cp.publish(conn, tmp_path, key, 5_000)
    proof = (tmp_path / "checkpoints" / f"{made.name}.consistency").read_bytes()
    assert cp.publish(conn, tmp_path, key, 5_000) == made
    assert (tmp_path / "checkpoints" / f"{made.name}.consistency").read_bytes() == proof
