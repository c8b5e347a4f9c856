"""record_ref against its definition written out a row at a time; and equal rows that are separate events."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.ingest.refs import Repeats, RowRefs, first_of_each, written

from .conftest import START_US, write_csv

KEY = bytes(range(32))
TEXTS = (
    st.none() | st.text(max_size=40) | st.sampled_from(["", "a" * 15, "a" * 16, "号码", "+8613800138000", "x\0", "x"])
)
ROWS = st.lists(
    st.tuples(TEXTS, TEXTS, st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.floats(allow_nan=False),
              st.none() | st.booleans(), st.integers(1, 3)), min_size=1, max_size=8,
)  # fmt: skip
NAMES = ("one", "two", "number", "float", "truth")


def _derived(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), key=KEY, digest_size=32, person=b"record_ref").digest()


def _aes(key: bytes, block: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return cipher.update(block) + cipher.finalize()


def _block(value) -> bytes:
    if isinstance(value, str):
        text = value.encode()
        if len(text) <= 15:
            return text.ljust(15, b"\0") + bytes([len(text)])
        return hashlib.blake2b(text, key=_derived("#text"), digest_size=16).digest()
    return struct.pack("<d" if isinstance(value, float) else "<q", value + 0) + bytes(8)


def _ref(values: dict, times: int) -> str:
    total = 0
    for name, value in values.items():
        if value is not None:
            total ^= int.from_bytes(_aes(_derived(f"call.{name}"), _block(value)), "big")
    if times > 1:
        total ^= int.from_bytes(_aes(_derived("call.#times"), _block(times)), "big")
    return _aes(_derived("call"), total.to_bytes(16, "big")).hex()


def _refs(rows) -> list[str]:
    one, two, number, real, truth, times = zip(*rows, strict=True)
    refs = RowRefs("call", KEY, len(rows))
    coded = pa.array(one, pa.string()).dictionary_encode()
    refs.add_coded("one", coded.dictionary, coded.indices)
    for name, values, kind in (("two", two, pa.string()), ("number", number, pa.int64()), ("float", real, pa.float64()),
                               ("truth", truth, pa.bool_())):  # fmt: skip
        refs.add_values(name, pa.array(values, kind))
    return written(refs.done(np.array(times, np.int64))).to_pylist()


@settings(deadline=None)
@given(ROWS)
def test_refs_are_as_defined_and_each_row_stands_alone(rows):
    whole = _refs(rows)
    assert whole == [_ref(dict(zip(NAMES, row[:5], strict=True)), row[5]) for row in rows]
    assert whole[::-1] == [_refs([row])[0] for row in rows[::-1]]


def test_values_that_look_alike_differ():
    def ref(*values, times=1):
        return _refs([(*values, times)])[0]

    alike = [
        ref("a", None, None, None, None), ref(None, "a", None, None, None), ref("a", "", None, None, None),
        ref("a", "a", None, None, None), ref(None, None, None, None, None), ref(None, None, 0, None, None),
        ref(None, None, None, 0.0, None), ref(None, None, None, None, False), ref("a", None, None, None, None, times=2),
    ]  # fmt: skip
    assert len(set(alike)) == len(alike)
    assert ref(None, None, None, -0.0, None) == ref(None, None, None, 0.0, None)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 40))
def test_the_first_of_each_and_counts_do_not_depend_on_chunks(picks, size):
    refs = np.repeat(np.array(picks, np.uint8)[:, None], 16, axis=1)
    first = first_of_each(refs)
    expected = [at for at, pick in enumerate(picks) if pick not in picks[:at]]
    assert (list(range(len(picks))) if first is None else first.tolist()) == expected
    repeats, good = Repeats(), np.array([pick != 3 for pick in picks], bool)
    counted = [k for at in range(0, len(picks), size)
               for k in repeats.count(refs[at : at + size], good[at : at + size]).tolist()]  # fmt: skip
    assert counted == [picks[: at + 1].count(pick) if pick != 3 else 1 for at, pick in enumerate(picks)]


KEEP = "{kind: message, repeats: keep, columns: {text: text}}"


@pytest.fixture
def keep(tmp_path) -> str:
    path = tmp_path / "keep.yml"
    path.write_text(KEEP)
    return str(path)


def _messages(path: Path, texts: str) -> Path:
    return write_csv(path, [{"text": f"text {letter}"} for letter in texts])


def test_equal_rows_are_kept_once_each_time_they_stand_in_a_file(bring, lake_rows, tmp_path, keep):
    (first,) = bring("message", _messages(tmp_path / "one.csv", "aabaa"), mapping=keep)
    assert (first.accepted, first.duplicates) == (5, 0)
    before = {row["record_ref"] for row in lake_rows("message")}
    (again,) = bring("message", _messages(tmp_path / "two.csv", "baaaa"), mapping=keep)
    assert (again.accepted, again.duplicates) == (0, 5)
    (more,) = bring("message", _messages(tmp_path / "three.csv", "abbaaaa"), mapping=keep)
    assert (more.accepted, more.duplicates) == (2, 5)
    after = {row["record_ref"] for row in lake_rows("message")}
    assert before < after
    assert len(after) == 7
    # The first of each is the record that it is without `keep`.
    (plain,) = bring("message", _messages(tmp_path / "four.csv", "aabbb"))
    assert (plain.accepted, plain.duplicates) == (0, 5)


def test_a_report_without_a_list_of_identifiers_gets_those_of_its_text(bring, lake_rows, tmp_path):
    rows = [{"report_id": "R1", "reported_at_us": START_US, "narrative": "回拨 13800138000 或登录 bad.example.com"},
            {"report_id": "R2", "reported_at_us": START_US, "narrative": "不记得了"}]  # fmt: skip
    bring("report", write_csv(tmp_path / "report.csv", rows))
    named = {row["report_id"]: row["identifiers"] for row in lake_rows("report")}
    assert named["R2"] == []
    assert "bad.example.com" in named["R1"]
    assert any(item.startswith("line:") for item in named["R1"])
