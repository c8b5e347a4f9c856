"""One step of a watch: take in what arrived, then judge on what stands and the lake as it is at that version.

The result is that of one run over the same records, to the byte: aggregates of any split merge into the aggregate of
all (`Standing`), the as-of time is the latest event, and everything else is read from the lake.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import ibis

from chainbreak.find.contract.detector import Detector, Need, Standing
from chainbreak.find.contract.runner import Run, check, filled, judged, known_rows, pinned, reported
from chainbreak.find.contract.settle import Stamp, params_hash
from chainbreak.find.contract.standing import first_day, merged, standings
from chainbreak.find.watch.state import Manifest, Part, State
from chainbreak.records import KINDS, kind_named
from chainbreak.store.engine import Engine

FOLD = 4
"""A new part takes in older parts of its day up to this many times its size: a row is rewritten O(log) times, and a day
has few parts (the geometric rule of log-structured merge trees)."""


def definition(detector: Detector) -> str:
    """16 hex digits over the settings and what stands for the detector: state of another definition is of no use."""
    told = [f"{name} {s.expr!r} {s.keys} {sorted(s.merge.items())} {s.days}" for name, s in _named(detector)]
    return hashlib.sha256("\n".join([params_hash(detector), *told]).encode()).hexdigest()[:16]


def stands(detector: Detector) -> bool:
    """Whether anything stands for the detector; if not, a watch runs it over everything when its tables change."""
    return bool(_named(detector))


def _named(detector: Detector) -> list[tuple[str, Standing]]:
    schemas = {n.table: ibis.schema(kind_named(n.table).arrow_schema()) for n in detector.needs}
    return sorted(standings(detector, {kind: ibis.table(s, kind) for kind, s in schemas.items()}).items())


def take_in(state: State, detector: Detector, arrived: Engine) -> int:
    """Merge the records that `arrived` shows into what stands, and return how many they were.

    `arrived` is an engine on the records between the manifest's version and its own snapshot. Parts are written day by
    day, so memory is bounded by a day's aggregate.
    """
    events = {n.table: n for n in detector.needs if KINDS[n.table].time}
    manifest = _counted(state.manifest, events.values(), arrived)
    tables = {name: known_rows(arrived, need) for name, need in events.items()}
    replaced: set[Part] = set()
    for name, standing in standings(detector, tables).items():
        fresh = arrived.checkpoint(f"{detector.name}_{name}_arrived", standing.expr)
        for day in _days(arrived, fresh, standing):
            rows = fresh if day is None else fresh.filter(fresh.local_day == ibis.literal(day))
            manifest, gone = _add(state, manifest, arrived, name, standing, day, rows)
            replaced |= gone
        manifest = _within_days(manifest, name, standing)
    kept = tuple(p for p in manifest.parts if p not in replaced)
    consumed = {table: arrived.snapshot[table] for table in events if table in arrived.snapshot}
    rows_before = sum(state.manifest.rows.values())
    state.save(manifest.model_copy(update={"parts": kept, "consumed": consumed}))
    return sum(manifest.rows.values()) - rows_before


def judge(state: State, detector: Detector, engine: Engine) -> Run:
    """Judge on what stands and the lake of `engine`, whose snapshot has the versions the state has consumed.

    Raises:
        DeclinedError: a table or column it needs is missing or empty (CB-FI-001, CB-FI-002).
        EngineError: the engine refused a query (CB-FI-003).
    """
    manifest = state.manifest
    for need in detector.needs:
        counts = manifest.filled.get(need.table) if KINDS[need.table].time else None
        check(engine, detector, need, counts)
    stamp = Stamp(manifest.latest_us, pinned(engine, detector))
    tables = {n.table: known_rows(engine, n, stamp.as_of_us) for n in detector.needs}
    kept = {
        name: _stored(state, engine, f"{detector.name}_{name}", name, standing)
        for name, standing in standings(detector, tables).items()
    }
    return reported(detector, stamp, judged(engine, detector, {**tables, **kept}, stamp))


def _counted(manifest: Manifest, events: Iterable[Need], arrived: Engine) -> Manifest:
    """`manifest` with the arrived records counted."""
    rows, columns, latest = dict(manifest.rows), dict(manifest.filled), manifest.latest_us
    for need in events:
        if need.table not in arrived.snapshot:
            continue
        table = arrived.table(need.table)
        time = table[str(KINDS[need.table].time)]
        seen = arrived.run(table.aggregate(rows=table.count(), latest=time.max())).to_pylist()[0]
        before = columns.get(need.table, {})
        rows[need.table] = rows.get(need.table, 0) + seen["rows"]
        if need.required:
            columns[need.table] = {c: n + before.get(c, 0) for c, n in filled(arrived, need).items()}
        latest = max(latest, seen["latest"] or 0)
    return manifest.model_copy(update={"rows": rows, "filled": columns, "latest_us": latest})


def _add(
    state: State, manifest: Manifest, engine: Engine, name: str, standing: Standing, day: date | None, rows: Any
) -> tuple[Manifest, set[Part]]:
    """`manifest` with a part for the arrived `rows` of one day, and the parts that it takes in."""
    table = engine.run(rows)
    size, taken = table.num_rows, []
    for part in sorted((p for p in manifest.parts if (p.standing, p.day) == (name, day)), key=lambda p: p.rows):
        if part.rows > FOLD * size:
            break
        taken.append(part)
        size += part.rows
    if taken:
        old = engine.stored(f"{name}_{manifest.next}", [state.path(p) for p in taken])
        table = engine.run(merged(rows.union(old.select(*rows.columns)), standing))
    manifest, _ = state.write(manifest, name, day, table)
    return manifest, set(taken)


def _days(engine: Engine, fresh: Any, standing: Standing) -> list[date | None]:
    if "local_day" not in standing.keys:
        return [None]
    days: list[date] = engine.run(fresh.select("local_day").distinct())["local_day"].to_pylist()
    return [*sorted(days)]


def _within_days(manifest: Manifest, name: str, standing: Standing) -> Manifest:
    """`manifest` without the parts of days that stand no more."""
    days = [p.day for p in manifest.parts if p.standing == name and p.day]
    first = first_day(standing, max(days, default=None))
    if first is None:
        return manifest
    kept = tuple(p for p in manifest.parts if p.standing != name or (p.day and p.day >= first))
    return manifest.model_copy(update={"parts": kept})


def _stored(state: State, engine: Engine, owner: str, name: str, standing: Standing) -> Any:
    """What stands under `name`, each key once: days of one part as they lie, the others merged."""
    by_day: Mapping[date | None, list[Part]] = defaultdict(list)
    for part in state.manifest.parts:
        if part.standing == name:
            by_day[part.day].append(part)
    single = [state.path(p) for parts in by_day.values() if len(parts) == 1 for p in parts]
    several = [state.path(p) for parts in by_day.values() if len(parts) > 1 for p in parts]
    tables = [engine.stored(f"{owner}_days", single)] if single else []
    if several:
        together = merged(engine.stored(f"{owner}_parts", several), standing)
        tables.append(engine.checkpoint(f"{owner}_merged", together))
    if not tables:
        return engine.checkpoint(f"{owner}_none", standing.expr.limit(0))
    columns = standing.expr.columns
    return ibis.union(*(t.select(*columns) for t in tables)) if len(tables) > 1 else tables[0].select(*columns)
