"""Gangs: their boxes with a stock of cards, farms of cards for bulk registration, mule accounts and kinds of fraud."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chainbreak.city.accounts import LAYERS, Accounts
from chainbreak.city.draws import Ints, Rng, scattered, stream
from chainbreak.city.lines import Draft, Lines
from chainbreak.city.mix import Mix
from chainbreak.city.places import Places

HANDSET_POOL = 120
"""IMEIs of real handsets that a box which rewrites its own draws from."""
LAST_DAYS = 4
"""No box begins in the last days of the window."""


@dataclass(frozen=True)
class Plan:
    """A box to be: its level, ports, cards a port, gateways, and the day it begins."""

    level: str
    ports: int
    pool: int
    gateways: int
    first_day: int

    @property
    def cards(self) -> int:
        """Cards that it holds at once."""
        return self.ports * self.pool


@dataclass(frozen=True)
class Box:
    """One device: `gang` -1 for a company's own under contract, which has a `seat`, a cell (-1: it stands where it
    likes); `handsets` are its ports' IMEIs, the pool it writes from, or one for each card of `stock`, its cards in the
    order of use. With several `gateways` its cards lie in a bank and appear in one of them at a time.
    """

    name: str
    number: int
    gang: int
    level: str
    ports: int
    pool: int
    gateways: int
    first_day: int
    seat: int
    handsets: Ints
    stock: Ints


@dataclass(frozen=True)
class Gang:
    """One gang: kinds of fraud it runs (the first most), its farm's lines, and its mule accounts by layer."""

    number: int
    frauds: tuple[str, ...]
    farm: Ints
    mules: dict[str, Ints]


def plan_boxes(mix: Mix, seed: int) -> list[Plan]:
    """The boxes of a preset, level by level: most are small, a few large; a third begin in the middle of the window."""
    rng = stream(seed, "plans")
    return [_plan(rng, mix, level) for level, count in mix.preset.boxes.items() for _ in range(count)]


def _plan(rng: Rng, mix: Mix, level: str) -> Plan:
    row, late = mix["levels"][level], mix["box"]["late"]
    low, high = row["size"]
    size = low * float(np.exp(rng.exponential(mix["box"]["skew"])))
    if rng.random() < mix["box"]["large"]:
        size = float(rng.uniform(max(low, high / 2), high))
    pool = int(rng.integers(row["pool"][0], row["pool"][1] + 1))
    ports = max(1, round(min(size, high) / pool))
    gateways = int(rng.integers(row["gateways"][0], row["gateways"][1] + 1))
    last = mix.preset.days - LAST_DAYS
    begins = int(rng.integers(late["from_day"], max(last, late["from_day"]) + 1))
    is_late = rng.random() < late["share"] and last >= late["from_day"]
    return Plan(level, ports, pool, gateways, begins if is_late else 1)


def boxes_hold(mix: Mix, seed: int) -> int:
    """SIMs that all gangs' boxes hold at once, at most."""
    return sum(plan.cards for plan in plan_boxes(mix, seed))


