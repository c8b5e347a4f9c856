"""One database of decisions behind two context managers: `begin()` to write, `read()` to read.

**One writer at a time, on both databases.** Every write ends in a leaf of one gap-free log, so writers queue in any
case; queueing at the start (BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL) means that no write transaction
ever fails half-way because of another, and what a guard has read still holds when the change is written. Readers see
one snapshot and wait for nobody.

Every failure says what is certain: *done*, *not done*, or *unknown* with the key by which to find out.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from chainbreak.base.clock import Clock, SystemClock
from chainbreak.base.errors import RefusedError, SetupError
from chainbreak.store.desk.tables_once import KEPT_US, done_once

WAIT_S = 10
"""Seconds a writer or reader waits for a lock before it gives up with CB-DK-002."""
_GONE_MS = 15_000
"""Milliseconds after which a PostgreSQL server that acknowledges nothing counts as gone."""
WRITER_LOCK = 0x63_62_6B
"""The PostgreSQL advisory lock that writers of one desk queue on; any constant will do, this one reads `cbk`."""


class Desk:
    """The database at `url` (`sqlite:///file`, `postgresql+psycopg://…`), opened when first used.

    `clock` says when a key of a transaction was used.
    """

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        try:
            self.url = make_url(url)
        except ArgumentError:
            raise SetupError(
                "CB-DK-001", "not a database address", given="desk_url in settings.toml",
                allowed="sqlite:///FILE or postgresql+psycopg://HOST/NAME", next_step="correct settings.toml",
            ) from None  # fmt: skip
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _open_sqlite(url) if self.is_sqlite else _open_postgresql(url)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for migrations."""
        return self._engine

    def migrate(self) -> None:
        """Bring the tables to the newest version and add reference rows that are missing; safe to repeat.

        Raises:
            SetupError: the database cannot be reached, is locked, or its disk is full.
        """
        from chainbreak.store.desk.migrate import upgrade

        with saying_what_is_certain("the tables are as they were"):
            upgrade(self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot; whatever it writes is thrown away.

        Raises:
            SetupError: unreachable (CB-DK-001), locked (CB-DK-002).
        """
        with saying_what_is_certain("nothing was changed"), self._engine.connect() as conn:
            conn.begin()
            if not self.is_sqlite:
                conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield conn

    @contextmanager
    def begin(self, key: str | None = None) -> Iterator[Connection]:
        """A write transaction, alone among writers: all of it is kept at the end of the block, or none of it.

        `key` names the wish (a form's hidden field, a command's own id): the same key a second time is refused, and
        after an unknown outcome `was_done(key)` tells.

        Raises:
            SetupError: unreachable (CB-DK-001), locked (CB-DK-002), disk full (CB-DK-003), connection lost before the
                commit (CB-DK-004): not done. Lost during the commit and not reachable since (CB-DK-005): unknown.
            RefusedError: the key was used before (CB-DK-006).
        """
        wish = key or uuid.uuid4().hex
        with saying_what_is_certain("not done"):
            conn = self._engine.connect().execution_options(begin_with="BEGIN IMMEDIATE")
        try:
            with saying_what_is_certain("not done"):
                if self.is_sqlite:
                    _begin_fairly(conn)
                else:
                    conn.begin()
                    conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
                    conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                self._claim(conn, wish)
                yield conn
            self._commit(conn, wish)
        except BaseException:
            conn.invalidate() if conn.invalidated else conn.rollback()
            raise
        finally:
            conn.close()

    def was_done(self, key: str) -> bool:
        """Whether the transaction named `key` was kept; keys are remembered for `tables_once.KEPT_US`."""
        with self.read() as conn:
            return conn.execute(select(done_once.c.key).where(done_once.c.key == key)).first() is not None

    def forget_keys(self, conn: Connection) -> None:
        """Drop the keys of transactions that nobody will ask after any more."""
        old = done_once.c.at_us < self._clock.now_us() - KEPT_US
        conn.execute(delete(done_once).where(old))

    def sweep(self, table: str) -> None:
        """Leave no old page behind that still holds rows deleted from `table`: call it after an erasure has committed.

        SQLite: the write-ahead log goes into the file, whose freed bytes `secure_delete` has overwritten, and is cut to
        nothing. PostgreSQL: dead rows are vacuumed away. Backups made earlier still hold them until they are rotated.
        """
        if self.is_sqlite:
            with saying_what_is_certain("erased, but old pages remain"), self._engine.connect() as conn:
                raw: Any = conn.connection.driver_connection
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            with saying_what_is_certain("erased, but dead rows remain"), autocommit.connect() as conn:
                conn.exec_driver_sql(f"VACUUM {conn.dialect.identifier_preparer.quote(table)}")

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def _claim(self, conn: Connection, key: str) -> None:
        try:
            conn.execute(insert(done_once).values(key=key, at_us=self._clock.now_us()))
        except IntegrityError:
            raise RefusedError(
                "CB-DK-006", "this was already done", given=f"key {key}", next_step="look at its outcome; do not repeat"
            ) from None

    def _commit(self, conn: Connection, key: str) -> None:
        try:
            conn.commit()
        except DBAPIError as e:
            if not e.connection_invalidated:
                raise _setup_error(e, "not done") from None
            try:
                kept = self.was_done(key)
            except SetupError:
                raise SetupError(
                    "CB-DK-005", "the connection was lost while committing: it is unknown whether it was done",
                    given=f"key {key}", next_step="when the database is back: chainbreak doctor --done-key KEY",
                ) from None  # fmt: skip
            if not kept:
                raise SetupError(
                    "CB-DK-004", "the connection was lost while committing: not done", next_step="do it again"
                ) from None


@contextmanager
def saying_what_is_certain(certain: str) -> Iterator[None]:
    """Turn what the driver raises into one clear error that ends in `certain`."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as e:
        raise _setup_error(e, certain) from None


def _setup_error(e: DBAPIError, certain: str) -> SetupError:
    text = str(e.orig).lower()
    state = getattr(e.orig, "sqlstate", None) or ""
    if "disk is full" in text or state == "53100":
        return SetupError(
            "CB-DK-003", f"the desk's disk is full: {certain}", next_step="free space, then do it again"
        )  # fmt: skip
    if "locked" in text or state in ("55P03", "40001", "40P01"):
        return SetupError(
            "CB-DK-002", f"somebody else held the desk for {WAIT_S} s: {certain}", next_step="do it again"
        )  # fmt: skip
    if "no such table" in text or state == "42P01":
        return SetupError(
            "CB-DK-007", "the desk has no tables yet, or older ones", next_step="chainbreak doctor --migrate"
        )  # fmt: skip
    if e.connection_invalidated:
        return SetupError("CB-DK-004", f"the connection to the desk was lost: {certain}", next_step="do it again")
    # The driver's own words may quote values: only its class and state go into the message.
    kind = f"{type(e.orig).__name__} {state}".strip()
    return SetupError(
        "CB-DK-001", f"the desk's database refused: {certain}", given=kind,
        next_step="chainbreak doctor names the address and tries it",
    )  # fmt: skip


def _begin_fairly(conn: Connection) -> None:
    """Begin on SQLite, asking every millisecond: its own waiting asks ever more rarely, so that of two busy writers one
    may wait for seconds.
    """
    raw: Any = conn.connection.driver_connection
    raw.execute("PRAGMA busy_timeout = 0")
    give_up = time.monotonic() + WAIT_S
    try:
        while True:
            try:
                conn.begin()
            except DBAPIError as e:
                if "locked" not in str(e.orig).lower() or time.monotonic() > give_up:
                    raise
                time.sleep(0.001)
            else:
                return
    finally:
        raw.execute(f"PRAGMA busy_timeout = {WAIT_S * 1_000}")


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions on its own: `begin` below does, in the way the caller chose.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql(conn.get_execution_options().get("begin_with", "BEGIN"))

    return engine


def _open_postgresql(url: str) -> Engine:
    # pre-ping: a server that restarted while nobody asked is not an error worth showing. One that vanished without a
    # word (power, network) is given up after seconds; the system itself waits for hours, and the sender would with it.
    alive = {"keepalives_idle": WAIT_S, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": _GONE_MS}
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": WAIT_S, **alive})
