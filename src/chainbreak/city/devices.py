"""Devices on which transfers are ordered: one's own handset, a relative's, a bookkeeper's, a gang's phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from chainbreak.city.draws import Ints, scattered

if TYPE_CHECKING:
    from chainbreak.city.world import World

OLD = 65
"""From this age on, one person in four has a younger relative order for them, on the relative's own handset."""
SHOPS_A_KEEPER, EMPLOYERS_A_BOOKKEEPER = 3, 4
"""Neighbouring shops of one keeper, and employers whose books one office keeps: each group orders on one device."""


def device_numbers(world: World) -> Ints:
    """The device of every account, then the phones of every gang: `phones` each.

    A person's is the fingerprint that platforms know the person's handset by; whoever shares the handset, shares it.
    """
    accounts, people = world.accounts, world.people
    number = scattered(np.arange(accounts.n), 310)
    owned = np.flatnonzero(accounts.owner >= 0)
    who = accounts.owner[owned]
    helped = (people.age[who] >= OLD) & (scattered(who, 311) % 4 == 0)
    number[owned] = scattered(world.lines.handset[np.where(helped, (who + 1) % people.n, who)], 301)
    number[accounts.merchants] = scattered(accounts.merchants // SHOPS_A_KEEPER, 312)
    number[accounts.payroll] = scattered(accounts.payroll // EMPLOYERS_A_BOOKKEEPER, 313)
    phones = len(world.gangs) * world.mix["gangs"]["mules"]["phones"]
    return np.concatenate([number, scattered(np.arange(phones), 314)])


def device_texts(world: World) -> pa.Array:
    """The same as fingerprints."""
    return pa.array([f"{number:016x}" for number in device_numbers(world).tolist()])


def phone_of(world: World, gang: int, mule: int) -> int:
    """The device, as an entry of `World.devices`, on which a gang pays from a mule's account: mostly one of its own
    phones, each of which serves several mules; some owners still do it themselves.
    """
    row, lot = world.mix["gangs"]["mules"], int(scattered(np.array([mule]), 315)[0])
    if lot % 1_000 < row["by_owner"] * 1_000:
        return mule
    phones = int(row["phones"])
    return world.accounts.n + gang * phones + lot // 1_000 % phones
