"""What others report in the desk, on both databases: versions, parts, sightings, what was told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from chainbreak.store.desk import Desk, indicators
from chainbreak.store.desk.tables_delivery import partner


@pytest.fixture
def source(desk: Desk) -> str:
    with desk.begin() as conn:
        conn.execute(insert(partner).values(
            partner_id="next", name_zh="邻", name_en="n", format="taxii", kinds="", call="", active=True, serial=0
        ))  # fmt: skip
    return "next"


def row(shared_id: str, version_us: int, **said: Any) -> dict[str, Any]:
    return {
        "shared_id": shared_id, "kind": "domain", "object": "a.cn", "version_us": version_us, "first_seen_us": 1,
        "last_seen_us": version_us, "valid_until_us": None, "confidence": None, "revoked": False, "pulled_at_us": 9,
    } | said  # fmt: skip


def test_the_newest_version_stands_whatever_comes_after(desk: Desk, source: str) -> None:
    with desk.begin() as conn:
        assert indicators.save_indicators(conn, source, [row("i", 1), row("i", 3, object="c.cn"), row("i#2", 1)]) == (
            2,
            0,
        )
        assert indicators.withdraw(conn, source, "i", 3, ["i"]) == 1
        assert indicators.save_indicators(conn, source, [row("i", 2), row("i#2", 1), row("i#3", 2)]) == (0, 0)
    with desk.read() as conn:
        standing = {one["shared_id"]: (one["object"], one["revoked"]) for one in indicators.read_indicators(conn)}
    assert standing == {"i": ("c.cn", False), "i#2": ("a.cn", True)}


def test_sightings_are_counted_once_and_the_later_says(desk: Desk, source: str) -> None:
    def sighted(name: str, says: str, count: int, at_us: int) -> dict[str, Any]:
        return {"sighting_id": name, "shared_id": "i", "says": says, "count": count, "at_us": at_us}

    with desk.begin() as conn:
        indicators.save_indicators(conn, source, [row("i", 1)])
        assert indicators.save_sightings(conn, source, [sighted("s", "seen", 2, 5), sighted("t", "false", 1, 6)]) == 2
        assert indicators.save_sightings(conn, source, [sighted("s", "seen", 7, 8), sighted("t", "false", 9, 1)]) == 0
        indicators.save_met(conn, source, "i", 4, 1, 9)
    with desk.read() as conn:
        [one] = indicators.read_indicators(conn, objects=["a.cn"])
    assert (one["seen"], one["denied"], one["seen_us"], one["over_us"], one["told_us"]) == (7, 1, 8, None, 4)


def test_a_source_is_read_on_from_its_marker_and_what_was_refused_is_forgotten_once_it_reads(
    desk: Desk, source: str
) -> None:
    refused = {"shared_id": "i", "code": "CB-DL-168", "what": "no domain", "at_us": 1}
    with desk.begin() as conn:
        indicators.save_refused(conn, source, [refused, refused])
        indicators.save_marker(conn, source, "7", 1)
        indicators.save_marker(conn, source, "", 2)
        assert indicators.read_marker(conn, source) == "7"
        indicators.save_indicators(conn, source, [row("i", 1)])
        indicators.save_refused(conn, source, [])
    with desk.read() as conn:
        assert len(indicators.read_indicators(conn, source=source, kind="domain", limit=5)) == 1
        assert indicators.read_indicators(conn, source="other") == []
