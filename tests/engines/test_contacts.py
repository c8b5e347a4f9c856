"""The same signs of contact on both engines, over random records of every sort they are read from."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from both_engines import QUIET, Engines

from chainbreak.app.confirmed_indicators import Indicator, kind_of
from chainbreak.app.contact_signs import Reader, with_places
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.records import kind_named
from chainbreak.records.finding import write_token
from chainbreak.store.lake import Lake

pytestmark = QUIET
NOON_US = 1_795_147_200_000_000
SITE = "rebate-bonus.top"
TEXTS = (
    "恭喜您获得第{n}号大奖，请速领取奖金",
    "点击 https://m.rebate-bonus.top/a?{n} 领取",
    "您的验证码是{n}，勿告诉他人",
    "好的",
)


def records() -> dict[str, list[dict[str, Any]]]:
    """A day of a dozen lines."""
    draw = random.Random(7)

    def at() -> int:
        return NOON_US - draw.randrange(1_430 * US_PER_MIN)

    def line() -> int | None:
        return draw.choice([*range(1, 13), None])

    calls = [
        {"at_us": at(), "duration_s": draw.choice([0, 30, 700, None]), "msisdn": line(), "peer": line(),
         "kind": draw.choice(["mo_call", "mt_call", "mo_sms"]), "imsi": draw.choice([200, None]),
         "answered": draw.choice([True, None]), "cell_id": draw.choice(["c1", "c2", None]),
         "peer_class": "mobile", "msisdn_class": "mobile"}
        for _ in range(300)
    ]  # fmt: skip
    texts = [
        {"at_us": at(), "sender": line(), "recipient": line(), "recipient_class": "mobile",
         "text": draw.choice(TEXTS).format(n=n), "sender_class": draw.choice(["mobile", None])}
        for n in range(200)
    ]  # fmt: skip
    hosts = (SITE, f"m.{SITE}", f"x{SITE}", "honest.cn")
    looks = [
        {"at_us": at(), "client": line(), "client_class": draw.choice(["mobile", "unknown"]),
         "domain": draw.choice(hosts)}
        for _ in range(200)
    ]  # fmt: skip
    paid = [
        {"transfer_id": f"t{n}", "booked_at_us": at(), "payer": draw.randrange(20, 26),
         "payee": draw.randrange(20, 26), "amount_fen": n + 1, "kind": draw.choice(["payment", "return", None])}
        for n in range(100)
    ]  # fmt: skip
    register = [
        {"msisdn": n, "imsi": 100 + n % 6, "holder": draw.choice([50, 51, None]), "activated_at_us": n * US_PER_DAY}
        for n in range(1, 13)
    ]  # fmt: skip
    return {
        "call": calls, "message": texts, "lookup": looks, "transfer": paid, "line": register,
        "account": [{"account": n, "holder": draw.choice([50, 51, None])} for n in range(20, 25)],
        "cell": [{"cell_id": "c1", "district": "东湖区"}],
    }  # fmt: skip


def test_the_same_signs(engines_on: Callable[[Lake], Engines], tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for name, rows in records().items():
        kind = kind_named(name)
        day = {"local_day": date(2026, 11, 20)} if kind.time else {}
        numbered = [{"record_ref": f"{n:032x}", **day, **row} for n, row in enumerate(rows)]
        lake.append(name, pa.Table.from_pylist(numbered, kind.arrow_schema()), kind.partition_by)
    names = [write_token("line", 3), write_token("imsi", 101), write_token("account", 20), SITE]
    confirmed = {name: Indicator(name, kind_of(name), "finding:1", 0.9, NOON_US) for name in names}
    both = engines_on(lake)
    found = []
    for engine in (both.duck, both.spark):
        reader = Reader(engine, engine, confirmed, confirmed.keys(), NOON_US - US_PER_DAY, NOON_US)
        signs = reader.read({write_token("account", 21): "finding:2"})
        placed = with_places(engine, signs.events, NOON_US - US_PER_DAY)
        found.append(
            (sorted(map(repr, placed)), sorted(map(repr, signs.answers)), signs.lines, sorted(map(repr, signs.asides)))
        )
    assert found[0] == found[1]
    kinds = {kind: sum(f"'{kind}'" in one for one in found[0][0])
             for kind in ("call.fraud_line", "sms.template", "visit.scam_domain", "transfer.toward_mule")}  # fmt: skip
    assert all(kinds.values()), kinds
    assert any("template:" in one for one in found[0][0])
    assert all(found[0])
