"""From groups and their records to suspicions: members, measures with what they cite, and facts for the desk."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainbreak.find.contract.detector import Measure, Rows, Suspicion
from chainbreak.find.detectors.goip.v2.facts import facts_of
from chainbreak.find.detectors.goip.v2.group import by_group
from chainbreak.find.detectors.goip.v2.links import BASE_SHARE
from chainbreak.find.detectors.goip.v2.measures import MEASURES, Cited, Row
from chainbreak.find.detectors.goip.v2.params import GoipParams
from chainbreak.find.detectors.goip.v2.site import Atlas, read_atlas
from chainbreak.records.finding import Member, write_token
from chainbreak.records.kind import Identifier

OF_CALLS = (
    "callees_per_day", "outgoing_share", "calls_per_callee", "called_back_share", "stranger_share", "answered_share",
    "median_gap", "main_cell_share", "cells_per_sim", "authentication",
)  # fmt: skip
"""Measures of the exhibits' calls, which make sense for a SIM alone as well."""


@dataclass(frozen=True)
class Evidence:
    """Everything known of one group: its rows of `groups`, and of each table of exhibits."""

    members: Sequence[Row]
    legs: Sequence[Row]
    seats: Sequence[Row]
    swapped: Sequence[Row]
    common: Sequence[Row]
    hits: Sequence[Row]
    lines: Sequence[Row]
    totals: Row | None
    hours: Sequence[Row]
    ports: int

    @property
    def is_group(self) -> bool:
        """Whether more than one SIM is in it."""
        return len(self.members) > 1

    @property
    def first_us(self) -> int:
        """First sight of any member, UTC µs."""
        return min(int(s["first_us"]) for s in self.seats)


def judge_groups(reduced: Rows, params: GoipParams) -> list[Suspicion]:
    """One suspicion a group, ordered by subject."""
    atlas = read_atlas(reduced["cells"].to_pylist())
    found = [_suspicion(e, atlas, params) for e in gathered(reduced)]
    return sorted(found, key=lambda s: s.subject)


def gathered(reduced: Rows) -> Iterable[Evidence]:
    """The evidence of each group that has any voice leg, in order of the groups' numbers."""
    tables = {
        name: by_group(_sorted(reduced[name], key))
        for name, key in (("groups", "place"), ("legs", "record_ref"), ("seats", "record_ref"), ("swapped", "came_ref"),
                          ("common", "record_ref"), ("hits", "record_ref"),
                          ("totals", "group"), ("hours", "local_hour"))
    }  # fmt: skip
    register = _Register(reduced["lines"].to_pylist())
    ports = _ports(reduced["spans"])
    for number, members in sorted(tables["groups"].items()):
        part = {name: tables[name].get(number, []) for name in tables}
        if part["legs"] and part["seats"]:
            lines = [row for seat in _one_each(part["seats"], "sim") for row in register.of(seat)]
            totals = part["totals"][0] if part["totals"] else None
            yield Evidence(members, part["legs"], part["seats"], part["swapped"], part["common"],
                           part["hits"], _unique(lines), totals, part["hours"], ports.get(number, 1))  # fmt: skip


class _Register:
    def __init__(self, lines: list[Row]) -> None:
        self._card: dict[int, list[Row]] = defaultdict(list)
        self._number: dict[int, list[Row]] = defaultdict(list)
        for row in sorted(lines, key=lambda r: str(r["record_ref"])):
            if row["imsi"] is not None:
                self._card[row["imsi"]].append(row)
            if row["msisdn"] is not None:
                self._number[row["msisdn"]].append(row)

    def of(self, seat: Row) -> list[Row]:
        """The rows of a SIM's card, or of its number where the card is unknown."""
        return self._card.get(seat["sim"]) or self._number.get(seat["msisdn"], [])


def _sorted(table: Any, key: str) -> list[Row]:
    return sorted(table.to_pylist(), key=lambda r: (r["group"], r[key] if r[key] is not None else -1))


