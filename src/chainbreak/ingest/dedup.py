"""What of a chunk the lake has already: only refs are read, and only of files whose times overlap the chunk's."""

# ruff: noqa: S608 queries are put together from our own column names and quoted literals only

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.records import Kind

if TYPE_CHECKING:
    import duckdb

    from chainbreak.store.lake import Lake


def without_known(
    lake: Lake, kind: Kind, rows: pa.Table, duck: duckdb.DuckDBPyConnection
) -> tuple[pa.Table, list[str]]:
    """The rows whose record_ref is not in the lake, and the lake files that were near enough to be asked.

    Equal rows have equal times, so a file whose times do not overlap cannot hold one; for files in order of time,
    which most are, hardly any is read. Call it under `lake.writing(kind.name)`.
    """
    if kind.name not in lake.tables() or not rows.num_rows:
        return rows, []
    files = _near_files(lake, kind, rows)
    if not files:
        return rows, []
    duck.register("new_rows", rows.select(["record_ref"]).append_column("pos", pa.array(np.arange(rows.num_rows))))
    window = _window(kind, rows)
    query = (
        "SELECT pos FROM new_rows WHERE record_ref IN "
        f"(SELECT record_ref FROM read_parquet($files, hive_partitioning = false) {window})"
    )
    known = duck.sql(query, params={"files": files}).to_arrow_table()["pos"].to_numpy()
    fresh = np.ones(rows.num_rows, dtype=bool)
    fresh[known] = False
    return rows.filter(pa.array(fresh)), files


def count_conflicts(kind: Kind, rows: pa.Table, files: list[str], duck: duckdb.DuckDBPyConnection) -> int:
    """How many keys of `rows` stand for more than one content, here or in the lake files of the same time.

    All versions stay: which one counts is decided by the reading rule (`store.versions.current_rows`), so that the
    order of files changes nothing.
    """
    if not kind.key or not rows.num_rows:
        return 0
    columns = ", ".join(kind.key)
    duck.register("new_rows", rows.select([*kind.key, "record_ref"]))
    lake = (
        f"UNION ALL SELECT {columns}, record_ref FROM read_parquet($files, hive_partitioning = false)" if files else ""
    )
    same = " AND ".join(f"a.{name} IS NOT DISTINCT FROM n.{name}" for name in kind.key)
    query = (
        f"SELECT count(*) FROM (SELECT {columns} FROM (SELECT {columns}, record_ref FROM new_rows {lake}) a "
        f"WHERE EXISTS (SELECT 1 FROM new_rows n WHERE {same}) GROUP BY ALL HAVING count(DISTINCT record_ref) > 1)"
    )
    # Fetched to the end: a connection with a row left over takes no other work, not even the next chunk's table.
    ((conflicts,),) = duck.execute(query, {"files": files} if files else None).fetchall()
    return int(conflicts)


def _near_files(lake: Lake, kind: Kind, rows: pa.Table) -> list[str]:
    delta = lake.open(kind.name)
    actions = pa.table(delta.get_add_actions(flatten=True))
    if kind.time and actions.num_rows:
        actions = actions.filter(_overlap(actions, kind.time, rows))
    root = lake.path(kind.name)
    return sorted(str(root / path) for path in actions["path"].to_pylist())


def _overlap(actions: pa.Table, time: str, rows: pa.Table) -> Any:
    """Which files may hold a row of one of the days and times of `rows`; a file without statistics may."""
    spans = rows.group_by("local_day").aggregate([(time, "min"), (time, "max")]).to_pylist()
    near = pa.array(np.zeros(actions.num_rows, dtype=bool))
    day, low, high = (_column(actions, name) for name in ("partition.local_day", f"min.{time}", f"max.{time}"))
    for span in spans:
        if span["local_day"] is None:
            near = pc.or_(near, day.is_null())
            continue
        apart = pc.or_(pc.less(high, span[f"{time}_min"]), pc.greater(low, span[f"{time}_max"]))
        same_day = pc.fill_null(pc.equal(day, pa.scalar(span["local_day"])), False)
        near = pc.or_(near, pc.and_(same_day, pc.invert(pc.fill_null(apart, False))))
    return near


def _column(actions: pa.Table, name: str) -> pa.Array:
    if name not in actions.column_names:
        return pa.nulls(actions.num_rows, pa.date32() if name.startswith("partition") else pa.int64())
    return actions[name].combine_chunks()


def _window(kind: Kind, rows: pa.Table) -> str:
    """Bounds by which row groups are passed over unread."""
    if not kind.time or rows[kind.time].null_count:
        return ""
    bounds = pc.min_max(rows[kind.time])
    return f"WHERE {kind.time} BETWEEN {bounds['min'].as_py()} AND {bounds['max'].as_py()}"
