"""Runs detectors on one pinned snapshot, as of one moment: only what had happened by then exists.

Causal to the microsecond: events after the as-of time are cut, reference rows that did not exist yet are cut, and the
end of what was still open then (a line's closing) is forgotten. Each record counts once however often it lies in the
lake. One detector that cannot run declines with a reason; the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chainbreak.base.errors import ChainbreakError, DeclinedError, EngineError
from chainbreak.base.log import get_log
from chainbreak.find.contract.detector import Detector, Keep, Need, Suspicion, Tables, ident
from chainbreak.find.contract.portable import must_be_portable
from chainbreak.find.contract.settle import Stamp, choose, settle
from chainbreak.find.contract.standing import compute
from chainbreak.records import kind_named
from chainbreak.records.finding import Finding
from chainbreak.store.engine import Engine

STARTS = ("activated_at_us", "opened_at_us", "registered_at_us", "first_seen_us")
"""Columns of reference tables before whose time the row did not exist."""
ENDS = ("closed_at_us",)
"""Columns that are known only once their time has come."""


@dataclass(frozen=True)
class Run:
    """What one detector did: what it saw (stamp), its suspicions, the findings among them, or why it declined."""

    detector: Detector
    stamp: Stamp | None = None
    suspicions: tuple[Suspicion, ...] = ()
    findings: tuple[Finding, ...] = ()
    declined: DeclinedError | None = field(default=None)


def run_detectors(engine: Engine, detectors: Iterable[Detector], as_of_us: int | None = None) -> list[Run]:
    """One `Run` a detector, in order. `as_of_us` None: the latest event in the tables the detector reads.

    Raises:
        EngineError: the engine refused a query (CB-FI-003).
    """
    log = get_log("find")
    runs = []
    for detector in detectors:
        try:
            runs.append(run_one(engine, detector, as_of_us))
        except DeclinedError as refusal:
            log.warning("detector_declined", detector=ident(detector), code=refusal.code, reason=refusal.what)
            runs.append(Run(detector, declined=refusal))
    return runs


def run_one(engine: Engine, detector: Detector, as_of_us: int | None = None) -> Run:
    """Reduce, judge and settle one detector; findings ordered by score (highest first), then by id.

    Raises:
        DeclinedError: a table or column it needs is missing or empty (CB-FI-001, CB-FI-002).
        EngineError: the engine refused a query (CB-FI-003).
    """
    stamp, suspicions = suspect(engine, detector, as_of_us)
    return reported(detector, stamp, suspicions)


def reported(detector: Detector, stamp: Stamp, suspicions: list[Suspicion]) -> Run:
    """What is reported of the suspicions."""
    findings = [settle(s, detector, stamp) for s in choose(suspicions, detector)]
    findings.sort(key=lambda f: (-f.score, f.finding_id))
    return Run(detector, stamp, tuple(suspicions), tuple(findings))


def suspect(engine: Engine, detector: Detector, as_of_us: int | None = None) -> tuple[Stamp, list[Suspicion]]:
    """Everything the detector measured, whether or not it would be reported: what `why-not` and calibration need."""
    stamp, tables = records_of(engine, detector, as_of_us)
    return stamp, judged(engine, detector, tables, stamp)


def records_of(engine: Engine, detector: Detector, as_of_us: int | None = None) -> tuple[Stamp, Tables]:
    """The detector's records as known at `as_of_us`, and what stands for it over them."""
    for need in detector.needs:
        check(engine, detector, need)
    moment = _latest(engine, detector) if as_of_us is None else as_of_us
    with _engine_errors(engine, detector):
        tables = {need.table: as_seen(engine, need, moment, detector.name) for need in detector.needs}
        tables |= compute(engine, detector, tables)
    return Stamp(moment, pinned(engine, detector)), tables


def pinned(engine: Engine, detector: Detector) -> dict[str, int]:
    """Lake version of each table the detector reads and the snapshot has."""
    return {need.table: engine.snapshot[need.table] for need in detector.needs if need.table in engine.snapshot}


def judged(engine: Engine, detector: Detector, tables: Tables, stamp: Stamp) -> list[Suspicion]:
    """What the detector measures on `tables`, which hold its records and what stands for it."""
    rows = reduced(engine, detector, tables, stamp)
    groups = detector.group(rows)
    if groups is not None:
        with _engine_errors(engine, detector):
            asked = detector.exhibits(tables, engine.put(f"{detector.name}_groups", groups), _keep(engine, detector))
            rows |= {"groups": groups, **_run_all(engine, detector, asked)}
    return detector.judge(rows, stamp.as_of_us)


