"""The vault: finds what was put in, whoever adds at the same time and whenever somebody is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.base.errors import InputError, SetupError
from chainbreak.identity import sealed
from chainbreak.identity.batch import tokenise
from chainbreak.identity.keys import Keyring
from chainbreak.identity.numbers import Place
from chainbreak.identity.shelf import Shelf
from chainbreak.identity.tokens import token_of
from chainbreak.identity.vault import Vault
from chainbreak.records import Identifier

LINE = Identifier.LINE


@pytest.fixture
def vault(keys: Keyring, tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault", keys)


def batch(keys: Keyring, numbers: range) -> pa.Table:
    return tokenise(LINE, pa.array([f"138{i:08d}" for i in numbers]), keys, Place())


def test_what_was_added_is_found_and_adding_again_adds_nothing(keys: Keyring, vault: Vault) -> None:
    table = batch(keys, range(1000))
    assert vault.add(LINE, table) == 1000
    assert vault.add(LINE, table) == 0
    assert vault.add(LINE, batch(keys, range(900, 1100))) == 100
    token = token_of(keys.token_key(LINE), "+8613800000999")
    assert vault.value(LINE, token) == "+8613800000999"
    tokens = table["token"].to_pylist()
    assert vault.values(LINE, [*tokens, 12345]) == dict(zip(tokens, table["value"].to_pylist(), strict=True))
    assert vault.counts()["line"] == 1100
    with pytest.raises(InputError, match=r"CB-ID-021 .*line:0000000000003039"):
        vault.value(LINE, 12345)


def test_rows_without_a_token_and_repeats_are_no_matter(keys: Keyring, vault: Vault) -> None:
    raw = pa.array(["13800138000", "+8613800138000", "junk", None])
    assert vault.add(LINE, tokenise(LINE, raw, keys, Place())) == 1
    assert vault.add_values(LINE, ["+8613800138000", "+8613800138001"]) == 1


def test_two_values_of_one_token_are_noticed_and_nothing_is_added(vault: Vault) -> None:
    def rows(token: list[int], check: list[int], value: list[str]) -> pa.Table:
        return pa.table({"token": token, "check": check, "value": value})

    with pytest.raises(InputError, match="CB-ID-020"):
        vault.add(LINE, rows([1, 1], [5, 6], ["a", "b"]))
    vault.add(LINE, rows([1], [5], ["a"]))
    with pytest.raises(InputError, match="CB-ID-020"):
        vault.add(LINE, rows([1, 2], [6, 7], ["b", "c"]))
    assert vault.counts()["line"] == 1


def test_texts_by_record_ref(vault: Vault) -> None:
    refs = ["00ff" * 8, "ff00" * 8]
    assert vault.add_texts(refs, ["对方电话13800138000", ""]) == 2
    assert vault.add_texts(refs[:1], ["对方电话13800138000"]) == 0
    assert [vault.text(ref) for ref in refs] == ["对方电话13800138000", ""]
    with pytest.raises(InputError, match="CB-ID-021"):
        vault.text("ab" * 16)


def test_no_value_is_on_the_disk(keys: Keyring, vault: Vault, tmp_path: Path) -> None:
    for start in range(0, 2000, 200):  # through a merge
        vault.add(LINE, batch(keys, range(start, start + 200)))
    vault.add_texts(["ab" * 16], ["张三说他的卡号是6222021202112233445"])
    content = b"".join(path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file())
    for plain in ("+8613800000", "1380000", "张三", "6222021202112233445"):
        assert plain.encode() not in content


def test_one_look_up_decrypts_one_row_group(keys: Keyring, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.arange(3 * sealed.ROWS_PER_GROUP, dtype=np.int64)
    vault.add(LINE, pa.table({"token": rows, "check": rows, "value": rows.astype(str).tolist()}))
    read, real = [], sealed.read_groups

    def counting(*args: object, **kwargs: object) -> pa.Table:
        table = real(*args, **kwargs)
        read.append(table.num_rows)
        return table

    monkeypatch.setattr(sealed, "read_groups", counting)
    assert vault.value(LINE, sealed.ROWS_PER_GROUP + 7) == str(sealed.ROWS_PER_GROUP + 7)
    assert sum(read) == sealed.ROWS_PER_GROUP


def test_adding_what_is_known_opens_no_sealed_file(
    keys: Keyring, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = batch(keys, range(100))
    vault.add(LINE, table)

    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a sealed file was opened")

    monkeypatch.setattr(sealed, "open_segment", never)
    assert vault.add(LINE, table) == 0


def test_a_sealed_file_that_vanished_is_an_error_not_a_wait(keys: Keyring, vault: Vault, tmp_path: Path) -> None:
    vault.add(LINE, batch(keys, range(10)))
    next((tmp_path / "vault/line-0001").glob("*.sealed")).unlink()
    with pytest.raises(SetupError, match="CB-ID-022"):
        vault.value(LINE, token_of(keys.token_key(LINE), "+8613800000001"))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8), max_size=25))
def test_a_shelf_is_a_dictionary(tmp_path_factory: pytest.TempPathFactory, chunks: list[list[int]]) -> None:
    folder = tmp_path_factory.mktemp("shelf")
    shelf, model = Shelf(folder, b"k" * 32), {}
    for chunk in chunks:
        tokens = np.array(chunk, dtype=np.int64)
        new = {token: str(token) for token in chunk} | model
        assert shelf.add(tokens, tokens, pa.array([str(t) for t in chunk], pa.string())) == len(new) - len(model)
        model = new
    everything = np.array(sorted(model), dtype=np.int64)
    assert shelf.find(everything) == model
    assert Shelf(folder, b"k" * 32).known(everything).all()
    assert len(list(folder.glob("*.npy"))) <= 8


ADDER = """
import os, signal, sys
import numpy as np, pyarrow as pa
from pathlib import Path
from chainbreak.base import files
from chainbreak.identity.shelf import Shelf

