"""Tables of leads: file, events, evidence, locks, labels."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the five tables."""
    op.create_table(
        "lead_file",
        sa.Column("lead_id", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("target", sa.String(255), nullable=False),
        sa.Column("series_id", sa.String(16), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("drafted_by", sa.String(64), nullable=False),
        sa.Column("evidence_key", sa.String(64), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.Column("snoozed_until_us", sa.BigInteger()),
        sa.Column("drafted_at_us", sa.BigInteger(), nullable=False),
        sa.Column("dispatched_at_us", sa.BigInteger()),
        sa.Column("deadline_us", sa.BigInteger()),
        sa.Column("received_at_us", sa.BigInteger()),
        sa.Column("ended_at_us", sa.BigInteger()),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("returned_wrong", sa.Integer(), nullable=False),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.Column("editors", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.String(64), nullable=False),
        sa.Column("sent_back", sa.Boolean(), nullable=False),
        sa.Column("signals", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_file")),
        sa.UniqueConstraint("number", name=op.f("uq_lead_file_number")),
        sa.UniqueConstraint("evidence_key", name=op.f("uq_lead_file_evidence_key")),
    )
    op.create_index(op.f("ix_lead_file_state_expires_at_us"), "lead_file", ["state", "expires_at_us"])
    op.create_index(op.f("ix_lead_file_kind_target"), "lead_file", ["kind", "target"])
    op.create_index(op.f("ix_lead_file_series_id"), "lead_file", ["series_id"])
    op.create_index(op.f("ix_lead_file_updated_at_us"), "lead_file", ["updated_at_us"])
    op.create_table(
        "lead_event",
        sa.Column("lead_id", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("move", sa.String(16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "seq", name=op.f("pk_lead_event")),
    )
    op.create_index(op.f("ix_lead_event_actor_at_us"), "lead_event", ["actor", "at_us"])
    to_lead = ["lead_file.lead_id"]
    op.create_table(
        "lead_evidence",
        sa.Column("lead_id", sa.String(16), nullable=False),
        sa.Column("ref", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], to_lead, name=op.f("fk_lead_evidence_lead_id_lead_file")),
        sa.PrimaryKeyConstraint("lead_id", "ref", name=op.f("pk_lead_evidence")),
    )
    op.create_index(op.f("ix_lead_evidence_ref"), "lead_evidence", ["ref"])
    op.create_table(
        "lead_lock",
        sa.Column("lead_id", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("seen_at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], to_lead, name=op.f("fk_lead_lock_lead_id_lead_file")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_lock")),
    )
    op.create_table(
        "lead_label",
        sa.Column("lead_id", sa.String(16), nullable=False),
        sa.Column("ref", sa.String(80), nullable=False),
        sa.Column("label", sa.String(8), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("sampling", sa.String(12), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("given_by", sa.String(64), nullable=False),
        sa.Column("given_at_us", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], to_lead, name=op.f("fk_lead_label_lead_id_lead_file")),
        sa.PrimaryKeyConstraint("lead_id", "ref", name=op.f("pk_lead_label")),
    )
    op.create_index(op.f("ix_lead_label_ref"), "lead_label", ["ref"])


def downgrade() -> None:
    """Drop them."""
    for name in ("lead_label", "lead_lock", "lead_evidence", "lead_event", "lead_file"):
        op.drop_table(name)
