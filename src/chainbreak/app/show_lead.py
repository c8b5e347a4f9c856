"""The lead for a visit: where the device stands, when somebody is there, how sure, what looks alike, what would refute.

A lead is no order: it opens no door. It names a place and things, never a person.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from chainbreak.app import device_picture as picture
from chainbreak.app.device_records import Records, admit, must_be_device, read_records, standing_on
from chainbreak.app.lead_place import is_special, masts_of, neighbours_of, outlines_of, own_cells, sites_of
from chainbreak.app.lead_times import presence
from chainbreak.app.show_device import portray
from chainbreak.app.show_finding import show_finding
from chainbreak.base.clock import US_PER_DAY, from_us
from chainbreak.records.finding import Finding, read_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

PURPOSE = "plan a visit to the site"
OPTIONAL = ("imei", "cell_id", "ta", "auth_ms", "attach", "line", "hotlist")
"""Columns and tables whose absence costs something that the sheet can name, in order of what they are worth."""
OUTCOMES = ("urgent", "high", "medium", "low", "watch", "nothing")
"""Strongest first: only what would make a lead weaker can refute it."""
LEVELS = ("L0", "L1", "L2", "L3", "L4", "L5", "L6")


def show_lead(office: Office, actor: Actor, finding_id: str, purpose: str = PURPOSE, case: str = "") -> dict[str, Any]:
    """Keys: `found`, `case`, `sites`, `cells`, `masts`, `outlines`, `presence`, `heat`, `around` (None without cells),
    `missing`, `checks`, `turns`, `level`, `handsets`, `tacs`, `last_us`, `at_once`, `gone`, `printed_by`,
    `printed_at_us`. The read is in the log.

    Raises:
        UsageError: no such finding (CB-FN-001), or about no device (CB-LD-002).
        RefusedError: a role that reads no single calls (CB-LD-001).
    """
    found = show_finding(office, finding_id)
    must_be_device(found)
    named = case or (found["cases"][0] if found["cases"] else "")
    admit(office, actor, "finding.lead", finding_id, purpose, named)
    zone = office.centre.settings.zone
    with standing_on(office, found) as engine:
        records = read_records(office, engine, found)
        device = portray(found, records, zone)
        last = {leg.cell: leg.end_us for leg in sorted(records.legs, key=lambda leg: leg.end_us)}
        sites = [site | {"last_us": last.get(site["cell"])} for site in sites_of(found["facts"], records.cells)]
        own = own_cells(device["cells"], sites)
        mine = {read_token(leg.sim)[1] for leg in records.legs}
        around = neighbours_of(engine, found, own, mine, zone) if own and not records.gone else None
    return {
        "found": found, "case": named, "sites": sites, "cells": device["cells"],
        "masts": masts_of(records.cells, own, sites),
        "outlines": outlines_of(records.cells, {site["district"] for site in sites} - {""}),
        "presence": _presence(records, zone), "heat": device["heat"],
        "around": around, "missing": missing_of(found["facts"]), "checks": checks_of(found, records, device),
        "turns": _turns(found), "level": level_of(found["facts"]), "handsets": device["handsets"],
        "tacs": device["tacs"], "last_us": max((leg.end_us for leg in records.legs), default=None),
        "at_once": device["at_once"], "gone": records.gone, "printed_by": actor.name,
        "printed_at_us": office.clock.now_us(),
    }  # fmt: skip


def level_of(facts: dict[str, Any]) -> str:
    """The evasion level the finding looks like, "" when it says none."""
    guess = str(facts.get("level_guess", ""))
    return guess if guess in LEVELS else ""


def missing_of(facts: dict[str, Any]) -> list[str]:
    """Optional columns that the detector had to do without, the dearest first.

    >>> missing_of({"without": "auth_ms, imei", "columns_used": "cell_id"}), missing_of({})
    (['imei', 'auth_ms'], [])
    >>> missing_of({"columns_used": "imei, cell_id, attach, line"})
    ['ta', 'auth_ms']
    """
    if "without" not in facts and "columns_used" in facts:
        used = _names(facts["columns_used"])
        return [name for name in OPTIONAL if name not in used and name != "hotlist"]  # lists are no column of a call
    lost = _names(facts.get("without", ""))
    return [name for name in OPTIONAL if name in lost]


def _names(listed: Any) -> set[str]:
    return set(re.split(r"[,;\s]+", str(listed)))


def checks_of(found: dict[str, Any], records: Records, device: dict[str, Any]) -> list[dict[str, Any]]:
    """What would refute the lead and what the records say of it: rule, `n` of `of`; without records none.

    contract: cards on a class of a trade · called_back: numbers called that called the device · incoming: calls
    received among all · tenure: cards in use for over a year · elsewhere: records outside the main cell.
    """
    if not records.legs:
        return []
    voice = [leg for leg in records.legs if leg.kind in ("mo_call", "mt_call")]
    year_us = int(found["found_at_us"]) - 365 * US_PER_DAY
    opened = [r["activated_at_us"] for r in records.lines if r["activated_at_us"] is not None]
    placed = sum(cell["legs"] for cell in device["cells"])
    register = device["register"]
    of_trade = sum(n for plan, n in register.items() if is_special(plan))
    rows = [
        ("contract", of_trade, sum(register.values())),
        ("called_back", device["callees"]["called_back"], device["callees"]["numbers"]),
        ("incoming", sum(leg.kind == "mt_call" for leg in voice), len(voice)),
        ("tenure", sum(at < year_us for at in opened), len(opened)),
        ("elsewhere", placed - (device["cells"][0]["legs"] if placed else 0), placed),
    ]
    return [{"rule": rule, "n": n, "of": of} for rule, n, of in rows if of]


def _presence(records: Records, zone: str) -> dict[str, Any]:
    swaps = [
        from_us(b.from_us, zone)
        for lane in picture.lanes_of_ports(picture.sessions(records.legs))
        for a, b in zip(lane.sessions, lane.sessions[1:], strict=False) if a.sim != b.sim
    ]  # fmt: skip
    calls = [(leg.day, leg.hour) for leg in records.calls]
    return presence(calls, [(at.date(), at.hour) for at in swaps], records.days)


def _turns(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What would have changed the outcome, from the finding's own measures; none when it was made under other weights
    than today's."""
    from chainbreak.find.contract.explain import turns_of_finding
    from chainbreak.find.registry import detector_of

    kept = Finding.from_dict({part.name: found[part.name] for part in fields(Finding)})
    detector = detector_of(kept)
    if detector is None:
        return []
    weaker = OUTCOMES[OUTCOMES.index(found["level"]) + 1 :]
    return [vars(turn) for turn in turns_of_finding(kept, detector) if turn.outcome in weaker]
