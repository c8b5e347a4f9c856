"""An office whose next write has a name and a condition: a repeated wish is refused, and so is one that came too late.

Both are judged inside the write's own transaction, whichever verb opens it, so nothing slips in between.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chainbreak.store.desk.desk import Desk

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

Condition = Callable[["Connection"], None]


def one_write(office: Office, who: str, key: str = "", condition: Condition | None = None) -> Office:
    """`office` for one request of `who`: its next write is kept under `key` (the caller's own; "" for none) and made
    only if `condition` does not raise. Keys of different people never meet.
    """
    wish = hashlib.sha256(f"{who}\n{key}".encode()).hexdigest() if key else None
    view = copy.copy(office)
    view.desk = _OneWrite(office.desk, wish, condition)
    return view


class _OneWrite(Desk):
    """A desk of which the next write is named and conditional; in all else it is the desk it was made from."""

    _next_key: str | None
    _condition: Condition | None

    def __init__(self, desk: Desk, key: str | None, condition: Condition | None) -> None:
        self.__dict__.update(desk.__dict__)
        named = desk._next_key if isinstance(desk, _OneWrite) else None
        self._next_key, self._condition = key or named, condition

    @contextmanager
    def begin(self, key: str | None = None) -> Iterator[Connection]:
        """As `Desk.begin`; a `key` given here goes before the one the view was made with."""
        key, condition = key or self._next_key, self._condition
        self._next_key = self._condition = None
        with super().begin(key) as conn:
            if condition is not None:
                condition(conn)
            yield conn
