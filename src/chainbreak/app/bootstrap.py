"""The only composition root: opens the parts of a centre, each when first needed; a small command stays fast."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.base.clock import Clock, SystemClock
from chainbreak.base.settings import Centre, find_centre

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring
    from chainbreak.identity.vault import Vault
    from chainbreak.store.desk import Desk
    from chainbreak.store.engine import Engine
    from chainbreak.store.lake import Lake


class Office:
    """What a use case works with: one centre's settings, clock, keys, vault, lake, desk and query engine."""

    def __init__(self, centre: Centre, clock: Clock | None = None) -> None:
        self.centre = centre
        self.clock = clock or SystemClock()

    @cached_property
    def keys(self) -> Keyring:
        """The centre's secret keys."""
        from chainbreak.identity.keys import Keyring

        return Keyring.load(self.centre.keys)

    @cached_property
    def vault(self) -> Vault:
        """Token -> value, sealed."""
        from chainbreak.identity.vault import Vault

        return Vault(self.centre.vault, self.keys)

    @cached_property
    def lake(self) -> Lake:
        """Tables of records."""
        from chainbreak.store.lake import Lake

        return Lake(self.centre.lake)

    @cached_property
    def desk(self) -> Desk:
        """Decisions: findings, verdicts, orders, people, and the audit log's leaves."""
        from chainbreak.store.desk import Desk

        return Desk(self.centre.desk_url, self.clock)

    def engine(self, snapshot: dict[str, int] | None = None, name: str = "duckdb") -> Engine:
        """A query engine on `snapshot` (None: the newest version of every table); the caller closes it.

        Raises:
            UsageError: no such engine (CB-US-001).
            SetupError: the engine's parts are not installed, or it does not start (CB-ST-020..022).
        """
        pinned = self.lake.snapshot() if snapshot is None else snapshot
        settings = self.centre.settings
        bounds = {"memory_limit_mib": settings.memory_limit_mib, "threads": settings.threads}
        if name == "duckdb":
            from chainbreak.store.duck import Duck

            return Duck(self.lake, pinned, self.centre.scratch, **bounds)
        if name == "spark":
            from chainbreak.store.spark import Spark

            master = os.environ.get("CHAINBREAK_SPARK_MASTER") or settings.spark_master
            return Spark(self.lake, pinned, self.centre.scratch, master=master, **bounds)
        from chainbreak.base.errors import UsageError

        raise UsageError("CB-US-001", "unknown engine", given=name, allowed="duckdb, spark")


def open_office(centre: str | Path | None = None, clock: Clock | None = None) -> Office:
    """The office of the centre found by `centre`, the environment or the current directory.

    Raises:
        SetupError: no centre there, or its settings cannot be read.
    """
    return Office(find_centre(centre), clock)
