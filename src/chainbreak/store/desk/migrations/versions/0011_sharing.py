"""Tables of sharing: indicators, sightings of them, those refused, sources, what was told back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the five tables."""
    op.create_table(
        "indicator",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("shared_id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("object", sa.String(1024), nullable=False),
        sa.Column("version_us", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_us", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_us", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_us", sa.BigInteger()),
        sa.Column("confidence", sa.Integer()),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("pulled_at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["partner.partner_id"], name=op.f("fk_indicator_source_partner")),
        sa.PrimaryKeyConstraint("source", "shared_id", name=op.f("pk_indicator")),
    )
    op.create_index(op.f("ix_indicator_object"), "indicator", ["object"])
    op.create_index(op.f("ix_indicator_source_kind"), "indicator", ["source", "kind"])
    op.create_table(
        "indicator_sighting",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("sighting_id", sa.String(80), nullable=False),
        sa.Column("shared_id", sa.String(80), nullable=False),
        sa.Column("says", sa.String(5), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["partner.partner_id"], name=op.f("fk_indicator_sighting_source_partner")),
        sa.PrimaryKeyConstraint("source", "sighting_id", name=op.f("pk_indicator_sighting")),
    )
    op.create_index(op.f("ix_indicator_sighting_source_shared_id"), "indicator_sighting", ["source", "shared_id"])
    op.create_table(
        "indicator_refused",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("shared_id", sa.String(80), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["partner.partner_id"], name=op.f("fk_indicator_refused_source_partner")),
        sa.PrimaryKeyConstraint("source", "shared_id", name=op.f("pk_indicator_refused")),
    )
    op.create_table(
        "indicator_source",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("marker", sa.String(64), nullable=False),
        sa.Column("pulled_at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["partner.partner_id"], name=op.f("fk_indicator_source_source_partner")),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_indicator_source")),
    )
    op.create_table(
        "indicator_met",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("shared_id", sa.String(80), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("told_at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["partner.partner_id"], name=op.f("fk_indicator_met_source_partner")),
        sa.PrimaryKeyConstraint("source", "shared_id", name=op.f("pk_indicator_met")),
    )