folder, start, stop, kill_at = Path(sys.argv[1]), *map(int, sys.argv[2:])
steps, sync = 0, files._sync

def counted(path):  # every durable step of a shelf passes here, twice a file
    global steps
    steps += 1
    if steps == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(path)

files._sync = counted
shelf = Shelf(folder, b"k" * 32)
for first in range(start, stop, 10):
    tokens = np.arange(first, first + 10, dtype=np.int64)
    shelf.add(tokens, tokens, pa.array([f"value-{t}" for t in tokens.tolist()]))
    print(first, flush=True)
"""


def adder(folder: Path, start: int, stop: int, kill_at: int = 0) -> subprocess.Popen[str]:
    call = [sys.executable, "-c", ADDER, *map(str, (folder, start, stop, kill_at))]
    return subprocess.Popen(call, stdout=subprocess.PIPE, text=True)


def holds(folder: Path, tokens: range) -> bool:
    found = Shelf(folder, b"k" * 32).find(np.array(tokens, dtype=np.int64))
    return found == {token: f"value-{token}" for token in tokens}


def test_two_processes_add_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    both = [adder(tmp_path / "shelf", 0, 300), adder(tmp_path / "shelf", 150, 450)]
    assert [process.wait() for process in both if process.communicate()] == [0, 0]
    assert holds(tmp_path / "shelf", range(450))


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, 33, 34, 35, 36])  # in a first segment, and in the first merge
def test_killed_at_any_durable_step_what_was_added_stays_and_adding_again_completes(
    tmp_path: Path, kill_at: int
) -> None:
    folder = tmp_path / "shelf"
    killed = adder(folder, 0, 200, kill_at)
    said, _ = killed.communicate()
    assert killed.returncode == -9
    for first in said.split():
        assert holds(folder, range(int(first), int(first) + 10))
    shelf = Shelf(folder, b"k" * 32)
    tokens = np.arange(200, dtype=np.int64)
    shelf.add(tokens, tokens, pa.array([f"value-{t}" for t in tokens.tolist()]))
    assert holds(folder, range(200))
    assert not list(folder.glob(".*.tmp"))
    assert {p.stem for p in folder.glob("*.npy")} == {p.stem for p in folder.glob("*.sealed")}
