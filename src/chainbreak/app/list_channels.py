"""The channels of warnings: who stands behind each, what is declared of it, what became of its messages."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def list_channels(office: Office) -> list[dict[str, Any]]:
    """Rows: `channel`, active `partners`, `cost_fen` and `latency_s` a message, `reach`, how many messages by state."""
    from sqlalchemy import func, select

    from chainbreak.act.warnings.channels import DECLARED
    from chainbreak.app.open_channel import partners_of
    from chainbreak.store.desk.tables_warnings import warning_send as s

    states = ("due", "handing", "handed", "delivered", "failed", "unknown", "suppressed", "cancelled")
    with office.desk.read() as conn:
        counted = select(s.c.channel, s.c.state, func.count()).group_by(s.c.channel, s.c.state)
        counts = {(channel, state): n for channel, state, n in conn.execute(counted)}
    return [
        {"channel": name, "partners": " ".join(row["partner_id"] for row in partners_of(office, name)),
         **asdict(declared), **{state: counts.get((name, state), 0) for state in states}}
        for name, declared in DECLARED.items()
    ]  # fmt: skip
