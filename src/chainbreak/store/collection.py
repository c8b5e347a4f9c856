"""A collection of versioned objects in one file, in the order they were added: what a TAXII partner fetches from us.

One row a version of an object. It is a cache of what the desk says about one partner and can be rebuilt from it, so it
lies in a file of its own, beside the partner's other artefacts, and loads the desk with nothing. Readers and the one
writer do not wait for each other (SQLite, write-ahead log).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLE = """
CREATE TABLE IF NOT EXISTS version (
  added_us INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, version_us INTEGER NOT NULL,
  until_us INTEGER, is_last INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (id, version_us))
"""
# The unique key is the index by id.
_WAIT_S = 10.0
_AT_ONCE = 500
LAST, FIRST, ALL = "last", "first", "all"


@dataclass(frozen=True)
class Version:
    """One version of one object. Times UTC µs; `until_us`: when it stops to hold by itself, None: never."""

    id: str
    type: str
    version_us: int
    until_us: int | None
    body: dict[str, Any]
    added_us: int = 0
    """When it was added here; grows strictly, so that a reader who remembers the last one misses nothing."""


@dataclass(frozen=True)
class Wish:
    """What a reader asks for. Empty tuples: any. `versions`: last, first, all, or moments in µs."""

    after_us: int = -1
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[str | int, ...] = (LAST,)
    alive_at_us: int | None = None
    """Leave out what has ended by itself before; None: all."""
    limit: int = 1_000


class Collection:
    """The file at `path`; made when first written. What the disk or a lock refuses is an `OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, versions: Sequence[Version], now_us: int) -> int:
        """Add versions in one transaction, leave those that are there as they are; returns how many were new.

        `version.added_us` is not read: it is `now_us`, or just after the last one.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as file, file:
            file.execute("BEGIN IMMEDIATE")
            at = max(now_us, file.execute("SELECT coalesce(max(added_us), 0) + 1 FROM version").fetchone()[0])
            new = 0
            for one in versions:
                row = (
                    at + new,
                    one.id,
                    one.type,
                    one.version_us,
                    one.until_us,
                    json.dumps(one.body, ensure_ascii=False),
                )
                is_new = file.execute("INSERT OR IGNORE INTO version VALUES (?, ?, ?, ?, ?, 0, ?)", row).rowcount
                if is_new:
                    new += 1
                    file.execute(
                        "UPDATE version SET is_last = version_us = (SELECT max(version_us) FROM version WHERE id = ?) "
                        "WHERE id = ?", (one.id, one.id),
                    )  # fmt: skip
            return new

    def latest(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Id -> body of the newest version, of those that are there."""
        found: dict[str, dict[str, Any]] = {}
        for at in range(0, len(ids), _AT_ONCE):
            wish = Wish(ids=tuple(ids[at : at + _AT_ONCE]), limit=_AT_ONCE)
            found |= {one.id: one.body for one in self.read(wish)}
        return found

    def read(self, wish: Wish) -> list[Version]:
        """Versions that meet `wish`, the first added first."""
        if not self.path.exists():
            return []
        where, values = _where(wish)
        # Only marks for values are put together here, never a value.
        query = f"SELECT id, type, version_us, until_us, body, added_us FROM version WHERE {where} ORDER BY added_us LIMIT ?"  # noqa: S608, E501
        with self._open() as file:
            rows = file.execute(query, (*values, wish.limit)).fetchall()
        return [Version(id, type, at, until, json.loads(body), added) for id, type, at, until, body, added in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)) as file:
                file.execute("PRAGMA journal_mode = WAL")
                file.execute("PRAGMA synchronous = NORMAL")  # a power cut's loss is mended when compared with the desk
                file.execute(_TABLE)  # a reader may come between the file and its table
                yield file
        except sqlite3.Error as e:
            raise OSError(f"{self.path.name}: {type(e).__name__}") from None


def _where(wish: Wish) -> tuple[str, list[Any]]:
    terms = ["added_us > ?"]
    values: list[Any] = [wish.after_us]
    for column, wanted in (("id", wish.ids), ("type", wish.types)):
        if wanted:
            terms.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if ALL not in wish.versions:
        moments = [one for one in wish.versions if isinstance(one, int)]
        which = [f"version_us IN ({', '.join('?' * len(moments))})"] if moments else []
        if LAST in wish.versions:
            which.append("is_last")
        if FIRST in wish.versions:
            which.append("version_us = (SELECT min(version_us) FROM version AS v WHERE v.id = version.id)")
        terms.append(f"({' OR '.join(which)})")
        values += moments
    if wish.alive_at_us is not None:
        terms.append("(until_us IS NULL OR until_us > ?)")
        values.append(wish.alive_at_us)
    return " AND ".join(terms), values
