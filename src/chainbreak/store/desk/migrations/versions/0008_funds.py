"""Tables of the fund desk: trace runs, claims, hold proposals, shares of holds."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the five tables."""
    op.create_table(
        "trace_run",
        sa.Column("run_id", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(280), nullable=False),
        sa.Column("rule", sa.String(16), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("ledger_digest", sa.String(64), nullable=False),
        sa.Column("ledger_version", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at_us", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_trace_run")),
        sa.UniqueConstraint("number", name=op.f("uq_trace_run_number")),
    )
    op.create_index(op.f("ix_trace_run_what_number"), "trace_run", ["what", "number"])
    op.create_index(op.f("ix_trace_run_made_at_us"), "trace_run", ["made_at_us"])
    op.create_table(
        "claim",
        sa.Column("claim_id", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(255), nullable=False),
        sa.Column("transfer_id", sa.String(255), nullable=False),
        sa.Column("lo_fen", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.String(64)),
        sa.Column("ended_at_us", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claim")),
        sa.UniqueConstraint("number", name=op.f("uq_claim_number")),
    )
    op.create_index(op.f("ix_claim_report_id_transfer_id"), "claim", ["report_id", "transfer_id"])
    op.create_index(op.f("ix_claim_transfer_id_state"), "claim", ["transfer_id", "state"])
    to_run, to_claim, to_order = ["trace_run.run_id"], ["claim.claim_id"], ["order_file.order_id"]
    op.create_table(
        "trace_claim",
        sa.Column("run_id", sa.String(16), nullable=False),
        sa.Column("claim_id", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], to_run, name=op.f("fk_trace_claim_run_id_trace_run")),
        sa.ForeignKeyConstraint(["claim_id"], to_claim, name=op.f("fk_trace_claim_claim_id_claim")),
        sa.PrimaryKeyConstraint("run_id", "claim_id", name=op.f("pk_trace_claim")),
    )
    op.create_index(op.f("ix_trace_claim_claim_id"), "trace_claim", ["claim_id"])
    op.create_table(
        "hold_proposal",
        sa.Column("run_id", sa.String(16), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("bank", sa.String(255), nullable=False),
        sa.Column("partner", sa.String(64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("traced_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("p_there", sa.Float(), nullable=False),
        sa.Column("expected_fen", sa.BigInteger(), nullable=False),
        sa.Column("made_at_us", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.String(24)),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], to_run, name=op.f("fk_hold_proposal_run_id_trace_run")),
        sa.ForeignKeyConstraint(["order_id"], to_order, name=op.f("fk_hold_proposal_order_id_order_file")),
        sa.PrimaryKeyConstraint("run_id", "account", name=op.f("pk_hold_proposal")),
    )
    op.create_index(op.f("ix_hold_proposal_order_id"), "hold_proposal", ["order_id"])
    op.create_table(
        "hold_share",
        sa.Column("order_id", sa.String(24), nullable=False),
        sa.Column("claim_id", sa.String(16), nullable=False),
        sa.Column("run_id", sa.String(16), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], to_order, name=op.f("fk_hold_share_order_id_order_file")),
        sa.ForeignKeyConstraint(["claim_id"], to_claim, name=op.f("fk_hold_share_claim_id_claim")),
        sa.ForeignKeyConstraint(["run_id"], to_run, name=op.f("fk_hold_share_run_id_trace_run")),
        sa.PrimaryKeyConstraint("order_id", "claim_id", name=op.f("pk_hold_share")),
    )
    op.create_index(op.f("ix_hold_share_claim_id_account"), "hold_share", ["claim_id", "account"])
    op.create_index(op.f("ix_hold_share_account"), "hold_share", ["account"])


def downgrade() -> None:
    """Drop them."""
    for name in ("hold_share", "hold_proposal", "trace_claim", "claim", "trace_run"):
        op.drop_table(name)
