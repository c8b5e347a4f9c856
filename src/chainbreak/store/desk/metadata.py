"""The one SQLAlchemy `MetaData` of the desk: each `tables_*.py` adds its tables; migrations create them."""

from __future__ import annotations

from sqlalchemy import MetaData

# Constraints need names of their own so that a migration can later drop or alter them on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
