"""Tables of series of reports, of what happened to them, and of what people decided about links.

Which reports form a series is computed from reports and decisions; here stands what was computed last, under ids that
last, and the decisions themselves. Decisions are only ever added: a decision taken back has a row that says so.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

link_run = Table(
    "link_run",
    metadata,
    Column("run_id", RowId, primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("decided_through", BigInteger, nullable=False),  # the newest decision_id that the run took in; 0: none
    Column("reports", BigInteger, nullable=False),  # reports that were linked, those without a series included
    Column("series", BigInteger, nullable=False),  # series there were afterwards
    Column("numbers", Text, nullable=False),  # JSON: events by kind, ids changed, churn
)
"""One row a run whose result was recorded."""

link_known = Table(
    "link_known",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),  # 1
    Column("digests", LargeBinary, nullable=False),  # 8 bytes a report id, sorted
)
"""One row: which reports the newest run linked, those without a series included; 8 MB for a million."""

series = Table(
    "series",
    metadata,
    Column("series_id", String(16), primary_key=True),  # S-000123, never given to another series
    Column("number", BigInteger, nullable=False, unique=True),  # 123; order of birth
    Column("name", String(200), nullable=False),  # as people call it; "" until somebody names it
    Column("state", String(8), nullable=False),  # live, ended
    Column("created_at_us", BigInteger, nullable=False),
    Column("changed_at_us", BigInteger, nullable=False),  # members or name
    Column("run_id", BigInteger, nullable=False),  # the run that changed its members last
    Column("merged_into", String(16)),  # the series that took it in, when that is how it ended
    Column("reports", BigInteger, nullable=False),
    Column("loss_fen", BigInteger, nullable=False),
    Column("since_us", BigInteger, nullable=False),  # first and last time of report among its members
    Column("until_us", BigInteger, nullable=False),
    Column("district", String(64), nullable=False),  # where most of its reports were taken, "" unknown
    Column("type", String(40), nullable=False),  # the type most of them have, "" unknown
    Index("ix_series_state", "state", "changed_at_us", "number"),
    Index("ix_series_loss_fen", "state", "loss_fen"),
)
"""One row a series that exists or existed; of an ended one the sums are those of its last day."""

series_member = Table(
    "series_member",
    metadata,
    Column("series_id", String(16), ForeignKey("series.series_id"), primary_key=True),
    Column("report_id", String(255), primary_key=True),
    Column("since_run", BigInteger, primary_key=True),
    Column("until_run", BigInteger),  # the run that took it out; null: it belongs now
    Column("reported_at_us", BigInteger, nullable=False),
    Column("district", String(64), nullable=False),
    Column("type", String(40), nullable=False),
    Column("loss_fen", BigInteger),  # null: not stated
    Column("bits", Float, nullable=False),  # how firmly it hangs on the rest of its series
    Index(None, "report_id", "until_run"),
    Index("ix_series_member_district", "until_run", "district", "series_id"),
    Index("ix_series_member_type", "until_run", "type", "series_id"),
)
"""One row a stay of a report in a series, from a run to a run."""

series_event = Table(
    "series_event",
    metadata,
    Column("event_id", RowId, primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("series_id", String(16), ForeignKey("series.series_id"), nullable=False, index=True),
    Column("run_id", BigInteger),  # null: no run, a person did it (renamed)
    Column("actor", String(64), nullable=False),
    Column("kind", String(8), nullable=False),  # created, grown, shrunk, merged, split, ended, undone, renamed
    Column("cause", String(12), nullable=False),  # decision, undo, arrival, withdrawal, recomputed, person
    Column("body", Text, nullable=False),  # JSON: others, decisions, reports before and after, joined, left
)
"""One row a change of a series; never changed, never deleted."""

link_decision = Table(
    "link_decision",
    metadata,
    Column("decision_id", RowId, primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("kind", String(10), nullable=False),  # same, different, unsure, detach, merge, split, undo
    Column("why", Text, nullable=False),
    Column("undoes", BigInteger, index=True),  # the row taken back by this one, which may itself be an undo
    Column("series_a", String(16)),  # the series it was made about, as they were called at that time
    Column("series_b", String(16)),
)
"""One row a decision or its undoing; never changed, never deleted."""

link_decision_report = Table(
    "link_decision_report",
    metadata,
    Column("decision_id", BigInteger, ForeignKey("link_decision.decision_id"), primary_key=True),
    Column("side", String(1), primary_key=True),  # a or b
    Column("report_id", String(255), primary_key=True),
    Index(None, "report_id"),
)
"""One row a report that a decision names, on one of its two sides, as the series stood when it was made."""
