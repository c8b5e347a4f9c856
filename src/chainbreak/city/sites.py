"""Domains: honest ones, the gangs' sites that come and go, what gangs are called elsewhere, and who looks them up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.city.cases import stopped, today
from chainbreak.city.draws import DAY_S, stream
from chainbreak.city.state import State
from chainbreak.city.telephony import Day, hours_of
from chainbreak.city.world import World

REGISTRARS = ("云域科技", "西部数码网络", "海名互联", "NameHarbor")
SYLLABLES = ("ba", "chen", "da", "fei", "gu", "hai", "jin", "kuai", "lan", "mei", "nan", "ou", "ping", "qi", "rong",
             "shu", "tong", "wan", "xin", "yun", "zhi", "bo", "ce", "dian")  # fmt: skip
SITE_ENDINGS = ("top", "xyz", "vip", "cc", "com", "icu", "shop")
HONEST_ENDINGS = ("com", "cn", "net", "com.cn", "org", "top", "shop")
CHAT_DAYS = 3
LOOKS = (1, 4)
"""Look-ups of one visit, at least and at most."""
MEAN_LOOKS = sum(LOOKS) / 2
APPS = ("鑫汇通", "云聚会议", "优速任务", "众盈", "安信宝", "快审贷", "微享", "联保", "天启量化", "乐淘助手")

Visit = tuple[int, int, str]
"""µs UTC, line, site."""
DOMAIN_SCHEMA = pa.schema([("domain", pa.string()), ("registered_at_us", pa.int64()), ("registrar", pa.string()),
                           ("first_seen_us", pa.int64())])  # fmt: skip


def site_of(world: World, gang: int, number: int) -> str:
    """The name of a gang's `number`-th site."""
    rng = stream(world.seed, "site", gang, number)
    name = "".join(rng.choice(SYLLABLES, int(rng.integers(2, 4))))
    middle = ("-" if rng.random() < 0.3 else "") + ("".join(rng.choice(list("kfabx"), 2)) if rng.random() < 0.6 else "")
    return f"{name}{middle}{int(rng.integers(1, 9999))}.{rng.choice(SITE_ENDINGS)}".replace("--", "-")


