"""Series of reports, what happened to them, and what people decided about links."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "link_run",
        sa.Column("run_id", row_id, autoincrement=True, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("decided_through", sa.BigInteger(), nullable=False),
        sa.Column("reports", sa.BigInteger(), nullable=False),
        sa.Column("series", sa.BigInteger(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_link_run")),
    )
    op.create_table(
        "series",
        sa.Column("series_id", sa.String(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_us", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_into", sa.String(16)),
        sa.Column("reports", sa.BigInteger(), nullable=False),
        sa.Column("loss_fen", sa.BigInteger(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("district", sa.String(64), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("series_id", name=op.f("pk_series")),
        sa.UniqueConstraint("number", name=op.f("uq_series_number")),
    )
    op.create_index("ix_series_state", "series", ["state", "changed_at_us", "number"])
    op.create_index("ix_series_loss_fen", "series", ["state", "loss_fen"])
    op.create_table(
        "series_member",
        sa.Column("series_id", sa.String(16), nullable=False),
        sa.Column("report_id", sa.String(255), nullable=False),
        sa.Column("since_run", sa.BigInteger(), nullable=False),
        sa.Column("until_run", sa.BigInteger()),
        sa.Column("reported_at_us", sa.BigInteger(), nullable=False),
        sa.Column("district", sa.String(64), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("loss_fen", sa.BigInteger()),
        sa.Column("bits", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.series_id"], name=op.f("fk_series_member_series_id_series")),
        sa.PrimaryKeyConstraint("series_id", "report_id", "since_run", name=op.f("pk_series_member")),
    )
    op.create_index(op.f("ix_series_member_report_id_until_run"), "series_member", ["report_id", "until_run"])
    op.create_index("ix_series_member_district", "series_member", ["until_run", "district", "series_id"])
    op.create_index("ix_series_member_type", "series_member", ["until_run", "type", "series_id"])
    op.create_table(
        "series_event",
        sa.Column("event_id", row_id, autoincrement=True, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("series_id", sa.String(16), nullable=False),
        sa.Column("run_id", sa.BigInteger()),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("cause", sa.String(12), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.series_id"], name=op.f("fk_series_event_series_id_series")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_series_event")),
    )
    op.create_index(op.f("ix_series_event_at_us"), "series_event", ["at_us"])
    op.create_index(op.f("ix_series_event_series_id"), "series_event", ["series_id"])
    op.create_table(
        "link_decision",
        sa.Column("decision_id", row_id, autoincrement=True, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("undoes", sa.BigInteger()),
        sa.Column("series_a", sa.String(16)),
        sa.Column("series_b", sa.String(16)),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_link_decision")),
    )
    op.create_index(op.f("ix_link_decision_undoes"), "link_decision", ["undoes"])
    op.create_table(
        "link_decision_report",
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.String(1), nullable=False),
        sa.Column("report_id", sa.String(255), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["link_decision.decision_id"],
            name=op.f("fk_link_decision_report_decision_id_link_decision"),
        ),
        sa.PrimaryKeyConstraint("decision_id", "side", "report_id", name=op.f("pk_link_decision_report")),
    )
    op.create_index(op.f("ix_link_decision_report_report_id"), "link_decision_report", ["report_id"])


def downgrade() -> None:
    """Drop them."""
    for name in ("link_decision_report", "link_decision", "series_event", "series_member", "series", "link_run"):
        op.drop_table(name)
