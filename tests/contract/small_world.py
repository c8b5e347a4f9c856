"""A world of three days in lake rows: people, one box of eight cards in six ports, a call centre, a courier, hot-list
hits, a ring of four mules, a landlord, and the names of `small_web`."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, US_PER_S, local_day
from chainbreak.records import kind_named
from chainbreak.records.kind import Type

START_US = 1_793_548_800_000_000
"""2026-11-02 00:00 in Shanghai."""
DAYS = 3
WORLD_END_US = START_US + DAYS * US_PER_DAY - 1
ZONE = "Asia/Shanghai"
PEOPLE = 150
Row = dict[str, Any]


def token(kind: str, value: object) -> int:
    """A made-up token: 8 bytes of a plain digest, as signed int64."""
    return int.from_bytes(hashlib.blake2b(f"{kind}:{value}".encode(), digest_size=8).digest(), "big", signed=True)


def small_world() -> dict[str, pa.Table]:
    """Lake tables by kind."""
    from small_web import with_sites  # which builds on this module

    rng = random.Random(7)
    calls = [*_residents(rng), *_box(rng), *_call_centre(rng), *_courier(rng)]
    return with_sites({
        "call": table("call", calls), "line": table("line", _lines()), "cell": table("cell", _cells()),
        "hotlist": table("hotlist", _hits()),
        "transfer": table("transfer", _transfers(rng)), "account": table("account", _accounts()),
        "report": table("report", [
            {"report_id": "R1", "reported_at_us": START_US + 2 * US_PER_DAY, "identifiers":
             [f"account:{token('account', 'mule') & (2**64 - 1):016x}", "example.com"]},
        ]),
    })  # fmt: skip


def table(name: str, rows: list[Row]) -> pa.Table:
    """Rows as the lake holds them; what a row leaves out is null."""
    kind = kind_named(name)
    for row in rows:
        if kind.time:
            row["local_day"] = local_day(row[kind.time], ZONE)
            row["local_hour"] = (row[kind.time] - START_US) % US_PER_DAY // US_PER_HOUR
        named = repr(sorted((k, str(v)) for k, v in row.items()))
        row["record_ref"] = hashlib.blake2b(named.encode(), digest_size=16).hexdigest()
    empty = {c.name: [] if c.type is Type.STRINGS else None for c in kind.lake_columns()}
    return pa.Table.from_pylist([{**empty, **row} for row in rows], schema=kind.arrow_schema())


def _leg(
    who: object, peer: object, at_us: int, kind: str = "mo_call", *, cell: str, s: int = 40, imei: object = None
) -> Row:
    handset = who if imei is None else imei
    return {
        "at_us": at_us, "duration_s": s, "kind": kind, "answered": s > 0, "cell_id": cell,
        "msisdn": token("line", who), "msisdn_class": "mobile", "imsi": token("imsi", who), "peer": token("line", peer),
        "peer_class": "mobile", "imei": token("imei", handset), "ta": int(hash_of(cell + str(handset))) % 5 + 1,
        "imei_tac": "86000001" if str(handset).startswith("port") else f"35{hash_of(handset)}",
    }  # fmt: skip


def hash_of(value: object) -> str:
    """Six digits that depend on the value."""
    return f"{int(hashlib.blake2b(str(value).encode(), digest_size=4).hexdigest(), 16) % 300:06d}"


def _residents(rng: random.Random) -> list[Row]:
    rows = []
    for who in range(PEOPLE):
        for day in range(DAYS):
            for _ in range(rng.randint(1, 4)):
                peer = (who + rng.randint(1, 6)) % PEOPLE
                at = START_US + day * US_PER_DAY + rng.randint(8 * 3600, 22 * 3600) * US_PER_S
                length = rng.randint(10, 300)
                rows.append(_leg(who, peer, at, cell=f"C{who % 12:02d}", s=length))
                rows.append(_leg(peer, who, at, "mt_call", cell=f"C{peer % 12:02d}", s=length))
    return rows


def _box(rng: random.Random) -> list[Row]:
    """Six ports on one list; on later days a second card takes over two of them, and numbers missed are tried again."""
    rows, missed = [], []
    for day in range(DAYS):
        for port in range(6):
            card, at = f"sim{port}", START_US + day * US_PER_DAY + 9 * US_PER_HOUR
            for n in range(45):
                length = rng.choice([0, 0, 12, 20, 90])
                at += rng.randint(90, 600) * US_PER_S + length * US_PER_S
                stranger = f"far{rng.randint(0, 10**6)}" if len(missed) < 9 or n % 3 else missed.pop(0)
                if not length:
                    missed.append(stranger)
                if day and port < 2 and n == 22:
                    rows += [
                        _signal(card, "detach", at, port),
                        _signal(f"sim{port + 6}", "attach", at + US_PER_MIN, port),
                    ]
                    card, at = f"sim{port + 6}", at + 3 * US_PER_MIN
                rows.append(_leg(card, stranger, at, cell="C01", s=length, imei=f"port{port}") | {"ta": 2})
    return rows


def _signal(card: str, kind: str, at_us: int, port: int) -> Row:
    """A card that comes into a port of the box or leaves it."""
    leg = _leg(card, card, at_us, kind, cell="C01", imei=f"port{port}")
    return leg | {"peer": None, "peer_class": None, "duration_s": None, "answered": None, "ta": 2}


def _hits() -> list[Row]:
    """A test call that came through the box, and a number reported by mistake."""
    at = START_US + US_PER_DAY + 15 * US_PER_HOUR
    return [
        {"at_us": at, "list": "test_call", "msisdn": token("line", "sim1"), "source": "operator"},
        {"at_us": at + US_PER_HOUR, "list": "reported", "msisdn": token("line", 7), "source": "hotline"},
    ]


def _call_centre(rng: random.Random) -> list[Row]:
    rows = []
    for seat in range(6):
        for n in range(80):
            at = START_US + 9 * US_PER_HOUR + n * 6 * US_PER_MIN + rng.randint(0, 60) * US_PER_S
            rows.append(
                _leg(f"seat{seat}", f"customer{rng.randint(0, 500)}", at, cell="C05", s=45, imei=f"port-c{seat}")
            )
    return rows


def _courier(rng: random.Random) -> list[Row]:
    at = START_US + 7 * US_PER_HOUR
    rows = []
    for n in range(90):
        at += rng.randint(60, 500) * US_PER_S
        rows.append(_leg("courier", f"door{n}", at, cell=f"C{n % 12:02d}", s=18))
        if n % 6 == 0:
            rows.append(_leg("courier", f"door{n}", at + 40 * US_PER_MIN, "mt_call", cell=f"C{n % 12:02d}", s=20))
    return rows


def _lines() -> list[Row]:
    new = {f"sim{p}": ("consumer", 9) for p in range(8)}
    centre = {f"seat{s}": ("call_centre", 900) for s in range(6)}
    people: dict[object, tuple[str, int]] = {who: ("consumer", 300 + 7 * who) for who in range(PEOPLE)}
    return [
        {"msisdn": token("line", who), "imsi": token("imsi", who), "plan": plan, "outlet_id": "O1",
         "activated_at_us": START_US - days * US_PER_DAY}
        for who, (plan, days) in {**people, **new, **centre, "courier": ("consumer", 500)}.items()
    ]  # fmt: skip


def _cells() -> list[Row]:
    return [
        {"cell_id": f"C{n:02d}", "site_id": f"S{n // 3}", "lat": 30.0 + n // 3 * 0.02, "lon": 120.0 + n // 3 * 0.01,
         "district": "D1", "azimuth": n % 3 * 120.0, "technology": "lte"}
        for n in range(12)
    ]  # fmt: skip


def _transfers(rng: random.Random) -> list[Row]:
    rows: list[Row] = []

    def pay(payer: object, payee: object, at_us: int, yuan: int, kind: str = "payment") -> None:
        rows.append({
            "transfer_id": f"T{len(rows):05d}", "booked_at_us": at_us, "seq": len(rows), "amount_fen": yuan * 100,
            "payer": token("account", payer), "payee": token("account", payee), "kind": kind, "channel": "app",
            "currency": "CNY",
        })  # fmt: skip

    for day in range(DAYS):
        dawn = START_US + day * US_PER_DAY
        for who in range(PEOPLE):
            pay(who, f"shop{who % 5}", dawn + rng.randint(9 * 3600, 21 * 3600) * US_PER_S, rng.randint(10, 300))
        for tenant in range(4):
            pay(tenant, "landlord", dawn + (10 + tenant) * US_PER_HOUR, 2_500)
        pay("landlord", "bank", dawn + 20 * US_PER_HOUR, 9_000)
    for n in range(8):
        at = START_US + (1 + n // 4) * US_PER_DAY + (10 + n) * US_PER_HOUR
        pay(f"victim{n}", "mule", at, 20_000 + 137 * n)
        pay("mule", f"next{n % 2}", at + 4 * US_PER_MIN, 12_000)
        pay("mule", "CASH01", at + 7 * US_PER_MIN, 8_000 + 130 * n, "cash_out")
        pay(f"next{n % 2}", "last", at + 9 * US_PER_MIN, 6_000)
        pay(f"next{n % 2}", "CASH02", at + 12 * US_PER_MIN, 5_900, "cash_out")
        pay("last", "CASH01", at + 15 * US_PER_MIN, 5_950, "cash_out")
    return rows


def _accounts() -> list[Row]:
    young = {"mule": ("personal", 20), "next0": ("personal", 25), "next1": ("personal", 31),
             "last": ("personal", 12)}  # fmt: skip
    old: dict[object, tuple[str, int]] = {who: ("personal", 700 + who) for who in range(PEOPLE)}
    fixed = {
        "landlord": ("personal", 2_000),
        "bank": ("bank", 4_000),
        **{f"shop{n}": ("merchant", 1_500) for n in range(5)},
    }
    return [
        {
            "account": token("account", who),
            "kind": kind,
            "opened_at_us": START_US - days * US_PER_DAY,
            "outlet_id": f"B{days % 9}",
        }
        for who, (kind, days) in {**old, **young, **fixed}.items()
    ]
