"""The device behind a finding: its cards in their ports day by day, its hours, cells, handsets and the numbers called.

Facts of the finding are what the detector said; everything else is counted again from the records it stands on.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from chainbreak.app import device_picture as picture
from chainbreak.app.device_records import Records, admit, must_be_device, read_records, standing_on
from chainbreak.app.show_finding import show_finding
from chainbreak.base.clock import US_PER_DAY, local_day, parse_moment
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

PURPOSE = "judge a finding"


def show_device(
    office: Office, actor: Actor, finding_id: str, day: str = "", rows: str = "ports", purpose: str = PURPOSE
) -> dict[str, Any]:
    """Keys: `found` (as `show_finding`), `days`, `day` (the one drawn; "" without records), `day_from_us`, `lanes`,
    `lanes_are` (imei, inferred, sims), `at_once`, `heat`, `members`, `handsets`, `tacs`, `cells`, `callees`,
    `register` (class -> cards), `hits`, `is_cut`, `gone`. The read is in the log.

    Raises:
        UsageError: no such finding (CB-FN-001), about no device (CB-LD-002), or no records of `day` (CB-LD-003).
        RefusedError: a role that reads no single calls (CB-LD-001).
    """
    found = show_finding(office, finding_id)
    must_be_device(found)
    admit(office, actor, "finding.device", finding_id, purpose)
    with standing_on(office, found) as engine:
        records = read_records(office, engine, found)
    return {"found": found} | portray(found, records, office.centre.settings.zone, day, rows)


def portray(found: dict[str, Any], records: Records, zone: str, day: str = "", rows: str = "ports") -> dict[str, Any]:
    """The picture of `records`; see `show_device`."""
    stays = picture.sessions(records.legs)
    days = picture.days_of(records.legs, stays, lambda at_us: local_day(at_us, zone))
    shown = _chosen(days, day)
    start_us = parse_moment(shown, zone) if shown else 0
    todays = [s for s in stays if s.from_us < start_us + US_PER_DAY and s.to_us >= start_us]
    lanes = picture.lanes_of_sims(todays) if rows == "sims" else picture.lanes_of_ports(todays)
    handsets = picture.handsets_of(records.legs)
    return {
        "days": days, "day": shown, "day_from_us": start_us, "lanes": lanes,
        "lanes_are": "sims" if rows == "sims" else "imei" if picture.tells_ports(todays) else "inferred",
        "at_once": picture.at_once(stays), "heat": picture.hours_of_week(records.calls, records.days),
        "members": picture.members_of(found, records.legs), "handsets": handsets,
        "tacs": Counter(row["tac"] for row in handsets if row["tac"]).most_common(),
        "cells": picture.cells_of(records.legs, records.cells), "callees": picture.callees_of(records.legs),
        "register": register_of(records), "hits": records.hits, "is_cut": records.is_cut, "gone": records.gone,
    }  # fmt: skip


def register_of(records: Records) -> dict[str, int]:
    """Class of the register (plan) -> how many of the device's cards stand in it; others are left out."""
    plans = {row["imsi"] if row["imsi"] is not None else row["msisdn"]: row["plan"] for row in records.lines}
    return dict(Counter(plan or "" for plan in plans.values()).most_common())


def _chosen(days: list[dict[str, Any]], asked: str) -> str:
    """The day asked for, else the one with most calls."""
    if not days and not asked:
        return ""
    if not asked:
        return str(max(days, key=lambda row: (row["calls"], row["day"]))["day"])
    if asked not in {row["day"] for row in days}:
        raise UsageError("CB-LD-003", "no records of that day", given=asked[:20],
                         allowed=f"{days[0]['day']} .. {days[-1]['day']}" if days else "none")  # fmt: skip
    return date.fromisoformat(asked).isoformat()


def as_plain(device: dict[str, Any]) -> dict[str, Any]:
    """The picture as JSON: lanes as objects, days of the calls as text."""
    lanes = [
        {
            "name": lane.name, "swaps": lane.swaps,
            "sessions": [
                {"sim": s.sim, "imei": s.imei, "from_us": s.from_us, "to_us": s.to_us,
                 "calls": [c.ref for c in s.calls]}
                for s in lane.sessions
            ],
        }
        for lane in device["lanes"]
    ]  # fmt: skip
    return device | {"lanes": lanes, "tacs": dict(device["tacs"])}
