"""Reports of cases: what the victim can name, how the officer writes it, and what is left out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chainbreak.base.clock import US_PER_DAY, from_us
from chainbreak.city.cases import Case
from chainbreak.city.draws import Rng
from chainbreak.city.narratives import Told, narrative
from chainbreak.city.numbers import BANKS
from chainbreak.city.places import DISTRICTS
from chainbreak.city.sites import app_of, chat_of
from chainbreak.city.telephony import Day
from chainbreak.city.world import ZONE, World

STREETS = ("解放路", "人民街", "云锦苑小区", "幸福里", "东门社区", "学府路", "滨河花园", "工业园区", "城关镇", "向阳村")
WECHAT_WORDS = ("微信{}", "微信号{}", "微信{}", "V信{}", "薇信号：{}", "威信{}")
QQ_WORDS = ("QQ{}", "QQ号{}", "扣扣{}", "QQ：{}")


def report_rows(day: Day, reported: list[Case]) -> list[dict[str, Any]]:
    """Grain: one report of the day, columns of the record kind `report`, raw; in the order of reporting."""
    return [_row(day, case, number) for number, case in enumerate(reported, 1)]


def report_id(day: Day, number: int) -> str:
    """The id of the day's `number`-th report."""
    return f"A{day.world.date_of(day.number):%Y%m%d}{number:05d}"


def _row(day: Day, case: Case, number: int) -> dict[str, Any]:
    world, rng = day.world, day.rng("report", case["case"])
    district = DISTRICTS[int(world.places.district[int(world.people.home[case["victim"]]) // 3])]
    named = _named(world, case)
    told = _told(rng, world, case, named, district)
    return {
        "report_id": report_id(day, number),
        "reported_at_us": case["report_us"],
        "occurred_at_us": case["contact_us"] // 60_000_000 * 60_000_000 if rng.random() > 0.05 else None,
        "district": district if rng.random() > 0.02 else None,
        "narrative": narrative(rng, told),
        "loss_fen": case["loss_fen"],
        "victim": world.people.identity[case["victim"]].as_py() if rng.random() > 0.03 else None,
        "identifiers": _filled_in(rng, named),
    }  # fmt: skip


def _named(world: World, case: Case) -> dict[str, str]:
    """What the case left with the victim: number, chat account, site, card; empty where there was none."""
    day = (case["contact_us"] - world.start_us) // US_PER_DAY + 1
    by_phone = case["sim"] >= 0
    return {
        "line": world.lines.text[case["sim"]].as_py() if by_phone else "",
        "chat": chat_of(world, case["gang"], day, case["case"] % 2),
        "domain": case["sites"][-1] if case["sites"] else "",
        "account": world.accounts.text[case["paid"][-1][2]].as_py(),
    }  # fmt: skip


def _told(rng: Rng, world: World, case: Case, named: dict[str, str], district: str) -> Told:
    begun = from_us(case["contact_us"], ZONE)
    victim = case["victim"]
    bank = BANKS[int(world.accounts.bank[case["paid"][-1][2]])]
    words = QQ_WORDS if named["chat"].isdigit() else WECHAT_WORDS
    chat = words[int(rng.integers(0, len(words)))].format(named["chat"])
    day = (case["contact_us"] - world.start_us) // US_PER_DAY + 1
    written_day, written_time = _written_day(rng, begun), _written_time(rng, begun)
    if written_day[-1].isdigit() and written_time:
        written_day += " "
    return Told(
        fraud=case["fraud"], by_phone=bool(named["line"]), day=written_day, time=written_time,
        place=district + STREETS[int(rng.integers(0, len(STREETS)))],
        woman=int(world.people.identity[victim].as_py()[16]) % 2 == 0, age=int(world.people.age[victim]),
        phone=named["line"], chat=chat, app=app_of(world, case["gang"], day), site=named["domain"],
        card=named["account"], bank=bank, loss_fen=case["loss_fen"], times=len(case["paid"]),
    )  # fmt: skip


def _written_day(rng: Rng, at: datetime) -> str:
    forms = (f"{at.year}年{at.month}月{at.day}日", f"{at.month}月{at.day}日", f"{at.year}.{at.month:02d}.{at.day:02d}",
             f"本月{at.day}日", f"{at:%Y-%m-%d}")  # fmt: skip
    return forms[int(rng.integers(0, len(forms)))]


def _written_time(rng: Rng, at: datetime) -> str:
    half = "凌晨" if at.hour < 6 else "上午" if at.hour < 12 else "下午" if at.hour < 18 else "晚上"
    forms = (f"{at.hour}时{at.minute}分", f"{at:%H:%M}", f"{half}{(at.hour - 1) % 12 + 1}点", f"{at.hour}时", "")
    return forms[int(rng.integers(0, len(forms)))]


def _filled_in(rng: Rng, named: dict[str, str]) -> list[str]:
    """The form's fields for identifiers, as kind:value; each is skipped now and then, and some officers skip all."""
    if rng.random() < 0.15:
        return []
    return [f"{kind}:{value}" for kind, value in named.items() if value and rng.random() < 0.8]
