"""Migrations and tables agree on both databases, and no table scores a person."""

from __future__ import annotations

import re

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Float, MetaData, String, Table

from chainbreak.audit.tables import metadata as audit_metadata
from chainbreak.store.desk import Desk
from chainbreak.store.desk.migrate import all_tables, seeds

SCORE = re.compile(r"score|risk|rating|probab|suspicion|grade", re.IGNORECASE)
PERSON = re.compile(r"person|holder_id|citizen|victim|suspect|id_card|name$", re.IGNORECASE)


def person_scores(metadata: MetaData) -> list[str]:
    """Tables that have a score column and a person among their keys or in their name."""
    found = []
    for table in metadata.tables.values():
        keys = [c.name for c in table.primary_key.columns] + [c.name for c in table.columns if c.unique]
        about_a_person = any(PERSON.search(name) for name in (table.name, *keys))
        found += [f"{table.name}.{c.name}" for c in table.columns if SCORE.search(c.name) and about_a_person]
    return found


def test_migrations_make_what_the_code_expects(desk: Desk) -> None:
    with desk.engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, [all_tables(), audit_metadata]) == []


def test_migrating_again_changes_nothing_and_respects_what_the_centre_changed(desk: Desk) -> None:
    with desk.begin() as conn:
        conn.execute(all_tables().tables["partner"].update().values(call="0571-8800"))
    desk.migrate()
    with desk.read() as conn:
        rows = conn.execute(all_tables().tables["partner"].select()).all()
    assert {row.call for row in rows} == {"0571-8800"}
    assert len(rows) == len(seeds()["partner"])


def test_no_score_is_keyed_by_a_person() -> None:
    assert person_scores(all_tables()) == []


def test_the_lint_finds_planted_violations() -> None:
    planted = MetaData()
    Table("person_risk", planted, Column("id", String, primary_key=True), Column("score", Float))
    Table("watch", planted, Column("id_card", String, primary_key=True), Column("risk_level", Float))
    Table("line_score", planted, Column("line", String, primary_key=True), Column("score", Float))
    assert person_scores(planted) == ["person_risk.score", "watch.risk_level"]


def test_every_legal_basis_says_how_far_it_was_checked() -> None:
    assert {row["status"] for row in seeds()["legal_basis"]} == {"read", "summary", "NOT VERIFIED"}
