"""A collection as its readers rely on it: who remembers where they stopped misses nothing and reads nothing twice."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.store.collection import ALL, FIRST, LAST, Collection, Version, Wish


def version(name: str, at_us: int, until_us: int | None = None) -> Version:
    return Version(name, "indicator", at_us, until_us, {"id": name, "at": at_us})


batches = st.lists(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 6)), max_size=4), max_size=6)


@settings(max_examples=30)
@given(batches, st.integers(1, 4), st.integers(0, 3))
def test_a_reader_who_comes_back_has_read_each_version_once(
    added: list[list[tuple[str, int]]], limit: int, behind: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        collection, after, read = Collection(Path(name) / "c.db"), -1, []
        for number, batch in enumerate(added):
            collection.add([version(*one) for one in batch], max(0, 100 - behind * number))  # also when clocks go back
            while page := collection.read(Wish(after_us=after, versions=(ALL,), limit=limit)):
                read += [(one.id, one.version_us) for one in page]
                assert page[0].added_us > after
                after = page[-1].added_us
        assert len(read) == len(set(read))
        assert set(read) == {one for batch in added for one in batch}
        newest = {one.id: one.version_us for one in collection.read(Wish())}
        assert newest == {name: max(at for n, at in read if n == name) for name, _ in read}


def test_versions_are_asked_for_by_word_or_moment(tmp_path: Path) -> None:
    collection = Collection(tmp_path / "c.db")
    assert collection.read(Wish()) == []
    assert collection.add([version("a", at) for at in (2, 1, 3)], 10) == 3
    assert collection.add([version("a", 3)], 11) == 0, "a repeat adds nothing"
    for which, found in (((LAST,), [3]), ((FIRST,), [1]), ((ALL,), [2, 1, 3]), ((2,), [2]), ((FIRST, 3), [1, 3])):
        assert [one.version_us for one in collection.read(Wish(versions=which))] == found
    assert collection.read(Wish(ids=("b",))) == []
    assert collection.read(Wish(types=("sighting",))) == []


@pytest.mark.parametrize(("now_us", "there"), [(99, True), (100, False)])
def test_what_has_ended_by_itself_is_left_out(now_us: int, there: bool, tmp_path: Path) -> None:
    collection = Collection(tmp_path / "c.db")
    collection.add([version("a", 1, until_us=100), version("b", 1)], 10)
    assert [one.id for one in collection.read(Wish(alive_at_us=now_us))] == [*(["a"] if there else []), "b"]
