"""Tables of texts to people: texts, parts, receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "text_message",
        sa.Column("text_id", sa.String(32), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("template", sa.String(32), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("queued_by", sa.String(64), nullable=False),
        sa.Column("queued_at_us", sa.BigInteger(), nullable=False),
        sa.Column("due_at_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at_us", sa.BigInteger()),
        sa.Column("settled_at_us", sa.BigInteger()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("text_id", name=op.f("pk_text_message")),
    )
    op.create_index(op.f("ix_text_message_state_due_at_us"), "text_message", ["state", "due_at_us"])
    op.create_index(op.f("ix_text_message_event"), "text_message", ["event"])
    op.create_table(
        "text_part",
        sa.Column("text_id", sa.String(32), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("due_at_us", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(64)),
        sa.Column("sent_at_us", sa.BigInteger()),
        sa.ForeignKeyConstraint(["text_id"], ["text_message.text_id"], name=op.f("fk_text_part_text_id_text_message")),
        sa.PrimaryKeyConstraint("text_id", "part", name=op.f("pk_text_part")),
    )
    op.create_index(op.f("ix_text_part_message_id"), "text_part", ["message_id"])
    op.create_index(op.f("ix_text_part_state_due_at_us"), "text_part", ["state", "due_at_us"])
    op.create_table(
        "text_receipt",
        sa.Column("receipt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("stat", sa.String(8), nullable=False),
        sa.Column("err", sa.String(8), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("reference", sa.Integer()),
        sa.Column("text_id", sa.String(32)),
        sa.Column("part", sa.Integer()),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_text_receipt")),
        sa.UniqueConstraint("message_id", "stat", name=op.f("uq_text_receipt_message_id_stat")),
    )
    op.create_index(op.f("ix_text_receipt_text_id"), "text_receipt", ["text_id"])
