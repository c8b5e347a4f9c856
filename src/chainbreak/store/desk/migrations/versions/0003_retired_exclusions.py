"""Exclusions can be retired without being forgotten; keys of kept transactions have a time, so that old ones can go."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty."""
    op.add_column("exclusion", sa.Column("retired_at_us", sa.BigInteger()))
    op.add_column("exclusion", sa.Column("retired_by", sa.String(64)))
    op.add_column("exclusion", sa.Column("retired_reason", sa.Text()))
    op.add_column("done_once", sa.Column("at_us", sa.BigInteger()))
    op.create_index(op.f("ix_done_once_at_us"), "done_once", ["at_us"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_done_once_at_us"), "done_once")
    op.drop_column("done_once", "at_us")
    for name in ("retired_reason", "retired_by", "retired_at_us"):
        op.drop_column("exclusion", name)
