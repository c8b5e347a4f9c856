"""A watch finds what one run finds, to the byte, however the records came; and starts over when records went."""

from __future__ import annotations

import json
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import START_US

from chainbreak.app.watch_records import watch_records
from chainbreak.base.clock import local_day
from chainbreak.base.errors import SetupError
from chainbreak.find import registry
from chainbreak.find.contract.detector import Detector, ident
from chainbreak.find.watch.state import MANIFEST, Manifest, forget_all
from chainbreak.records import kind_named

from .conftest import Watched, contents


def manifest(watched: Watched) -> Manifest:
    """What the state says of itself."""
    return Manifest.model_validate(json.loads((watched.office.centre.watch / "mules" / MANIFEST).read_text()))


@given(seed=st.integers(0, 2**32), batches=st.integers(1, 5))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_batches_gives_what_one_run_gives(standing: Detector, seed: int, batches: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        watched = Watched(Path(folder) / "centre")
        call = watched.world["transfer"]
        place = [dice.randrange(batches) for _ in range(call.num_rows)]
        for batch in range(batches):
            watched.feed("transfer", call.filter(pa.array([p == batch for p in place])))
            if dice.random() < 0.3:
                continue
            (step,) = watched.look()
            assert contents(step) == watched.in_one_run(standing)
        last = watched.look()
        assert all(contents(step) == watched.in_one_run(standing) for step in last)
        assert sum(manifest(watched).rows.values()) == call.num_rows


@pytest.mark.parametrize("name", ["goip", "mules", "sites"])
def test_days_one_after_the_other_whether_or_not_anything_stands(
    watched: Watched, standing: Detector, name: str
) -> None:
    detector = registry.detector_named(name)
    events = [n.table for n in detector.needs if kind_named(n.table).time and n.table in watched.world]
    for day in range(3):
        arrived = {kind: watched.days(kind, day, day + 1) for kind in events}
        for kind, rows in arrived.items():
            watched.feed(kind, rows)
        (step,) = watched.look([name])
        assert step.records == sum(rows.num_rows for rows in arrived.values())
        if not step.declined:
            assert contents(step) == watched.in_one_run(detector)
        assert watched.look([name]) == []
    assert any(f.proposed_action in detector.ladder for f in step.findings)


def test_a_day_keeps_few_parts_and_untouched_days_are_left_alone(watched: Watched) -> None:
    rows = watched.world["transfer"]
    watched.feed("transfer", watched.days("transfer", 0, 2))
    watched.look()
    old = {p for p in manifest(watched).parts if p.day == local_day(START_US, "Asia/Shanghai")}
    day = watched.days("transfer", 2, 3)
    for at in range(0, day.num_rows, 40):
        watched.feed("transfer", day.slice(at, 40))
        watched.look()
    parts = manifest(watched).parts
    assert old <= set(parts)
    today = [p for p in parts if p.day == local_day(START_US, "Asia/Shanghai") + timedelta(days=2)]
    assert 1 <= len(today) <= 4
    assert sum(manifest(watched).rows.values()) == rows.num_rows
    files = {p.name for p in (watched.office.centre.watch / "mules").iterdir()}
    assert files == {p.file for p in parts} | {MANIFEST, ".lock"}


def test_records_that_went_are_no_longer_in_what_stands(watched: Watched, standing: Detector) -> None:
    watched.feed("transfer", watched.world["transfer"])
    watched.look()
    first = local_day(START_US, "Asia/Shanghai")
    watched.office.lake.forget("transfer", first + timedelta(days=1))
    (step,) = watched.look()
    assert step.anew
    assert step.records == watched.days("transfer", 1, 3).num_rows
    assert contents(step) == watched.in_one_run(standing)
    assert date.min < min(p.day for p in manifest(watched).parts if p.day) > first


@pytest.mark.parametrize("harm", ["part", "manifest", "half", "all"])
def test_state_that_cannot_be_continued_is_computed_anew(watched: Watched, standing: Detector, harm: str) -> None:
    watched.feed("transfer", watched.days("transfer", 0, 2))
    watched.look()
    folder = watched.office.centre.watch / "mules"
    if harm == "part":
        (folder / manifest(watched).parts[0].file).unlink()
    elif harm == "all":
        forget_all(folder.parent)
        assert [p.name for p in folder.iterdir()] == [".lock"]
    elif harm == "manifest":
        (folder / MANIFEST).unlink()
    else:
        (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:100])
    watched.feed("transfer", watched.days("transfer", 2, 3))
    (step,) = watched.look()
    assert step.anew
    assert contents(step) == watched.in_one_run(standing)


def test_other_settings_of_the_detector_make_other_state(
    watched: Watched, standing: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.feed("transfer", watched.world["transfer"])
    assert watched.look()[0].anew
    watched.feed("account", watched.world["account"].slice(0, 0))
    stricter = standing.params.model_copy(update={"min_week_payers": 2})
    monkeypatch.setattr(type(standing), "params", stricter)
    (step,) = watched.look()
    assert step.anew
    assert contents(step) == watched.in_one_run(standing)


def test_a_changed_reference_table_alone_is_judged_again(watched: Watched, standing: Detector) -> None:
    watched.feed("transfer", watched.world["transfer"])
    watched.look()
    watched.feed("account", watched.world["account"].slice(0, 1))
    (step,) = watched.look()
    assert (step.records, step.anew) == (0, False)
    assert contents(step) == watched.in_one_run(standing)


def test_a_second_watch_is_refused_and_a_first_that_ended_is_not_in_the_way(watched: Watched) -> None:
    watched.feed("transfer", watched.world["transfer"])
    first = watch_records(watched.office, ["mules"])
    assert next(first).new
    with pytest.raises(SetupError, match="CB-FI-030"):
        watched.look()
    first.close()
    assert watched.look() == []


def test_one_that_declines_and_one_that_breaks_leave_the_others_going(
    watched: Watched, standing: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[object]:
        raise ZeroDivisionError("made to fail")

    sites = registry.detector_named("sites")
    watched.feed("transfer", watched.world["transfer"])
    for kind in (n.table for n in sites.needs if n.table in watched.world):
        watched.feed(kind, watched.world[kind])
    with monkeypatch.context() as patch:
        patch.setattr(type(sites), "judge", broken)
        steps = {step.detector.partition("@")[0]: step for step in watched.look(["goip", "sites", "mules"])}
    assert steps["sites"].failed
    assert "ZeroDivisionError" in steps["sites"].declined
    assert steps["mules"].findings
    again = watched.look(["sites", "mules"])
    assert [(step.detector, step.failed) for step in again] == [(ident(sites), False)]


def test_it_looks_again_and_again(watched: Watched) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        watched.feed("transfer", watched.days("transfer", len(waits) - 1, len(waits)))

    steps = watch_records(watched.office, ["mules"], every_s=3_600, wait=wait)
    assert next(steps).declined
    assert [next(steps).records for _ in range(3)] == [watched.days("transfer", d, d + 1).num_rows for d in range(3)]
    steps.close()
    assert all(3_500 < seconds <= 3_600 for seconds in waits)
