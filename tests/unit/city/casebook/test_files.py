"""What is written: the same bytes for the same seed, columns a centre takes in, truth that fits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from chainbreak.app.bootstrap import open_office
from chainbreak.app.ingest_folder import ingest_folder
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import InputError, UsageError
from chainbreak.base.settings import Settings
from chainbreak.city.casebook import shape, write_casebook
from chainbreak.city.casebook.words import FRAUDS
from chainbreak.records.actor import Actor, Role
from chainbreak.records.report import REPORT

from .conftest import Written


def _bytes(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("same", 3), ("other", 4)):
        write_casebook(tmp_path / name, 400, seed)
    one, same, other = (_bytes(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same
    assert sorted(one) == sorted(other)
    assert not any(one[name] == other[name] for name in one)


def test_columns_are_those_of_the_record_kind_and_types_agree(casebook: Written) -> None:
    assert casebook.reports.column_names == [column.name for column in REPORT.columns]
    stored = REPORT.arrow_schema()
    for column in REPORT.columns:
        if not column.identifier:
            assert casebook.reports.schema.field(column.name).type == stored.field(column.name).type, column.name


def test_a_centre_takes_every_row_and_every_identifier_in(tmp_path: Path) -> None:
    write_casebook(tmp_path / "book", 200, 1)
    init_centre(tmp_path / "centre", Settings())
    office = open_office(tmp_path / "centre", FixedClock(1_795_147_200_000_000))
    (run,) = ingest_folder(office, Actor("qian", frozenset({Role.ENGINEER})), tmp_path / "book" / "records")
    assert (run.accepted, run.quarantined, run.unread_identifiers) == (200, 0, 0)


def test_truth_names_every_report_once_in_the_order_of_the_records(casebook: Written) -> None:
    ids = casebook.reports["report_id"].to_pylist()
    assert casebook.series["report_id"].to_pylist() == ids
    assert len(set(ids)) == len(ids)
    assert set(casebook.series["type"].to_pylist()) == set(FRAUDS)
    assert set(casebook.mentions["report_id"].to_pylist()) <= set(ids)
    gang_of = {}
    for gang, sub in zip(*(casebook.series[name].to_pylist() for name in ("gang", "sub_gang")), strict=True):
        assert gang_of.setdefault(sub, gang) == gang, "a sub-gang belongs to one gang"
    kind_of = {}
    for script, kind in zip(*(casebook.series[name].to_pylist() for name in ("script", "type")), strict=True):
        assert kind_of.setdefault(script, kind) == kind, "a script is of one kind of fraud"


def test_records_hold_no_truth(casebook: Written) -> None:
    told = set(casebook.reports.column_names) | set(casebook.detections.column_names)
    assert not told & {"gang", "sub_gang", "script", "type", "meant", "role"}


def test_what_truth_says_is_in_the_form_is_there_and_nothing_else(casebook: Written) -> None:
    form = casebook.mentions.filter(pc.equal(casebook.mentions["place"], "form"))
    listed: dict[str, set[str]] = {}
    for one in form.to_pylist():
        listed.setdefault(one["report_id"], set()).add(f"{one['kind']}:{one['written']}")
    for one in casebook.reports.select(["report_id", "identifiers"]).to_pylist():
        assert set(one["identifiers"]) == listed.get(one["report_id"], set())


def test_what_truth_says_is_in_the_text_is_there(casebook: Written) -> None:
    stories = dict(zip(*(casebook.reports[name].to_pylist() for name in ("report_id", "narrative")), strict=True))
    found: dict[str, list[bool]] = {}
    for one in casebook.mentions.filter(pc.equal(casebook.mentions["place"], "text")).to_pylist():
        found.setdefault(one["kind"], []).append(one["written"] in stories[one["report_id"]])
    # Chat ids and names of apps have one layout; numbers, cards and domains others as well.
    assert all(found["chat"])
    assert all(found["app"])
    assert {kind: round(sum(here) / len(here), 1) for kind, here in found.items() if kind not in ("chat", "app")} == {
        "line": 0.9, "account": 0.9, "domain": 0.7,
    }  # fmt: skip
    assert not any("{" in story for story in stories.values() if story)


def test_an_occupied_folder_and_impossible_numbers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UsageError, match="CB-CI-003"):
        write_casebook(tmp_path, 200, 1)
    for reports in (99, 2_000_001):
        with pytest.raises(UsageError, match="CB-CI-008"):
            write_casebook(tmp_path / "new", reports, 1)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "text",
    ["typoo: 0.1", "script_noise: 1.2", "line: {uses: 0}", "line: {days: 0.5}", "days: 3.5", "days: 2", "sub_gangs: []",
     "- 1", "a: [", "span_days: [1]", "start: never", "script_noise: true"],
)  # fmt: skip
def test_a_wrong_shape_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "shape.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="CB-CI-007"):
        shape(tmp_path / "shape.yaml")
    with pytest.raises(InputError, match="CB-CI-007"):
        shape(tmp_path / "absent.yaml")


def test_overrides_reach_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "shape.yaml").write_text("script_noise: 0.6\nline: {rented: 0.9}\n", encoding="utf-8")
    like = shape(tmp_path / "shape.yaml")
    assert (like.script_noise, like.line.rented, like.line.days) == (0.6, 0.9, shape().line.days)
    write_casebook(tmp_path / "book", 150, 1, like)
    written = json.loads((tmp_path / "book" / "manifest.json").read_text(encoding="utf-8"))
    assert written["shape"]["line"]["rented"] == 0.9
    assert written["counts"]["report"] == 150


@pytest.mark.parametrize("extreme", [{"singletons": 1.0}, {"singletons": 0.0}, {"days": 7}, {"largest_power": 0.95}])
def test_extreme_shapes_still_write(tmp_path: Path, extreme: dict[str, float]) -> None:
    made = write_casebook(tmp_path / "book", 300, 1, replace(shape(), **extreme).renting(1.0))
    assert made["counts"]["report"] == 300
