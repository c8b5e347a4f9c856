"""Measures and tiers by program: rights as on the pages, the same back-test, another person decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Browser
from measure_world import Measured, call
from warning_world import known_lines

from chainbreak.act.warnings.tiers import preset_text
from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import US_PER_DAY

Program = Callable[[str], Browser]
SOONER = preset_text("four").replace("name: four", "name: four-2", 1).replace("above: 600", "above: 300")


@pytest.fixture
def past(office: Office, tmp_path: Path) -> Measured:
    world = Measured(office, tmp_path / "files")
    for n, line in enumerate(known_lines(office, 12)):
        world.warn(call(line, world.now - US_PER_DAY, 360, campaign=f"series:{n}"), outcome="dissuaded", reached_min=5)
    return world


def test_a_change_goes_its_way(past: Measured, program: Program) -> None:
    chen, he, wu = program("chen"), program("he"), program("wu")
    told = chen.post(
        "/api/v1/warnings/tiers", json={"body": SOONER, "why": "早些打"}, headers={"Idempotency-Key": "propose-0001"}
    )
    assert told.json()["item"]["version"] == 1
    item = wu.get("/api/v1/warnings/tiers/1").json()["item"]
    assert item["back_test"]["moves"]["counts"]["up"] == 12
    assert [row["where"][-1] for row in item["differs"]] == [
        "duration_s above 300, kind call.fraud_line", "duration_s above 600, kind call.fraud_line",
    ]  # fmt: skip
    refused = chen.post("/api/v1/warnings/tiers/1/approve", headers={"Idempotency-Key": "approve-0001"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "CB-WA-180")
    assert he.post("/api/v1/warnings/tiers/1/approve", headers={"Idempotency-Key": "approve-0002"}).json()["ok"]
    assert wu.get("/api/v1/warnings/tiers").json()["item"]["policy"] == "four-2"


def test_measures_and_labels_are_for_those_who_work_with_them(past: Measured, program: Program) -> None:
    item = program("wu").get("/api/v1/warnings/measures").json()["item"]
    assert item["tiers"][0]["precision"] == {"n": 12, "hits": 12, "rate": 1.0, "low": 0.7575, "high": 1.0}
    assert item["uplift"]["difference"] is None
    labels = program("wu").get("/api/v1/warnings/labels", params={"ref": "finding:" + "0" * 32}).json()["items"]
    assert [row["label"] for row in labels] == ["true"] * 12
    for path in ("measures", "labels", "tiers", "tiers/1"):
        assert program("zhou").get(f"/api/v1/warnings/{path}").json()["error"]["code"] == "CB-WA-180"
