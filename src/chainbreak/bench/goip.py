"""Scoring 10^7 call records, and taking in the last day on a standing state, beside the pipelines people have today.

The records are copies of one simulated town side by side: every copy has identities, cells and masts of its own, so
that each holds what the town holds (its boxes too) and none meets another. Peers, on the same lake in the same run:
the naive per-SIM LightGBM (aggregates + predict) and the shared-IMEI rule. Everything runs in processes of its own,
and this one stays small: a child's peak memory is never below that of the process that started it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.bench import BenchRow, Cost, run_child

if TYPE_CHECKING:
    import pyarrow as pa

    from chainbreak.app.bootstrap import Office

SIZES = {"small": ("tiny", 100_000, 10_000), "full": ("town", 10_000_000, 1_000_000)}
"""scale -> preset copied, call records scored, records of the last day that arrive on the standing state."""
SEED = 101
LARGE, MODEL, ARRIVING = "large", "naive.txt", "arriving.parquet"
FIRST_DAY = date(2026, 11, 2)
APART_DEGREES = 2.0
"""How far east of the one before each copy stands: further than a town is wide."""


def run(scale: str) -> list[BenchRow]:
    """The table; `ratio` is our CPU seconds over the peer's, in the same run."""
    with tempfile.TemporaryDirectory(prefix="bench-goip-") as name:
        folder = Path(name)
        _child("prepare", folder, scale)
        stood = _child("watch_once", folder)
        _child("arrive", folder)
        update = _child("watch_once", folder)
        ours, rule, naive = (_child(function, folder) for function in ("score", "shared_imei", "naive"))
    told = json.loads(ours.output.splitlines()[-1])
    preset, _, news = SIZES[scale]
    n, what = told["records"], f"score {preset} copies with {told['detector']}"
    peers = ("naive per-SIM LightGBM: aggregates + predict", "shared-IMEI rule")
    return [
        _row(what, n, ours, peers[0], naive),
        _row(what, n, ours, peers[1], rule),
        BenchRow("  of it: reduce", n, told["reduce_s"]),
        BenchRow("  of it: judge and settle", n, told["judge_s"]),
        _row(f"  peer: {peers[0]}", n, naive),
        _row(f"  peer: {peers[1]}", n, rule),
        *_updates(stood, update, n, news),
    ]


def _updates(stood: Cost, update: Cost, n: int, news: int) -> list[BenchRow]:
    if json.loads(update.output.splitlines()[-1])["anew"]:
        return [BenchRow("  update on a standing state: left out, this detector keeps none")]
    return [_row("watch: standing state made", n - news, stood), _row("watch: last day taken in, judged", news, update)]


def prepare(folder: str, scale: str) -> None:
    """In a child: the town, the model trained on it, the centre of copies, and what arrives later."""
    import pyarrow.parquet as pq

    from chainbreak.app.evaluate_detector import train_naive

    preset, rows, news = SIZES[scale]
    here = Path(folder)
    town = _town(here, preset)
    train_naive([(town, here / "city" / "truth")]).booster.save_model(here / MODEL)
    pq.write_table(_copies(here / LARGE, town, rows, news), here / ARRIVING)


def arrive(folder: str) -> None:
    """In a child: the rest of the last day comes in."""
    import pyarrow.parquet as pq

    _large(folder).lake.append("call", pq.read_table(Path(folder) / ARRIVING), ["local_day"])


def score(folder: str) -> None:
    """In a child: one run of the newest goip; prints JSON with its seconds by stage."""
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.contract.runner import run_one
    from chainbreak.find.registry import detector_named

    detector, judged = detector_named("goip"), []
    judge = detector.judge

    def timed(*args: Any, **named: Any) -> Any:
        judged.append(time.perf_counter())
        return judge(*args, **named)

    setattr(detector, "judge", timed)  # noqa: B010 the child ends with this run; a method is not assigned to
    session = _large(folder).engine()
    began = time.perf_counter()
    run_one(session, detector)
    ended = time.perf_counter()
    records = session.run(session.table("call").count()).as_py()
    session.close()
    told = {"records": records, "reduce_s": judged[-1] - began, "judge_s": ended - judged[-1]}
    sys.stdout.write(json.dumps({"detector": ident(detector), **told}))


