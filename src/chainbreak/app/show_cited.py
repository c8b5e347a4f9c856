"""The records that a reason of a finding rests on, as they lay in the lake when it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.device_records import admit, standing_on
from chainbreak.app.show_finding import show_finding
from chainbreak.base.errors import SetupError, UsageError, did_you_mean
from chainbreak.records import kind_named
from chainbreak.records.finding import write_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST_CITED = 500
"""Rows shown at most of one table; how many there are is said."""


def show_cited(
    office: Office, actor: Actor, finding_id: str, rule: str, purpose: str = "judge a finding"
) -> dict[str, Any]:
    """Keys: `found`, `reason` (as in the finding), `tables` (one a table: name, columns, rows with tokens written, in
    order of time), `missing` (cited but no longer there). The read is in the log.

    Raises:
        UsageError: no such finding (CB-FN-001) or reason of it (CB-US-001).
        RefusedError: a role that reads no single records (CB-LD-001).
    """
    found = show_finding(office, finding_id)
    reasons = {e["rule"]: e for e in (*found["evidence"], *found["counter_evidence"])}
    if rule not in reasons:
        raise UsageError("CB-US-001", "no such reason", given=rule[:60], allowed=did_you_mean(rule, list(reasons)))
    admit(office, actor, "finding.cited", finding_id, purpose)
    cited, tables, seen = list(reasons[rule]["records"]), [], 0
    with standing_on(office, found) as engine:
        for name in found["snapshot"] if cited else ():
            try:
                table = engine.table(name)
            except SetupError:  # purged: its records count as missing
                continue
            kind = kind_named(name)
            rows = engine.run(table.filter(table.record_ref.isin(cited))).to_pylist()
            rows = list({row["record_ref"]: row for row in rows}.values())
            seen += len(rows)
            if rows:
                rows.sort(key=lambda row: (row[kind.time] if kind.time else 0, row["record_ref"]))
                columns = [c for c in kind.columns if any(row[c.name] is not None for row in rows)]
                tables.append({
                    "name": name, "columns": columns, "n": len(rows),
                    "rows": [_written(row, columns) for row in rows[:MOST_CITED]],
                })  # fmt: skip
    return {"found": found, "reason": reasons[rule], "tables": tables, "missing": len(set(cited)) - seen}


def _written(row: dict[str, Any], columns: list[Any]) -> dict[str, Any]:
    return {"record_ref": row["record_ref"]} | {
        c.name: write_token(c.identifier, row[c.name]) if c.identifier and row[c.name] is not None else row[c.name]
        for c in columns
    }
