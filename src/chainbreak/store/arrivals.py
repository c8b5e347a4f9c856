"""What came into the lake between two versions of its tables, seen as a lake of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from chainbreak.base.errors import SetupError
from chainbreak.store.lake import Lake


class Arrivals(Lake):
    """The lake through the files that were added to each table after `after`, up to `upto` (table -> version).

    `rewritten` says that files went as well (a purge, a rotation of keys, or a version that is no more): then what was
    computed from the earlier version no longer holds, and only all files together do.
    """

    def __init__(self, lake: Lake, after: Mapping[str, int], upto: Mapping[str, int]) -> None:
        super().__init__(lake.root)
        self.rewritten = not after.keys() <= upto.keys()
        self._files: dict[str, list[str]] = {}
        for table, version in upto.items():
            now = lake.files(table, version)
            before = self._known(lake, table, after[table]) if table in after else set()
            self.rewritten |= not before <= set(now)
            self._files[table] = [f for f in now if f not in before]

    def files(self, table: str, version: int | None = None, days: list[date] | None = None) -> list[str]:
        """Absolute paths of the files of `table` that arrived."""
        return self._files.get(table, [])

    def _known(self, lake: Lake, table: str, version: int) -> set[str]:
        try:
            return set(lake.files(table, version))
        except SetupError:  # The log no longer reaches back so far: nobody can say what went since.
            self.rewritten = True
            return set()
