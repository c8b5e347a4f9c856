"""A Kamailio proxy as an enforcement point: rows of a hash table, set and taken away by RPC, seen by test calls."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from chainbreak.act.delivery.entry import Mark
from chainbreak.act.delivery.point import Answer, PointDownError
from chainbreak.act.delivery.sip import bulk
from chainbreak.act.delivery.sip.cell import Effect, cell_of, covering, effects, key_of, mark_of
from chainbreak.act.delivery.sip.probe import Call, Prober
from chainbreak.act.delivery.sip.rpc import RpcRefusal
from chainbreak.base.errors import InputError
from chainbreak.base.log import get_log

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry
    from chainbreak.act.delivery.point import Parcel
    from chainbreak.act.delivery.sip.rpc import Rpc
    from chainbreak.act.delivery.sip.settings import Settings

log = get_log("sip")
WHOLE_FROM = 20_000
"""From so many changes on the whole table is loaded anew: one by one goes at some 3,000 a second, loading a million
numbers takes some 15 seconds (measured by `chainbreak bench delivery` on an idle machine)."""
WHOLE_S = 300.0
"""How long loading or reading out everything may take, seconds; calls go on meanwhile."""
_NOT_THERE = 404
TEST_CALLER = "anonymous"
"""Who test calls to a number come from: nobody, so that only the number called decides."""


@contextmanager
def _files() -> Iterator[None]:
    """A file that cannot be read or written now is a point that cannot be reached now."""
    try:
        yield
    except (sqlite3.Error, OSError) as e:
        raise PointDownError(f"the proxy's files: {type(e).__name__}: {e}") from None


class SipPoint:
    """One proxy. Used by one thread at a time."""

    def __init__(self, settings: Settings, rpc: Rpc, desired: Callable[[], Sequence[Entry]]) -> None:
        self._settings = settings
        self._rpc = rpc
        self._desired = desired
        self._prober: Prober | None = None

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Set or take away the row of each value.

        The proxy hears it first and its file is written right after, also when it does not hear: a proxy that is down
        starts with what was decided meanwhile.
        """
        rows = [self._row(parcel) for parcel in parcels]
        put = [(key, cell) for key, cell in rows if key and cell]
        no_number = Answer("failed", code="CB-DL-121", meaning="not a number that calls come from or go to")
        try:
            return [self._apply(key, cell) if key else no_number for key, cell in rows]
        finally:
            self._keep(put, [key for key, cell in rows if key and not cell])

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Call from each number and to it, and compare what the proxy does with what it should."""
        if not self._settings.probe_from:
            return [None] * len(parcels)
        if self._prober is None:
            self._prober = self._open_prober()
        line = self._settings.probe_number or "0"
        # Of a range its first number stands for all.
        numbers = [p.value.replace("*", "0") for p in parcels]
        calls = [c for number in numbers for c in (Call(number, line), Call(TEST_CALLER, number))]
        outcomes = self._prober.ask(calls)
        for outcome in outcomes:
            if not outcome.status:
                raise PointDownError("the proxy does not answer a test call")
            if not outcome.effect:
                raise PointDownError(f"the proxy answers a test call with {outcome.status}")
        seen = [outcome.effect for outcome in outcomes]
        return [
            (seen[2 * i], seen[2 * i + 1]) == self._wanted(p.entry) or self._stands_behind(p)
            for i, p in enumerate(parcels)
        ]

    def held(self) -> Iterator[Mark]:
        """Our rows, from the proxy's memory. A row of which its memory and its file differ has a mark that names no
        order, so that it is put right in both. Others' rows are counted in the log and left alone.
        """
        strangers = 0
        for key, cell, same in self.rows():
            mark = mark_of(key, cell, self._settings)
            if mark is not None:
                yield mark if same else Mark(mark.value, "", "")
            strangers += mark is None
        if strangers:
            log.warning("sip_foreign_rows", table=self._settings.table, rows=strangers)

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Take away, then set; everything at once when it is much."""
        if self._settings.folder and len(put) + len(drop) >= WHOLE_FROM:
            others = [(key, cell) for key, cell, _ in self.rows() if mark_of(key, cell, self._settings) is None]
            ours = ((key_of(e.value, e.order_id), cell_of(e, self._settings)) for e in self._desired())
            return self.load(chain(others, ours))
        rows = [(key_of(e.value, e.order_id), cell_of(e, self._settings)) for e in put]
        gone = [key_of(m.value, m.order_id) for m in drop]
        try:
            for key, cell in [*((key, "") for key in gone), *rows]:
                self._apply(key, cell)
        finally:
            self._keep(rows, gone)
        return None

    def load(self, rows: Iterable[tuple[str, str]]) -> None:
        """Write the proxy's file anew with these rows alone, and have it load that.

        Raises:
            PointDownError: not reached, or it cannot load the file.
        """
        assert self._settings.folder is not None, "asked only where there is one"
        with _files():
            bulk.write(self._settings.folder / bulk.NUMBERS, self._settings.table, rows)
        try:
            self._rpc.call("htable.reload", self._settings.table, timeout_s=WHOLE_S)
        except RpcRefusal as e:
            raise PointDownError(f"the proxy cannot load its table: {e}") from None

    def began(self) -> str:
        """When the proxy was started, in its own words: after a restart it may hold nothing.

        Raises:
            PointDownError: it does not say.
        """
        try:
            result, _ = self._rpc.call("core.uptime")
        except RpcRefusal as e:
            raise PointDownError(f"the proxy does not say since when it runs: {e}") from None
        return str(result.get("up_since", ""))

    def close(self) -> None:
        """Close the connection and the socket of test calls."""
        self._rpc.close()
        if self._prober is not None:
            self._prober.close()
            self._prober = None

    def _row(self, parcel: Parcel) -> tuple[str, str]:
        """(key, cell): no cell for a row to take away, no key for what is no number."""
        try:
            key = key_of(parcel.value, parcel.order.order_id)
        except InputError:
            return "", ""
        return key, cell_of(parcel.entry, self._settings) if parcel.entry else ""

    def _keep(self, put: Sequence[tuple[str, str]], drop: Sequence[str]) -> None:
        if self._settings.folder:
            with _files():
                bulk.change(self._settings.folder / bulk.NUMBERS, self._settings.table, put, drop)

    def _apply(self, key: str, cell: str) -> Answer:
        table = self._settings.table
        try:
            if cell:
                _, raw = self._rpc.call("htable.sets", table, key, cell)
            else:
                _, raw = self._rpc.call("htable.delete", table, key)
        except RpcRefusal as e:
            if cell or e.code != _NOT_THERE:
                raise PointDownError(f"the proxy refuses: {e}") from None
            raw = str(e).encode()  # taking away what is not there has had its effect
        return Answer("full", digest=hashlib.sha256(raw).hexdigest())

    def _stands_behind(self, parcel: Parcel) -> bool:
        """Whether another row speaks for the number that was called, and this one is as it should be all the same: a
        number by itself inside a range, or the other way round.
        """
        own, wanted = self._row(parcel)
        speaks = next((key for key in covering(own.replace("*", "0")) if self._get(key)), own)
        return speaks != own and self._get(own) == wanted

    def _get(self, key: str) -> str:
        try:
            found, _ = self._rpc.call("htable.get", self._settings.table, key)
        except RpcRefusal:
            return ""
        return str(found["item"]["value"])

    def _wanted(self, entry: Entry | None) -> tuple[str, str]:
        return effects(entry.measure, entry.direction, self._settings) if entry else (Effect.PASS, Effect.PASS)

    def _open_prober(self) -> Prober:
        try:
            return Prober(self._settings.proxy, self._settings.probe_from, self._settings.probe_timeout_s)
        except OSError as e:
            raise PointDownError(f"no test call can be made from here: {e.strerror}") from None

    def rows(self) -> Iterator[tuple[str, str, bool]]:
        """Everything in the table, others' rows too: (key, value, whether its file says the same)."""
        if self._settings.folder is None:
            yield from self._dump()
            return
        self._keep((), ())
        self._rpc.get("/held", WHOLE_S)
        with _files():
            held, numbers = (self._settings.folder / name for name in (bulk.HELD, bulk.NUMBERS))
            yield from bulk.compare(held, numbers, self._settings.table)

    def _dump(self) -> Iterator[tuple[str, str, bool]]:
        try:
            slots, _ = self._rpc.call("htable.dump", self._settings.table, timeout_s=WHOLE_S)
        except RpcRefusal as e:
            raise PointDownError(f"the proxy does not say what it holds: {e}") from None
        return ((row["name"], str(row["value"]), True) for slot in slots for row in slot["slot"])
