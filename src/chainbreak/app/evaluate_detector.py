"""Measure a detector against the truth of a simulated city, with naive rules and a per-SIM model beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.app.truth import read_truth
from chainbreak.app.truth.tables import written
from chainbreak.base.errors import DeclinedError, UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector
    from chainbreak.find.contract.evaluate import Truth
    from chainbreak.find.contract.runner import Run
    from chainbreak.find.evaluate.counts import World
    from chainbreak.find.evaluate.delay import Calls
    from chainbreak.find.evaluate.naive import Naive
    from chainbreak.find.evaluate.tally import Tally
    from chainbreak.store.engine import Engine


def evaluate_detector(
    office: Office, name: str, truth_folder: Path, *,
    delay: bool = False, faults: Sequence[str] = (), naive: Naive | None = None,
) -> Tally:  # fmt: skip
    """Everything that is measured of the detector and its baselines on one city.

    `delay`: also how long newcomers worked before they were found, by causal runs (slow); `faults`: also recall on
    the lake seen through each of `find.evaluate.perturb.PERTURBATIONS` named; `naive`: a model trained on other cities.
    Truth is read only here, and never by a detector.

    Raises:
        UsageError: no such detector, or the truth folder lacks a table (CB-FI-005), or an unknown fault (CB-EV-002), or
            a question that only goip can be asked (CB-EV-003).
        DeclinedError: the detector cannot run on this lake.
    """
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.contract.runner import run_one
    from chainbreak.find.evaluate.counts import (
        above_watch,
        count_calibration,
        count_clusters,
        count_precision,
        count_ranked,
        unit_scores,
        units_of,
    )
    from chainbreak.find.evaluate.tally import Tally
    from chainbreak.find.registry import detector_named

    detector, tally = detector_named(name), Tally()
    _check(detector, delay, faults, naive)
    method = ident(detector)
    session = office.engine()
    try:
        run = run_one(session, detector)
        assert run.stamp is not None
        truth = read_truth(office, detector, truth_folder)
        world = world_of(session, detector, truth, run.stamp.as_of_us)
        clusters = [units_of(f, detector.unit) for f in above_watch(run)]
        count_clusters(method, clusters, world, tally)
        count_precision(method, run, world.truth, tally)
        count_ranked(method, unit_scores(run), world, tally)
        count_calibration(method, run, world.truth, tally)
        if detector.name == "goip":
            _places(session, run, world.truth, tally)
        _baselines(session, detector, world, run.stamp.as_of_us, tally)
        if naive is not None:
            _naive(session, naive, world, tally)
        if delay:
            _delays(session, detector, world.truth, run.stamp.as_of_us, tally)
    finally:
        session.close()
    for fault in faults:
        _stability(office, detector, world, fault, tally)
    return tally


def _check(detector: Detector, delay: bool, faults: Sequence[str], naive: Naive | None) -> None:
    from chainbreak.find.evaluate.perturb import PERTURBATIONS

    if unknown := [fault for fault in faults if fault not in PERTURBATIONS]:
        raise UsageError(
            "CB-EV-002", "unknown perturbation", given=", ".join(unknown), allowed=", ".join(PERTURBATIONS)
        )
    if detector.name != "goip" and (delay or faults or naive):
        raise UsageError("CB-EV-003", "only measured for goip", given=detector.name, allowed="goip")


def world_of(session: Engine, detector: Detector, truth: Truth, as_of_us: int) -> World:
    """The truth by the moment, with the units that were active and their active days; of others than SIMs every unit of
    the truth counts as active, and days are not counted."""
    from chainbreak.find.evaluate.counts import World
    from chainbreak.records.kind import Identifier

    if detector.unit != Identifier.IMSI:
        return World(truth, frozenset(truth.device.keys() | truth.kind.keys()), 0)
    from chainbreak.find.features.calls import legs

    call = session.table("call")
    day = legs(call.filter(call.at_us <= as_of_us)).select("sim", "local_day").distinct()
    days = session.run(day.group_by("sim").agg(days=day.count()))
    active = frozenset(written(detector, token) for token in days["sim"].to_pylist())
    return World(truth.by(as_of_us), active, sum(days["days"].to_pylist()))


def _baselines(session: Engine, detector: Detector, world: World, as_of_us: int, tally: Tally) -> None:
    from chainbreak.find.contract.runner import as_seen
    from chainbreak.find.evaluate.counts import count_clusters

    tables = {need.table: as_seen(session, need, as_of_us, "evaluate") for need in detector.needs}
    for rule, expr in detector.baselines(tables).items():
        clusters: dict[int | str, set[str]] = defaultdict(set)
        for row in session.run(expr).to_pylist():
            clusters[row["cluster"]].add(written(detector, row["token"]))
        single = all(len(cluster) == 1 for cluster in clusters.values())
        count_clusters(rule, [frozenset(c) for c in clusters.values()], world, tally, single=single)


def aggregates(session: Engine) -> Any:
    """The Arrow table of one row a SIM that the per-SIM model reads."""
    from chainbreak.find.features.sim_aggregates import sim_aggregates

    line = session.table("line") if "line" in session.snapshot else None
    return session.run(sim_aggregates(session.table("call"), line))


def train_naive(cities: Sequence[tuple[Office, Path]]) -> Naive:
    """The per-SIM model of cities (their centre, their truth folder) that are not measured.

    Raises:
        UsageError: a folder lacks a table of truth (CB-FI-005).
        DeclinedError: LightGBM is not installed (CB-EV-001).
    """
    from chainbreak.find.evaluate.naive import train
    from chainbreak.find.registry import detector_named

    detector, worlds, threads = detector_named("goip"), [], 1
    for office, folder in cities:
        threads = office.centre.settings.threads
        truth = read_truth(office, detector, folder)
        session = office.engine()
        try:
            world = world_of(session, detector, truth, max(stay.from_us for stay in truth.stays))
            worlds.append((aggregates(session), world))
        finally:
            session.close()
    return train(worlds, threads)


def _naive(session: Engine, naive: Naive, world: World, tally: Tally) -> None:
    from chainbreak.find.evaluate.counts import count_clusters, count_ranked
    from chainbreak.find.evaluate.naive import METHOD

    scores = naive.scores(aggregates(session))
    count_clusters(METHOD, naive.flagged(scores), world, tally, single=True)
    count_ranked(METHOD, {unit: (score, 0.0) for unit, score in scores.items()}, world, tally)


def _places(session: Engine, run: Run, truth: Truth, tally: Tally) -> None:
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.evaluate.counts import above_watch, found_findings
    from chainbreak.find.evaluate.place import count_places

    cell = session.table("cell")
    masts = session.run(cell.filter(cell.lat.notnull(), cell.lon.notnull()).select("lat", "lon").distinct())
    points = list(zip(masts["lat"].to_pylist(), masts["lon"].to_pylist(), strict=True))
    found = found_findings(above_watch(run), run.detector.unit, truth)
    count_places(ident(run.detector), found, truth, points, tally)


def _delays(session: Engine, detector: Detector, truth: Truth, end_us: int, tally: Tally) -> None:
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.contract.runner import run_one
    from chainbreak.find.evaluate.counts import above_watch, units_of
    from chainbreak.find.evaluate.delay import Watcher, count_delays, count_new_sims

    def run_at(moment: int) -> list[frozenset[str]]:
        return [units_of(f, detector.unit) for f in above_watch(run_one(session, detector, moment))]

    call = session.table("call")
    begin_us = session.run(call.aggregate(first=call.at_us.min()))["first"][0].as_py()
    watcher = Watcher(run_at, truth, _calls_in_devices(session, detector, truth))
    found_at = count_delays(ident(detector), watcher, begin_us, end_us, tally)
    count_new_sims(ident(detector), watcher, found_at, end_us, tally)


def _calls_in_devices(session: Engine, detector: Detector, truth: Truth) -> Calls:
    from chainbreak.find.evaluate.delay import Calls
    from chainbreak.find.features.calls import legs
    from chainbreak.records.finding import read_token

    since: dict[str, int] = {}
    for stay in truth.stays:
        since[stay.unit] = min(stay.from_us, since.get(stay.unit, stay.from_us))
    leg = legs(session.table("call"))
    mine = leg.filter(leg.kind == "mo_call", leg.sim.isin([read_token(unit)[1] for unit in since]))
    times: dict[str, list[int]] = {unit: [] for unit in since}
    for row in session.run(mine.select("sim", "at_us").order_by("at_us")).to_pylist():
        unit = written(detector, row["sim"])
        if row["at_us"] >= since[unit]:
            times[unit].append(row["at_us"])
    return Calls({unit: of_unit for unit, of_unit in times.items() if of_unit})


def _stability(office: Office, detector: Detector, world: World, fault: str, tally: Tally) -> None:
    """Recall and false clusters through one fault; a detector that declines finds nothing."""
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.contract.evaluate import recall_by_level
    from chainbreak.find.contract.runner import run_one
    from chainbreak.find.evaluate.counts import above_watch, count_false, units_of
    from chainbreak.find.evaluate.perturb import Perturbed

    session = Perturbed(office.engine(), fault)
    try:
        clusters = [units_of(f, detector.unit) for f in above_watch(run_one(session, detector))]
    except DeclinedError:
        clusters = []
    finally:
        session.close()
    method = f"{ident(detector)} under {fault}"
    for level, share in recall_by_level(clusters, world.truth).items():
        tally.share((method, "devices found", level), share.hits, share.n)
    count_false(method, clusters, world, tally)
