"""A day online: registrations on platforms, texts of messages, look-ups, and the gangs' sites that come and go."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import pyarrow as pa
import yaml

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.city.boxes import moment
from chainbreak.city.cases import today
from chainbreak.city.draws import DAY_S, Ints, Rng, scattered, stream
from chainbreak.city.state import State
from chainbreak.city.telephony import MO_SMS, MT_SMS, Day, Legs, hours_of, signals
from chainbreak.city.world import World

PLATFORMS = ("云信", "抖影", "购多多", "游界", "汇付通")
CHAT_PLATFORM = "云信"
REGISTRARS = ("云域科技", "西部数码网络", "海名互联", "NameHarbor")
SYLLABLES = ("ba", "chen", "da", "fei", "gu", "hai", "jin", "kuai", "lan", "mei", "nan", "ou", "ping", "qi", "rong", "shu",
             "tong", "wan", "xin", "yun", "zhi", "bo", "ce", "dian")  # fmt: skip
SITE_ENDINGS = ("top", "xyz", "vip", "cc", "com", "icu", "shop")
HONEST_ENDINGS = ("com", "cn", "net", "com.cn", "org", "top", "shop")
AGENTS = ("Mozilla/5.0 (Linux; Android 14; V2318A)", "Mozilla/5.0 (Linux; Android 13; 23049RAD8C)",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
          "Mozilla/5.0 (Linux; Android 12; PGEM10)", "Mozilla/5.0 (Linux; U; Android 11; HarmonyOS)")  # fmt: skip
APPS = ("鑫汇通", "云聚会议", "优速任务", "众盈", "安信宝", "快审贷", "微享", "联保", "天启量化", "乐淘助手")

DOMAIN_SCHEMA = pa.schema([("domain", pa.string()), ("registered_at_us", pa.int64()), ("registrar", pa.string()),
                           ("first_seen_us", pa.int64())])  # fmt: skip


@cache
def texts() -> dict[str, list[str]]:
    """The texts of `data/texts.yaml`: honest and scam."""
    source = resources.files("chainbreak.city").joinpath("data/texts.yaml").read_text(encoding="utf-8")
    loaded: dict[str, list[str]] = yaml.safe_load(source)
    return loaded


def site_of(world: World, gang: int, number: int) -> str:
    """The name of a gang's `number`-th site."""
    rng = stream(world.seed, "site", gang, number)
    name = "".join(rng.choice(SYLLABLES, int(rng.integers(2, 4))))
    middle = ("-" if rng.random() < 0.3 else "") + ("".join(rng.choice(list("kfabx"), 2)) if rng.random() < 0.6 else "")
    return f"{name}{middle}{int(rng.integers(1, 9999))}.{rng.choice(SITE_ENDINGS)}".replace("--", "-")


