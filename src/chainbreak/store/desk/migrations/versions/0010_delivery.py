"""Where a partner is reached and how it fares; how much a partial answer holds; the rung of an order in its own column."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the rung is read out of the body of each order."""
    with op.batch_alter_table("partner") as partner:
        partner.add_column(sa.Column("address", sa.String(255), nullable=False, server_default=""))
        partner.add_column(sa.Column("settings", sa.Text(), nullable=False, server_default="{}"))
        partner.add_column(sa.Column("seen_at_us", sa.BigInteger()))
        partner.add_column(sa.Column("error", sa.Text(), nullable=False, server_default=""))
        partner.add_column(sa.Column("error_since_us", sa.BigInteger()))
        partner.add_column(sa.Column("compared_at_us", sa.BigInteger()))
        partner.add_column(sa.Column("missing", sa.Integer(), nullable=False, server_default="0"))
        partner.add_column(sa.Column("extra", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("receipt") as receipt:
        receipt.add_column(sa.Column("held_fen", sa.BigInteger()))
    with op.batch_alter_table("order_file") as order_file:
        order_file.add_column(sa.Column("rung", sa.String(32), nullable=False, server_default=""))
    table = sa.table("order_file", sa.column("order_id"), sa.column("rung"), sa.column("body"))
    conn = op.get_bind()
    rungs = [
        {"of": row.order_id, "is": json.loads(row.body)["content"]["rung"]}
        for row in conn.execute(sa.select(table.c.order_id, table.c.body))
    ]
    if rungs:
        change = sa.update(table).where(table.c.order_id == sa.bindparam("of")).values(rung=sa.bindparam("is"))
        conn.execute(change, rungs)
