"""The page of results says how much was taken back, in both languages, and nothing where nothing was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from browser import Browser
from measure_world import Measured, call
from sqlalchemy import insert
from warning_world import known_lines

from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import US_PER_DAY
from chainbreak.store.desk.tables_contacts import retraction


def test_results_say_what_was_taken_back(office: Office, tmp_path: Path, sign_in: Callable[[str], Browser]) -> None:
    world = Measured(office, tmp_path / "files")
    for line in known_lines(office, 3):
        world.warn(call(line, world.now - US_PER_DAY, 360), outcome="dissuaded", reached_min=5)
    wu = sign_in("wu")
    assert "事后撤回" not in wu.get("/warnings/measures").text
    with office.desk.begin() as conn:
        conn.execute(insert(retraction).values(
            at_us=world.now - 1, actor="chen", object="line:00ff00ff00ff00ff", reason="x", events=9, warnings=7, told=4
        ))  # fmt: skip
    assert "事后撤回预警 7 起，其中 4 起已告知当事人" in wu.get("/warnings/measures").text
    assert "7 warnings were taken back, 4 of them" in wu.get("/warnings/measures?lang=en").text
