"""Spark: the engine of a cluster, or of one machine when no master is named. The session's settings live here alone.

Ibis computes, Spark's own writer writes, Arrow carries results out: tokens use all 64 bits, which Ibis's own way out
through pandas would round. Session zone UTC; ANSI mode, which refuses an overflow or a bad cast as DuckDB does.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import SetupError
from chainbreak.records import kind_named
from chainbreak.store.lake import Lake

if TYPE_CHECKING:
    import pyarrow as pa

_LEAST_MIB = 512
"""Spark refuses to start on a heap below 450 MiB."""


class Spark:
    """One Spark session on one lake snapshot (see `store.engine.Engine`).

    Engines of one process share one JVM, started with the first and ended with the last; the first one's `master`,
    `memory_limit_mib` and `threads` hold for all. `master` empty: this machine, loopback only, `threads` workers.
    """

    name = "spark"

    def __init__(
        self, lake: Lake, snapshot: dict[str, int], scratch: Path,
        *, master: str = "", memory_limit_mib: int = 1024, threads: int = 2,
    ) -> None:  # fmt: skip
        """Raises:
        SetupError: pyspark (CB-ST-020) or Java (CB-ST-021) is missing, or Spark does not start (CB-ST-022).
        """
        _must_be_installed()
        self.lake, self.snapshot = lake, snapshot
        scratch.mkdir(parents=True, exist_ok=True)
        self._session: Any = _JVM.borrow(scratch.resolve(), master, memory_limit_mib, threads)
        self._folder = Path(tempfile.mkdtemp(prefix="spark-tables-", dir=scratch.resolve()))
        self._tables: dict[str, Any] = {}
        import ibis

        self._ibis: Any = ibis.pyspark.connect(self._session)

    def table(self, kind: str) -> Any:
        """The pinned version of the kind's lake table; an empty table with the kind's schema when absent."""
        if kind not in self._tables:
            self._tables[kind] = self._open(kind)
        return self._tables[kind]

    def _open(self, kind: str) -> Any:
        import ibis
        from ibis.backends.pyspark.datatypes import PySparkSchema

        schema = PySparkSchema.from_ibis(ibis.schema(kind_named(kind).arrow_schema()))
        files = self.lake.files(kind, self.snapshot[kind]) if kind in self.snapshot else []
        if not files:
            return self._named(kind, self._session.createDataFrame([], schema))
        # With the schema given, what a file lacks is null; local_day, read from the folders' names, comes last.
        reader = self._session.read.schema(schema).option("basePath", _address(self.lake.path(kind).resolve()))
        return self._named(kind, reader.parquet(*map(_pattern, files)).select(schema.names))

    def stored(self, name: str, files: Sequence[Path]) -> Any:
        """Parquet files of one schema as a table."""
        return self._named(f"stored_{name}", self._session.read.parquet(*map(_pattern, files)))

    def run(self, expr: Any) -> pa.Table:
        """The result of an Ibis table expression as Arrow."""
        return self._frame(expr).toArrow().cast(expr.schema().to_pyarrow())

    def put(self, name: str, rows: pa.Table) -> Any:
        """A few Arrow rows as a table; they travel with the plan."""
        return self._named(f"put_{name}", self._session.createDataFrame(rows))

    def checkpoint(self, name: str, expr: Any) -> Any:
        """Write `expr` to Parquet in scratch and read it back."""
        frame, path = self._frame(expr), self._folder / name
        frame.write.mode("overwrite").parquet(_address(path))
        return self._named(f"checkpoint_{name}", self._session.read.schema(frame.schema).parquet(_pattern(path)))

    def _frame(self, expr: Any) -> Any:
        """The expression as a lazy Spark frame whose columns have the types that Ibis promises."""
        import ibis.expr.operations as ops
        from ibis.backends.pyspark.datatypes import PySparkType
        from pyspark.sql.functions import col

        for table in expr.op().find(ops.InMemoryTable):
            self._named(table.name, self._session.createDataFrame(table.data.to_pyarrow(table.schema)))
        types = {name: PySparkType.from_ibis(dtype) for name, dtype in expr.schema().items()}
        frame = self._session.sql(self._ibis.compile(expr))
        return frame.select(*(col(f"`{name}`").cast(dtype) for name, dtype in types.items()))

    def _named(self, name: str, frame: Any) -> Any:
        frame.createOrReplaceTempView(name)
        return self._ibis.table(name)

    def close(self) -> None:
        """Close the session and remove its scratch folder; the JVM ends with the last engine of the process."""
        shutil.rmtree(self._folder, ignore_errors=True)
        _JVM.give_back()


class _Machine:
    """The process's one JVM with its Spark context, counted by the engines that use it."""

    def __init__(self) -> None:
        self._lock, self._users = threading.Lock(), 0
        self._context: Any = None
        self._folder = Path()

    def borrow(self, scratch: Path, master: str, memory_limit_mib: int, threads: int) -> Any:
        """A new session on the context, which is started when nobody else uses it."""
        from pyspark.sql import SparkSession

        with self._lock:
            if self._users == 0:
                self._folder = Path(tempfile.mkdtemp(prefix="spark-", dir=scratch))
                self._start(_settings(self._folder, master, memory_limit_mib, threads))
            self._users += 1
            return SparkSession(self._context).newSession()

    def give_back(self) -> None:
        """One user less; without any, context, JVM and scratch folder go."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._stop()

    def _start(self, settings: dict[str, str]) -> None:
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
        from pyspark.java_gateway import launch_gateway

        conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
        log = self._folder / "spark.log"
        try:
            # The JVM talks to its streams before it reads any setting of its log, so they go to a file from the start.
            with log.open("wb") as stream:
                gateway = launch_gateway(conf, {"stdout": stream, "stderr": stream})  # type: ignore[no-untyped-call]
            self._context = SparkContext(conf=conf, gateway=gateway)
        except (Py4JError, PySparkException, OSError) as e:
            said = log.read_text(errors="replace").strip().splitlines()[-1:] or [str(e)]
            self._stop()
            raise SetupError(
                "CB-ST-022", "Spark did not start", given=said[0][:300], allowed="Java 17 or 21, a master that answers",
                next_step="chainbreak doctor, or --engine duckdb",
            ) from e  # fmt: skip

    def _stop(self) -> None:
        from pyspark import SparkContext

        if self._context is not None:
            self._context.stop()
        # SparkContext keeps a JVM for the next context of the process; here memory goes back with the last engine.
        if (gateway := SparkContext._gateway) is not None:
            gateway.shutdown()
            gateway.proc.stdin.close()
            gateway.proc.wait()
        SparkContext._gateway = SparkContext._jvm = self._context = None
        shutil.rmtree(self._folder, ignore_errors=True)


_JVM = _Machine()


def _settings(folder: Path, master: str, memory_limit_mib: int, threads: int) -> dict[str, str]:
    """Spark's settings: those that results depend on always, those of a place only where no cluster sets them."""
    always = {
        "spark.app.name": "chainbreak",
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory", "spark.sql.warehouse.dir": _address(folder / "warehouse"),
    }  # fmt: skip
    if master:
        return {**always, "spark.master": master}
    return {
        **always, "spark.master": f"local[{threads}]", "spark.driver.memory": f"{max(memory_limit_mib, _LEAST_MIB)}m",
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder), "spark.sql.shuffle.partitions": str(threads),
    }  # fmt: skip


def _must_be_installed() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise SetupError(
            "CB-ST-020", "pyspark is not installed", next_step="pip install 'chainbreak[spark]', or --engine duckdb"
        ) from None
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=f"{home}/bin" if home else None) is None:
        raise SetupError(
            "CB-ST-021", "no Java runtime found", given=f"JAVA_HOME={home}" if home else "no java on the PATH",
            allowed="Java 17 or 21", next_step="apt-get install openjdk-17-jre-headless, or --engine duckdb",
        )  # fmt: skip


def _address(path: Path | str) -> str:
    """The place of a file for Spark; on a cluster every worker must see the centre under this path."""
    return f"file://{path}"


def _pattern(path: Path | str) -> str:
    """The address of a file to read: there Spark takes `[`, `{`, `*` and `?` for patterns unless they are escaped.

    >>> print(_pattern("/lake/call {1}/part.parquet"))
    file:///lake/call \\{1\\}/part.parquet
    """
    return _address(re.sub(r"([\\\[\]{}*?])", r"\\\1", str(path)))
