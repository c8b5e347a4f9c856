"""What binds every detector: two kinds of evidence, protected classes, the watch list, scores that are their bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.errors import Bug
from chainbreak.find.contract.detector import Measure, Params, Suspicion, param
from chainbreak.find.contract.settle import Stamp, choose, settle, total_bits, weigh
from chainbreak.find.contract.weights import Rule, Weights
from chainbreak.records.finding import Action, Level, Member

STAMP = Stamp(1_000, {"call": 3})


class NoParams(Params):
    """One setting, for its digest."""

    least: int = param(3, "call", "a test", "nothing")


@dataclass
class Fake:
    """As much of a detector as settling needs."""

    name = "fake"
    version = "1"
    params = NoParams()
    two_kinds = (frozenset({"behaviour"}), frozenset({"device"}))
    watch_places = 2
    ladder = (Action.VERIFY, Action.RESTRICT, Action.VISIT)
    weights = Weights(
        {
            "calls": Rule("calls", "behaviour", "call", (10.0, 100.0), (-4.0, 2.0, 6.0)),
            "imeis": Rule("imeis", "device", "IMEI", (2.0,), (0.0, 5.0)),
        },
        prior_bits=-4.0, report_bits=6.0, levels=(0.5, 0.9, 0.99),
    )  # fmt: skip


FAKE: Any = Fake()


def suspicion(name: str = "line:0000000000000001", protected: str = "", **values: float) -> Suspicion:
    """A subject with the given measures, each resting on one record."""
    measures = tuple(Measure(rule, value, (f"{rule}-ref",)) for rule, value in values.items())
    return Suspicion("line", name, (Member("line", name, 1.0),), measures, 500, {"calls": 7}, protected)


def test_a_finding_carries_its_reasons_and_their_sum_is_its_score() -> None:
    found = settle(suspicion(calls=120, imeis=3), FAKE, STAMP)
    assert [(e.rule, e.bits, e.threshold) for e in found.evidence] == [("calls", 6.0, 10.0), ("imeis", 5.0, 2.0)]
    assert found.score == pytest.approx(1 / (1 + 2**-7), abs=1e-6)
    assert (found.found_at_us, found.snapshot) == (1_000, {"call": 3})
    # Urgent, but nobody is sent where no place is known.
    assert (found.level, found.proposed_action) == (Level.URGENT, Action.RESTRICT)


def test_the_mildest_measure_that_can_do_comes_first_and_a_visit_needs_a_place() -> None:
    sure, likely = suspicion(calls=120, imeis=3), suspicion(calls=20, imeis=3)
    placed = replace(sure, facts={"site_lat": 30.0})
    assert settle(likely, FAKE, STAMP).proposed_action is Action.VERIFY
    assert settle(placed, FAKE, STAMP).proposed_action is Action.VISIT
    assert settle(replace(placed, protected="hospital"), FAKE, STAMP).proposed_action is Action.WATCH


def test_other_weights_make_another_finding() -> None:
    other: Any = Fake()
    other.weights = replace(Fake.weights, prior_bits=-5.0)
    one, two = (settle(suspicion(calls=120, imeis=3), detector, STAMP) for detector in (FAKE, other))
    assert one.finding_id != two.finding_id


def test_behaviour_alone_stays_at_watch_however_strong() -> None:
    found = settle(suspicion(calls=10_000), FAKE, STAMP)
    assert (found.level, found.proposed_action) == (Level.LOW, Action.WATCH)


def test_a_protected_class_stays_at_watch_and_says_so() -> None:
    found = settle(suspicion(calls=120, imeis=3, protected="hospital"), FAKE, STAMP)
    assert (found.level, found.proposed_action) == (Level.LOW, Action.WATCH)
    assert found.facts["protected_class"] == "hospital"


def test_nothing_measured_is_no_finding() -> None:
    with pytest.raises(Bug, match="CB-FI-012"):
        settle(suspicion(calls=float("nan")), FAKE, STAMP)


def test_what_speaks_against_is_kept_apart() -> None:
    found = settle(suspicion(calls=5, imeis=3), FAKE, STAMP)
    assert [e.rule for e in found.counter_evidence] == ["calls"]


def test_the_watch_list_is_short_ranked_and_needs_a_reason() -> None:
    weak = [suspicion(f"line:{n:016x}", calls=20.0 + n) for n in range(5)]
    strong = suspicion("line:00000000000000ff", calls=200)
    nothing = suspicion("line:00000000000000fe", calls=3)
    chosen = choose([nothing, *weak, strong], FAKE)
    assert [s.subject for s in chosen] == ["line:00000000000000ff", "line:0000000000000000"]


@given(st.permutations([("calls", 50.0), ("imeis", 4.0)]), st.lists(st.sampled_from("abc"), max_size=6))
def test_order_of_measures_and_records_never_shows(measures: list[tuple[str, float]], refs: list[str]) -> None:
    one = replace(suspicion(), measures=tuple(Measure(r, v, tuple(refs)) for r, v in measures))
    two = replace(suspicion(), measures=tuple(Measure(r, v, tuple(sorted(refs))) for r, v in sorted(measures)))
    assert settle(one, FAKE, STAMP).as_bytes() == settle(two, FAKE, STAMP).as_bytes()


@given(st.floats(0, 1e6), st.floats(0, 50))
def test_score_is_monotone_in_bits(calls: float, imeis: float) -> None:
    weaker = total_bits(weigh(suspicion(calls=5, imeis=0).measures, FAKE))
    any_bits = total_bits(weigh(suspicion(calls=calls, imeis=imeis).measures, FAKE))
    assert Fake.weights.score(any_bits) >= Fake.weights.score(weaker)
