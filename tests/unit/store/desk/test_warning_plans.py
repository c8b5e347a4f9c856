"""What is asked of warnings all day walks no index that all open ones, or all that ever were, stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from chainbreak.app.draw_order import capacity_now, waiting_now
from chainbreak.app.init_centre import init_centre
from chainbreak.app.tidy_warnings import tidy_warnings
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.store.desk import Desk
from chainbreak.store.desk import visits as visits_desk
from chainbreak.store.desk import warning_calls as calls
from chainbreak.store.desk import warning_reads as reads
from chainbreak.store.desk import warning_sends as sends
from chainbreak.store.desk import warnings as desk

NOW = 10**15
SOME = [f"line:{i:016x}" for i in range(400)]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = Desk(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'desk.db'}")
    opened.migrate()
    yield opened
    opened.close()


@contextmanager
def asked(conn: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Statements with their parameters while the block runs."""
    found: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found.append((statement, parameters))

    event.listen(conn.engine, "before_cursor_execute", note)
    yield found
    event.remove(conn.engine, "before_cursor_execute", note)


ASKED: dict[str, tuple[Callable[[Connection], object], set[str]]] = {
    "warnings_of": (lambda c: desk.warnings_of(c, SOME, NOW, NOW), {"ix_warning_recipient_campaign_state"}),
    "sent_lately": (lambda c: desk.sent_lately(c, SOME, NOW), {"ix_warning_send_recipient_channel_planned_at_us"}),
    "standing_events": (lambda c: desk.standing_events(c, SOME, NOW), {"ix_contact_event_recipient_at_us"}),
    "next card": (lambda c: calls.first_to_call(c, "gu", [0, 1], NOW), {"ix_warning_held", "ix_warning_to_call",
                                                                        "ix_warning_recipient_campaign_state"}),
    "in_hand": (lambda c: calls.in_hand(c, "gu", NOW), {"ix_warning_held"}),
    "codes_taken": (lambda c: calls.codes_taken(c, NOW), {"ix_warning_phrase_code_until_us_code"}),
    "capacity": (lambda c: capacity_now(c, NOW), {"ix_warning_call_ended_at_us", "ix_warning_held"}),
    "waiting": (lambda c: waiting_now(c, NOW, 20_000), {"ix_warning_to_call"}),
    "heads": (lambda c: reads.heads(c, NOW, 1, 500), {"ix_warning_to_call"}),
    "cancel_sends": (lambda c: sends.cancel_sends(c, SOME, "lapsed", NOW), {"sqlite_autoindex_warning_send_2"}),
    "asking": (lambda c: visits_desk.asking(c, NOW), {"ix_warning_visit"}),
    "made_to": (lambda c: visits_desk.made_to(c, SOME, NOW), {"ix_visit_recipient_opened_at_us"}),
    "ended": (lambda c: visits_desk.ended(c, NOW), {"ix_visit_updated_at_us", "sqlite_autoindex_warning_1"}),
    "old_addresses": (lambda c: visits_desk.old_addresses(c, NOW), {"ix_visit_address", "sqlite_autoindex_warning_1"}),
}  # fmt: skip


@pytest.mark.parametrize("what", ASKED)
def test_a_question_walks_what_it_is_about(migrated: Desk, what: str) -> None:
    ask, indices = ASKED[what]
    with migrated.read() as conn:
        with asked(conn) as statements:
            ask(conn)
        plans = [
            str(step[3]) for statement, parameters in statements
            for step in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]  # fmt: skip
    walked = {word for plan in plans for word in plan.split() if word.startswith(("ix_", "sqlite_autoindex"))}
    assert walked == indices
    assert not [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan]


def test_a_round_walks_what_is_due(tmp_path: Path) -> None:
    office = init_centre(tmp_path / "centre", Settings(name="测试"), FixedClock(NOW))
    with office.desk.read() as conn, asked(conn) as statements:
        tidy_warnings(office)
    with office.desk.read() as conn:
        plans = [
            str(step[3]) for statement, parameters in statements if "FROM warning \n" in statement
            for step in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]  # fmt: skip
    assert any("ix_warning_escalate (state=? AND escalate_at_us<?)" in plan for plan in plans)
    assert not [plan for plan in plans if "expires_at_us>?" in plan]
