"""One writer at a time, all or nothing, and failures that say what is certain: on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, insert, select, text

from chainbreak.base.errors import RefusedError, SetupError
from chainbreak.store.desk import Desk
from chainbreak.store.desk import desk as desk_module
from chainbreak.store.desk.tables_orders import exclusion


def add(desk: Desk, value: str, key: str | None = None) -> None:
    with desk.begin(key) as conn:
        conn.execute(insert(exclusion).values(kind="line", how="exact", value=value, reason="test", added_by="li"))


def values(desk: Desk) -> set[str]:
    with desk.read() as conn:
        return set(conn.execute(select(exclusion.c.value).where(exclusion.c.added_by == "li")).scalars())


def test_a_failed_block_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), desk.begin() as conn:  # noqa: PT012 what happens inside is the point
        conn.execute(insert(exclusion).values(kind="line", how="exact", value="1", reason="", added_by="li"))
        _ = 1 / 0
    assert values(desk) == set()


def test_the_same_wish_is_done_once(desk: Desk) -> None:
    add(desk, "1", key="form-7")
    with pytest.raises(RefusedError, match="CB-DK-006"):
        add(desk, "2", key="form-7")
    assert values(desk) == {"1"}
    assert desk.was_done("form-7")
    assert not desk.was_done("form-8")


def test_writers_queue_and_each_sees_what_the_one_before_left(desk: Desk) -> None:
    """Read, then write what was read plus one: without a queue some of the forty would be lost."""
    add(desk, "0")
    start = threading.Barrier(4)

    def count_up() -> None:
        start.wait()
        for _ in range(10):
            with desk.begin() as conn:
                known = conn.execute(select(exclusion.c.value).where(exclusion.c.added_by == "li")).scalar_one()
                conn.execute(exclusion.update().where(exclusion.c.added_by == "li").values(value=str(int(known) + 1)))

    writers = [threading.Thread(target=count_up) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert values(desk) == {"40"}


def test_a_reader_sees_one_snapshot_and_waits_for_nobody(desk: Desk) -> None:
    with desk.read() as conn:
        before = conn.execute(select(func.count()).select_from(exclusion)).scalar_one()
        add(desk, "1")
        assert conn.execute(select(func.count()).select_from(exclusion)).scalar_one() == before
    assert values(desk) == {"1"}


def test_a_held_desk_says_that_nothing_was_done(desk_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "WAIT_S", 1)
    first, second = Desk(desk_url), Desk(desk_url)
    with first.begin(), pytest.raises(SetupError, match=r"CB-DK-002 .* not done"), second.begin():
        pass
    first.close()
    second.close()


def test_no_tables_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="CB-DK-007"), Desk(f"sqlite:///{tmp_path / 'new.db'}").begin():
        pass


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/desk.db", "postgresql+psycopg://nobody@127.0.0.1:1/none", "not an address"]
)
def test_an_unreachable_desk_is_a_setup_error(url: str) -> None:
    with pytest.raises(SetupError, match="CB-DK-001"), Desk(url).begin():
        pass


def test_a_full_disk_says_that_nothing_was_done(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "small.db"
    path.write_bytes(sqlite_template.read_bytes())
    desk = Desk(f"sqlite:///{path}")
    with pytest.raises(SetupError, match=r"CB-DK-003 .* not done"), desk.begin() as conn:  # noqa: PT012 what happens inside is the point
        # SQLite's own limit on pages stands in for the disk: the same error from the same place.
        conn.exec_driver_sql("PRAGMA max_page_count = 1")
        conn.execute(
            insert(exclusion).values(kind="line", how="exact", value="x" * 200, reason="y" * 10**6, added_by="li")
        )
    conn = create_engine(f"sqlite:///{path}").connect()
    assert conn.execute(text("select count(*) from exclusion where added_by = 'li'")).scalar() == 0
    conn.close()
    desk.close()


@pytest.mark.server
@pytest.mark.parametrize("desk_url", ["postgresql"], indirect=True)
class TestLostConnection:
    """PostgreSQL ends the session under our feet."""

    @staticmethod
    def cut(url: str, pid: int) -> None:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        engine.dispose()

    def test_before_the_commit_it_was_not_done(self, desk: Desk, desk_url: str) -> None:
        with pytest.raises(SetupError, match=r"CB-DK-004 .*not done"), desk.begin("lost-1") as conn:  # noqa: PT012 what happens inside is the point
            self.cut(desk_url, conn.execute(text("select pg_backend_pid()")).scalar_one())
            conn.execute(select(1))
        assert not desk.was_done("lost-1")

    def test_during_the_commit_the_desk_finds_out(self, desk: Desk, desk_url: str) -> None:
        with pytest.raises(SetupError, match=r"CB-DK-004 .*not done"), desk.begin("lost-2") as conn:
            self.cut(desk_url, conn.execute(text("select pg_backend_pid()")).scalar_one())
        assert not desk.was_done("lost-2")

    def test_a_commit_that_arrived_is_not_an_error(
        self, desk: Desk, desk_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The server kept it, only its answer was lost."""
        dialect = desk.engine.dialect
        real = dialect.do_commit

        def commit_and_lose_the_answer(connection: object) -> None:
            driver = connection.driver_connection  # type: ignore[attr-defined]
            pid = driver.info.backend_pid
            real(connection)  # type: ignore[arg-type]
            monkeypatch.setattr(dialect, "do_commit", real)
            self.cut(desk_url, pid)
            driver.execute("select 1")

        with desk.begin("lost-3"):
            monkeypatch.setattr(dialect, "do_commit", commit_and_lose_the_answer)
        assert desk.was_done("lost-3")

    def test_with_the_server_gone_it_is_unknown_and_the_key_is_named(
        self, desk: Desk, desk_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:

        def unreachable(_key: str) -> bool:
            raise SetupError("CB-DK-001", "gone")

        with pytest.raises(SetupError, match=r"CB-DK-005 .*unknown.*lost-4"), desk.begin("lost-4") as conn:  # noqa: PT012 what happens inside is the point
            monkeypatch.setattr(desk, "was_done", unreachable)
            self.cut(desk_url, conn.execute(text("select pg_backend_pid()")).scalar_one())
