"""Which reports the last link run knew, so that the next one can say what arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, empty."""
    op.create_table(
        "link_known",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_link_known")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("link_known")
