"""Messages about warnings in the desk: what is cancelled and what has left already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from send_world import plan, queue_text_of, sends, text_states, warned
from sqlalchemy import select, update

from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.store.desk.tables_texts import text_part
from chainbreak.store.desk.tables_warnings import warning, warning_send
from chainbreak.store.desk.warning_sends import cancel_sends

T0 = 1_795_132_800_000_000


@pytest.fixture
def office(desk_url: str, tmp_path: Path) -> Iterator[Office]:
    made = init_centre(tmp_path / "centre", Settings(desk_url=desk_url, name="测试市反诈中心"), FixedClock(T0))
    yield made
    made.desk.close()


def warning_ids(office: Office) -> list[str]:
    with office.desk.read() as conn:
        return list(conn.execute(select(warning.c.warning_id)).scalars())


def test_what_is_due_is_cancelled_with_its_reason_and_only_of_these_warnings(office: Office) -> None:
    warned(office, 3)
    first, second, _ = warning_ids(office)
    plan(office, first, "push")
    with office.desk.begin() as conn:
        assert cancel_sends(conn, [first, second], "dissuaded", T0 + 5) == 3
        assert cancel_sends(conn, [first, second], "again", T0 + 6) == 0
    found = sorted(sends(office, "state", "reason", "settled_at_us"), key=str)
    assert found == [("cancelled", "dissuaded", T0 + 5)] * 3 + [("due", "", None)]


def test_a_text_in_our_queue_goes_with_it_and_one_that_has_begun_to_leave_stays(office: Office) -> None:
    whole, begun = warned(office, 2)
    for send_id in (whole, begun):
        queue_text_of(office, send_id, "字" * 100)
    with office.desk.begin() as conn:
        part = select(text_part.c.text_id).join(warning_send, warning_send.c.receipt == text_part.c.text_id)
        left = part.where(warning_send.c.send_id == begun)
        conn.execute(update(text_part).where(text_part.c.text_id.in_(left), text_part.c.part == 1).values(
            state="submitting"
        ))  # fmt: skip
    with office.desk.begin() as conn:
        assert cancel_sends(conn, warning_ids(office), "dissuaded", T0 + 5) == 1
    assert sorted(sends(office)) == [("cancelled", "dissuaded"), ("handing", "")]
    assert sorted(text_states(office)) == [
        ("cancelled", "cancelled"), ("cancelled", "cancelled"), ("queued", "queued"), ("queued", "submitting"),
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["handing", "handed", "delivered", "failed", "unknown", "suppressed"])
def test_what_has_left_or_ended_is_not_called_back(office: Office, state: str) -> None:
    warned(office, 1, channel="push", state=state)
    with office.desk.begin() as conn:
        assert cancel_sends(conn, warning_ids(office), "dissuaded", T0) == 0
    assert sends(office) == [(state, "")]
