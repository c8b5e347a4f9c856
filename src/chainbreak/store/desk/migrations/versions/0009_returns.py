"""Tables of returns: file, events, shares."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "return_file",
        sa.Column("return_id", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("legal_case", sa.String(12), nullable=False),
        sa.Column("frozen_fen", sa.BigInteger(), nullable=False),
        sa.Column("returned_fen", sa.BigInteger(), nullable=False),
        sa.Column("still_frozen_fen", sa.BigInteger(), nullable=False),
        sa.Column("victims", sa.Integer(), nullable=False),
        sa.Column("objections", sa.Integer(), nullable=False),
        sa.Column("notice_until_us", sa.BigInteger()),
        sa.Column("frozen_until_us", sa.BigInteger(), nullable=False),
        sa.Column("receipt_hash", sa.String(64), nullable=False),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_return_file")),
        sa.UniqueConstraint("number", name=op.f("uq_return_file_number")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_return_file_receipt_hash")),
    )
    op.create_index(op.f("ix_return_file_account"), "return_file", ["account"])
    op.create_index(op.f("ix_return_file_state_number"), "return_file", ["state", "number"])
    op.create_table(
        "return_event",
        sa.Column("return_id", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("move", sa.String(16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("return_id", "seq", name=op.f("pk_return_event")),
    )
    op.create_index(op.f("ix_return_event_actor_at_us"), "return_event", ["actor", "at_us"])
    op.create_table(
        "return_share",
        sa.Column("return_id", sa.String(16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("claim_id", sa.String(255), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return_file.return_id"], name=op.f("fk_return_share_return_id_return_file")
        ),
        sa.PrimaryKeyConstraint("return_id", "round", "claim_id", name=op.f("pk_return_share")),
    )
    op.create_index(op.f("ix_return_share_claim_id"), "return_share", ["claim_id"])
