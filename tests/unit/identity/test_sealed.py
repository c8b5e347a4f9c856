"""Sealed files: nothing readable on the disk, nothing changed unnoticed, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from chainbreak.base.errors import SetupError
from chainbreak.identity import sealed

KEY = b"s" * 32
ROWS = pa.table({"line": [3, 1, 2], "content": ["13800138000,张三", "6222021202112233445", "普通文字"]})


def test_rows_come_back_in_order_and_filtered(tmp_path: Path) -> None:
    folder = tmp_path / "quarantine"
    assert sealed.read(folder, KEY) is None
    assert sealed.append(folder, "b", ROWS, KEY)
    assert sealed.append(folder, "a", ROWS.slice(0, 1), KEY)
    assert sealed.names(folder) == ["a", "b"]
    assert sealed.read(folder, KEY)["line"].to_pylist() == [3, 3, 1, 2]
    assert sealed.read(folder, KEY, pc.field("line") == 2)["content"].to_pylist() == ["普通文字"]


def test_a_name_is_written_once(tmp_path: Path) -> None:
    sealed.append(tmp_path, "a", ROWS, KEY)
    assert not sealed.append(tmp_path, "a", ROWS.slice(0, 0), KEY)
    assert sealed.read(tmp_path, KEY).num_rows == 3


def test_neither_values_nor_names_of_columns_are_on_the_disk(tmp_path: Path) -> None:
    sealed.append(tmp_path, "a", ROWS, KEY)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for plain in ("13800138000", "张三", "6222021202112233445", "普通文字", "content"):
        assert plain.encode() not in content
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_wrong_key_a_flipped_bit_a_cut_end_and_a_moved_file_do_not_open(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    sealed.append(folder, "a", ROWS, KEY)
    path = sealed.segment_path(folder, "a")
    whole = path.read_bytes()
    with pytest.raises(SetupError, match="CB-ID-022"):
        sealed.read(folder, b"t" * 32)
    for place in range(4, len(whole), 37):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(SetupError, match="CB-ID-022"):
            sealed.read(folder, KEY)
    path.write_bytes(whole[:-1])
    with pytest.raises(SetupError, match="CB-ID-022"):
        sealed.read(folder, KEY)
    path.write_bytes(whole)
    path.rename(sealed.segment_path(folder, "b"))
    with pytest.raises(SetupError, match="CB-ID-022"):
        sealed.read(folder, KEY)


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed.pq, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        sealed.append(tmp_path / "v", "a", ROWS, KEY)
    assert list((tmp_path / "v").iterdir()) == []
