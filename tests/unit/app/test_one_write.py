"""A repeated wish is refused, a late one too, and neither keeps the next one from being made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.one_write import one_write
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_world(tmp_path / "centre", FixedClock(1_795_147_200_000_000), findings=1)


def refuse(_conn: object) -> None:
    raise RefusedError("CB-UI-012", "too late")


def test_the_same_wish_of_the_same_person_is_made_once(office: Office) -> None:
    with one_write(office, "chen", "wish-0001").desk.begin():
        pass
    with pytest.raises(RefusedError, match="CB-DK-006"), one_write(office, "chen", "wish-0001").desk.begin():
        pass
    with one_write(office, "lin", "wish-0001").desk.begin():
        pass


def test_a_view_names_its_first_write_only_and_leaves_the_office_as_it_was(office: Office) -> None:
    view = one_write(office, "chen", "wish-0001")
    for desk in (view.desk, view.desk, office.desk, office.desk):
        with desk.begin():
            pass


def test_a_condition_is_judged_in_the_write_and_a_refused_wish_may_be_made_again(office: Office) -> None:
    late = one_write(one_write(office, "chen", "wish-0001"), "", condition=refuse)
    with pytest.raises(RefusedError, match="too late"), late.desk.begin():
        pass
    with one_write(office, "chen", "wish-0001").desk.begin():
        pass
    kept = one_write(one_write(office, "chen", "wish-0001"), "", condition=lambda _conn: None)
    with pytest.raises(RefusedError, match="CB-DK-006"), kept.desk.begin():
        pass
