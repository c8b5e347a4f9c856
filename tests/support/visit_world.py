"""Visits for tests: the warnings of `warning_world`, officers on duty in two districts, cells with places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update
from warning_world import DISTRICTS, warning_world

from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.finish_visit import Sent, finish_visit
from chainbreak.app.open_visits import open_visits
from chainbreak.app.visit_duty import put_on_duty
from chainbreak.audit.tables import entries
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import ChainbreakError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.tables_visits import visit, visit_staff
from chainbreak.store.desk.tables_warnings import warning

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
MIN_US = 60_000_000
SETUP_NAMES = {"ma": "马警官", "luo": "罗警官", "tang": "唐警官", "bai": "白警官"}
EAST, SOUTH = DISTRICTS[0], DISTRICTS[1]
STATION = (33.50, 123.20)
"""In the open sea, as the simulated city is."""


def visit_world(office: Office, each: int = 3) -> dict[str, list[str]]:
    """Tier -> ids of warnings, the top tier with visits; ma and luo on duty in EAST, tang in SOUTH, bai nowhere.

    The `n`th warning of a tier lies `n` km east of the station.
    """
    made = warning_world(office, each)
    setup = Actor("os:test", frozenset({Role.ADMIN}))
    for name, shown in SETUP_NAMES.items():
        if name != "ma":
            add_person(office, setup, name, ["officer"], shown)
    he = find_actor(office, "he")
    for name, unit in (("ma", EAST), ("luo", EAST), ("tang", SOUTH)):
        put_on_duty(office, he, name, unit)
    with office.desk.begin() as conn:
        conn.execute(update(visit_staff).values(lat=STATION[0], lon=STATION[1]))
    open_visits(office)
    with office.desk.begin() as conn:
        for n, visit_id in enumerate(
            conn.execute(select(visit.c.visit_id).order_by(visit.c.due_at_us)).scalars().all()
        ):
            there = {"lat": STATION[0], "lon": STATION[1] + 0.0108 * (n + 1)}
            conn.execute(update(visit).where(visit.c.visit_id == visit_id).values(**there))
    return made


def visit_of(office: Office, warning_id: str, n: int = 1) -> str:
    """The id of a warning's n-th visit."""
    with office.desk.read() as conn:
        found = select(visit.c.visit_id).where(visit.c.warning_id == warning_id, visit.c.n == n)
        return str(conn.execute(found).scalar_one())


def visit_row(office: Office, visit_id: str) -> dict[str, object]:
    with office.desk.read() as conn:
        return dict(conn.execute(select(visit).where(visit.c.visit_id == visit_id)).mappings().one())


def warning_row(office: Office, warning_id: str) -> dict[str, object]:
    with office.desk.read() as conn:
        return dict(conn.execute(select(warning).where(warning.c.warning_id == warning_id)).mappings().one())


def change_warning(office: Office, warning_id: str, **columns: object) -> None:
    with office.desk.begin() as conn:
        conn.execute(update(warning).where(warning.c.warning_id == warning_id).values(**columns))


class Scene:
    """A centre with visits, and people by name."""

    def __init__(self, root: Path, warnings: list[str]) -> None:
        self.clock = FixedClock(NOON_US)
        self.office: Office = open_office(root, self.clock)
        self.warnings = warnings
        self.first = visit_of(self.office, self.warnings[0])

    def who(self, name: str) -> Actor:
        return find_actor(self.office, name)

    def state(self, visit_id: str = "") -> str:
        return str(visit_row(self.office, visit_id or self.first)["state"])

    def finish(self, name: str, key: str = "key-00000001", **body: object) -> Sent:
        said = {"entry": "met", "outcome": "dissuaded"} | body
        return finish_visit(self.office, self.who(name), self.first, said, key)

    def log(self) -> list[dict[str, object]]:
        with self.office.desk.read() as conn:
            return [json.loads(bytes(row)) for row in conn.execute(select(entries.c.entry)).scalars()]


def refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(ChainbreakError) as error:
        call()
    assert error.value.code == code