def chat_of(world: World, gang: int, day: int, which: int = 0) -> str:
    """A gang's chat account in use on a day; it has two at a time and drops them after three days."""
    rng = stream(world.seed, "chat", gang, day // 3, which)
    return "".join(rng.choice(list("abcdefhjkmnprstwxyz"), 3)) + str(int(rng.integers(10_000, 9_999_999)))


def app_of(world: World, gang: int, day: int) -> str:
    """The name of the app a gang has people install; it changes about every ten days, and gangs share names."""
    return APPS[int(stream(world.seed, "app", gang, day // 10).integers(0, len(APPS)))]


def honest_domains(world: World) -> pa.Table:
    """Grain: one registered domain in use before the first day; two in a hundred are younger than a month."""
    rng, n = stream(world.seed, "domains"), max(200, world.people.n // 20)
    words = np.char.add(rng.choice(SYLLABLES, n), rng.choice(SYLLABLES, n))
    # The number keeps names apart; small numbers are left out as many honest sites have none.
    number = np.where(np.arange(n) < 400, "", np.arange(n).astype(str))
    third = np.where(np.arange(n) < 400, np.array(SYLLABLES)[np.arange(n) % len(SYLLABLES)], "")
    second = np.where(np.arange(n) < 400, np.array(SYLLABLES)[np.arange(n) // len(SYLLABLES) % len(SYLLABLES)], "")
    names = [f"{a}{b}{c}{d}.{e}" for a, b, c, d, e in zip(
        words, third, second, number, rng.choice(HONEST_ENDINGS, n), strict=True)]  # fmt: skip
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
            moved[site_of(day.world, gang, at.site)] = gang
            rows.append({"domain": site_of(day.world, gang, at.site),
                         "registered_at_us": dawn - int(rng.integers(600, 6 * 86_400)) * US_PER_S,
                         "registrar": str(rng.choice(REGISTRARS)), "first_seen_us": dawn + int(rng.integers(0, 3_600)) * US_PER_S})  # fmt: skip
    return pa.Table.from_pylist(rows, DOMAIN_SCHEMA), moved


def visit_sites(day: Day, state: State) -> list[tuple[int, int, str]]:
    """The victims' look-ups of today: µs UTC, line, site; also noted in their cases."""
    rng, end, out = day.rng("visits"), day.world.day_us(day.number) + US_PER_DAY, []
    for case in state.cases:
        if today(day, case["lookup_us"]):
            site = site_of(day.world, case["gang"], state.gangs[case["gang"]].site)
            case["sites"].append(site)
            for again in range(int(rng.integers(1, 5))):
                at = case["lookup_us"] + again * int(rng.integers(20, 110)) * US_PER_S
                if at < min(end, case["pays"][0]):
                    out.append((at, case["victim"], site))
    return out


def lookup_table(day: Day, visits: list[tuple[int, int, str]], domains: pa.Array) -> pa.Table:
    """Grain: one look-up, columns of the record kind `lookup`, in order of time."""
    world, rng, n = day.world, day.rng("lookups"), day.world.people.n
    who = np.repeat(np.arange(n), rng.poisson(world.mix["habits"]["lookups_per_day"], n))
    asked = (len(domains) * rng.random(len(who)) ** 3).astype(np.int64)
    at = world.day_us(day.number) + hours_of(rng, world.people.rhythm[who]) * US_PER_S + rng.integers(0, US_PER_S, len(who))
    sites = sorted({site for _, _, site in visits})
    names = pa.concat_arrays([domains, pa.array(sites, pa.string())])
    place = {site: len(domains) + i for i, site in enumerate(sites)}
    extra = np.array([(t, line, place[site]) for t, line, site in visits], np.int64).reshape(-1, 3).T
    at, who, asked = (np.concatenate(pair) for pair in zip((at, who, asked), extra, strict=True))
    order = np.argsort(at, kind="stable")
    return pa.table({"at_us": at[order], "client": world.lines.text.take(pa.array(who[order])),
                     "domain": names.take(pa.array(asked[order]))})  # fmt: skip


def scam_texts(day: Day, state: State) -> tuple[Legs, list[tuple[int, int, int, str]], list[tuple[int, int, str]]]:
    """Texts sent from farms and from abroad: legs; messages (second, sender, recipient, text); visits by the curious."""
    rng, lines = day.rng("scam texts"), day.world.lines
    rows: list[tuple[int, int, int, str]] = []
    visits = []
    for gang in day.world.gangs:
        site = site_of(day.world, gang.number, state.gangs[gang.number].site)
        for _ in range(int(rng.integers(*day.world.mix["gangs"]["scam_texts_per_day"]))):
            second = int(rng.integers(9 * 3600, 21 * 3600))
            own = rng.random() < 0.6
            sender = int(rng.choice(gang.farm)) if own else lines.n + int(rng.integers(0, lines.outsiders))
            to = int(rng.integers(0, day.world.people.n))
            text = str(rng.choice(texts()["scam"])).format(
                n=int(rng.integers(100, 9999)), site=site, chat=chat_of(day.world, gang.number, day.number))  # fmt: skip
            rows.append((second, sender, to, text))
            if site in text and rng.random() < 0.04:
                visits.append((moment(day, second + int(rng.integers(30, 3_000))), to, site))
    second, sender, to = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3).T
    own_sender = sender < lines.n
    legs = Legs.joined([signals(day, rng, MO_SMS, sender[own_sender], second[own_sender], to[own_sender]),
                        signals(day, rng, MT_SMS, to, second + 3, sender)])  # fmt: skip
    return legs, rows, visits


def message_table(day: Day, legs: Legs, scam: list[tuple[int, int, int, str]]) -> pa.Table:
    """Grain: one message with its text: a sample of what services sent, and the scam texts; in order of time."""
    world, rng = day.world, day.rng("texts")
    service = np.flatnonzero((legs.kind == MT_SMS) & (legs.peer >= world.lines.senders[0]))
    kept = rng.choice(service, min(len(service), int(world.mix["habits"]["texts_per_day"] * world.people.n)), replace=False)
    honest, places = texts()["honest"], ("东门", "幸福里", "云锦苑", "中医", "儿科")
    which = rng.integers(0, len(honest), len(kept))
    number = rng.integers(1_000, 999_999, len(kept))
    rows = [(int(legs.second[leg]), int(legs.peer[leg]), int(legs.line[leg]),
             honest[w].format(n=n, who=places[n % len(places)])) for leg, w, n in zip(kept, which, number, strict=True)]  # fmt: skip
    rows = sorted([*rows, *scam])
    second, sender, to = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3).T
    return pa.table({
        "at_us": world.day_us(day.number) + second * US_PER_S, "sender": world.lines.text.take(pa.array(sender)),
        "recipient": world.lines.text.take(pa.array(to)), "text": [row[3] for row in rows],
    })  # fmt: skip


def registrations(day: Day) -> tuple[pa.Table, Legs]:
    """Grain: one registration, in order of time; and the verification codes' legs of farms."""
    rng, world = day.rng("registrations"), day.world
    who = np.flatnonzero(rng.random(world.people.n) < world.mix["habits"]["registrations_per_day"])
    second = hours_of(rng, world.people.rhythm[who])
    device = [f"{v:016x}" for v in scattered(world.lines.handset[who], 301)]
    address = [_subscriber_ip(int(c), int(k)) for c, k in zip(world.lines.home[who], rng.integers(0, 3, len(who)), strict=True)]
    names = [f"u{v % 10**10:010d}" for v in scattered(who * 1_000 + day.number, 302)]
    rows = list(zip(second.tolist(), rng.choice(PLATFORMS, len(who)).tolist(), names, who.tolist(), device, address,
                    rng.choice(AGENTS, len(who)).tolist(), strict=True))  # fmt: skip
    rows += _helped(day, rng)
    farmed = [row for gang in world.gangs for row in _farmed(day, gang.number, gang.farm)]
    rows = sorted([*rows, *farmed])
    second, line = np.array([(row[0], row[3]) for row in farmed], np.int64).reshape(-1, 2).T
    legs = signals(day, rng, MT_SMS, line, np.maximum(second - rng.integers(8, 50, len(line)), 0), rng.choice(world.lines.senders, len(line)))
    return pa.table({
        "at_us": [moment(day, row[0]) for row in rows], "platform": [row[1] for row in rows],
        "platform_account": [row[2] for row in rows],
        "msisdn": world.lines.text.take(pa.array([row[3] for row in rows], pa.int64())),
        "device": [row[4] for row in rows], "ip": [row[5] for row in rows], "user_agent": [row[6] for row in rows],
    }), legs  # fmt: skip


Registration = tuple[int, str, str, int, str, str, str]


def _subscriber_ip(cell: int, k: int) -> str:
    """One of three shared addresses of a cell, from the range for carriers' address translation (RFC 6598)."""
    return f"100.{64 + (cell * 3 + k) // 256 % 64}.{(cell * 3 + k) % 256}.{cell % 250 + 1}"


def _helped(day: Day, rng: Rng) -> list[Registration]:
    """Repair shops that open accounts for customers on the shop's handset: one device, many honest registrations."""
    lines, out = day.world.lines, []
    for number, shop in enumerate(lines.of_class["repair_shop"][:: day.world.mix["others"]["repair_shop"]["group"]]):
        device = f"{int(scattered(lines.spare_handsets[number : number + 1], 301)[0]):016x}"
        for _ in range(int(rng.integers(1, 7))):
            who = int(rng.integers(0, day.world.people.n))
            out.append((int(rng.integers(34_000, 68_000)), str(rng.choice(PLATFORMS)), f"u{rng.integers(10**10):010d}", who,
                        device, _subscriber_ip(int(lines.work[shop]), 0), AGENTS[number % len(AGENTS)]))  # fmt: skip
    return out


def _farmed(day: Day, gang: int, farm: Ints) -> list[Registration]:
    """Accounts opened in bulk: few devices and addresses, cards of the farm in turn, a burst at a time."""
    rng, out = day.rng("farm", gang), []
    devices = [f"{int(v):016x}" for v in scattered(np.arange(4) + gang * 10 + day.number // 3 * 1_000, 303)]
    addresses = [f"198.18.{gang % 256}.{int(v)}" for v in rng.integers(2, 250, 3)]
    many = int(rng.integers(*day.world.mix["gangs"]["farmed_per_day"]))
    at = int(rng.integers(8 * 3600, 15 * 3600))
    fresh = [chat_of(day.world, gang, day.number, which) for which in range(2)] if day.number % 3 == 0 or day.number == 1 else []
    for number in range(many):
        at += int(rng.exponential(200)) + 20
        name = fresh[number] if number < len(fresh) else f"u{int(rng.integers(10**10)):010d}"
        platform = CHAT_PLATFORM if number < len(fresh) else str(rng.choice(PLATFORMS))
        if at < DAY_S:
            out.append((at, platform, name, int(rng.choice(farm)), str(rng.choice(devices)), str(rng.choice(addresses)),
                        str(rng.choice(AGENTS[:2]))))  # fmt: skip
    return out
