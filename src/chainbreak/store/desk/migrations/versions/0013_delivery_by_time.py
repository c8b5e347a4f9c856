"""Messages and receipts by time: the newest of a million, and measures of the last hour, without reading them all."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indices."""
    op.create_index(op.f("ix_outbox_queued_at_us"), "outbox", ["queued_at_us"])
    op.create_index(op.f("ix_receipt_at_us"), "receipt", ["at_us"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_receipt_at_us"), "receipt")
    op.drop_index(op.f("ix_outbox_queued_at_us"), "outbox")
