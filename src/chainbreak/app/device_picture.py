"""From the records of a device to what its page draws: sessions of cards in ports, hours, cells, numbers called.

All functions are pure; times are UTC µs unless a name says otherwise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from chainbreak.app.device_records import Leg
from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN, US_PER_S

IDLE_US = 4 * US_PER_HOUR
"""A card without a record for so long has left the port, where no detach says when; a convention of the picture."""
LONG_US = 60 * US_PER_S
"""Who stays on longer has been reached (spec/goip.md section 6)."""


@dataclass(frozen=True)
class Session:
    """One stay of one card in one handset identity, from its first record to the end of its last."""

    sim: str
    imei: str | None
    from_us: int
    to_us: int
    calls: tuple[Leg, ...]


@dataclass(frozen=True)
class Lane:
    """One row of the picture: a port (`name` its IMEI's token, or "" where it is inferred) or a card, with the stays
    in it in order of time."""

    name: str
    sessions: tuple[Session, ...]

    @property
    def swaps(self) -> int:
        """How often another card came in."""
        return sum(a.sim != b.sim for a, b in zip(self.sessions, self.sessions[1:], strict=False))


def sessions(legs: Iterable[Leg]) -> list[Session]:
    """The stays of every card, ordered by start: a stay ends with a detach, another handset identity, or `IDLE_US`."""
    by_sim: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        by_sim[leg.sim].append(leg)
    found = [stay for sim, mine in by_sim.items() for stay in _stays(sim, mine)]
    return sorted(found, key=lambda s: (s.from_us, s.sim))


def _stays(sim: str, legs: list[Leg]) -> Iterable[Session]:
    open_legs: list[Leg] = []
    for leg in sorted(legs, key=lambda one: (one.at_us, one.ref)):
        if open_legs and _leaves(open_legs[-1], leg):
            yield _stay(sim, open_legs)
            open_legs = []
        open_legs.append(leg)
    if open_legs:
        yield _stay(sim, open_legs)


def _leaves(before: Leg, leg: Leg) -> bool:
    moved = before.imei is not None and leg.imei is not None and before.imei != leg.imei
    return before.kind == "detach" or moved or leg.kind == "attach" or leg.at_us - before.end_us > IDLE_US


def _stay(sim: str, legs: list[Leg]) -> Session:
    imei = next((leg.imei for leg in legs if leg.imei), None)
    calls = tuple(leg for leg in legs if leg.kind == "mo_call")
    return Session(sim, imei, legs[0].at_us, max(leg.end_us for leg in legs), calls)


def tells_ports(stays: list[Session]) -> bool:
    """Whether IMEIs stand for ports: a box that rewrites them shows more of them than cards."""
    imeis = {s.imei for s in stays if s.imei}
    return bool(imeis) and len(imeis) <= len({s.sim for s in stays})


def lanes_of_ports(stays: list[Session]) -> list[Lane]:
    """One lane a port: an IMEI where those are fixed; else as few lanes as hold all stays without an overlap, which is
    the least number of ports the box can have."""
    if tells_ports(stays):
        return _by(stays, "imei")
    lanes: list[list[Session]] = []
    for stay in stays:
        free = [lane for lane in lanes if lane[-1].to_us <= stay.from_us]
        if free:
            # The card's own last port if it is free, else the one that became free last: as a bank is seen to work.
            max(free, key=lambda lane: (lane[-1].sim == stay.sim, lane[-1].to_us)).append(stay)
        else:
            lanes.append([stay])
    return [Lane("", tuple(lane)) for lane in lanes]


def lanes_of_sims(stays: list[Session]) -> list[Lane]:
    """One lane a card, the card seen first on top."""
    return _by(stays, "sim")


def _by(stays: list[Session], what: str) -> list[Lane]:
    lanes: dict[str, list[Session]] = defaultdict(list)
    for stay in stays:
        lanes[getattr(stay, what) or ""].append(stay)
    return [Lane(name, tuple(mine)) for name, mine in lanes.items()]


def at_once(stays: Iterable[Session]) -> int:
    """The most calls under way at one moment: the box has at least so many ports."""
    steps = sorted((at, step) for s in stays for c in s.calls for at, step in ((c.at_us, 1), (c.end_us, -1)))
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def hours_of_week(calls: Iterable[Leg], days: list[date]) -> list[list[float]]:
    """7 rows (Monday first) of 24 mean numbers of calls an hour, over the days of that weekday in the window."""
    seen = Counter(day.weekday() for day in days)
    count = Counter((leg.day.weekday(), leg.hour) for leg in calls)
    return [[round(count[day, hour] / seen[day], 2) if seen[day] else 0.0 for hour in range(24)] for day in range(7)]


def days_of(legs: list[Leg], stays: list[Session], zone_day: Any) -> list[dict[str, Any]]:
    """One row a local day: calls, answered, cards seen, swaps. `zone_day`: UTC µs -> local day."""
    swaps = Counter(zone_day(b.from_us) for lane in lanes_of_ports(stays) for a, b in _pairs(lane) if a.sim != b.sim)
    rows: dict[date, dict[str, Any]] = {}
    sims: dict[date, set[str]] = defaultdict(set)
    for leg in legs:
        row = rows.setdefault(leg.day, {"day": leg.day.isoformat(), "calls": 0, "answered": 0})
        sims[leg.day].add(leg.sim)
        if leg.kind == "mo_call":
            row["calls"] += 1
            row["answered"] += leg.answered
    return [row | {"sims": len(sims[day]), "swaps": swaps[day]} for day, row in sorted(rows.items())]


def _pairs(lane: Lane) -> Iterable[tuple[Session, Session]]:
    return zip(lane.sessions, lane.sessions[1:], strict=False)


def members_of(found: dict[str, Any], legs: list[Leg]) -> list[dict[str, Any]]:
    """One row a card: token, probability, first and last record, calls, numbers called, IMEIs and cells it used."""
    likely = {m["token"]: m["probability"] for m in found["members"]}
    by_sim: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        by_sim[leg.sim].append(leg)
    rows = [
        {
            "token": sim, "probability": likely.get(sim), "first_us": mine[0].at_us, "last_us": mine[-1].end_us,
            "calls": sum(leg.kind == "mo_call" for leg in mine),
            "callees": len({leg.peer for leg in mine if leg.kind == "mo_call"}),
            "called": sum(leg.kind == "mt_call" for leg in mine),
            "imeis": len({leg.imei for leg in mine if leg.imei}), "cells": len({leg.cell for leg in mine if leg.cell}),
        }
        for sim, mine in by_sim.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["first_us"], row["token"]))


def handsets_of(legs: list[Leg]) -> list[dict[str, Any]]:
    """One row an IMEI: token, tac, cards that were in it, first and last record; the most shared first."""
    by_imei: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        if leg.imei:
            by_imei[leg.imei].append(leg)
    rows = [
        {"token": imei, "tac": mine[0].tac or "", "sims": len({leg.sim for leg in mine}),
         "first_us": mine[0].at_us, "last_us": mine[-1].end_us}
        for imei, mine in by_imei.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["sims"], row["first_us"], row["token"]))


def cells_of(legs: list[Leg], register: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a cell: records, their share, and `hours`, in how many clock hours somebody of the device was there."""
    known = {row["cell_id"]: row for row in register}
    count = Counter(leg.cell for leg in legs if leg.cell)
    hours = Counter(cell for cell, _, _ in {(leg.cell, leg.day, leg.hour) for leg in legs if leg.cell})
    total = sum(count.values())
    return [
        {
            "cell_id": cell, "district": known.get(cell, {}).get("district") or "", "legs": n,
            "share": round(n / total, 4), "hours": hours[cell], "lat": known.get(cell, {}).get("lat"),
            "lon": known.get(cell, {}).get("lon"),
        }
        for cell, n in sorted(count.items(), key=lambda item: (-item[1], item[0]))
    ]  # fmt: skip


def callees_of(legs: list[Leg]) -> dict[str, Any]:
    """Who was called: how many numbers, answered, stayed on for over a minute, called back; and one `row` each, the
    longest call first."""
    rows: dict[str, dict[str, Any]] = {}
    for leg in legs:
        if leg.kind != "mo_call" or not leg.peer:
            continue
        row = rows.setdefault(leg.peer, {"token": leg.peer, "calls": 0, "answered": 0, "longest_s": 0,
                                         "first_us": leg.at_us, "ref": leg.ref})  # fmt: skip
        row["calls"] += 1
        row["answered"] += leg.answered
        lasted_s = (leg.end_us - leg.at_us) // US_PER_S
        if lasted_s > row["longest_s"]:
            row |= {"longest_s": lasted_s, "ref": leg.ref}
    callers = {leg.peer for leg in legs if leg.kind == "mt_call"}
    return {
        "numbers": len(rows), "answered": sum(row["answered"] > 0 for row in rows.values()),
        "over_60_s": sum(row["longest_s"] * US_PER_S > LONG_US for row in rows.values()),
        "called_back": len(callers & set(rows)),
        "rows": sorted(rows.values(), key=lambda row: (-row["longest_s"], row["token"])),
    }  # fmt: skip


def minutes(span_us: int) -> int:
    """A span in whole minutes.

    >>> minutes(90 * 1_000_000)
    1
    """
    return span_us // US_PER_MIN
