"""Take a built city further, day by day, given what has been blocked meanwhile.

Blocks are the files that the platform delivers, in raw form: a number list or a hold list (CSV with a header), or a
response policy zone. Each is the whole of what is in force, as partners read it, from the next simulated midnight on:
what is no longer in it is released. Without a new file, what the last one said stays in force.
"""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

from chainbreak.base.errors import InputError, UsageError
from chainbreak.base.progress import Advance, silent
from chainbreak.city.build import run_days
from chainbreak.city.mix import load_mix
from chainbreak.city.reactions import read_tries
from chainbreak.city.state import State
from chainbreak.city.truth import Truth
from chainbreak.city.world import World, make_world

NUMBER, ACCOUNT, AMOUNT = "number", "account", "amount_fen"
"""Columns of the delivered lists that matter here."""
WHOLE_FEN = 10**15
_ZONE_RULE = re.compile(r"^(?P<name>[^\s;$@*]\S*)\s+(?:\d+\s+)?(?:IN\s+)?CNAME\s", re.IGNORECASE)


def step(folder: Path, days: int = 1, blocks: list[Path] | None = None, advance: Advance = silent,
         warnings: Path | None = None) -> dict[str, Any]:  # fmt: skip
    """Add `days` days to the city in `folder`, its gangs reacting to `blocks` and its people to `warnings`; returns the
    manifest.

    Raises:
        UsageError: no city there (CB-CI-004).
        InputError: a block file (CB-CI-005) or the warnings (CB-CI-020, CB-CI-021) cannot be read; nothing is done.
    """
    if not (folder / "manifest.json").is_file():
        raise UsageError("CB-CI-004", "no city in this folder", given=str(folder))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    mix = folder / "state" / "mix.yaml"
    mixed = load_mix(manifest["preset"], mix if mix.exists() else None)
    world = make_world(mixed, manifest["seed"], date.fromisoformat(manifest["start"]))
    state = State.load(folder / "state")
    for path in blocks or []:
        _apply(world, state, path)
    until = state.day + days
    tries = read_tries(warnings, world, world.day_us(until + 1)) if warnings else []
    run_days(folder, world, state, Truth(folder / "truth"), manifest, until, advance, tries)
    return dict(manifest)


def _apply(world: World, state: State, path: Path) -> None:
    """What one delivered file says is in force takes the place of what the last file of its kind said."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError("CB-CI-005", "the block file cannot be read", given=f"{path.name}: {e}") from None
    if re.search(r"\bSOA\b", text):
        state.sunk_domains = _zone_names(text)
        return
    table = csv.DictReader(text.splitlines())
    names, rows = set(table.fieldnames or ()), list(table)
    if NUMBER in names:
        own = world.lines.text.slice(0, world.lines.n).to_pylist()
        state.blocked_lines = set(_by_place([(row[NUMBER] or "").strip()[-11:] for row in rows], own))
    elif ACCOUNT in names:
        found = _by_place([(row[ACCOUNT] or "").strip() for row in rows], world.accounts.text.to_pylist())
        state.held_fen = {place: _amount(rows[at].get(AMOUNT), path) for place, at in found.items()}
    else:
        raise InputError("CB-CI-005", "neither a number list, nor a hold list, nor a zone", given=path.name,
                         allowed=f"a column {NUMBER} or {ACCOUNT}, or an SOA record")  # fmt: skip


def _by_place(values: list[str], known: list[str]) -> dict[int, int]:
    """Place in `known` -> place in `values`; values of other cities do nothing."""
    place = {text: at for at, text in enumerate(known)}
    return {place[value]: at for at, value in enumerate(values) if value in place}


def _amount(given: str | None, path: Path) -> int:
    """The amount held in fen; a list without amounts holds whole accounts."""
    if not given:
        return WHOLE_FEN
    if not given.isascii() or not given.isdigit():
        raise InputError("CB-CI-005", "an amount is not a whole number of fen", given=path.name)
    return int(given)


def _zone_names(text: str) -> set[str]:
    """Names a zone overrides, without wildcard rules and the trailing dot."""
    found = (_ZONE_RULE.match(line) for line in text.splitlines())
    return {match["name"].rstrip(".").lower() for match in found if match}
