"""Tables of ingest: runs, and rejected rows that were dealt with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COUNTS = ("bytes", "rows_read", "accepted", "duplicates", "quarantined", "unread_identifiers", "conflicts")


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "ingest_run",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("file", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("oldest_us", sa.BigInteger()),
        sa.Column("newest_us", sa.BigInteger()),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("lake_version", sa.BigInteger()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_run")),
    )
    for name in ("at_us", "digest", "kind"):
        op.create_index(op.f(f"ix_ingest_run_{name}"), "ingest_run", [name])
    op.create_table(
        "quarantine_settled",
        sa.Column("row_id", sa.String(16), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_quarantine_settled")),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("quarantine_settled")
    op.drop_table("ingest_run")
