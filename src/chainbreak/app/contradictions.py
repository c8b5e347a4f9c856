"""Decisions on links that cannot all be kept: A is B, B is C, but A is not C. Shown, never resolved silently."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import as_plain, as_ruling
from chainbreak.find.linkage import decisions as fold
from chainbreak.store.desk import series as desk_series
from chainbreak.store.desk.series import Decided

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office


def contradictions(office: Office) -> list[dict[str, Any]]:
    """Every contradiction among standing decisions: `apart` and `joined` (numbers of decisions), `path` (reports from
    one end to the other), `pairs`, and `decisions`, each in full. While one stands, confirmations hold.
    """
    with office.desk.read() as conn:
        return contradictions_in(conn)


def contradictions_in(conn: Connection, reports: Collection[str] | None = None) -> list[dict[str, Any]]:
    """As `contradictions`; with `reports` only those whose path touches one of them."""
    rows = {row.decision_id: row for row in desk_series.read_decisions(conn)}
    clashes = fold.contradictions(fold.constraints(as_ruling(row) for row in rows.values()))
    return [
        as_plain(clash) | {"decisions": told(rows, sorted({clash.apart, *clash.joined}))}
        for clash in clashes
        if reports is None or not {*reports}.isdisjoint(clash.path)
    ]


def told(rows: Mapping[int, Decided], numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Decisions as people read them: without the lists of a merge or split, whose sizes tell enough."""
    undone = fold.undone_by(as_ruling(row) for row in rows.values())
    return [
        {
            "decision_id": row.decision_id, "at_us": row.at_us, "actor": row.actor, "kind": row.kind, "why": row.why,
            "a": row.a[0] if row.a else None, "b": row.b[0] if row.b else None, "n_a": len(row.a), "n_b": len(row.b),
            "series": [s for s in (row.series_a, row.series_b) if s], "undoes": row.undoes,
            "undone_by": undone.get(row.decision_id),
        }
        for row in (rows[number] for number in numbers)
    ]  # fmt: skip
