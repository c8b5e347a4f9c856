"""Ids last: unique, never given to another series, kept through growth; every change is an event, and no other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.find.linkage.registry import (
    Event,
    Fresh,
    Known,
    Members,
    News,
    assign,
    ids_changed,
    number_of,
    written,
)

REPORTS = [f"r{i:02d}" for i in range(14)]


@st.composite
def partitions(draw: st.DrawFn) -> list[set[str]]:
    """Some of the reports in some groups, singletons among them."""
    labels = draw(st.lists(st.integers(-1, 4), min_size=len(REPORTS), max_size=len(REPORTS)))
    groups: dict[int, set[str]] = {}
    for report, label in zip(REPORTS, labels, strict=True):
        if label >= 0:
            groups.setdefault(label, set()).add(report)
    return list(groups.values())


histories = st.lists(partitions(), min_size=1, max_size=6)


class Book:
    """What a desk would have kept over several runs."""

    def __init__(self) -> None:
        self.known = Known()
        self.given: dict[str, list[Members]] = {}

    def run(self, partition: list[set[str]], news: News | None = None) -> list[Event]:
        now, events = assign(self.known, partition, news)
        gone = {s: m for s, m in self.known.living.items() if s not in now}
        ended = {s: m for s, m in {**self.known.ended, **gone}.items() if s not in now}
        self.known = Known(now, ended, max([self.known.highest, *map(number_of, now)]))
        for series, members in now.items():
            self.given.setdefault(series, []).append(members)
        return events


def after(*partitions: list[set[str]]) -> Book:
    book = Book()
    for partition in partitions:
        book.run(partition)
    return book


@given(histories)
def test_ids_are_unique_and_every_cluster_of_two_has_one(history: list[list[set[str]]]) -> None:
    book = after(*history)
    assert sorted(map(sorted, book.known.living.values())) == sorted(sorted(g) for g in history[-1] if len(g) > 1)


@given(histories)
def test_an_id_that_comes_back_comes_back_to_its_own_reports(history: list[list[set[str]]]) -> None:
    """Never reused: between two stays under one id there is always a report in common."""
    for stays in after(*history).given.values():
        assert all(a & b for a, b in pairwise(stays))


@given(histories, partitions())
def test_the_same_partition_again_changes_nothing(history: list[list[set[str]]], last: list[set[str]]) -> None:
    book = after(*history, last)
    before = book.known
    assert book.run(last) == []
    assert book.known == before


@given(histories, partitions(), st.randoms(use_true_random=False))
def test_order_of_clusters_and_members_is_irrelevant(history: list[list[set[str]]], last: list[set[str]], draw) -> None:
    known = after(*history).known
    shuffled = [draw.sample(sorted(group), len(group)) for group in draw.sample(last, len(last))]
    assert assign(known, last) == assign(known, shuffled)


@given(histories, partitions())
def test_growth_keeps_every_id(history: list[list[set[str]]], base: list[set[str]]) -> None:
    book = after(*history, base)
    before = book.known.living
    grown = [{*group, f"new{at}"} for at, group in enumerate(base)]
    events = book.run(grown)
    assert all(members <= book.known.living[series] for series, members in before.items())
    assert ids_changed(before, book.known.living) == 0
    assert {e.kind for e in events} <= {"grown", "created", "undone"}


@given(histories, partitions())
def test_events_are_the_changes_and_nothing_else(history: list[list[set[str]]], last: list[set[str]]) -> None:
    book = after(*history)
    before = book.known.living
    events = book.run(last)
    now = book.known.living
    assert {e.series_id for e in events} == {s for s in {*before, *now} if before.get(s) != now.get(s)}
    for e in events:
        old, new = before.get(e.series_id, frozenset()), now.get(e.series_id, frozenset())
        assert (e.before, e.after, e.joined, e.left) == (len(old), len(new), len(new - old), len(old - new))
        assert e.series_id not in e.others
    assert len({(e.series_id, e.kind) for e in events}) == len(events)


@given(histories, partitions())
def test_the_id_of_the_largest_overlap_is_kept(history: list[list[set[str]]], last: list[set[str]]) -> None:
    """No cluster and no id could both do better than what they got."""
    known = after(*history).known
    now, _ = assign(known, last)
    place = {report: series for series, members in now.items() for report in members}
    for old, was in known.living.items():
        for series in {place[r] for r in was if r in place} - {old}:
            shared = len(was & now[series])
            its_own = len(known.living.get(series, frozenset()) & now[series])
            kept = len(was & now.get(old, frozenset()))
            assert its_own >= shared or kept >= shared


def test_ties_go_to_the_oldest() -> None:
    book = after([{"a", "b"}, {"c", "d"}])
    events = book.run([{"a", "b", "c", "d"}])
    assert list(book.known.living) == ["S-000001"]
    assert [(e.series_id, e.kind, e.others) for e in events] == [
        ("S-000001", "merged", ("S-000002",)), ("S-000002", "merged", ("S-000001",)),
    ]  # fmt: skip


def test_a_merge_taken_back_gives_both_ids_back_with_its_cause() -> None:
    book = after([{"a", "b"}, {"c", "d", "e"}], [{"a", "b", "c", "d", "e"}])
    assert list(book.known.living) == ["S-000002"]
    undo = Fresh(9, frozenset("abcde"), is_undo=True)
    events = book.run([{"a", "b"}, {"c", "d", "e"}], News([undo]))
    assert book.known.living == {"S-000001": frozenset("ab"), "S-000002": frozenset("cde")}
    assert [(e.series_id, e.kind, e.cause, e.decisions) for e in events] == [
        ("S-000001", "undone", "undo", (9,)), ("S-000002", "split", "undo", (9,)),
    ]  # fmt: skip


def test_a_split_leaves_the_id_with_the_larger_part_and_says_where_the_others_went() -> None:
    book = after([set("abcdef")])
    events = book.run([set("abc"), {"d", "e"}], News([Fresh(3, frozenset("abcdef"))]))
    assert [(e.series_id, e.kind, e.cause, e.others, e.joined, e.left) for e in events] == [
        ("S-000001", "split", "decision", ("S-000002",), 0, 3),
        ("S-000002", "created", "decision", ("S-000001",), 2, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("partition", "news", "seen"),
    [
        ([set("abcx")], News(arrived={"x"}), ("grown", "arrival")),
        ([set("ab")], News(gone={"c"}), ("shrunk", "withdrawal")),
        ([set("ab")], News(), ("shrunk", "recomputed")),
        ([], News([Fresh(2, frozenset("ab"))]), ("ended", "decision")),
    ],
)
def test_causes(partition: list[set[str]], news: News, seen: tuple[str, str]) -> None:
    events = after([set("abc")]).run(partition, news)
    assert [(e.kind, e.cause) for e in events] == [seen]


def test_a_decision_about_other_reports_is_no_cause() -> None:
    (event,) = after([set("abc")]).run([set("abcx")], News([Fresh(2, frozenset("yz"))], arrived="x"))
    assert (event.cause, event.decisions) == ("arrival", ())


def test_an_ended_id_is_not_taken_up_by_a_minority() -> None:
    book = after([set("abcd")], [])
    book.run([{"a", "b", "x"}])
    assert list(book.known.living) == ["S-000002"]
    book.run([{"a", "b", "c"}])
    assert list(book.known.living) == ["S-000002"]


def test_churn_counts_reports_under_another_id() -> None:
    before = {"S-000001": frozenset("abc"), "S-000002": frozenset("de")}
    assert ids_changed(before, {"S-000001": frozenset("abcde")}) == 2
    assert ids_changed(before, {"S-000001": frozenset("abcx")}) == 0


@given(st.integers(1, 10**9))
def test_numbers_are_read_back(number: int) -> None:
    assert number_of(written(number)) == number


@pytest.mark.parametrize("text", ["", "S-", "T-000001", "S-00١", "S-1e3", "S--1"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a series id"):
        number_of(text)
