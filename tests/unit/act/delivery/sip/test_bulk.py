"""The file that a proxy starts from."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery.sip import bulk

KEYS = st.sampled_from([f"86138001380{i:02}" for i in range(20)])
ROWS = st.dictionaries(KEYS, st.sampled_from(["a", "b", "c"]))


def held_of(path: Path, rows: dict[str, str]) -> Path:
    """A file as the proxy writes it."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table held (key_name text primary key, key_value text) without rowid")
        db.executemany("insert into held values (?, ?)", rows.items())
    return path


@given(ROWS, ROWS, st.sets(KEYS), ROWS)
def test_changes_come_out_as_in_a_dictionary_and_every_difference_is_seen(
    tmp_path_factory: object, first: dict[str, str], put: dict[str, str], drop: set[str], held: dict[str, str]
) -> None:
    folder: Path = tmp_path_factory.mktemp("bulk")  # type: ignore[attr-defined]
    numbers = folder / bulk.NUMBERS
    bulk.write(numbers, "blk", first.items())
    bulk.change(numbers, "blk", list(put.items()), sorted(drop))
    wanted = {k: v for k, v in first.items() if k not in drop} | put
    same = {k: v for k, v, _ in bulk.compare(held_of(folder / bulk.HELD, wanted), numbers, "blk")}
    assert same == wanted
    rows = list(bulk.compare(held_of(folder / bulk.HELD, held), numbers, "blk"))
    assert {(k, v) for k, v, is_same in rows if is_same} == held.items() & wanted.items()
    assert {k for k, _, is_same in rows if not is_same} == {k for k, _ in held.items() ^ wanted.items()}


def test_a_change_makes_a_file_that_is_not_there(tmp_path: Path) -> None:
    bulk.change(tmp_path / bulk.NUMBERS, "blk", [("8613800138000", "a")], [])
    held = held_of(tmp_path / bulk.HELD, {"8613800138000": "a"})
    assert list(bulk.compare(held, tmp_path / bulk.NUMBERS, "blk")) == [("8613800138000", "a", True)]
