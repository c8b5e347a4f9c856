"""The desk: what people decided, and what they decide about. SQLite out of the box, PostgreSQL in production."""

from __future__ import annotations

from chainbreak.store.desk.desk import Desk

__all__ = ["Desk"]