def chat_of(world: World, gang: int, day: int, which: int = 0) -> str:
    """A gang's chat account in use on a day: 0 its WeChat id, 1 its QQ number; new ones every `CHAT_DAYS` days."""
    rng = stream(world.seed, "chat", gang, day // CHAT_DAYS, which)
    if which == 1:
        return str(int(rng.integers(10**8, 4 * 10**9)))
    return "".join(rng.choice(list("abcdefhjkmnprstwxyz"), 3)) + str(int(rng.integers(10_000, 9_999_999)))


def app_of(world: World, gang: int, day: int) -> str:
    """The name of the app a gang has people install; it changes about every ten days, and gangs share names."""
    return APPS[int(stream(world.seed, "app", gang, day // 10).integers(0, len(APPS)))]


def honest_domains(world: World) -> pa.Table:
    """Grain: one registered domain in use before the first day; two in a hundred are younger than a month."""
    rng, n = stream(world.seed, "domains"), max(200, world.people.n // 20)
    # Two more syllables or a number keep names apart; the most visited have no number.
    size = len(SYLLABLES)
    last = [SYLLABLES[i % size] + SYLLABLES[i // size] if i < size * size else str(i) for i in range(n)]
    parts = (rng.choice(SYLLABLES, n), rng.choice(SYLLABLES, n), last, rng.choice(HONEST_ENDINGS, n))
    names = [f"{a}{b}{c}.{ending}" for a, b, c, ending in zip(*parts, strict=True)]
    age = np.where(rng.random(n) < 0.02, rng.uniform(1, 30, n), rng.exponential(2_000, n) + 30)
    registered = world.start_us - (age * 86_400).astype(np.int64) * US_PER_S
    return pa.table({
        "domain": names, "registered_at_us": registered, "registrar": rng.choice(REGISTRARS, n),
        "first_seen_us": np.minimum(registered + rng.integers(0, 20 * 86_400, n) * US_PER_S, world.start_us),
    })  # fmt: skip


def move_sites(day: Day, state: State) -> tuple[pa.Table, dict[str, int]]:
    """Gangs whose site is blocked or worn out take the next one; returns the new names' registration (grain: one
    domain; perhaps empty) and site -> gang.
    """
    rng = day.rng("sites")
    rows: list[dict[str, object]] = []
    moved: dict[str, int] = {}
    life = day.world.mix["gangs"]["domain_life_days"]
    for gang, at in enumerate(state.gangs):
        span = int(rng.integers(life[0], life[1] + 1))
        blocked = site_of(day.world, gang, at.site) in state.sunk_domains
        if at.site == 0 or blocked or day.number - at.site_since >= span:
            at.site, at.site_since = at.site + 1, day.number
            dawn = day.world.day_us(day.number)
            name, age_s = site_of(day.world, gang, at.site), int(rng.integers(600, 6 * 86_400))
            moved[name] = gang
            rows.append({"domain": name, "registered_at_us": dawn - age_s * US_PER_S,
                         "registrar": str(rng.choice(REGISTRARS)), "first_seen_us": dawn})  # fmt: skip
    return pa.Table.from_pylist(rows, DOMAIN_SCHEMA), moved


def visit_sites(day: Day, state: State) -> list[Visit]:
    """The victims' look-ups of today, also noted in their cases."""
    rng, end, out = day.rng("visits"), day.world.day_us(day.number) + US_PER_DAY, []
    for case in state.cases:
        if today(day, case["lookup_us"]):
            site = site_of(day.world, case["gang"], state.gangs[case["gang"]].site)
            goes = not stopped(case, case["lookup_us"])
            case["sites"] += [site] if goes else []
            for again in range(int(rng.integers(LOOKS[0], LOOKS[1] + 1))):
                at = case["lookup_us"] + again * int(rng.integers(20, 110)) * US_PER_S
                if goes and at < min(end, case["pays"][0]):
                    out.append((at, case["victim"], site))
    return out


def lookup_table(day: Day, visits: list[Visit], domains: pa.Array) -> pa.Table:
    """Grain: one look-up, columns of the record kind `lookup`, in order of time."""
    world, rng, n = day.world, day.rng("lookups"), day.world.people.n
    who = np.repeat(np.arange(n), rng.poisson(world.mix["habits"]["lookups_per_day"] / MEAN_LOOKS, n))
    asked = (len(domains) * rng.random(len(who)) ** 3).astype(np.int64)
    second = hours_of(rng, world.people.rhythm[who])
    # A page is opened, left and opened again within minutes, honest or not.
    looks = rng.integers(LOOKS[0], LOOKS[1] + 1, len(who))
    nth = np.arange(looks.sum()) - np.repeat(np.cumsum(looks) - looks, looks)
    who, asked, second = (np.repeat(column, looks) for column in (who, asked, second))
    second = np.minimum(second + nth * rng.integers(20, 110, len(nth)), DAY_S - 1)
    at = world.day_us(day.number) + second * US_PER_S + rng.integers(0, US_PER_S, len(who))
    sites = sorted({site for _, _, site in visits})
    names = pa.concat_arrays([domains, pa.array(sites, pa.string())])
    place = {site: len(domains) + i for i, site in enumerate(sites)}
    extra = np.array([(t, line, place[site]) for t, line, site in visits], np.int64).reshape(-1, 3).T
    at, who, asked = (np.concatenate(pair) for pair in zip((at, who, asked), extra, strict=True))
    order = np.argsort(at, kind="stable")
    return pa.table({"at_us": at[order], "client": world.lines.text.take(pa.array(who[order])),
                     "domain": names.take(pa.array(asked[order]))})  # fmt: skip
