"""Say of two reports whether one gang did both: same, different, or unsure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import as_ruling, deciding, outcome, write_decision
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.find.linkage.decisions import DIFFERENT, SAME, UNDO, UNSURE, standing
from chainbreak.store.desk import series as desk_series

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.store.desk.series import Decided

WORDS = (SAME, DIFFERENT, UNSURE)


def decide_link(
    office: Office, actor: Actor, a: str, b: str, word: str, why: str, *, key: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Record what `actor` says of the reports `a` and `b`; `replaces` lists earlier words of theirs, taken back by it.

    What somebody else said of the pair stays: if the two cannot both be kept, the answer shows the contradiction. The
    same word again adds nothing.

    Raises:
        UsageError: no such word (CB-SE-013), no such report (CB-SE-003), one report twice (CB-SE-005), no reason
            (CB-SE-004).
        RefusedError: the actor may not decide (CB-SE-002).
    """
    if word not in WORDS:
        raise UsageError("CB-SE-013", "no such decision", given=word, allowed=did_you_mean(word, WORDS))
    if a == b:
        raise UsageError("CB-SE-005", "a link is between two reports", given=a)
    must_be_reports(office, a, b)
    with deciding(office, actor, why, key=key, dry_run=dry_run) as conn:
        own = _own_words(conn, actor, a, b)
        if [row.kind for row in own] == [word]:
            return outcome(conn, [own[0].decision_id], dry_run=dry_run, kind=word, a=a, b=b, replaces=[])
        for row in own:
            write_decision(conn, office, actor, UNDO, why, (), undoes=row.decision_id)
        number = write_decision(conn, office, actor, word, why, (min(a, b),), (max(a, b),))
        replaces = [row.decision_id for row in own]
        return outcome(conn, [number], dry_run=dry_run, kind=word, a=a, b=b, replaces=replaces)


def must_be_reports(office: Office, *ids: str) -> None:
    """Let only ids of reports pass.

    Raises:
        UsageError: no such report (CB-SE-003).
    """
    from chainbreak.store.desk.reports import known_ids

    with office.desk.read() as conn:
        known = known_ids(conn, ids)
    if not known.issuperset(ids):
        known = _in_lake(office, ids)  # came in since the inbox was last looked at
    missing = sorted(set(ids) - known)
    if missing:
        raise UsageError("CB-SE-003", "there is no such report", given=", ".join(missing)[:200],
                         next_step="chainbreak case reports")  # fmt: skip


def _in_lake(office: Office, ids: Collection[str]) -> set[str]:
    engine = office.engine()
    try:
        report = engine.table("report")
        named = report.filter(report.report_id.isin(list(ids))).select("report_id").distinct()
        return set(engine.run(named).to_pydict()["report_id"])
    finally:
        engine.close()


def _own_words(conn: Connection, actor: Actor, a: str, b: str) -> list[Decided]:
    """Standing words of `actor` about this very pair."""
    rows = {row.decision_id: row for row in desk_series.decisions_naming(conn, (a, b))}
    kept = (rows[r.decision_id] for r in standing(as_ruling(row) for row in rows.values()))
    return [row for row in kept if row.actor == actor.name and row.kind in WORDS and {*row.a, *row.b} == {a, b}]
