"""The tiers in force: the newest approved change of them, else the preset that the settings name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chainbreak.act.warnings.tiers import Policy, preset, read_policy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office


def current_policy(conn: Connection, office: Office) -> Policy:
    """The policy by which warnings are judged now."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning_policy as p

    newest = select(p.c.body).where(p.c.state == "approved").order_by(p.c.version.desc()).limit(1)
    body = conn.execute(newest).scalar()
    return preset(office.centre.settings.tiers) if body is None else _read(body)


_read = lru_cache(maxsize=8)(read_policy)
