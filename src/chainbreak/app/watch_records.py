"""Follow the lake: judge again whenever records arrived, on what stands of the earlier ones.

Each detector goes step by step on its own: take in what arrived, judge, save findings and one leaf in a transaction,
and note in its manifest what was judged. Killed anywhere, the next watch does over what was not noted, and doing a step
twice adds nothing.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.base.errors import ChainbreakError, DeclinedError
from chainbreak.base.log import get_log
from chainbreak.records.actor import SERVICE, Actor

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector
    from chainbreak.find.contract.runner import Run
    from chainbreak.find.watch.state import State
    from chainbreak.records.finding import Finding


@dataclass(frozen=True)
class Step:
    """One step of one detector: `records` new to it, `findings` in all, `new` kept among them, `took_s` (wall clock).

    `anew`: nothing stood, so all records were computed. `declined`: why it did not judge, "" when it did; `failed`: it
    broke, and the step will be tried again.
    """

    detector: str
    records: int
    findings: tuple[Finding, ...]
    new: int
    took_s: float
    anew: bool = False
    declined: str = ""
    failed: bool = False


def watch_records(
    office: Office, names: Sequence[str] = (), *, every_s: float = 30.0, once: bool = False,
    actor: Actor = SERVICE, wait: Callable[[float], None] = time.sleep,
) -> Generator[Step]:  # fmt: skip
    """Yield a step whenever tables that a detector reads have changed (none named: the newest version of each).

    Looks every `every_s` seconds for ever, or `once`. A detector that cannot run declines, one that breaks is tried
    again at the next look; the others go on.

    Raises:
        UsageError: no such detector (CB-US-001).
        SetupError: somebody else is watching with one of them (CB-FI-030); the desk cannot be written.
    """
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.registry import detector_named, detectors
    from chainbreak.find.watch.state import State
    from chainbreak.find.watch.step import definition

    chosen = {d.name: d for d in map(detector_named, names)} or {d.name: d for d in detectors()}
    with ExitStack() as held:
        states = {
            name: held.enter_context(State(office.centre.watch / name, ident(d), definition(d)).held())
            for name, d in chosen.items()
        }
        while True:
            began = time.monotonic()
            for name, detector in chosen.items():
                if step := _step(office, states[name], detector, actor):
                    yield step
            if once:
                return
            wait(max(0.0, every_s - (time.monotonic() - began)))


def _step(office: Office, state: State, detector: Detector, actor: Actor) -> Step | None:
    """The next step; None when the tables are as they were judged."""
    from chainbreak.app.run_detectors import keep_runs
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.watch.news import is_news

    began = time.monotonic()
    if not state.whole:
        state.forget()
    anew = state.is_new
    snapshot = office.lake.snapshot([n.table for n in detector.needs])
    if state.manifest.judged == snapshot:
        return None
    before = sum(state.manifest.rows.values())
    try:
        anew |= _take_in(office, state, detector, snapshot)
        run = _judge(office, state, detector, snapshot)
    except Exception as e:
        # Whatever breaks one detector must not end the watch of the others.
        get_log("find").error("watch_failed", detector=ident(detector), error=type(e).__name__)
        told = e.sentence() if isinstance(e, ChainbreakError) else f"{type(e).__name__}: {str(e)[:300]}"
        return Step(ident(detector), 0, (), 0, time.monotonic() - began, anew, told, failed=True)
    outcome = keep_runs(office, [run], actor, is_news)[0]
    records = sum(state.manifest.rows.values()) - (0 if anew else before)
    state.save(state.manifest.model_copy(update={"judged": snapshot}))
    took_s = time.monotonic() - began
    return Step(ident(detector), records, outcome.findings, outcome.new, took_s, anew, outcome.declined)


def _take_in(office: Office, state: State, detector: Detector, snapshot: dict[str, int]) -> bool:
    """Bring what stands up to `snapshot`; whether it had to be computed anew because records went or changed."""
    from chainbreak.find.watch.step import stands, take_in
    from chainbreak.records import KINDS
    from chainbreak.store.arrivals import Arrivals

    events = {t: v for t, v in snapshot.items() if KINDS[t].time}
    if not stands(detector):
        rows = {table: office.lake.open(table, version).count() for table, version in events.items()}
        state.save(state.manifest.model_copy(update={"rows": rows}))
        return False
    arrivals = Arrivals(office.lake, state.manifest.consumed, events)
    if rewritten := arrivals.rewritten:
        state.forget()
        arrivals = Arrivals(office.lake, {}, events)
    if state.manifest.consumed != events:
        view = copy.copy(office)
        view.lake = arrivals
        session = view.engine(events)
        try:
            take_in(state, detector, session)
        finally:
            session.close()
    return rewritten


def _judge(office: Office, state: State, detector: Detector, snapshot: dict[str, int]) -> Run:
    from chainbreak.find.contract.runner import Run, run_one
    from chainbreak.find.watch.step import judge, stands

    session = office.engine(snapshot)
    try:
        return judge(state, detector, session) if stands(detector) else run_one(session, detector)
    except DeclinedError as refusal:
        return Run(detector, declined=refusal)
    finally:
        session.close()
