"""Migrations of the desk: Alembic on the package's own folder, then the reference rows every centre starts with."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, Table, insert, select

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.store.desk.desk import Desk

FOLDER = Path(__file__).parent / "migrations"


def all_tables() -> MetaData:
    """The desk's metadata with the tables of every `tables_*.py` loaded."""
    import importlib

    from chainbreak.store.desk.metadata import metadata

    for file in sorted(Path(__file__).parent.glob("tables_*.py")):
        importlib.import_module(f"chainbreak.store.desk.{file.stem}")
    return metadata


def upgrade(desk: Desk) -> None:
    """Run the migrations that are missing, and add missing reference rows; one transaction on either database."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with desk.engine.connect().execution_options(begin_with="BEGIN IMMEDIATE") as conn, conn.begin():
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
        for name, rows in seeds().items():
            _add_missing(conn, all_tables().tables[name], rows)


def is_newest(conn: Connection) -> bool:
    """Whether every migration of this version has been run on the desk."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    return MigrationContext.configure(conn).get_current_revision() == ScriptDirectory(str(FOLDER)).get_current_head()


def seeds() -> dict[str, list[dict[str, Any]]]:
    """Reference rows by table: what `seed/<table>.yaml` lists."""
    import yaml

    files = resources.files("chainbreak.store.desk").joinpath("seed").iterdir()
    return {
        Path(f.name).stem: yaml.safe_load(f.read_text(encoding="utf-8"))
        for f in sorted(files, key=lambda f: f.name)
        if f.name.endswith(".yaml")
    }


def _add_missing(conn: Any, table: Table, rows: list[dict[str, Any]]) -> None:
    # Rows a centre has changed or retired stay as they are: only keys never seen are added.
    keys = list(table.primary_key.columns)
    known = {tuple(row) for row in conn.execute(select(*keys))}
    missing = [row for row in rows if tuple(row[k.name] for k in keys) not in known]
    if missing:
        conn.execute(insert(table), missing)
