"""What the city carries from one day to the next: balances, cards in the boxes, cases under way, what is blocked."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chainbreak.city.draws import Ints
from chainbreak.city.world import World
from chainbreak.city.writing import write_bytes


@dataclass
class Slot:
    """One place for a card in a box: the line in it, and the day it was put there."""

    line: int
    since: int


@dataclass
class BoxState:
    """How a box stands: its places for cards; the next unused card of its stock; how often it fled from blocks; which
    of its stands it is at (-1: none yet); cards blocked since; how far it is in its dialling list; numbers to be rung
    again (number, second since day 1 before which nobody rings, line that rang last).
    """

    slots: list[Slot] = field(default_factory=list)
    unused: int = 0
    fled: int = 0
    place: int = -1
    blocked: int = 0
    dialled: int = 0
    again: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class GangState:
    """Where a gang stands: the number of its site, and the day it came into use."""

    site: int = 0
    site_since: int = 0


@dataclass
class State:
    """After day `day`: balances in fen; boxes by name; gangs; cases under way;
    transfers ordered but not booked (µs, payer, payee, fen, kind, channel, case, hop, link, device; see `Moves`);
    honest returns that are not due (µs, payer, payee, fen, channel, link); what is blocked.
    """

    day: int
    balance: Ints
    boxes: dict[str, BoxState] = field(default_factory=dict)
    gangs: list[GangState] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    in_flight: list[list[Any]] = field(default_factory=list)
    returns: list[list[int]] = field(default_factory=list)
    next_case: int = 1
    blocked_lines: set[int] = field(default_factory=set)
    closed_lines: set[int] = field(default_factory=set)
    """Blocked lines whose closing the register already shows."""
    held_fen: dict[int, int] = field(default_factory=dict)
    """Account -> amount that must stay in it."""
    sunk_domains: set[str] = field(default_factory=set)
    told: list[list[Any]] = field(default_factory=list)
    """Warnings that got through: person, when it was in his mind (µs), channel."""

    @staticmethod
    def initial(world: World) -> State:
        """Before day 1: opening balances, empty boxes."""
        return State(0, world.accounts.opening_fen.copy(), gangs=[GangState() for _ in world.gangs])

    def save(self, folder: Path) -> None:
        """Write to `folder`: balances.npy and state.json, each atomically."""
        folder.mkdir(parents=True, exist_ok=True)
        balances = io.BytesIO()
        np.save(balances, self.balance, allow_pickle=False)
        write_bytes(folder / "balances.npy", balances.getvalue())
        body = {key: sorted(value) if isinstance(value, set) else value for key, value in vars(self).items()}
        body["held_fen"] = sorted(self.held_fen.items())
        del body["balance"]
        body["gangs"] = [asdict(gang) for gang in self.gangs]
        body["boxes"] = {name: asdict(box) for name, box in self.boxes.items()}
        write_bytes(folder / "state.json", json.dumps(body, ensure_ascii=False, sort_keys=True).encode())

    @staticmethod
    def load(folder: Path) -> State:
        """The state that `save` wrote to `folder`."""
        body = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        for key in ("blocked_lines", "closed_lines", "sunk_domains"):
            body[key] = set(body[key])
        body["held_fen"] = dict(body["held_fen"])
        body["gangs"] = [GangState(**gang) for gang in body["gangs"]]
        body["boxes"] = {name: _box_state(box) for name, box in body["boxes"].items()}
        return State(balance=np.load(folder / "balances.npy", allow_pickle=False), **body)


def _box_state(row: dict[str, Any]) -> BoxState:
    slots = [Slot(**slot) for slot in row["slots"]]
    return BoxState(**{**row, "slots": slots, "again": [tuple(entry) for entry in row["again"]]})
