"""The same lake seen through a fault: lost records, skewed clocks, missing columns; the same records every time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.store.engine import Engine

if TYPE_CHECKING:
    import pyarrow as pa

PERTURBATIONS = ("loss10", "skew60", "no-imei", "no-cell", "cell5")
"""10 % of records lost; clocks of cells off by up to 60 s; no IMEI; no cell; 5 % of cells and .3 % of IMEIs missing
(spec/goip.md 2, 8)."""
SKEW_S = 60


class Perturbed:
    """An engine whose `call` table has a fault; everything else is the engine's own. Closing it closes the engine."""

    def __init__(self, engine: Engine, fault: str) -> None:
        self._engine, self._fault = engine, fault
        self._call: Any = None
        self.name, self.snapshot = engine.name, engine.snapshot

    def table(self, kind: str) -> Any:
        """The lake table; `call` with the fault."""
        if kind != "call":
            return self._engine.table(kind)
        if self._call is None:
            faulty = perturb(self._engine, self._engine.table(kind), self._fault)
            self._call = self._engine.checkpoint(f"call_{self._fault.replace('-', '_')}", faulty)
        return self._call

    def stored(self, name: str, files: Sequence[Path]) -> Any:
        """As the engine."""
        return self._engine.stored(name, files)

    def put(self, name: str, rows: pa.Table) -> Any:
        """As the engine."""
        return self._engine.put(name, rows)

    def run(self, expr: Any) -> pa.Table:
        """As the engine."""
        return self._engine.run(expr)

    def checkpoint(self, name: str, expr: Any) -> Any:
        """As the engine."""
        return self._engine.checkpoint(name, expr)

    def close(self) -> None:
        """As the engine."""
        self._engine.close()


def perturb(engine: Engine, call: Any, fault: str) -> Any:
    """The rows of `call` with the fault. What is hit is drawn by a digest of `record_ref`, or of `cell_id`: the same in
    every run, and of no relation to what the record says."""
    import ibis

    match fault:
        case "loss10":
            return call.filter(_drawn(call, "loss") >= _hex(0.10))
        case "no-imei":
            return call.mutate(**{c: ibis.null().cast(call[c].type()) for c in ("imei", "imei_tac")})
        case "no-cell":
            return call.mutate(cell_id=ibis.null().cast("string"))
        case "cell5":
            no_imei = _drawn(call, "imei") < _hex(0.003)
            blank = {c: _unless(no_imei, call[c]) for c in ("imei", "imei_tac")}
            return call.mutate(cell_id=_unless(_drawn(call, "cell") < _hex(0.05), call.cell_id), **blank)
        case "skew60":
            offsets = _offsets(engine, call)
            skewed = call.left_join(offsets, call.cell_id == offsets.element)
            moved = skewed.at_us + ibis.coalesce(skewed.offset_us, 0)
            return skewed.mutate(at_us=moved).select(*call.columns)
    raise ValueError(f"unknown fault {fault!r}, one of {', '.join(PERTURBATIONS)}")


def skew_us(cell_id: str) -> int:
    """How far the clock of a network element is off, in µs: uniform in -60 s … 60 s by its name.

    >>> -60_000_000 <= skew_us("A1") <= 60_000_000, skew_us("A1") == skew_us("A1") != skew_us("A2")
    (True, True)
    """
    drawn = int.from_bytes(hashlib.md5(f"skew{cell_id}".encode(), usedforsecurity=False).digest()[:4], "big")
    return round((drawn / 0xFFFF_FFFF * 2 - 1) * SKEW_S) * 1_000_000


def _offsets(engine: Engine, call: Any) -> Any:
    import pyarrow as pa

    cells = [c for c in engine.run(call.select("cell_id").distinct())["cell_id"].to_pylist() if c is not None]
    offsets = pa.array([skew_us(c) for c in cells], pa.int64())
    return engine.put("clock_offsets", pa.table({"element": pa.array(cells, pa.string()), "offset_us": offsets}))


def _drawn(call: Any, salt: str) -> Any:
    """Four hex digits, even over 0000 … ffff."""
    import ibis

    return (call.record_ref + ibis.literal(salt)).hexdigest("md5").substr(0, 4)


def _hex(share: float) -> str:
    return f"{round(share * 0x10000):04x}"


def _unless(hit: Any, column: Any) -> Any:
    import ibis

    return ibis.cases((hit, ibis.null().cast(column.type())), else_=column)
