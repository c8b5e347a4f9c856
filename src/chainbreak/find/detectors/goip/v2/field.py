"""The candidates as columns: what is known of each SIM, where it stays and in what, as NumPy arrays over one numbering.

The numbering is by token, so that nothing depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.detector import Rows
from chainbreak.find.detectors.goip.v2.params import GoipParams
from chainbreak.find.detectors.goip.v2.site import read_atlas

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEAST_CALLEES = 4
"""Numbers called below which a share of them says nothing."""


@dataclass(frozen=True)
class Field:
    """SIMs 0..n-1. `sims`: column -> value of each. `stay`: rows (sim, cell, share of the SIM's sightings, timing
    advance) ordered by sim, cells numbered as in `cells`, masts at `cell_m` (metres east and north of a common point);
    `worn_sim`: a SIM for each handset identity that held it. `register`: row of each SIM in the line register or None.
    `protected`: register class that keeps a SIM from being proposed, or ""."""

    token: Ints
    sims: Mapping[str, Floats]
    msisdn: list[int | None]
    stay_sim: Ints
    stay_cell: Ints
    stay_share: Floats
    stay_ta: Floats
    cells: list[str]
    cell_m: Floats
    worn_sim: Ints
    register: list[Mapping[str, Any] | None]
    protected: list[str]

    @property
    def n(self) -> int:
        """How many SIMs."""
        return len(self.token)

    def index(self, tokens: Ints) -> Ints:
        """Numbers of SIMs by token; -1 for tokens that are none of them."""
        at = np.searchsorted(self.token, tokens)
        at = np.minimum(at, self.n - 1) if self.n else np.zeros(len(tokens), np.int64)
        return np.where(self.token[at] == tokens, at, -1) if self.n else np.full(len(tokens), -1)


def read_field(reduced: Rows, params: GoipParams) -> Field:
    """All candidates and the phones that relay to them, from the reduced tables."""
    rows = reduced["sims"].sort_by("sim")
    token = rows["sim"].to_numpy()
    sims = {name: _floats(rows[name]) for name in rows.column_names if name not in ("sim", "msisdn")}
    msisdn = rows["msisdn"].to_pylist()
    register = _register(reduced["lines"].to_pylist(), token.tolist(), msisdn)
    cells, stay = _stays(reduced, token)
    worn = np.searchsorted(token, reduced["worn"]["sim"].to_numpy())
    field = Field(
        token, sims, msisdn, *stay, cells, _positions(cells, reduced), worn, register,
        [_protected(row, params) for row in register],
    )  # fmt: skip
    return field


def _floats(column: Any) -> Floats:
    return np.asarray(column.cast("float64").to_numpy(zero_copy_only=False), np.float64)


def _stays(reduced: Rows, token: Ints) -> tuple[list[str], tuple[Ints, Ints, Floats, Floats]]:
    rows = reduced["stays"].sort_by([("sim", "ascending"), ("cell_id", "ascending")])
    names = rows["cell_id"].to_pylist()
    cells = sorted(set(names))
    number = {name: i for i, name in enumerate(cells)}
    sim = np.searchsorted(token, rows["sim"].to_numpy())
    # Voice places a card where it works; messages only count where there is no voice at all.
    voice, texts = _floats(rows["voice"]), _floats(rows["texts"])
    spoken = np.bincount(sim, voice, minlength=len(token))[sim] > 0 if len(sim) else np.zeros(0, bool)
    weight = np.where(spoken, voice, texts)
    total = np.bincount(sim, weight, minlength=len(token)) if len(sim) else np.zeros(len(token))
    share = weight / np.maximum(total[sim], 1e-9)
    ta = np.divide(_floats(rows["ta"]), _floats(rows["tas"]), out=np.full(len(sim), np.nan),
                   where=_floats(rows["tas"]) > 0)  # fmt: skip
    cell = np.array([number[name] for name in names], np.int64)
    return cells, (sim, cell, share, ta)


def _positions(cells: list[str], reduced: Rows) -> Floats:
    """East and north of each cell's mast in metres, NaN where it is unknown; shape (cells, 2)."""
    mast = read_atlas(reduced["cells"].to_pylist()).mast
    return np.array([mast.get(cell, (np.nan, np.nan)) for cell in cells], float).reshape(-1, 2)


def _register(
    lines: list[dict[str, Any]], tokens: list[int], msisdns: list[int | None]
) -> list[Mapping[str, Any] | None]:
    by_card: dict[int, dict[str, Any]] = {}
    by_number: dict[int, dict[str, Any]] = {}
    for row in sorted(lines, key=lambda r: str(r["record_ref"])):
        for key, found in (("imsi", by_card), ("msisdn", by_number)):
            if row[key] is not None:
                found.setdefault(row[key], row)
    return [
        by_card.get(token) or (by_number.get(number) if number is not None else None)
        for token, number in zip(tokens, msisdns, strict=True)
    ]


def _protected(row: Mapping[str, Any] | None, params: GoipParams) -> str:
    plan = row["plan"] if row else None
    return str(plan) if plan in params.protected_plans else ""


def sim_measures(field: Field) -> dict[str, Floats]:
    """What is weighed of each SIM by itself, NaN where there is too little; names as in links.toml."""
    s = field.sims
    voice, callees = s["mo"] + s["mt"], s["callees"]
    days = np.maximum(s["days"], 1)
    few = np.nan_to_num(callees) < LEAST_CALLEES
    top = np.zeros(field.n)
    np.maximum.at(top, field.stay_sim, field.stay_share)
    cells = np.bincount(field.stay_sim[field.stay_share > 0], minlength=field.n).astype(float)
    handsets = np.bincount(field.worn_sim, minlength=field.n).astype(float)
    started = np.array([np.nan if r is None or r["activated_at_us"] is None else r["activated_at_us"]
                        for r in field.register], float)  # fmt: skip

    def enough(values: Floats) -> Floats:
        return np.where(few, np.nan, values)

    return {
        "strangers_a_day": s["strangers"] / days,
        "stranger_share": enough(_ratio(s["strangers"], callees)),
        "outgoing_share": np.where(voice < LEAST_CALLEES, np.nan, _ratio(s["mo"], voice)),
        "called_back": enough(_ratio(s["mutual"], callees)),
        "calls_per_callee": enough(_ratio(s["mo"], callees)),
        "regulars": enough(_ratio(s["regulars"], callees)),
        "busiest_day": s["busiest"],
        "main_cell_share": np.where((cells == 0) | few, np.nan, top),
        "cells_a_day": np.where(cells == 0, np.nan, cells / days),
        "mean_talk": _ratio(s["mo_s"], s["answered"]),
        "answered": enough(_ratio(s["answered"], s["mo"])),
        "long_share": enough(_ratio(s["long"], s["mo"])),
        "handsets": np.where(handsets == 0, np.nan, handsets),
        "tenure": np.where(np.isnan(started), np.nan, (s["last_us"] - started) / US_PER_DAY),
        "authentication": _ratio(s["auth_us"], s["auths"]) / 1_000,
        "night": enough(_ratio(s["night"], voice)),
        "messages": _ratio(s["texts_in"] + s["texts_out"], s["days_seen"]),
    }


def _ratio(a: Floats, b: Floats) -> Floats:
    found: Floats = np.divide(a, b, out=np.full(len(a), np.nan), where=np.nan_to_num(b) > 0)
    return found
