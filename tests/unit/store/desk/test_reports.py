"""Reports on the desk: pages and filters of the inbox, events that fold, corrections as labels; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from chainbreak.store.desk import Desk, reports
from chainbreak.store.desk.reports import Filter

HOUR = 3_600_000_000


def row(i: int, **more: Any) -> dict[str, Any]:
    return {"report_id": f"r{i:03d}", "record_ref": f"{i:032x}", "reported_at_us": (i * 7 % 50) * HOUR,
            "occurred_at_us": None, "district": f"d{i % 3}", "loss_fen": 100 * i, **more}  # fmt: skip


@pytest.fixture
def filed(desk: Desk) -> Desk:
    with desk.begin() as conn:
        assert reports.file_rows(conn, [row(i) for i in range(53)]) == 53
    return desk


def ids(desk: Desk, wanted: Filter, after: str | None = None, limit: int = 100) -> list[str]:
    with desk.read() as conn:
        return [r.report_id for r in reports.page(conn, wanted, after, limit)]


def test_filing_again_adds_nothing_and_keeps_the_first_version(filed: Desk) -> None:
    with filed.begin() as conn:
        assert reports.file_rows(conn, [row(1, record_ref="f" * 32, loss_fen=7), row(99)]) == 1
        known = reports.read_report(conn, "r001")
    assert known is not None
    assert (known["record_ref"], known["loss_fen"], known["unread"]) == (f"{1:032x}", 100, True)


def test_pages_follow_one_another_newest_first_without_gap_or_repeat(filed: Desk) -> None:
    whole = ids(filed, Filter())
    walked: list[str] = []
    while page := ids(filed, Filter(), walked[-1] if walked else None, 7):
        walked += page
    assert walked == whole
    assert len(set(whole)) == 53
    assert ids(filed, Filter(district="d1")) == [i for i in whole if int(i[1:]) % 3 == 1]
    with filed.read() as conn:
        assert reports.districts(conn) == ["d0", "d1", "d2"]
        assert reports.count(conn, Filter(unread=True)) == 53


def test_events_fold_into_what_stands_and_undoing_restores_it(filed: Desk) -> None:
    with filed.begin() as conn:
        before = reports.read_report(conn, "r002")
        changes = {
            "type": ("", "loan"),
            "type_by": ("", "person"),
            "id:line:01": (None, "victim"),
            "loss_fen": (200, 5),
        }
        event = reports.add_event(conn, "r002", 1, "chen", reports.CORRECTED, changes, "why")
        after = reports.read_report(conn, "r002")
        assert after is not None
        assert (after["type"], after["loss_fen"], after["said"]) == ("loan", 5, {"line:01": "victim"})
        reports.add_label(conn, event, "r002", 1, "chen", "type", "", None, "cues@1", {"type": "loan"})
        assert [r["person"] for r in reports.standing_labels(conn)] == [{"type": "loan"}]
        back = {field: (new, old) for field, (old, new) in changes.items()}
        reports.add_event(conn, "r002", 2, "chen", reports.UNDONE, back, undoes=event)
        assert reports.read_report(conn, "r002") == before
        assert list(reports.standing_labels(conn)) == []
        assert [e["undone"] for e in reports.events_of(conn, "r002")] == [True, False]
        assert reports.last_event_of(conn, "chen", [reports.CORRECTED]) is None


def test_a_machine_never_writes_over_a_person(filed: Desk) -> None:
    with filed.begin() as conn:
        reports.add_event(
            conn, "r003", 1, "chen", reports.CORRECTED, {"type": ("", "loan"), "type_by": ("", reports.PERSON)}
        )
        reports.set_machine_types(conn, {"r003": ("police", 0.9, "m"), "r004": ("police", 0.9, "m")})
        kept = [reports.read_report(conn, i) for i in ("r003", "r004")]
    assert [(r["type"], r["type_by"]) for r in kept if r] == [("loan", "person"), ("police", "machine")]