def _unique(rows: Sequence[Row]) -> list[Row]:
    return list({r["record_ref"]: r for r in rows}.values())


def _ports(spans: Any) -> dict[int, int]:
    """Group -> most calls under way at once: the device has at least so many ports."""
    group, begin, end = (spans[c].to_numpy() for c in ("group", "at_us", "end_us"))
    held = end > begin
    group, begin, end = group[held], begin[held], end[held]
    step = np.concatenate([np.ones(len(group), np.int64), -np.ones(len(group), np.int64)])
    number, at = np.concatenate([group, group]), np.concatenate([begin, end])
    order = np.lexsort((step, at, number))
    number, under_way = number[order], np.cumsum(step[order])
    most: dict[int, int] = {}
    starts = np.flatnonzero(np.diff(number, prepend=-1)) if len(number) else np.zeros(0, np.int64)
    for at_row, top in zip(starts.tolist(), np.maximum.reduceat(under_way, starts) if len(starts) else [], strict=True):
        most[int(number[at_row])] = int(top)
    return most


def _suspicion(e: Evidence, atlas: Atlas, params: GoipParams) -> Suspicion:
    kinds = _protected(e, params)
    return Suspicion(
        subject_kind="device_cluster" if e.is_group else "line",
        subject=_name(e) if e.is_group else _single(e),
        members=_members(e),
        measures=tuple(_measures(e)),
        first_evidence_us=e.first_us,
        facts=facts_of(e, atlas),
        protected=min(kinds) if kinds else "",
    )


def _protected(e: Evidence, params: GoipParams) -> set[str]:
    """Register classes of the members; a group is protected when half of it is, so that one stray member saves none."""
    plans = [r["plan"] for r in e.lines if r["plan"] in params.protected_plans]
    classes = {r["msisdn_class"] for r in e.legs} & set(params.protected_classes)
    return (set(plans) if 2 * len(plans) >= len(e.members) else set()) | classes


def _name(e: Evidence) -> str:
    # Named after the member seen first: SIMs that join later do not make it another box.
    eldest = min(e.seats, key=lambda s: (s["first_us"], s["sim"]))
    return f"box:{hashlib.sha256(_written(e, eldest['sim']).encode()).hexdigest()[:16]}"


def _single(e: Evidence) -> str:
    numbers = sorted({s["msisdn"] for s in e.seats if s["msisdn"] is not None})
    return write_token(Identifier.LINE, numbers[0]) if numbers else _written(e, e.members[0]["sim"])


def _written(e: Evidence, sim: int) -> str:
    kind = Identifier.LINE if any(s["msisdn"] == sim for s in e.seats if s["sim"] == sim) else Identifier.IMSI
    return write_token(kind, sim)


def _members(e: Evidence) -> tuple[Member, ...]:
    """Cards, numbers and handsets with the probability that they belong; a handset's is that of its likeliest card."""
    likely: dict[str, float] = {}
    seats = by_group(e.seats, "sim")
    for row in e.members:
        p = round(1.0 / (1.0 + 2.0 ** -max(-40.0, min(40.0, row["bits"]))), 4)
        tokens = [_written(e, row["sim"])]
        tokens += [write_token(Identifier.LINE, s["msisdn"]) for s in seats[row["sim"]] if s["msisdn"] is not None]
        if e.is_group:
            tokens += [write_token(Identifier.IMEI, s["imei"]) for s in seats[row["sim"]] if s["imei"] is not None]
        for token in tokens:
            likely[token] = max(p, likely.get(token, 0.0))
    return tuple(Member(token.partition(":")[0], token, p) for token, p in sorted(likely.items()))


