"""Why two reports are linked, or are not: terms in bits that add up, what was left out, and what people said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.contradictions import told
from chainbreak.app.decide_link import must_be_reports
from chainbreak.app.link_decisions import as_ruling
from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.decisions import MERGE, constraints
from chainbreak.store.desk import series as desk_series
from chainbreak.store.desk.series import Decided

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office


def explain_link(office: Office, a: str, b: str) -> dict[str, Any]:
    """What `find.linkage.explain.explain_pair` says (total_bits, prior_bits, terms, suppressed, linked, path,
    model_version), with `series` (report -> its series), `decisions` about the pair, oldest first, and `constraints`:
    what follows for this pair from those that stand (kind confirm or reject, decision_id).

    Raises:
        UsageError: no such report (CB-SE-003), one report twice (CB-SE-005).
        SetupError: one of them was never linked (CB-SE-011).
    """
    from chainbreak.app.link_reports import linked_about
    from chainbreak.find.linkage.explain import explain_pair

    if a == b:
        raise UsageError("CB-SE-005", "a link is between two reports", given=a)
    must_be_reports(office, a, b)
    with office.desk.read() as conn:
        decisions, series = _about_both(conn, a, b), desk_series.series_of(conn, (a, b))
        rulings = [as_ruling(row) for row in desk_series.decisions_naming(conn, (a, b))]
    held = [{"kind": c.kind, "decision_id": c.decision_id} for c in constraints(rulings) if {c.a, c.b} == {a, b}]
    explained = explain_pair(linked_about(office, (a, b)), a, b)
    return {**explained, "series": series, "decisions": decisions, "constraints": held}


def _about_both(conn: Connection, a: str, b: str) -> list[dict[str, Any]]:
    """Decisions that say something of this pair, and their undoings; not those that only name both on one side."""
    rows = {row.decision_id: row for row in desk_series.decisions_naming(conn, (a, b))}

    def says(row: Decided) -> bool:
        if row.undoes is not None:
            return row.undoes in rows and says(rows[row.undoes])
        if row.kind == MERGE:
            return {a, b} <= {*row.a, *row.b}
        return (a in row.a and b in row.b) or (a in row.b and b in row.a)

    return told(rows, sorted(number for number, row in rows.items() if says(row)))
