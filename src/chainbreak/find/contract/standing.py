"""Computes and merges what stands (`Standing`): one meaning for a single run and for a watch over arriving records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import ibis

from chainbreak.base.errors import Bug
from chainbreak.find.contract.detector import Detector, Standing, Tables, ident
from chainbreak.find.contract.portable import must_be_portable
from chainbreak.records import KINDS
from chainbreak.store.engine import Engine


def standings(detector: Detector, tables: Tables) -> dict[str, Standing]:
    """What stands for the detector, over the event tables among `tables`.

    Raises:
        Bug: it has the name of a record kind (CB-FI-014) or leaves the portable core (CB-FI-013).
    """
    named = detector.standing({name: table for name, table in tables.items() if KINDS[name].time})
    for name, standing in named.items():
        if name in KINDS:
            raise Bug("CB-FI-014", "an aggregate cannot stand", given=name, allowed="a name of no record kind")
        must_be_portable(f"{ident(detector)} {name}", standing.expr)
    return named


def compute(engine: Engine, detector: Detector, tables: Tables) -> dict[str, Any]:
    """Each standing aggregate over all of `tables`, materialised, cut to its days."""
    kept = {}
    for name, standing in standings(detector, tables).items():
        table = engine.checkpoint(f"{detector.name}_{name}", standing.expr)
        kept[name] = within_days(table, standing, _newest_day(engine, table, standing))
    return kept


def merged(rows: Any, standing: Standing) -> Any:
    """Rows of several aggregates of the same kind as one: each key once; an Ibis expression of the same columns.

    >>> import ibis
    >>> calls = ibis.table({"sim": "int64", "at_us": "int64"}, name="call")
    >>> per_sim = calls.group_by("sim").agg(calls=calls.count().cast("int64"), first_us=calls.at_us.min())
    >>> kept = Standing(per_sim, ("sim",), {"calls": "sum", "first_us": "min"})
    >>> merged(ibis.table(per_sim.schema(), name="parts"), kept).columns
    ('sim', 'calls', 'first_us')
    """
    schema = standing.expr.schema()
    folded = {column: getattr(rows[column], how)().cast(schema[column]) for column, how in standing.merge.items()}
    return rows.group_by(list(standing.keys)).agg(**folded).select(*schema)


def first_day(standing: Standing, newest: date | None) -> date | None:
    """The first local day that stands when `newest` is the newest in the aggregate; None: all days stand."""
    if standing.days is None or newest is None:
        return None
    return newest - timedelta(days=standing.days - 1)


def within_days(table: Any, standing: Standing, newest: date | None) -> Any:
    """`table` without the days that stand no more."""
    first = first_day(standing, newest)
    return table if first is None else table.filter(table.local_day >= ibis.literal(first))


def _newest_day(engine: Engine, table: Any, standing: Standing) -> date | None:
    if standing.days is None:
        return None
    row: Mapping[str, date | None] = engine.run(table.aggregate(newest=table.local_day.max())).to_pylist()[0]
    return row["newest"]
