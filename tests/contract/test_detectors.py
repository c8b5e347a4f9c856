"""The conformance kit: every registered detector is held to the contract, on a small world made by hand here.

The world has one box of eight cards in one cell, its look-alikes, one mule account and ordinary people; raw identifiers
become tokens by the house's own keys.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import WORLD_END_US, small_world

from chainbreak.base.errors import Bug, DeclinedError
from chainbreak.find.contract.detector import Detector, Suspicion, ident
from chainbreak.find.contract.portable import refused_operations
from chainbreak.find.contract.runner import as_seen, run_one, suspect
from chainbreak.find.contract.settle import Stamp, settle
from chainbreak.find.contract.standing import compute, merged, standings
from chainbreak.find.registry import detectors
from chainbreak.records import KINDS, kind_named
from chainbreak.records.finding import Action, Finding, Level, Member
from chainbreak.store.duck import Duck
from chainbreak.store.lake import Lake

EVERY = pytest.mark.parametrize("detector", detectors(), ids=ident)
World = dict[str, pa.Table]


@pytest.fixture(scope="module")
def world() -> World:
    """Lake rows by kind."""
    return small_world()


class Desk:
    """Runs a detector on given tables, each time in a lake of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, 0

    def engine(self, tables: World) -> Duck:
        """An engine on a fresh lake that holds `tables`."""
        self.made += 1
        lake = Lake(self.folder / f"lake{self.made}")
        for name, table in tables.items():
            lake.append(name, table, kind_named(name).partition_by)
        return Duck(lake, lake.snapshot(), self.folder / "scratch", memory_limit_mib=512, threads=1)

    def findings(self, detector: Detector, tables: World, as_of_us: int | None = None) -> list[Finding]:
        """What the detector finds."""
        engine = self.engine(tables)
        try:
            return list(run_one(engine, detector, as_of_us).findings)
        finally:
            engine.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One a test; its lakes go with the folder."""
    return Desk(tmp_path)


def contents(findings: list[Finding]) -> list[bytes]:
    """Bytes of the findings with the lake versions taken out: those differ between lakes built in other ways."""
    return [replace(f, snapshot={}).as_bytes() for f in findings]


def of(detector: Detector, world: World) -> World:
    """The tables the detector reads; one it can do without may be missing in the world."""
    return {need.table: world[need.table] for need in detector.needs if need.required or need.table in world}


@EVERY
def test_finds_what_is_there_with_reasons(detector: Detector, world: World, desk: Desk) -> None:
    found = desk.findings(detector, of(detector, world))
    assert any(f.proposed_action in detector.ladder for f in found)
    for f in found:
        assert f.evidence or f.counter_evidence
        total = sum(e.bits for e in (*f.evidence, *f.counter_evidence))
        assert f.score == pytest.approx(detector.weights.score(total), abs=2e-6)
        assert all(e.bits > 0 for e in f.evidence)
        assert all(e.bits <= 0 for e in f.counter_evidence)
        assert f.first_evidence_us <= f.found_at_us


@EVERY
def test_evidence_cites_records_that_exist_and_give_the_value(detector: Detector, world: World, desk: Desk) -> None:
    tables = of(detector, world)
    for f in desk.findings(detector, tables):
        for e in (*f.evidence, *f.counter_evidence):
            assert e.records, e.rule
            cited = {name: t.filter(pc.is_in(t["record_ref"], pa.array(e.records))) for name, t in tables.items()}
            assert sum(t.num_rows for t in cited.values()) == len(e.records)
            assert detector.remeasure[e.rule](cited, f.subject) == pytest.approx(e.value, abs=1e-6), e.rule


@EVERY
def test_row_order_and_duplicates_change_nothing(detector: Detector, world: World, desk: Desk) -> None:
    tables = of(detector, world)
    plain = contents(desk.findings(detector, tables))
    backwards = {name: t.take(list(range(t.num_rows))[::-1]) for name, t in tables.items()}
    doubled = {name: pa.concat_tables([t, t.slice(0, t.num_rows // 2)]) for name, t in tables.items()}
    assert contents(desk.findings(detector, backwards)) == plain
    assert contents(desk.findings(detector, doubled)) == plain


@EVERY
def test_same_inputs_same_bytes_and_input_untouched(detector: Detector, world: World, desk: Desk) -> None:
    tables = of(detector, world)
    engine = desk.engine(tables)
    before = {name: engine.run(engine.table(name)).num_rows for name in tables}
    first, second = (run_one(engine, detector).findings for _ in range(2))
    assert [f.as_bytes() for f in first] == [f.as_bytes() for f in second]
    assert {name: engine.run(engine.table(name)).num_rows for name in tables} == before
    engine.close()


@EVERY
def test_later_rows_change_nothing_at_an_earlier_moment(detector: Detector, world: World, desk: Desk) -> None:
    tables = of(detector, world)
    cut = WORLD_END_US - 86_400_000_000
    early = {}
    for name, table in tables.items():
        time = kind_named(name).time
        early[name] = table.filter(pc.less_equal(table[time], cut)) if time else table
    assert contents(desk.findings(detector, tables, cut)) == contents(desk.findings(detector, early, cut))


@EVERY
def test_a_line_closed_later_is_still_open_then(detector: Detector, world: World, desk: Desk) -> None:
    if "line" not in of(detector, world):
        pytest.skip(f"{ident(detector)} reads no register of lines")
    tables = of(detector, world)
    line = tables["line"]
    column = line.schema.get_field_index("closed_at_us")
    closed = line.set_column(column, "closed_at_us", pa.array([WORLD_END_US + 1] * line.num_rows, pa.int64()))
    plain = contents(desk.findings(detector, tables, WORLD_END_US))
    assert contents(desk.findings(detector, {**tables, "line": closed}, WORLD_END_US)) == plain


@EVERY
def test_session_zone_changes_nothing(detector: Detector, world: World, desk: Desk) -> None:
    engine = desk.engine(of(detector, world))
    plain = run_one(engine, detector).findings
    engine._connection.execute("SET TimeZone = 'Asia/Shanghai'")
    assert [f.as_bytes() for f in run_one(engine, detector).findings] == [f.as_bytes() for f in plain]
    engine.close()


@EVERY
def test_empty_tables_decline_and_say_why(detector: Detector, world: World, desk: Desk) -> None:
    with pytest.raises(DeclinedError, match="CB-FI-00"):
        desk.findings(detector, {})
    with pytest.raises(DeclinedError, match="CB-FI-002"):
        desk.findings(detector, {name: t.slice(0, 0) for name, t in of(detector, world).items()})


@EVERY
def test_needed_columns_missing_decline_and_optional_ones_do_not(detector: Detector, world: World, desk: Desk) -> None:
    tables = of(detector, world)
    for need in detector.needs:
        if not need.required:
            continue
        for column in need.columns:
            with pytest.raises(DeclinedError):
                desk.findings(detector, {**tables, need.table: nulled(tables[need.table], (column,))})
        bare = {need.table: nulled(tables[need.table], need.optional)}
        for f in desk.findings(detector, bare):
            assert f.evidence or f.counter_evidence


@EVERY
def test_tables_it_can_do_without_may_be_missing(detector: Detector, world: World, desk: Desk) -> None:
    needed = {need.table: world[need.table] for need in detector.needs if need.required}
    for f in desk.findings(detector, needed):
        assert f.evidence or f.counter_evidence


def nulled(table: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    """The table with the columns all null."""
    for name in columns:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.nulls(table.num_rows, table.schema.field(at).type))
    return table


@EVERY
def test_one_kind_of_evidence_never_rises_above_watch(detector: Detector, world: World, desk: Desk) -> None:
    stamp = Stamp(WORLD_END_US, {})
    for s in measured(detector, world, desk):
        for kinds in detector.two_kinds:
            kept = tuple(m for m in s.measures if detector.weights.rules[m.rule].family in kinds)
            if kept and any(m.value == m.value for m in kept):
                assert settle(replace(s, measures=kept), detector, stamp).proposed_action is Action.WATCH


@EVERY
def test_protected_classes_never_rise_above_watch(detector: Detector, world: World, desk: Desk) -> None:
    for s in measured(detector, world, desk):
        f = settle(replace(s, protected="hospital"), detector, Stamp(WORLD_END_US, {}))
        assert (f.proposed_action, f.level) == (Action.WATCH, Level.LOW)


@EVERY
def test_never_a_person(detector: Detector, world: World, desk: Desk) -> None:
    suspicions = measured(detector, world, desk)
    assert suspicions
    assert not any(m.kind == "person" for s in suspicions for m in s.members)
    person = replace(suspicions[0], subject_kind="person", members=(Member("person", "person:" + "0" * 16, 1.0),))
    with pytest.raises(Bug, match="CB-FI-011"):
        settle(person, detector, Stamp(WORLD_END_US, {}))


def measured(detector: Detector, world: World, desk: Desk) -> list[Suspicion]:
    """Everything the detector measured in the world."""
    engine = desk.engine(of(detector, world))
    try:
        return suspect(engine, detector)[1]
    finally:
        engine.close()


@EVERY
@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_stands_is_the_same_from_any_split(
    detector: Detector, world: World, desk: Desk, data: st.DataObject
) -> None:
    tables = {name: rows for name, rows in of(detector, world).items() if kind_named(name).time}
    if not detector.standing({name: desk.engine({}).table(name) for name in tables}):
        pytest.skip(f"{ident(detector)} computes everything from the records")
    parts = data.draw(st.integers(2, 4))
    dice = random.Random(data.draw(st.integers(0, 2**32)))
    shares: list[World] = [{} for _ in range(parts)]
    for name, table in tables.items():
        place = [dice.randrange(parts) for _ in range(table.num_rows)]
        for n, share in enumerate(shares):
            share[name] = table.filter(pa.array([p == n for p in place]))
    engine = desk.engine(tables)
    for name, whole in standings(detector, {t: engine.table(t) for t in tables}).items():
        pieces = [aggregate(desk, detector, name, share) for share in shares]
        together = engine.run(merged(ibis.memtable(pa.concat_tables(pieces)), whole))
        assert as_set(together) == as_set(engine.run(whole.expr))
    engine.close()


def aggregate(desk: Desk, detector: Detector, name: str, tables: World) -> pa.Table:
    """What stands under `name` over the tables."""
    engine = desk.engine(tables)
    try:
        return engine.run(standings(detector, {t: engine.table(t) for t in tables})[name].expr)
    finally:
        engine.close()


def as_set(table: pa.Table) -> list[str]:
    """Rows without their order."""
    return sorted(repr(row) for row in table.to_pylist())


@EVERY
def test_expressions_stay_in_the_portable_core(detector: Detector, world: World, desk: Desk) -> None:
    engine = desk.engine(of(detector, world))
    tables = {n.table: as_seen(engine, n, WORLD_END_US, "kit") for n in detector.needs}
    seen: dict[str, Any] = {}

    def keep(name: str, expr: Any) -> Any:
        seen[name] = expr
        return engine.checkpoint(f"kit_{name}", expr)

    tables |= compute(engine, detector, tables)
    seen |= detector.reduce(tables, WORLD_END_US, keep)
    seen |= {f"baseline {name}": expr for name, expr in detector.baselines(tables).items()}
    seen["screen"] = detector.screen(tables, detector.judges[0], 0).expr
    assert {name: bad for name, expr in seen.items() if (bad := refused_operations(expr))} == {}
    engine.close()


@EVERY
def test_says_what_it_is(detector: Detector) -> None:
    assert detector.version.isdigit()
    for text in (detector.story, detector.limits):
        assert len(text.zh) > 40
        assert len(text.en) > 80
    assert detector.story.zh.count("。") == 3
    for field in type(detector.params).model_fields.values():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        assert extra["source"]
        assert "unit" in extra
        assert field.description
    assert set(detector.weights.rules) == set(detector.remeasure)
    for need in detector.needs:
        known = {c.name for c in KINDS[need.table].lake_columns()}
        assert set(need.all_columns) <= known
    assert {"fitted_on", "held_out", "budget", "ece_held_out"} <= set(detector.weights.card)
