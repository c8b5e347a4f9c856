"""What a result of a visit may say, and that no checklist asks about a household."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.warnings.model import OUTCOMES
from chainbreak.act.warnings.visits.checklists import checklist_of, checklists
from chainbreak.act.warnings.visits.model import OF_ENTRY, Result, in_order
from chainbreak.base.errors import InputError
from chainbreak.text.fraud.types import national

HOUSEHOLD = re.compile(
    r"family|wife|husband|child|income|salary|rent|owns|lives|家庭|家人|配偶|子女|收入|存款|房产|独居|住房"
)


def test_every_type_of_fraud_has_a_checklist_and_none_is_about_the_household() -> None:
    assert set(checklists()) - {""} == set(national())
    for checklist in checklists().values():
        names = [item.name for item in checklist.items]
        assert len(set(names)) == len(names)
        for item in checklist.items:
            assert not HOUSEHOLD.search(item.zh + item.en.lower()), item.name


@pytest.mark.parametrize("key", sorted(OUTCOMES))
def test_an_outcome_is_named_by_its_key_and_fits_what_happened_at_the_door(key: str) -> None:
    word = OUTCOMES[key]
    for entry, allowed in OF_ENTRY.items():
        if word in allowed:
            assert Result.read({"entry": entry, "outcome": key}, checklist_of("")).outcome == word
        else:
            with pytest.raises(InputError, match="CB-WA-167"):
                Result.read({"entry": entry, "outcome": key}, checklist_of(""))


@pytest.mark.parametrize(
    "body",
    [
        {"entry": "met", "outcome": "1", "answers": {"how_rich": "yes"}},
        {"entry": "met", "outcome": "1", "answers": {"call_ended": "三口之家"}},
        {"entry": "met", "outcome": "1", "left_at_us": "soon"},
        {"entry": "window", "outcome": "1"},
        {},
    ],
)
def test_nothing_but_the_checklist_can_be_stored(body: dict[str, object]) -> None:
    with pytest.raises(InputError, match="CB-WA-167"):
        Result.read(body, checklist_of("police"))


times = st.none() | st.integers(-(10**6), 10**6)


@given(times, times, times, st.integers(0, 500), st.integers(500, 1_000))
def test_times_of_a_wrong_clock_are_brought_in_order(
    left: int | None, arrived: int | None, ended: int | None, accepted: int, now: int
) -> None:
    kept = in_order(Result("met", "other", left_at_us=left, arrived_at_us=arrived, ended_at_us=ended), accepted, now)
    known = [accepted, *(at for at in kept if at is not None), now]
    assert known == sorted(known)
    assert (kept[0] is None, kept[1] is None) == (left is None, arrived is None)
