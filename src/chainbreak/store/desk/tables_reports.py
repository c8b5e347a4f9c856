"""Tables of reports: the index of the inbox, what people did to a report, and the corrections they made.

The report itself lies in the lake and is never changed. `report_event` is the truth of what people said and only ever
grows; `report_file` is what folding it gives, kept for lists and filters. No column holds an identifier in clear.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

report_file = Table(
    "report_file",
    metadata,
    Column("report_id", String(255), primary_key=True),
    Column("record_ref", String(32), nullable=False, index=True),  # the row of the lake that counts
    Column("reported_at_us", BigInteger, nullable=False),
    Column("occurred_at_us", BigInteger),
    Column("district", String(64), nullable=False),  # "" when the source names none
    Column("loss_fen", BigInteger),
    Column("type", String(32), nullable=False),  # "" as long as nobody has read it
    Column("type_by", String(8), nullable=False),  # "", machine, person
    Column("type_p", Float),  # the machine's probability of that type
    Column("type_version", String(64), nullable=False),  # of the machine that read it
    Column("state", String(8), nullable=False),  # open, deleted
    Column("assigned", String(64), nullable=False),  # "" for nobody
    Column("unread", Boolean, nullable=False),  # nobody has opened it yet
    Column("said", Text, nullable=False),  # JSON: written token or domain -> role as people gave it, "" taken away
    Index(None, "state", "reported_at_us", "report_id"),
    Index(None, "state", "type", "reported_at_us", "report_id"),
    Index(None, "state", "district", "reported_at_us", "report_id"),
    Index(None, "state", "assigned", "reported_at_us", "report_id"),
    Index(None, "state", "unread", "reported_at_us", "report_id"),
)
"""One row a report."""

report_event = Table(
    "report_event",
    metadata,
    Column("event_id", RowId, primary_key=True, autoincrement=True),
    Column("report_id", String(255), ForeignKey("report_file.report_id"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("act", String(12), nullable=False),  # taken, corrected, amended, deleted, restored, assigned, undone
    Column("why", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON: field -> [old, new]; an identifier is the field `id:<token>`
    Column("undoes", BigInteger),  # the event taken back by this row
    Index(None, "actor", "at_us"),
)
"""One row a thing done to a report; never changed, never deleted."""

report_label = Table(
    "report_label",
    metadata,
    Column("label_id", RowId, primary_key=True, autoincrement=True),
    Column("event_id", BigInteger, ForeignKey("report_event.event_id"), nullable=False, index=True),
    Column("report_id", String(255), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("what", String(12), nullable=False),  # type, mention
    Column("thing", String(255), nullable=False),  # of a mention: written token or domain; of a type: ""
    Column("machine", Text, nullable=False),  # JSON: what the machine had said; null when it had said nothing
    Column("version", String(64), nullable=False),  # of that machine
    Column("person", Text, nullable=False),  # JSON: what the person says; null when it is none
    Index(None, "what", "at_us"),
)
"""One row a correction of what the machine read, to be learned from; selected by people, not at random."""

report_filed = Table(
    "report_filed",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("lake_version", BigInteger, nullable=False),
)
"""One row: up to which version of the lake's table the index is complete."""