def _measures(e: Evidence) -> list[Measure]:
    calls = Cited(tuple(e.legs))
    last = max(e.legs, key=lambda r: (r["at_us"], r["record_ref"]))
    found = [_measured(name, calls) for name in OF_CALLS]
    found.append(_measured("tenure_days", Cited((last,), tuple(e.lines))))
    if e.hits:
        found.append(_measured("hot_hits", Cited(hits=tuple(e.hits))))
    if not e.is_group:
        return found
    worn = [s for s in e.seats if s["imei"] is not None]
    found += [
        _measured("sims_at_site", _seen(_most_seats(e))), _measured("shared_cells", _seen(_most_seats(e))),
        _measured("sims_per_imei", _seen(_most_shared(worn))),
        _measured("imeis_per_sim", _seen(_one_each(worn, "sim", "imei"))),
        _measured("imeis_of_one_model", _seen(_commonest_model(worn))),
        Measure("shared_strangers", MEASURES["shared_strangers"](Cited(tuple(e.common))), _refs(e.common, e)),
        _measured("inside_share", Cited(_each_ref((*e.legs, *_one_each(e.seats, "sim"))))),
        _of_pairs("swaps", [(r["left_ref"], r["came_ref"]) for r in e.swapped]),
        _measured("relayed_share", calls),
    ]  # fmt: skip
    return found


def _measured(name: str, cited: Cited) -> Measure:
    return Measure(name, MEASURES[name](cited), cited.refs())


def _refs(rows: Sequence[Row], e: Evidence) -> tuple[str, ...]:
    """The rows' refs; where there is nothing, the latest call, which shows that there is nothing."""
    if rows:
        return tuple(r["record_ref"] for r in rows)
    return (max(e.legs, key=lambda r: (r["at_us"], r["record_ref"]))["record_ref"],)


def _of_pairs(name: str, pairs: list[tuple[str, str]]) -> Measure:
    """How many second records there are in pairs of records that are all cited; not measured where there is none."""
    if not pairs:
        return Measure(name, math.nan, ())
    return Measure(name, float(len({second for _, second in pairs})), tuple({ref for pair in pairs for ref in pair}))


def _seen(rows: list[Row]) -> Cited:
    return Cited(_each_ref(rows))


def _each_ref(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple({r["record_ref"]: r for r in rows}.values())


def _one_each(rows: Sequence[Row], *keys: str) -> list[Row]:
    """The first record (by ref) of each combination of `keys`."""
    first: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda r: str(r["record_ref"])):
        first.setdefault(tuple(row[k] for k in keys), row)
    return list(first.values())


def _most_seats(e: Evidence) -> list[Row]:
    """One record of each member in each cell that is one of its places."""
    legs: Counter[tuple[int, str]] = Counter()
    for s in e.seats:
        if s["cell_id"] is not None:
            legs[(s["sim"], s["cell_id"])] += s["legs"]
    total: Counter[int] = Counter()
    for (sim, _), n in legs.items():
        total[sim] += n
    placed = [s for s in e.seats if s["cell_id"] is not None]
    kept = [s for s in placed if legs[(s["sim"], s["cell_id"])] >= BASE_SHARE * total[s["sim"]]]
    return _one_each(kept, "sim", "cell_id")


def _most_shared(worn: list[Row]) -> list[Row]:
    """One record a SIM of the handset identity that held most members."""
    holders: dict[int, set[int]] = defaultdict(set)
    for s in worn:
        holders[s["imei"]].add(s["sim"])
    if not holders:
        return []
    best = min(holders, key=lambda imei: (-len(holders[imei]), imei))
    return _one_each([s for s in worn if s["imei"] == best], "sim")


def _commonest_model(worn: list[Row]) -> list[Row]:
    known = [s for s in worn if s["imei_tac"] is not None]
    if not known:
        return []
    models = Counter(tac for _, tac in {(s["imei"], s["imei_tac"]) for s in known})
    best = min(models, key=lambda tac: (-models[tac], tac))
    return _one_each([s for s in known if s["imei_tac"] == best], "imei")
