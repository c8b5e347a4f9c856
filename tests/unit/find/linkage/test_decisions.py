"""Constraints follow from standing decisions alone: undo restores exactly, contradictions are shown, none vanishes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.find.linkage.decisions import (
    Constraint,
    Contradiction,
    Ruling,
    as_decisions,
    constraints,
    contradictions,
    cut_by,
    is_undone,
    standing,
)

REPORTS = "abcdef"


@st.composite
def rows(draw: st.DrawFn) -> list[Ruling]:
    """Decisions one after another, undoings of earlier rows among them."""
    made: list[Ruling] = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        kind = draw(st.sampled_from(["same", "different", "unsure", "merge", "split", "detach", "undo"]))
        if kind == "undo":
            free = [r.decision_id for r in made if not is_undone(made, r.decision_id)]
            if free:
                made.append(Ruling(number, kind, undoes=draw(st.sampled_from(free))))
            continue
        mixed = draw(st.permutations(REPORTS))
        cut = draw(st.integers(1, len(mixed) - 1))
        sides = ((mixed[0],), (mixed[1],)) if kind in ("same", "different", "unsure") else (mixed[:cut], mixed[cut:])
        made.append(Ruling(number, kind, tuple(sides[0]), tuple(sides[1])))
    return made


@given(rows(), st.data())
def test_undo_restores_exactly_and_can_be_undone(made: list[Ruling], data: st.DataObject) -> None:
    free = [r for r in made if r.kind != "undo" and not is_undone(made, r.decision_id)]
    if not free:
        return
    target = data.draw(st.sampled_from(free)).decision_id
    without = constraints([r for r in made if r.decision_id != target and r.undoes != target])
    undone = [*made, Ruling(100, "undo", undoes=target)]
    assert constraints(undone) == without
    assert constraints([*undone, Ruling(101, "undo", undoes=100)]) == constraints(made)
    again = [*undone, Ruling(101, "undo", undoes=100), Ruling(102, "undo", undoes=target)]
    assert constraints(again) == without


@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(made: list[Ruling], draw) -> None:
    assert constraints(draw.sample(made, len(made))) == constraints(made)


@given(rows())
def test_every_constraint_names_a_standing_decision_and_a_proper_pair(made: list[Ruling]) -> None:
    kept = {r.decision_id: r for r in standing(made)}
    for c in constraints(made):
        assert c.a < c.b
        assert {c.a, c.b} <= {*kept[c.decision_id].a, *kept[c.decision_id].b}
    assert len(as_decisions(constraints(made))) == len({c[:3] for c in constraints(made)})


@given(rows())
def test_contradictions_are_exactly_what_is_both_joined_and_kept_apart(made: list[Ruling]) -> None:
    kept = constraints(made)
    group = {r: {r} for r in REPORTS}
    for c in kept:
        if c.kind == "confirm":
            joined = group[c.a] | group[c.b]
            group |= dict.fromkeys(joined, joined)
    clashing = {c.decision_id for c in kept if c.kind == "reject" and c.b in group[c.a]}
    found = contradictions(kept)
    assert {c.apart for c in found} == clashing
    sources = {(c.a, c.b, c.decision_id) for c in kept}
    for clash in found:
        first, last = sorted((clash.path[0], clash.path[-1]))
        assert (first, last, clash.apart) in sources
        for a, b, by in zip(clash.path, clash.path[1:], clash.joined, strict=False):
            assert (min(a, b), max(a, b), by) in sources


def test_a_merge_of_many_keeps_all_together_with_few_pairs() -> None:
    kept = constraints([Ruling(1, "merge", ("c", "d"), ("a", "b"))])
    assert kept == [Constraint("confirm", "a", x, 1) for x in "bcd"]


def test_a_later_split_cuts_an_earlier_merge_and_an_earlier_split_does_not() -> None:
    merge, split = Ruling(1, "merge", ("a", "b"), ("c", "d")), Ruling(2, "split", ("a", "c"), ("b", "d"))
    joins = [(c.a, c.b) for c in constraints([merge, split]) if c.kind == "confirm"]
    assert joins == [("a", "c"), ("b", "d")]
    assert contradictions(constraints([merge, split])) == []
    assert cut_by([merge], split) == [1]
    earlier = [Ruling(1, "split", ("a", "c"), ("b", "d")), Ruling(2, "merge", ("a", "b"), ("c", "d"))]
    (clash,) = contradictions(constraints(earlier))
    assert (clash.apart, clash.joined, clash.pairs) == (1, (2,), 4)


def test_detaching_the_first_report_of_a_merge_leaves_the_others_together() -> None:
    made = [Ruling(1, "merge", ("a", "b"), ("c", "d")), Ruling(2, "detach", ("a",), ("b", "c", "d"))]
    assert [(c.a, c.b) for c in constraints(made) if c.kind == "confirm"] == [("b", "c"), ("b", "d")]


def test_two_confirmations_and_a_rejection_are_shown_with_all_three() -> None:
    made = [
        Ruling(1, "same", ("a",), ("b",)),
        Ruling(2, "same", ("b",), ("c",)),
        Ruling(3, "different", ("a",), ("c",)),
    ]
    assert contradictions(constraints(made)) == [Contradiction(3, (1, 2), ("a", "b", "c"), 1)]
    assert contradictions(constraints(made[:2])) == []


def test_a_split_through_somebodys_confirmation_is_a_contradiction() -> None:
    made = [Ruling(1, "same", ("a",), ("b",)), Ruling(2, "split", ("a",), ("b", "c"))]
    assert [(c.apart, c.joined) for c in contradictions(constraints(made))] == [(2, (1,))]


def test_unsure_constrains_nothing() -> None:
    assert constraints([Ruling(1, "unsure", ("a",), ("b",))]) == []
