"""Take a built city further, day by day, given what has been blocked meanwhile.

Blocks are the files that the platform delivers, in raw form: a number list or a hold list (CSV with a header), or a
response policy zone. They hold from the next simulated midnight; what an earlier step blocked stays blocked.
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
from chainbreak.city.state import State
from chainbreak.city.truth import Truth
from chainbreak.city.world import World, make_world

LINE_HEADERS = ("msisdn", "number", "line", "value")
ACCOUNT_HEADERS = ("account", "card")
_ZONE_RULE = re.compile(r"^(?P<name>[^\s;$@*]\S*)\s+(?:\d+\s+)?(?:IN\s+)?CNAME\s", re.IGNORECASE)


def step(folder: Path, days: int = 1, blocks: list[Path] | None = None, advance: Advance = silent) -> dict[str, Any]:
    """Add `days` days to the city in `folder`, its gangs reacting to `blocks`; returns the manifest.

    Raises:
        UsageError: no city there (CB-CI-004).
        InputError: a block file cannot be read (CB-CI-005); nothing is done.
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
    run_days(folder, world, state, Truth(folder / "truth"), manifest, state.day + days, advance)
    return dict(manifest)


def _apply(world: World, state: State, path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError("CB-CI-005", "the block file cannot be read", given=f"{path.name}: {e}") from None
    if re.search(r"\bSOA\b", text):
        state.sunk_domains.update(_zone_names(text))
        return
    rows = list(csv.DictReader(text.splitlines()))
    header = [name.strip().lower() for name in (rows[0] if rows else {})]
    lines, accounts = _column(header, LINE_HEADERS), _column(header, ACCOUNT_HEADERS)
    if rows and not lines and not accounts:
        raise InputError("CB-CI-005", "no column of numbers or accounts", given=f"{path.name}: {', '.join(header)}",
                         allowed=", ".join(LINE_HEADERS + ACCOUNT_HEADERS))  # fmt: skip
    values = [list(row.values())[header.index(accounts or lines)] or "" for row in rows]
    if accounts:
        state.held_accounts.update(_places(values, world.accounts.text.to_pylist()))
    elif lines:
        own = world.lines.text.slice(0, world.lines.n).to_pylist()
        state.blocked_lines.update(_places([value.strip()[-11:] for value in values], own))


def _column(header: list[str], wanted: tuple[str, ...]) -> str:
    return next((name for name in wanted if name in header), "")


def _places(values: list[str], known: list[str]) -> list[int]:
    """Where each value that is known stands; others are of other cities and do nothing."""
    place = {text: at for at, text in enumerate(known)}
    return [place[value.strip()] for value in values if value.strip() in place]


def _zone_names(text: str) -> set[str]:
    """Names a zone overrides, without wildcard rules and the trailing dot."""
    found = (_ZONE_RULE.match(line) for line in text.splitlines())
    return {match["name"].rstrip(".").lower() for match in found if match}
