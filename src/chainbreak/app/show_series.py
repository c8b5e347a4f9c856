"""One series: who belongs, what holds it together, what happened to it, what people decided, what is still open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.app.contradictions import contradictions_in, told
from chainbreak.app.link_decisions import standing_constraints
from chainbreak.app.read_series import series_named
from chainbreak.base.errors import SetupError
from chainbreak.find.linkage.decisions import UNSURE, joined_by_decisions
from chainbreak.store.desk import series as desk_series
from chainbreak.store.desk.series import LIVE, Stay

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

EVIDENCE = ("identifiers", "edges", "bridges", "suppressed")
"""Lists that `explain_series` gives; empty where nothing was linked yet or the series has ended."""


def show_series(office: Office, series_id: str) -> dict[str, Any]:
    """Keys: series_id, name, state, merged_into, since_us, until_us, created_at_us, changed_at_us, loss_fen, reports,
    districts and types (name -> reports), members (by time: report_id, reported_at_us, district, type, loss_fen, bits),
    identifiers (key, kind, n, hub, bits, first_us, last_us), edges (a, b, bits, kinds), bridges, strongest, weakest,
    suppressed, events and decisions (oldest first), `pending` (decisions that no run has taken in), contradictions,
    questions (what is open), leads, and `explained`: whether the evidence is there.

    Raises:
        UsageError: no such series (CB-SE-001).
    """
    from chainbreak.store.desk.leads import about

    with office.desk.read() as conn:
        row = series_named(conn, series_id)
        stays = desk_series.members(conn, series_id)
        events = desk_series.read_events(conn, series_id)
        run = desk_series.last_run(conn)
        decisions = decisions_on(conn, stays.keys())
        clashes = contradictions_in(conn, stays.keys())
        leads = about(conn, [f"series:{series_id}"])
        decided = joined_by_decisions(standing_constraints(conn))
    evidence = _explained(office, stays) if row.state == LIVE else None
    if evidence:
        evidence["bridges"] = [b for b in evidence["bridges"] if decided.get(b["a"], 0) != decided.get(b["b"], 1)]
    bits = evidence.pop("bits") if evidence else {}
    through = run.decided_through if run else 0
    return {
        "series_id": series_id, "name": row.name, "state": row.state, "merged_into": row.merged_into,
        "since_us": row.since_us, "until_us": row.until_us, "created_at_us": row.created_at_us,
        "changed_at_us": row.changed_at_us, "loss_fen": row.loss_fen, "reports": row.reports,
        "districts": _counted(stay.district for stay in stays.values()),
        "types": _counted(stay.type for stay in stays.values()),
        "members": [vars(stay) | {"bits": bits.get(stay.report_id, stay.bits)} for stay in stays.values()],
        **(evidence or dict.fromkeys(EVIDENCE, ()) | {"strongest": None, "weakest": None}),
        "explained": evidence is not None, "events": events, "decisions": decisions,
        "pending": [d["decision_id"] for d in decisions if d["decision_id"] > through],
        "contradictions": clashes, "questions": _questions(decisions, clashes, evidence, stays), "leads": leads,
    }  # fmt: skip


def decisions_on(conn: Connection, reports: Collection[str]) -> list[dict[str, Any]]:
    """Decisions that name one of `reports`, those taken back and the undoings included, oldest first."""
    rows = {row.decision_id: row for row in desk_series.decisions_naming(conn, reports)}
    return told(rows, sorted(rows))


def _explained(office: Office, stays: Mapping[str, Stay]) -> dict[str, Any] | None:
    """What holds these members together; None where one of them is gone, or was never linked."""
    from chainbreak.app.link_reports import linked_about
    from chainbreak.find.linkage.explain import explain_series

    try:
        return explain_series(linked_about(office, stays.keys()), stays.keys())
    except SetupError:
        return None


def _counted(words: Iterable[str]) -> dict[str, int]:
    """Word -> how often, most frequent first, equals by name."""
    counted = Counter(words)
    return {word: counted[word] for word in sorted(counted, key=lambda word: (-counted[word], word))}


def _questions(
    decisions: list[dict[str, Any]], clashes: list[dict[str, Any]], evidence: Mapping[str, Any] | None,
    members: Collection[str],
) -> list[dict[str, Any]]:  # fmt: skip
    """What somebody should look at: pairs left unsure, contradictions, links that alone hold the series together, and
    reports that nothing but decisions holds with the others.
    """
    found = [{"kind": "unsure", "a": d["a"], "b": d["b"], "decision_id": d["decision_id"]}
             for d in decisions if d["kind"] == UNSURE and d["undone_by"] is None]  # fmt: skip
    found += [{"kind": "contradiction", "a": c["path"][0], "b": c["path"][-1]} for c in clashes]
    if evidence is None:
        return found
    found += [{"kind": "bridge", "a": b["a"], "b": b["b"], "bits": b["bits"]} for b in evidence["bridges"]]
    _, *others = _parts(members, evidence["edges"])
    return found + [{"kind": "only_decided", "reports": part} for part in others]


def _parts(members: Collection[str], edges: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """What the links alone hold together, largest part first."""
    group = {report: {report} for report in members}
    for edge in edges:
        joined = group[edge["a"]] | group[edge["b"]]
        group |= dict.fromkeys(joined, joined)
    parts = {tuple(sorted(part)) for part in group.values()}
    return [list(part) for part in sorted(parts, key=lambda part: (-len(part), part))]