def watch_once(folder: str) -> None:
    """In a child: one look of the watch; prints JSON: records taken in, and whether everything was computed anew."""
    from chainbreak.app.watch_records import watch_records
    from chainbreak.find.registry import detector_named
    from chainbreak.find.watch.step import stands

    steps = list(watch_records(_large(folder), ["goip"], once=True))
    assert steps
    assert not steps[0].failed, steps[0].declined
    anew = steps[0].anew or not stands(detector_named("goip"))
    sys.stdout.write(json.dumps({"records": steps[0].records, "anew": anew}))


def shared_imei(folder: str) -> None:
    """In a child: the rule of thumb."""
    from chainbreak.find.registry import detector_named

    session = _large(folder).engine()
    rule = detector_named("goip").baselines({"call": session.table("call")})["shared IMEI"]
    session.run(rule)
    session.close()


def naive(folder: str) -> None:
    """In a child: one row a SIM, and the model's score of each."""
    import lightgbm

    from chainbreak.app.evaluate_detector import aggregates
    from chainbreak.find.evaluate.naive import Naive

    session = _large(folder).engine()
    Naive(lightgbm.Booster(model_file=Path(folder) / MODEL), 0.5).scores(aggregates(session))
    session.close()


def _child(function: str, *arguments: Path | str) -> Cost:
    given = ", ".join(repr(str(a)) for a in arguments)
    return run_child([sys.executable, "-c", f"from chainbreak.bench.goip import {function}; {function}({given})"])


def _row(what: str, rows: int, cost: Cost, peer: str = "", other: Cost | None = None) -> BenchRow:
    ratio = cost.cpu_s / other.cpu_s if other else None
    return BenchRow(what, rows, cost.seconds, cost.cpu_s, rows / cost.seconds, cost.peak_mib, peer, ratio)


def _large(folder: str) -> Office:
    from chainbreak.app.bootstrap import open_office

    return open_office(Path(folder) / LARGE)


def _town(folder: Path, preset: str) -> Office:
    """A centre that holds one town, with its truth in `city/truth`."""
    from chainbreak.app.build_city import build_city
    from chainbreak.app.ingest_folder import ingest_folder
    from chainbreak.app.init_centre import init_centre
    from chainbreak.base.settings import Settings
    from chainbreak.records.actor import SERVICE

    build_city(folder / "city", preset, SEED, FIRST_DAY.isoformat())
    office = init_centre(folder / "town", Settings(name="bench"))
    for _ in ingest_folder(office, SERVICE, folder / "city" / "records"):
        pass
    return office


def _copies(folder: Path, town: Office, rows: int, news: int) -> pa.Table:
    """A centre of copies with `rows` call records but for the `news` of the last day, which are given back."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from chainbreak.app.init_centre import init_centre
    from chainbreak.base.settings import Settings
    from chainbreak.records import kind_named

    office, session = init_centre(folder, Settings(name="bench")), town.engine()
    known = {name: session.run(session.table(name)) for name in ("line", "cell", "call")}
    session.close()
    is_last = pc.equal(known["call"]["local_day"], pc.max(known["call"]["local_day"]))
    arriving: list[pa.Table] = []
    left, late = rows, news
    for copy in range(-(-rows // known["call"].num_rows)):
        for name in ("line", "cell"):
            office.lake.append(name, _copied(known[name], name, copy), kind_named(name).partition_by)
        call = _copied(known["call"].slice(0, left), "call", copy)
        held = call.filter(is_last.slice(0, left)).slice(0, late)
        arriving.append(held)
        early = pa.concat_tables([call.filter(pc.invert(is_last.slice(0, left))),
                                  call.filter(is_last.slice(0, left)).slice(late)])  # fmt: skip
        office.lake.append("call", early, kind_named("call").partition_by)
        left, late = left - call.num_rows, late - held.num_rows
    return pa.concat_tables(arriving)


def _copied(table: pa.Table, kind: str, copy: int) -> pa.Table:
    """The rows with identities, cells, masts and record_refs of their own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from chainbreak.records import kind_named

    tokens = {c.name for c in kind_named(kind).columns if c.identifier}
    changed = {}
    for name in table.column_names:
        column = table[name]
        if name in tokens:
            column = pc.bit_wise_xor(column, pa.scalar(copy * 0x9E3779B97F4A7C1 & 0x7FFF_FFFF_FFFF_FFFF, pa.int64()))
        elif name in ("cell_id", "site_id"):
            column = pc.binary_join_element_wise(column, pa.scalar(f"copy{copy}"), "-")
        elif name == "lon":
            column = pc.add(column, copy * APART_DEGREES)
        elif name == "record_ref":
            column = pc.binary_replace_slice(column, 0, 2, f"{copy:02x}")
        changed[name] = column
    return pa.table(changed)
