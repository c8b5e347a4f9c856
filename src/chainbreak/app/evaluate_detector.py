"""Measure a detector against the truth of a simulated city, with a naive rule beside it on the same data."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector
    from chainbreak.find.contract.evaluate import Truth
    from chainbreak.find.contract.runner import Run


def evaluate_detector(office: Office, name: str, truth_folder: Path) -> list[dict[str, Any]]:
    """Rows (method, measure, of, n, hits, rate, low, high) for the detector and its baselines.

    Measures: `found` (devices or accounts found, by level), `precision` (of what was reported above watch), `alarms`
    (honest units reported, by class), `ece`. Truth is read only here, and never by a detector.

    Raises:
        UsageError: no such detector, or the folder holds no truth for it (CB-FI-005).
        DeclinedError: the detector cannot run on this lake.
    """
    from chainbreak.find.contract.runner import as_seen, run_one
    from chainbreak.find.registry import detector_named

    detector = detector_named(name)
    session = office.engine()
    try:
        run = run_one(session, detector)
        assert run.stamp is not None
        tables = {n.table: as_seen(session, n, run.stamp.as_of_us, "evaluate") for n in detector.needs}
        truth = read_truth(office, detector, truth_folder)
        rows = [*_rows(f"{detector.name}@{detector.version}", reported(run), truth), _ece(run, truth)]
        for rule, expr in detector.baselines(tables).items():
            clusters: dict[int | str, set[str]] = defaultdict(set)
            for row in session.run(expr).to_pylist():
                clusters[row["cluster"]].add(_written(detector, row["token"]))
            rows += _rows(rule, [frozenset(c) for c in clusters.values()], truth)
    finally:
        session.close()
    return rows


def reported(run: Run) -> list[frozenset[str]]:
    """The units of each finding above watch."""
    from chainbreak.records.finding import Action

    kept = [f for f in run.findings if f.proposed_action is not Action.WATCH]
    return [frozenset(m.token for m in f.members if m.kind == run.detector.unit) for f in kept]


def _written(detector: Detector, token: int | str) -> str:
    from chainbreak.records.finding import write_token

    return token if isinstance(token, str) else write_token(detector.unit, token)


def _rows(method: str, clusters: list[frozenset[str]], truth: Truth) -> list[dict[str, Any]]:
    from chainbreak.find.contract.evaluate import Share, alarms_by_class, precision, recall_by_level

    guilty = set(truth.device)
    units = frozenset().union(*clusters) if clusters else frozenset()
    shares = [("found", level, share) for level, share in recall_by_level(clusters, truth).items()]
    shares += [
        ("units found", "all", Share(len(units & guilty), len(guilty))),
        ("precision", "all", precision(clusters, truth)),
    ]
    shares += [("alarms", kind, share) for kind, share in alarms_by_class(clusters, truth).items()]
    return [{"method": method, "measure": measure, "of": of, **share.as_dict()} for measure, of, share in shares]


def _ece(run: Run, truth: Truth) -> dict[str, Any]:
    """Calibration over everything that was measured, reported or not."""
    from chainbreak.find.contract.calibration import expected_calibration_error, reliability
    from chainbreak.find.contract.evaluate import is_true
    from chainbreak.find.contract.settle import total_bits, weigh

    detector = run.detector
    scores, labels = [], []
    for s in run.suspicions:
        units = frozenset(m.token for m in s.members if m.kind == detector.unit)
        scores.append(detector.weights.score(total_bits(weigh(s.measures, detector))))
        labels.append(is_true(units, truth))
    error = expected_calibration_error(reliability(scores, labels))
    return {
        "method": f"{detector.name}@{detector.version}",
        "measure": "ece",
        "of": "all",
        "n": len(scores),
        "rate": error,
    }


def read_truth(office: Office, detector: Detector, folder: Path) -> Truth:
    """The truth of a city in the centre's own tokens.

    Raises:
        UsageError: the folder lacks a table that is needed (CB-FI-005).
    """
    readers = {"goip": _truth_of_boxes, "mules": _truth_of_mules, "sites": _truth_of_sites}
    if detector.name not in readers:
        raise UsageError(
            "CB-FI-005", "no truth is kept for this detector", given=detector.name, allowed=", ".join(readers)
        )
    return readers[detector.name](office, detector, folder)


def _table(folder: Path, name: str) -> Any:
    import pyarrow.parquet as pq

    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise UsageError("CB-FI-005", "no truth here", given=str(path), allowed="the truth/ folder of a city",
                         next_step="chainbreak city build OUT, then --truth OUT/truth")  # fmt: skip
    return pq.read_table(path)


def _tokens(office: Office, detector: Detector, values: Any) -> list[str]:
    from chainbreak.identity.batch import tokenise
    from chainbreak.identity.numbers import Place
    from chainbreak.records.kind import Identifier

    settings = office.centre.settings
    place = Place(settings.country, settings.area_code)
    tokens = tokenise(Identifier(detector.unit), values.combine_chunks(), office.keys, place)
    return [_written(detector, t) for t in tokens["token"].to_pylist()]


def _truth_of_boxes(office: Office, detector: Detector, folder: Path) -> Truth:
    from chainbreak.find.contract.evaluate import Truth

    sims, devices = _table(folder, "sims"), _table(folder, "devices")
    device, level = {}, {}
    rows = zip(
        _tokens(office, detector, devices["imsi"]), devices["device_id"].to_pylist(), devices["level"].to_pylist(),
        devices["gang"].to_pylist(), strict=True,
    )  # fmt: skip
    for unit, name, of_level, gang in rows:
        if gang is not None:
            device[unit], level[name] = name, of_level
    kinds = zip(_tokens(office, detector, sims["imsi"]), sims["class"].to_pylist(), strict=True)
    return Truth(device, level, {unit: kind for unit, kind in kinds if unit not in device and kind != "box"})


def _truth_of_mules(office: Office, detector: Detector, folder: Path) -> Truth:
    """Mules that money of a case reached; each is its own device, its layer the level."""
    from chainbreak.find.contract.evaluate import Truth

    accounts, cases = _table(folder, "accounts"), set(_table(folder, "transfers")["transfer_id"].to_pylist())
    reached = set()
    session = office.engine()
    try:
        transfer = session.table("transfer")
        for row in session.run(transfer.select("transfer_id", "payee")).to_pylist():
            if row["transfer_id"] in cases:
                reached.add(_written(detector, row["payee"]))
    finally:
        session.close()
    device, level, kind = {}, {}, {}
    columns = (accounts["class"].to_pylist(), accounts["layer"].to_pylist())
    for unit, of_class, layer in zip(_tokens(office, detector, accounts["account"]), *columns, strict=True):
        if of_class != "mule":
            kind[unit] = of_class
        elif unit in reached:
            device[unit], level[unit] = unit, layer
    return Truth(device, level, kind)


def _truth_of_sites(office: Office, detector: Detector, folder: Path) -> Truth:
    """Gangs' sites that anybody looked up, each its own device; honest names by class: those that opened in the city's
    days by what they are, all others `young` or `older` by the register (a month before their first look-up)."""
    from chainbreak.find.contract.evaluate import Truth

    opened = _table(folder, "openings").to_pylist()
    kind = {row["domain"]: f"new {row['class']}" for row in opened}
    session = office.engine()
    try:
        tables = {name: session.table(name) for name in ("lookup", "domain")}
        young = {row["token"] for expr in detector.baselines(tables).values() for row in session.run(expr).to_pylist()}
        seen = session.run(tables["lookup"].select("domain").distinct())["domain"].to_pylist()
    finally:
        session.close()
    scam = set(_table(folder, "domains")["domain"].to_pylist()) & set(seen)
    kinds = {name: kind.get(name, "young" if name in young else "older") for name in seen if name not in scam}
    return Truth({name: name for name in scam}, dict.fromkeys(scam, "site"), kinds)
