"""Gangs: their boxes with a stock of cards, farms of cards for bulk registration, mule accounts and kinds of fraud."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainbreak.city.accounts import LAYERS, Accounts
from chainbreak.city.draws import Ints, stream
from chainbreak.city.lines import Draft, Lines
from chainbreak.city.mix import Mix
from chainbreak.city.places import Places

HANDSET_POOL = 120
"""IMEIs of real handsets that a box which rewrites its own draws from."""


@dataclass(frozen=True)
class Box:
    """One gateway: `gang` -1 for a company's own under contract; `handsets` are its ports' IMEIs or the pool it writes
    from; `stock` are its cards in the order of use.
    """

    name: str
    gang: int
    level: str
    ports: int
    pool: int
    cell: int
    handsets: Ints
    stock: Ints


@dataclass(frozen=True)
class Gang:
    """One gang: kinds of fraud it runs (the first most), its farm's lines, and its mule accounts by layer."""

    number: int
    frauds: tuple[str, ...]
    farm: Ints
    mules: dict[str, Ints]


def boxes_hold(mix: Mix) -> int:
    """SIMs that all gangs' boxes hold at once, at most."""
    return sum(
        n * mix["levels"][level]["ports"] * mix["levels"][level]["pool"][1] for level, n in mix.preset.boxes.items()
    )


def draft_boxes(draft: Draft, mix: Mix, seed: int, places: Places) -> list[Box]:
    """The gangs' boxes of each level, dealt to the gangs in turn, with their cards drafted as lines."""
    rng = stream(seed, "boxes")
    boxes: list[Box] = []
    for level, count in mix.preset.boxes.items():
        row = mix["levels"][level]
        for _ in range(count):
            pool = int(rng.integers(row["pool"][0], row["pool"][1] + 1))
            cell = int(rng.integers(0, places.cells))
            size = row["ports"] * pool * mix["box"]["stock_factor"]
            stock = np.arange(draft.lines, draft.lines + size)
            handsets = draft.new_handsets(HANDSET_POOL if row["imei"] == "rewritten" else row["ports"])
            if row["imei"] == "sequential":
                draft.serial_runs.append(handsets)
            seat = np.full(size, cell)
            draft.add(
                "box",
                np.full(size, -1),
                seat,
                seat,
                handsets[np.arange(size) % len(handsets)],
                np.full(size, len(boxes)),
            )
            gang = len(boxes) % mix.preset.gangs
            boxes.append(Box(f"box-{len(boxes) + 1:03d}", gang, level, row["ports"], pool, cell, handsets, stock))
    return boxes


def draft_farms(draft: Draft, mix: Mix, seed: int, places: Places) -> list[Ints]:
    """Each gang's farm: cards in one cell that receive verification codes."""
    rng, size, farms = stream(seed, "farms"), mix["gangs"]["farm_sims"], []
    for gang in range(mix.preset.gangs):
        farms.append(np.arange(draft.lines, draft.lines + size))
        seat = np.full(size, rng.integers(0, places.cells))
        draft.add("farm", np.full(size, -1), seat, seat, draft.new_handsets(size), np.full(size, gang))
    return farms


def company_boxes(mix: Mix, lines: Lines) -> list[Box]:
    """Companies' gateways under contract: radio-identical to a gang's, told apart by the register alone."""
    row, all_lines = mix["others"]["corporate_gateway"], lines.of_class["corporate_gateway"]
    out = []
    for group in np.unique(lines.group[all_lines]):
        stock = all_lines[lines.group[all_lines] == group]
        out.append(Box(f"company-{group + 1:03d}", -1, row["level"], len(stock), 1, int(lines.home[stock[0]]),
                       lines.handset[stock], stock))  # fmt: skip
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