def reduced(engine: Engine, detector: Detector, tables: Tables, stamp: Stamp) -> dict[str, Any]:
    """The few rows that the detector's first stage makes of `tables`."""
    with _engine_errors(engine, detector):
        return _run_all(engine, detector, detector.reduce(tables, stamp.as_of_us, _keep(engine, detector)))


def _keep(engine: Engine, detector: Detector) -> Keep:
    def keep(name: str, expr: Any) -> Any:
        must_be_portable(f"{ident(detector)} {name}", expr)
        return engine.checkpoint(f"{detector.name}_{name}", expr)

    return keep


def _run_all(engine: Engine, detector: Detector, named: Mapping[str, Any]) -> dict[str, Any]:
    for name, expr in named.items():
        must_be_portable(f"{ident(detector)} {name}", expr)
    return {name: engine.run(expr) for name, expr in named.items()}


@contextmanager
def _engine_errors(engine: Engine, detector: Detector) -> Iterator[None]:
    try:
        yield
    except ChainbreakError:
        raise
    except Exception as e:
        # Engines raise their own families of errors; the store does not name them, so neither can we.
        raise EngineError(
            "CB-FI-003", "the engine refused a query", given=f"{ident(detector)} on {engine.name}: {str(e)[:300]}"
        ) from e


def as_seen(engine: Engine, need: Need, as_of_us: int, owner: str) -> Any:
    """The needed columns of one table as they were known at `as_of_us` (UTC µs), each record once; grain as the lake
    table. Records that lie in the lake once are read where they lie."""
    rows = known_rows(engine, need, as_of_us)
    must_be_portable(f"{need.table} as seen", rows)
    # Ingest adds no record twice; counting refs is a third of the work of a distinct that would find nothing.
    counted = engine.run(rows.aggregate(rows=rows.count(), records=rows.record_ref.nunique())).to_pylist()[0]
    if counted["rows"] == counted["records"]:
        return rows
    return engine.checkpoint(f"{owner}_{need.table}_seen", rows.distinct())


def known_rows(engine: Engine, need: Need, as_of_us: int | None = None) -> Any:
    """The needed columns of one table as they were known at `as_of_us` (None: as they are), nothing computed yet; grain
    as the lake table.

    Ingest adds no record twice (ADR 0001); who must hold even if something else did, takes `as_seen`.
    """
    import ibis

    kind, table = kind_named(need.table), engine.table(need.table)
    times = [kind.time] if kind.time else [c for c in STARTS if c in table.columns]
    for column in times if as_of_us is not None else ():
        table = table.filter((table[column] <= as_of_us) | table[column].isnull())
    for column in ENDS:
        if column in table.columns and as_of_us is not None:
            known = ibis.cases((table[column] <= as_of_us, table[column]), else_=ibis.null().cast("int64"))
            table = table.mutate(**{column: known})
    parts = ("local_day", "local_hour") if kind.time else ()
    return table.select(*dict.fromkeys((*need.all_columns, *parts, *times)))


def check(engine: Engine, detector: Detector, need: Need, counts: Mapping[str, int] | None = None) -> None:
    """Refuse to run where a table or column is missing or empty; `counts` as of `filled`, None: counted now.

    Raises:
        DeclinedError: it is (CB-FI-001, CB-FI-002).
    """
    if need.table not in engine.snapshot:
        if not need.required:
            return
        raise DeclinedError(
            "CB-FI-001", f"{ident(detector)} needs a table that is not here", given=f"no {need.table}",
            allowed=need.table, next_step=f"chainbreak ingest {need.table} FILE",
        )  # fmt: skip
    if not need.required:
        return
    values = filled(engine, need) if counts is None else counts
    missing = [c for c in need.columns if not values[c]]
    if need.any_of and not any(values[c] for c in need.any_of):
        missing.append(" or ".join(need.any_of))
    if missing:
        raise DeclinedError(
            "CB-FI-002", f"{ident(detector)} needs columns that are empty", given=f"{need.table}: {', '.join(missing)}",
            allowed="at least one value each", next_step=f"name them in the mapping and ingest {need.table} again",
        )  # fmt: skip


def filled(engine: Engine, need: Need) -> Mapping[str, int]:
    """How many values each column has that the detector must have."""
    table = engine.table(need.table)
    counts = {c: table[c].count() for c in (*need.columns, *need.any_of)}
    row: Mapping[str, int] = engine.run(table.aggregate(**counts)).to_pylist()[0]
    return row


def _latest(engine: Engine, detector: Detector) -> int:
    latest = []
    for need in detector.needs:
        time = kind_named(need.table).time
        if time and need.table in engine.snapshot:
            table = engine.table(need.table)
            latest.append(engine.run(table.aggregate(latest=table[time].max())).to_pylist()[0]["latest"])
    return max((t for t in latest if t is not None), default=0)
