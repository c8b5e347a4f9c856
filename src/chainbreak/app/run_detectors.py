"""Run detectors on the newest records, keep what they find, and log the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.records.actor import SERVICE, Actor

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
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
    from chainbreak.audit.log import Entry, append
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.contract.runner import run_detectors as run_all
    from chainbreak.find.registry import detector_named, detectors
    from chainbreak.store.desk.findings import save_findings

    chosen = [detector_named(n) for n in dict.fromkeys(names)] or list(detectors())
    session = office.engine(name=engine)
    try:
        runs = run_all(session, chosen, as_of_us)
    finally:
        session.close()
    outcomes = []
    with office.desk.begin() as conn:
        for run in runs:
            new = save_findings(conn, run.findings)
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
