"""A box in a centre: its calls, cells, register and hot lists in the lake, and the finding a detector would make."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from chainbreak.app.bootstrap import Office
from chainbreak.app.ingest_file import ingest_files
from chainbreak.identity.batch import tokenise
from chainbreak.identity.numbers import Place
from chainbreak.records.actor import SERVICE
from chainbreak.records.finding import Action, Evidence, Finding, Level, Member, write_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.findings import save_findings

START_US = 1_794_960_000_000_000  # 2026-11-18 08:00 in Shanghai, a Wednesday
S, MIN, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
DAYS = 2
CELLS = [
    {"cell_id": f"460-1-{mast}-{sector}", "site_id": f"S{mast:02d}", "lat": 31.20 + 0.01 * (mast // 3),
     "lon": 121.40 + 0.012 * (mast % 3), "district": "南屏区" if mast < 6 else "东湖区", "azimuth": 120 * sector,
     "technology": "gsm"}
    for mast in range(9) for sector in range(3)
]  # fmt: skip
HOME = "460-1-4-1"
EVIL = "<script>alert(1)</script>"


def number(i: int) -> str:
    return f"1380013{i:04d}"


def imsi(i: int) -> str:
    return f"46000{i:010d}"


def imei(i: int) -> str:
    return f"86123456{i:06d}"


def calls_of_box(sims: int, ports: int, days: int = DAYS, every_min: int = 20) -> Iterable[dict[str, Any]]:
    """Cards take turns in ports, an hour each from 8 to 18; every port calls somebody new each `every_min` minutes."""
    for day in range(days):
        for port in range(ports):
            cards = range(port, sims, ports)
            for hour in range(10):
                card = cards[hour % len(cards)]
                begins = START_US + day * DAY + hour * HOUR
                who = {"msisdn": number(card), "imsi": imsi(card), "imei": imei(port), "cell_id": HOME}
                yield who | {"at_us": begins, "kind": "attach", "duration_s": 0, "peer": "", "answered": ""}
                for n, minute in enumerate(range(2, 58, every_min)):
                    long_s = (0, 40, 90)[n % 3]
                    yield who | {
                        "at_us": begins + minute * MIN, "kind": "mo_call", "duration_s": long_s,
                        "peer": f"139{day:02d}{port:03d}{hour:01d}{minute:02d}", "answered": str(long_s > 0).lower(),
                    }  # fmt: skip
                yield who | {"at_us": begins + 59 * MIN, "kind": "detach", "duration_s": 0, "peer": "", "answered": ""}


def neighbours() -> Iterable[dict[str, Any]]:
    """Five who live in the cell and call little, and one call centre that calls a lot."""
    for n in range(5):
        yield {"at_us": START_US + n * HOUR, "kind": "mo_call", "duration_s": 60, "msisdn": number(500 + n),
               "imsi": imsi(500 + n), "imei": imei(900 + n), "peer": number(600), "cell_id": HOME,
               "answered": "true"}  # fmt: skip
    for n in range(80):
        yield {"at_us": START_US + n * 5 * MIN, "kind": "mo_call", "duration_s": 30, "msisdn": number(550),
               "imsi": imsi(550), "imei": imei(950), "peer": f"137{n:08d}", "cell_id": HOME,
               "answered": "true"}  # fmt: skip


def ingest(office: Office, folder: Path, kind: str, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (run,) = ingest_files(office, SERVICE, kind, [path])
    assert (run.error, run.quarantined) == ("", 0)


def add_box(office: Office, folder: Path, sims: int = 8, ports: int = 4, every_min: int = 20, **facts: Any) -> Finding:
    """The records of a box of `sims` cards in `ports` ports, its surroundings, and an open finding about it."""
    ingest(office, folder, "call", [*calls_of_box(sims, ports, every_min=every_min), *neighbours()])
    ingest(office, folder, "cell", CELLS)
    opened = START_US - 30 * DAY
    ingest(office, folder, "line", [
        *({"msisdn": number(i), "imsi": imsi(i), "activated_at_us": opened, "plan": "consumer"} for i in range(sims)),
        *({"msisdn": number(500 + i), "imsi": imsi(500 + i), "activated_at_us": opened, "plan": "consumer"}
          for i in range(5)),
        {"msisdn": number(550), "imsi": imsi(550), "activated_at_us": opened, "plan": "call_centre"},
    ])  # fmt: skip
    ingest(office, folder, "hotlist", [
        {"at_us": START_US + HOUR, "list": "test_call", "msisdn": number(0), "imei": "", "source": EVIL},
        {"at_us": START_US + DAY, "list": "blacklist", "msisdn": "", "imei": imei(1), "source": "反诈中心"},
        {"at_us": START_US + DAY, "list": "reported", "msisdn": number(777), "imei": "", "source": "96110"},
    ])  # fmt: skip
    found = box_finding(office, sims, ports, facts)
    with office.desk.begin() as conn:
        save_findings(conn, [found])
    return found


def box_finding(office: Office, sims: int, ports: int, facts: dict[str, Any]) -> Finding:
    """What a detector would say of the box: every card, number and port a member, two reasons for and one against."""
    cards = tokens(office, Identifier.IMSI, [imsi(i) for i in range(sims)])
    members = [
        *(Member("imsi", token, 0.97) for token in cards),
        *(Member("line", token, 0.97) for token in tokens(office, Identifier.LINE, [number(i) for i in range(sims)])),
        *(Member("imei", token, 0.97) for token in tokens(office, Identifier.IMEI, [imei(i) for i in range(ports)])),
    ]
    engine = office.engine()
    try:
        call = engine.table("call")
        mine = call.filter(call.cell_id == HOME, call.kind == "mo_call").order_by(call.at_us).limit(3)
        refs = tuple(engine.run(mine.select("record_ref"))["record_ref"].to_pylist())
        snapshot = {name: engine.snapshot[name] for name in ("call", "line", "cell")}
    finally:
        engine.close()
    return Finding(
        "goip", "1", "device_cluster", "box:00112233445566aa", tuple(members), 0.94, Level.URGENT, START_US,
        START_US + 2 * DAY - HOUR,
        (Evidence("callees_per_day", 88.0, 30.0, "callee/day", "behaviour", 3.5, refs),
         Evidence("sims_per_imei", 6.0, 2.0, "SIM", "device", 4.0, refs)),
        (Evidence("tenure_days", 400.0, 30.0, "day", "register", -1.0, refs),),
        Action.VISIT, "0" * 16, snapshot,
        {"sims": sims, "imeis": ports, "ports": ports, "cells": 1, "calls": 240, "callees": 236,
         "stayed_over_60_s": 80, "main_cell": HOME, "district": "南屏区", "site_lat": 31.211, "site_lon": 121.413,
         "site_r50_m": 300, "site_r90_m": 700, "level_guess": "L2", "columns_used": "imei, cell_id, attach, line",
         "calls_before_alert": 41} | facts,
    )  # fmt: skip


def tokens(office: Office, kind: Identifier, values: list[str]) -> list[str]:
    """Written tokens of identifiers that the vault knows."""
    batch = tokenise(kind, pa.array(values), office.keys, Place("CN", ""))
    office.vault.add(kind, batch)
    return [write_token(kind, token) for token in batch["token"].to_pylist()]


def without_records(found: Finding) -> Finding:
    """The same finding about cards that no record knows."""
    strangers = tuple(replace(m, token=m.token[:-4] + "dead") for m in found.members)
    return replace(found, members=strangers, subject="box:ffffffffffffffff")
