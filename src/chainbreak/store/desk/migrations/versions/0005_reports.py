"""Tables of reports: the inbox's index, events, corrections kept as labels."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "report_file",
        sa.Column("report_id", sa.String(255), nullable=False),
        sa.Column("record_ref", sa.String(32), nullable=False),
        sa.Column("reported_at_us", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at_us", sa.BigInteger()),
        sa.Column("district", sa.String(64), nullable=False),
        sa.Column("loss_fen", sa.BigInteger()),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("type_by", sa.String(8), nullable=False),
        sa.Column("type_p", sa.Float()),
        sa.Column("type_version", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("assigned", sa.String(64), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_file")),
    )
    op.create_index(op.f("ix_report_file_record_ref"), "report_file", ["record_ref"])
    for first in (None, "type", "district", "assigned", "unread"):
        columns = ["state", *([first] if first else []), "reported_at_us", "report_id"]
        op.create_index(op.f("ix_report_file_" + "_".join(columns)), "report_file", columns)
    op.create_table(
        "report_event",
        sa.Column("event_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("report_id", sa.String(255), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("undoes", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report_file.report_id"], name=op.f("fk_report_event_report_id_report_file")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_report_event")),
    )
    op.create_index(op.f("ix_report_event_report_id"), "report_event", ["report_id"])
    op.create_index(op.f("ix_report_event_actor_at_us"), "report_event", ["actor", "at_us"])
    op.create_table(
        "report_label",
        sa.Column("label_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.String(255), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("thing", sa.String(255), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["report_event.event_id"], name=op.f("fk_report_label_event_id_report_event")
        ),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_report_label")),
    )
    op.create_index(op.f("ix_report_label_event_id"), "report_label", ["event_id"])
    op.create_index(op.f("ix_report_label_report_id"), "report_label", ["report_id"])
    op.create_index(op.f("ix_report_label_what_at_us"), "report_label", ["what", "at_us"])
    op.create_table(
        "report_filed",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lake_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_report_filed")),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("report_filed", "report_label", "report_event", "report_file"):
        op.drop_table(name)
