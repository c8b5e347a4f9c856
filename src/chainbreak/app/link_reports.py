"""Link every report into series and write down what changed; what was linked stays in this process for questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.app.collect_reports import Collected, collect_reports, stamp_of
from chainbreak.app.link_decisions import standing_decisions
from chainbreak.app.record_series import Linking, record_series
from chainbreak.base.errors import RefusedError, SetupError
from chainbreak.base.progress import Advance, silent
from chainbreak.find.linkage.link import Linked
from chainbreak.find.linkage.model import Decision, some_of
from chainbreak.find.linkage.standing import Standing
from chainbreak.find.linkage.weights import MILLI
from chainbreak.records.actor import Role
from chainbreak.store.desk import series as desk_series

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


@dataclass
class _Held:
    """What this process has linked of one centre: what each report was made of, and the run that recorded it last."""

    standing: Standing
    collected: Collected
    stamp: tuple[Any, ...]
    run_id: int | None = None


LINKERS = (Role.ANALYST, Role.ENGINEER, Role.SERVICE)
"""Those who judge links, those who run what is computed, and the machine itself, for whoever takes a report."""
_HELD: dict[Path, _Held] = {}
_LOCK = Lock()
"""One linking at a time in a process: a second waits and then finds the work done."""


def link_reports(
    office: Office, actor: Actor, advance: Advance = silent, *, dry_run: bool = False
) -> dict[str, Any]:  # fmt: skip
    """Bring the series up to date; returns what `record_series` returns. With `dry_run` nothing is recorded.

    The first time in a process everything is linked; afterwards only what came, changed, went or was decided, to the
    same outcome.

    Raises:
        RefusedError: a role that does not link (CB-SE-018); a run with newer decisions was recorded meanwhile
            (CB-SE-016).
    """
    if not actor.has(*LINKERS):
        raise RefusedError("CB-SE-018", "this role does not link reports", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(LINKERS))  # fmt: skip
    with _LOCK:
        decisions, through = standing_decisions(office)  # within: the run that starts last knows the newest
        held, touched, gone = _up_to_date(office, decisions, advance)
        partly = held.run_id is not None and held.run_id == _last_run(office)
        ids = touched if partly else held.collected.facts.keys()
        partition = held.standing.partition(touched if partly else None)
        stays = {i: replace(held.collected.facts[i], bits=held.standing.best(i) / MILLI)
                 for members in partition for i in members}  # fmt: skip
        found = Linking(partition, stays, through, held.standing.weights.version, ids, partly, gone if partly else ())
        if not dry_run:
            held.run_id = None  # until it is recorded: what is touched next is then not all that differs
        told = record_series(office, actor, found, dry_run=dry_run)
        held.run_id = None if dry_run else told["run_id"]
        return told


def linked_about(office: Office, reports: Collection[str]) -> Linked:
    """The connected components that these reports lie in, with their evidence: what explanations are read from.

    Raises:
        SetupError: one of them was not linked (CB-SE-011): it is deleted, or came after the last run.
    """
    with _LOCK:
        held = _HELD.get(office.centre.root)
        # What another process recorded meanwhile rests on reports and decisions that are not held yet.
        if held is None or held.run_id != _last_run(office) or not set(reports) <= held.collected.facts.keys():
            held, _, _ = _up_to_date(office, standing_decisions(office)[0], silent)
            held.run_id = None
        missing = sorted(set(reports) - held.collected.facts.keys())
        if missing:
            raise SetupError("CB-SE-011", "deleted, or not linked yet", given=", ".join(missing[:3]),
                             next_step="chainbreak case report ID says which; chainbreak link run")  # fmt: skip
        return held.standing.about(reports)


def _last_run(office: Office) -> int | None:
    with office.desk.read() as conn:
        run = desk_series.last_run(conn)
    return run.run_id if run else None


def _up_to_date(office: Office, decisions: list[Decision], advance: Advance) -> tuple[_Held, set[str], list[str]]:
    """What this process holds of the centre after taking in what is new; the reports whose series that may have
    changed; and those that went.
    """
    held, stamp = _HELD.get(office.centre.root), stamp_of(office)
    if held is None:
        now = collect_reports(office, advance)
        _HELD.clear()  # a process serves one centre, and what is held of a million reports is large
        _HELD[office.centre.root] = held = _Held(Standing(now.reports, decisions), now, stamp)
        return held, set(now.facts), []
    touched: set[str] = set()
    gone: list[str] = []
    if stamp != held.stamp:
        now = collect_reports(office, advance)
        came, gone = _differences(held.collected.marks, now.marks)
        if came or gone:
            rows = np.searchsorted(now.reports.ids.astype(np.str_), np.array(sorted(came), np.str_))
            touched.update(held.standing.change(some_of(now.reports, rows) if came else None, gone))
        held.collected, held.stamp = now, stamp
    touched.update(held.standing.decide(decisions))
    return held, touched, gone


def _differences(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """Ids that are new or made of something else, and ids that are gone."""
    return [i for i, mark in after.items() if before.get(i) != mark], [i for i in before if i not in after]
