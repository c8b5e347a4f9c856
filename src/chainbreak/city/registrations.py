"""A day's registrations on platforms: people's own, those a repair shop helps with, and a farm's in bulk."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chainbreak.city.boxes import moment
from chainbreak.city.draws import DAY_S, Ints, Rng, scattered
from chainbreak.city.sites import CHAT_DAYS, chat_of
from chainbreak.city.state import State
from chainbreak.city.telephony import MT_SMS, Day, Legs, hours_of, signals

PLATFORMS = ("云信", "抖影", "购多多", "游界", "汇付通")
CHAT_PLATFORM = "云信"
AGENTS = ("Mozilla/5.0 (Linux; Android 14; V2318A)", "Mozilla/5.0 (Linux; Android 13; 23049RAD8C)",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
          "Mozilla/5.0 (Linux; Android 12; PGEM10)", "Mozilla/5.0 (Linux; U; Android 11; HarmonyOS)")  # fmt: skip
Registration = tuple[int, str, str, int, str, str, str]
"""Second of the day, platform, account, line, device, address, client program."""


def registrations(day: Day, state: State) -> tuple[pa.Table, Legs, dict[str, int]]:
    """Grain: one registration, in order of time; the verification codes' legs of farms; farmed account -> gang."""
    rng, world = day.rng("registrations"), day.world
    who = np.flatnonzero(rng.random(world.people.n) < world.mix["habits"]["registrations_per_day"])
    second = hours_of(rng, world.people.rhythm[who])
    device = [f"{v:016x}" for v in scattered(world.lines.handset[who], 301)]
    address = [
        _subscriber_ip(int(c), int(k)) for c, k in zip(world.lines.home[who], rng.integers(0, 3, len(who)), strict=True)
    ]
    names = [f"u{v % 10**10:010d}" for v in scattered(who * 1_000 + day.number, 302)]
    rows = list(zip(second.tolist(), rng.choice(PLATFORMS, len(who)).tolist(), names, who.tolist(), device, address,
                    rng.choice(AGENTS, len(who)).tolist(), strict=True))  # fmt: skip
    rows += _helped(day, rng)
    by_gang = {gang.number: _farmed(day, gang.number, unblocked(gang.farm, state)) for gang in world.gangs}
    farmed = [row for of_gang in by_gang.values() for row in of_gang]
    rows = sorted([*rows, *farmed])
    verified, line = np.array([(row[0], row[3]) for row in farmed], np.int64).reshape(-1, 2).T
    legs = signals(
        day,
        rng,
        MT_SMS,
        line,
        np.maximum(verified - rng.integers(8, 50, len(line)), 0),
        rng.choice(world.lines.senders, len(line)),
    )
    table = pa.table({
        "at_us": [moment(day, row[0]) for row in rows], "platform": [row[1] for row in rows],
        "platform_account": [row[2] for row in rows],
        "msisdn": world.lines.text.take(pa.array([row[3] for row in rows], pa.int64())),
        "device": [row[4] for row in rows], "ip": [row[5] for row in rows], "user_agent": [row[6] for row in rows],
    })  # fmt: skip
    return table, legs, {row[2]: gang for gang, of_gang in by_gang.items() for row in of_gang}


def unblocked(farm: Ints, state: State) -> Ints:
    """The cards of a farm that still work."""
    return farm[~np.isin(farm, list(state.blocked_lines))]


def _subscriber_ip(cell: int, k: int) -> str:
    """One of three shared addresses of a cell, from the range for carriers' address translation (RFC 6598)."""
    return f"100.{64 + (cell * 3 + k) // 256 % 64}.{(cell * 3 + k) % 256}.{cell % 250 + 1}"


def _helped(day: Day, rng: Rng) -> list[Registration]:
    """Repair shops that open accounts for customers on the shop's handset: one device, many honest registrations."""
    lines, out = day.world.lines, []
    for number, shop in enumerate(lines.of_class["repair_shop"][:: day.world.mix["others"]["repair_shop"]["group"]]):
        device = f"{int(scattered(lines.spare_handsets[number : number + 1], 301)[0]):016x}"
        for _ in range(int(rng.integers(1, 7))):
            who, name = int(rng.integers(0, day.world.people.n)), f"u{rng.integers(10**10):010d}"
            out.append((int(rng.integers(34_000, 68_000)), str(rng.choice(PLATFORMS)), name, who, device,
                        _subscriber_ip(int(lines.work[shop]), 0), AGENTS[number % len(AGENTS)]))  # fmt: skip
    return out


def _farmed(day: Day, gang: int, farm: Ints) -> list[Registration]:
    """Accounts opened in bulk: few devices and addresses, cards of the farm in turn, a burst at a time."""
    rng, out = day.rng("farm", gang), []
    devices = [f"{int(v):016x}" for v in scattered(np.arange(4) + gang * 10 + day.number // 3 * 1_000, 303)]
    addresses = [f"198.18.{gang % 256}.{int(v)}" for v in rng.integers(2, 250, 3)]
    many = int(rng.integers(*day.world.mix["gangs"]["farmed_per_day"])) if len(farm) else 0
    at = int(rng.integers(8 * 3600, 15 * 3600))
    changes = day.number == 1 or day.number % CHAT_DAYS == 0
    fresh = [chat_of(day.world, gang, day.number, which) for which in range(2 if changes else 0)]
    for number in range(many):
        at += int(rng.exponential(200)) + 20
        name = fresh[number] if number < len(fresh) else f"u{int(rng.integers(10**10)):010d}"
        platform = CHAT_PLATFORM if number < len(fresh) else str(rng.choice(PLATFORMS))
        if at < DAY_S:
            out.append((at, platform, name, int(rng.choice(farm)), str(rng.choice(devices)), str(rng.choice(addresses)),
                        str(rng.choice(AGENTS[:2]))))  # fmt: skip
    return out
