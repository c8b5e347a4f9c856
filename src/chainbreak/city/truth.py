"""The truth of a city, kept apart from its records: who is what, and what belongs together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chainbreak.base.clock import US_PER_S
from chainbreak.city.accounts import INSTITUTIONS, KINDS
from chainbreak.city.boxes import BoxDay
from chainbreak.city.cases import Case
from chainbreak.city.lines import CLASSES
from chainbreak.city.lookalikes.purses import purses
from chainbreak.city.money import Moves, passing_accounts
from chainbreak.city.openings import opened_on
from chainbreak.city.reports import report_id
from chainbreak.city.tables import seq_of, transfer_ids
from chainbreak.city.telephony import Day
from chainbreak.city.world import World
from chainbreak.city.writing import write_tables


class Truth:
    """Tables of truth under `folder`, one Parquet file each; days are added to what earlier runs wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[pa.Table]] = {}

    def add(self, name: str, table: pa.Table) -> None:
        """Append rows to the table `name`."""
        if table.num_rows:
            self.rows.setdefault(name, []).append(table)

    def add_rows(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Append rows given as mappings."""
        if rows:
            self.add(name, pa.Table.from_pylist(rows))

    def save(self) -> None:
        """Write every table that grew, together with what was there.

        Rows that are there already are those of a step that was killed before its state was written: once is enough.
        """
        for name, tables in self.rows.items():
            path = self.folder / f"{name}.parquet"
            before = [pq.read_table(path)] if path.exists() else []
            table = pa.concat_tables([*before, *tables], promote_options="permissive")
            write_tables(path, [_each_once(table) if before else table])
        self.rows.clear()


def _each_once(table: pa.Table) -> pa.Table:
    """The rows without repeats, in the order of their first appearance."""
    numbered = table.append_column("row", pa.array(np.arange(table.num_rows)))
    first = numbered.group_by(table.column_names).aggregate([("row", "min")])["row_min"]
    return table.take(np.sort(first.to_numpy()))


def truth_of_world(world: World, truth: Truth) -> None:
    """Grain of `sims`: one line with its class; of `accounts`: one account with class, and gang and layer of mules; of
    `institutions`: who keeps accounts; of `phones`: one device on which a gang orders transfers.
    """
    lines, accounts = world.lines, world.accounts
    truth.add("sims", pa.table({
        "imsi": lines.imsi, "msisdn": lines.text.slice(0, lines.n),
        "class": pa.array(CLASSES).take(pa.array(lines.kind)),
        "group": pa.array(lines.group, mask=lines.group < 0),
        "protected": lines.protected,
    }))  # fmt: skip
    kind = pa.array(KINDS).take(pa.array(accounts.kind)).to_pylist()
    text = accounts.text.to_pylist()
    rows = []
    for gang in world.gangs:
        for layer, members in gang.mules.items():
            rows += [{"account": text[a], "class": "mule", "gang": gang.number, "layer": layer} for a in members]
    for name, members in (passing_accounts(world.people.n) | purses(world)).items():
        for account in members:
            kind[account] = name
    mules = {row["account"] for row in rows}
    rows += [
        {"account": a, "class": k, "gang": None, "layer": None}
        for a, k in zip(text, kind, strict=True)
        if a not in mules
    ]
    truth.add_rows("accounts", rows)
    truth.add("institutions", pa.table({
        "institution": INSTITUTIONS, "held": world.gives_ledger,
        "ahead_s": world.ahead_s,
    }))  # fmt: skip
    phones = world.devices.slice(accounts.n)
    each = world.mix["gangs"]["mules"]["phones"]
    truth.add("phones", pa.table({"device": phones, "gang": np.arange(len(phones)) // each}))


def truth_of_boxes(day: Day, box_days: list[BoxDay], truth: Truth) -> None:
    """Grain of `devices`: one stay of one card in one port, from and to as µs UTC; gang null: a company's. `cell_id` is
    the main cell of the gateway, lat and lon the point where it stands.
    """
    world, begin = day.world, day.world.day_us(day.number)
    for found in box_days:
        s, n = found.sessions, len(found.sessions.port)
        lat, lon = world.places.lat_lon(*(np.array([getattr(p, part) for p in s.stands]) for part in ("x", "y")))
        cells = np.array([stand.cell for stand in s.stands])
        truth.add("devices", pa.table({
            "device_id": [s.box.name] * n, "gang": pa.array([s.box.gang if s.box.gang >= 0 else None] * n, pa.int64()),
            "level": [s.box.level] * n, "port": s.port, "gateway": s.gateway,
            "imsi": world.lines.imsi.take(pa.array(s.line)),
            "msisdn": world.lines.text.take(pa.array(s.line)), "imei": world.lines.imei.take(pa.array(s.handset)),
            "cell_id": world.places.cell_names.take(pa.array(cells[s.spot])), "lat": lat[s.spot], "lon": lon[s.spot],
            "from_us": begin + s.begin * US_PER_S, "to_us": begin + s.end * US_PER_S,
        }))  # fmt: skip


def truth_of_money(day: Day, moved: Moves, truth: Truth) -> None:
    """Grain of `transfers`: one transfer of a case, hop 0 being the victim's, -1 what a recall brought back.

    `moved` is in the order of the records, which leave out what passes between two accounts whose ledgers are not held.
    """
    fraud = np.flatnonzero(moved.case > 0)
    truth.add("transfers", pa.table({
        "transfer_id": transfer_ids(day.world, seq_of(day, fraud)),
        "case": moved.case[fraud], "hop": moved.hop[fraud],
    }))  # fmt: skip


def truth_of_cases(day: Day, opened: list[Case], reported: list[Case], truth: Truth) -> None:
    """Grain of `victims`: one case when it begins; of `reports`: one report with its case.

    `first_paid_us` is in `reports`, and for cases without a report in the hop 0 of `transfers`.
    """
    world = day.world
    texts, accounts, identity = world.lines.text, world.accounts.text, world.people.identity
    truth.add_rows("victims", [
        {"case": c["case"], "gang": c["gang"], "type": c["fraud"], "victim": identity[c["victim"]].as_py(),
         "msisdn": texts[c["victim"]].as_py(), "account": accounts[c["victim"]].as_py(),
         "box_msisdn": texts[c["sim"]].as_py() if c["sim"] >= 0 else None, "first_contacted_us": c["contact_us"]}
        for c in opened])  # fmt: skip
    truth.add_rows("reports", [
        {"report_id": report_id(day, number), "case": c["case"], "gang": c["gang"],
         "series": f"{c['gang']}-{c['fraud']}", "type": c["fraud"], "first_contacted_us": c["contact_us"],
         "first_paid_us": c["paid"][0][0], "loss_fen": c["loss_fen"]}
        for number, c in enumerate(reported, 1)])  # fmt: skip


def truth_of_farms(farmed: dict[str, int], truth: Truth) -> None:
    """Grain of `registrations`: one platform account that a gang opened in bulk."""
    truth.add_rows("registrations", [{"platform_account": name, "gang": gang} for name, gang in farmed.items()])


def truth_of_sites(day: Day, sites: dict[str, int], truth: Truth) -> None:
    """Grain of `domains`: one site of a gang, and the day it came into use."""
    truth.add_rows("domains", [{"domain": name, "gang": gang, "day": day.number} for name, gang in sites.items()])


def truth_of_openings(day: Day, truth: Truth) -> None:
    """Grain of `openings`: one honest site, its class, and the day it opened."""
    rows = [{"domain": o.name, "class": o.kind, "day": o.day} for o in opened_on(day.world, day.number)]
    truth.add_rows("openings", rows)
