"""Run detectors on the newest records, keep what they find, and log the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.records.actor import SERVICE, Actor

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.runner import Run
    from chainbreak.records.finding import Finding


@dataclass(frozen=True)
class Outcome:
    """What one detector did: `findings` in all, `new` among them, or why it declined (`declined`, "" when it ran)."""

    detector: str
    findings: tuple[Finding, ...]
    new: int
    declined: str


def run_detectors(
    office: Office, names: Sequence[str] = (), as_of_us: int | None = None, *,
    engine: str = "duckdb", actor: Actor = SERVICE,
) -> list[Outcome]:  # fmt: skip
    """Run the named detectors (none named: all) and save their findings together with one leaf `detect.run`.

    `as_of_us` (UTC µs) None means the latest event each detector reads: then a second run on the same lake adds
    nothing, because the same inputs give the same findings, to the byte.

    Raises:
        UsageError: no such detector or engine (CB-US-001).
        EngineError: the engine refused a query (CB-FI-003).
    """
    from chainbreak.find.contract.runner import run_detectors as run_all
    from chainbreak.find.registry import detector_named, detectors

    chosen = [detector_named(n) for n in dict.fromkeys(names)] or list(detectors())
    session = office.engine(name=engine)
    try:
        runs = run_all(session, chosen, as_of_us)
    finally:
        session.close()
    return keep_runs(office, runs, actor)


def keep_runs(
    office: Office, runs: Sequence[Run], actor: Actor, worth: Callable[[Finding, Finding | None], bool] | None = None
) -> list[Outcome]:
    """Save what the runs found and one leaf `detect.run`, in one transaction.

    `worth` says of a finding and the newest kept one of its detector and subject whether it is kept as well; None: all
    are.
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.find.contract.detector import ident
    from chainbreak.store.desk.findings import newest_findings, save_findings

    outcomes = []
    with office.desk.begin() as conn:
        for run in runs:
            found: Sequence[Finding] = run.findings
            if worth is not None:
                kept = newest_findings(conn, run.detector.name, [f.subject for f in found])
                found = [f for f in found if worth(f, kept.get(f.subject))]
            new = save_findings(conn, found)
            declined = run.declined.sentence() if run.declined else ""
            outcomes.append(Outcome(ident(run.detector), run.findings, new, declined))
        payload = {
            o.detector: {"findings": len(o.findings), "new": o.new, "declined": o.declined,
                         "as_of_us": str(r.stamp.as_of_us) if r.stamp else "",
                         "snapshot": {k: str(v) for k, v in r.stamp.snapshot.items()} if r.stamp else {}}
            for o, r in zip(outcomes, runs, strict=True)
        }  # fmt: skip
        now_us = office.clock.now_us()
        append(conn, Entry.by(actor, now_us, "detect.run", ",".join(o.detector for o in outcomes), payload=payload))
    return outcomes