def draft_boxes(draft: Draft, mix: Mix, seed: int, homes: Ints) -> list[Box]:
    """The gangs' boxes, dealt to the gangs in turn, with their cards drafted as lines; `homes`: where people live."""
    rng = stream(seed, "boxes")
    boxes: list[Box] = []
    residents = rng.permutation(np.flatnonzero(draft.blocks[0]["kind"] == 0))
    gangs = rng.permutation(len(plan_boxes(mix, seed))) % mix.preset.gangs
    for number, plan in enumerate(plan_boxes(mix, seed)):
        row = mix["levels"][plan.level]
        size = plan.cards * mix["box"]["stock_factor"]
        lent, residents = np.split(residents, [min(int(row["cards"]["lent"] * size), len(residents) // 20)])
        own = _draft_cards(draft, rng, row["cards"], size - len(lent), homes, number)
        stock = rng.permutation(np.concatenate([own, lent]))
        handsets = draft.new_handsets({"own": size, "rewritten": HANDSET_POOL}.get(row["imei"], plan.ports))
        if row["imei"] == "sequential":
            draft.serial_runs.append(handsets)
        boxes.append(Box(f"box-{number + 1:03d}", number, int(gangs[number]), plan.level, plan.ports, plan.pool,
                         plan.gateways, plan.first_day, -1, handsets, stock))  # fmt: skip
    return boxes


def _draft_cards(draft: Draft, rng: Rng, cards: dict[str, float], size: int, homes: Ints, number: int) -> Ints:
    """Cards of a box's own: new ones and ones kept for one to four months, from dealers; the rest sold by the people to
    whom they had belonged for years.
    """
    own = np.arange(draft.lines, draft.lines + size)
    home = homes[rng.integers(0, len(homes), size)]
    draft.add("box", np.full(size, -1), home, home, draft.new_handsets(size), np.full(size, number))
    kind = rng.random(size) * (1 - cards["lent"])
    fresh, raised = kind < cards["fresh"], (kind >= cards["fresh"]) & (kind < cards["fresh"] + cards["raised"])
    draft.bought.append(own[fresh])
    draft.raised.append(own[raised])
    return own


def draft_farms(draft: Draft, mix: Mix, seed: int, places: Places) -> list[Ints]:
    """Each gang's farm: cards in one cell that receive verification codes."""
    rng, size, farms = stream(seed, "farms"), mix["gangs"]["farm_sims"], []
    for gang in range(mix.preset.gangs):
        farms.append(np.arange(draft.lines, draft.lines + size))
        seat = np.full(size, rng.integers(0, places.cells))
        draft.add("farm", np.full(size, -1), seat, seat, draft.new_handsets(size), np.full(size, gang))
    return farms


def company_boxes(mix: Mix, lines: Lines, first: int) -> list[Box]:
    """Companies' gateways under contract: radio-identical to a gang's, told apart by the register alone. They are
    numbered from `first` on.
    """
    row, all_lines = mix["others"]["corporate_gateway"], lines.of_class["corporate_gateway"]
    out = []
    for group in np.unique(lines.group[all_lines]):
        stock = all_lines[lines.group[all_lines] == group]
        out.append(Box(f"company-{group + 1:03d}", first + int(group), -1, row["level"], len(stock), 1, 1, 1,
                       int(lines.home[stock[0]]), lines.handset[stock], stock))  # fmt: skip
    return out


def make_gangs(mix: Mix, seed: int, farms: list[Ints], accounts: Accounts, frauds: list[str]) -> list[Gang]:
    """The gangs; a share of the mules of each layer works for several of them, as a service."""
    row, gangs = mix["gangs"]["mules"], []
    rng = stream(seed, "gangs")
    rented = rng.permutation(accounts.second)
    fresh = rng.permutation(accounts.fresh_mules)
    spare, taken = rented[:12], 12
    for number, farm in enumerate(farms):
        mules = {}
        for layer in LAYERS:
            size = row[layer] * 4
            own = rented[taken : taken + size // 2]
            taken += size // 2
            new = fresh[: size // 2]
            fresh = fresh[size // 2 :]
            shared = rng.choice(spare, max(1, int(size * row["shared_share"])), replace=False) if len(spare) else spare
            mules[layer] = rng.permutation(np.unique(np.concatenate([own, new, shared])))
        gangs.append(Gang(number, tuple(rng.choice(frauds, 3, replace=False)), farm, mules))
    return gangs


def emptied(mix: Mix, accounts: Accounts, gangs: list[Gang]) -> Accounts:
    """The accounts as they are when handed over: who lets a gang use an account mostly takes out what lay in it."""
    mules = np.unique(
        np.concatenate([members for gang in gangs for members in gang.mules.values()] or [accounts.second[:0]])
    )
    gone = mules[scattered(mules, 317) % 1_000 < mix["gangs"]["mules"]["emptied"] * 1_000]
    opening = accounts.opening_fen.copy()
    opening[gone] = scattered(gone, 318) % 5_000
    return replace(accounts, opening_fen=opening)
