"""The reports as linkage takes them: what was read, what people corrected, what findings tie together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.app.current_keys import current_keys, said_now
from chainbreak.app.file_reports import file_reports
from chainbreak.app.readings import number_of, reader_of, readings_of
from chainbreak.app.report_texts import OF_INTEREST, is_token, type_names
from chainbreak.base.progress import Advance, silent
from chainbreak.find.linkage.model import CODE, Named, Near, Reports, in_order, key_of
from chainbreak.store.desk.series import Stay

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

TIED_BY = {"goip": "device", "mules": "ring", "sites": "site"}
"""Detectors whose findings tie reports together, and the kind of key a finding of theirs is."""
SURE_LEVELS = ("urgent", "high")
"""Levels from which an open finding ties reports; a confirmed one always does, a false one never."""


@dataclass(frozen=True)
class Collected:
    """The reports, what lists show of each, and a mark of what each is made of: another mark, another report."""

    reports: Reports
    facts: Mapping[str, Stay]
    marks: Mapping[str, int]


def collect_reports(office: Office, advance: Advance = silent) -> Collected:
    """Every report that is filed and not deleted. New records of the lake are filed and read first."""
    file_reports(office)
    rows = _filed(office)
    read = readings_of(office, [row["record_ref"] for row in rows], advance).to_pylist()
    readings = {reading["record_ref"]: reading for reading in read}
    ties = tied_by_findings(office)
    said = [json.loads(row["said"]) for row in rows]
    now = current_keys(office, {key for roles in said for key in roles})
    made = _Columns(type_names(office), reader_of(office))
    for row, roles in zip(rows, said, strict=True):
        made.add(row, readings[row["record_ref"]], ties, said_now(roles, now))
    return made.collected()


def stamp_of(office: Office) -> tuple[Any, ...]:
    """What the collection depends on; while it stays the same, so does the collection."""
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_findings import finding_count, verdict
    from chainbreak.store.desk.tables_reports import report_event

    counted = (func.max(report_event.c.event_id), func.max(verdict.c.verdict_id), func.sum(finding_count.c.n))
    with office.desk.read() as conn:
        numbers = [conn.execute(select(column)).scalar() for column in counted]
    return (office.lake.version("report"), reader_of(office), *numbers)


def tied_by_findings(office: Office) -> dict[int, list[str]]:
    """Key of an identifier -> findings (`device:…`, `ring:…`, `site:…`) that it is a member of, where they have two
    members or more.
    """
    from chainbreak.store.desk import findings

    found: list[tuple[str, str]] = []
    with office.desk.read() as conn:
        for state in (findings.OPEN, "confirmed"):
            for row in findings.every(conn, findings.Filter(state=state)):
                if row.detector not in TIED_BY or (state == findings.OPEN and row.level not in SURE_LEVELS):
                    continue
                members = json.loads(row.body)["members"]
                if len(members) < 2:
                    continue
                tie = f"{TIED_BY[row.detector]}:{row.subject}"
                found += [(member["token"], tie) for member in members]
    # A finding keeps the tokens it was made with; the reports have those of today.
    now = current_keys(office, {token for token, _ in found})
    ties: dict[int, list[str]] = {}
    for token, tie in found:
        ties.setdefault(number_of(now[token]), []).append(tie)
    return ties


def _filed(office: Office) -> Sequence[Any]:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_reports import report_file

    c = report_file.c
    with office.desk.read() as conn:
        return conn.execute(select(report_file).where(c.state == "open").order_by(c.report_id)).mappings().all()


class _Columns:
    """Rows of the desk and their readings, turned into columns."""

    def __init__(self, types: Mapping[str, Any], reader: str) -> None:
        self._reader = reader
        self._type = {name: code for code, name in enumerate(types)}
        self._rows: dict[str, list[Any]] = {
            name: [] for name in ("occurred_us", "district", "type", "loss_fen", "victim", "script")
        }
        self._ids: list[str] = []
        self._named: list[tuple[int, int, int]] = []
        self._near: list[tuple[int, int, int, int]] = []
        self._names: dict[int, str] = {}
        self._facts: dict[str, Stay] = {}
        self._marks: dict[str, int] = {}

    def add(
        self, row: Mapping[str, Any], read: Mapping[str, Any], ties: Mapping[int, list[str]], said: Mapping[str, str]
    ) -> None:
        """One report; `said`: key -> role where a person gave it one."""
        at, report_id = len(self._ids), row["report_id"]
        told = row["type"] if row["type_by"] == "person" else read["type"]
        values = {
            "occurred_us": row["occurred_at_us"] or row["reported_at_us"],
            "district": key_of(row["district"]) if row["district"] else -1,
            "type": self._type.get(told, -1), "loss_fen": -1 if row["loss_fen"] is None else row["loss_fen"],
            "victim": read["victim"], "script": read["script"],
        }  # fmt: skip
        for name, value in values.items():
            self._rows[name].append(value)
        self._ids.append(report_id)
        keys = self._keys(at, said, read)
        tied = sorted({tie for key in keys for tie in ties.get(key, ())})
        for tie in tied:
            self._names[key_of(tie)] = tie
            self._named.append((at, key_of(tie), CODE[tie.partition(":")[0]]))
        self._facts[report_id] = Stay(report_id, row["reported_at_us"], row["district"], told, row["loss_fen"], 0.0)
        corrected = (row["said"], told, row["district"], row["loss_fen"], row["occurred_at_us"])
        self._marks[report_id] = hash((row["record_ref"], *corrected, *tied, self._reader))

    def _keys(self, at: int, said: Mapping[str, str], read: Mapping[str, Any]) -> list[int]:
        """The keys of one report: what was read under a role that may link, unless a person gave it another."""
        keys, away = [], set()
        for key, kind, name, role in zip(read["key"], read["kind"], read["name"], read["role"], strict=True):
            if said.get(name, role) not in OF_INTEREST:
                away.add(key)
                continue
            keys.append(key)
            self._named.append((at, key, kind))
            self._names.setdefault(key, name)
        for name, role in said.items():
            if role in OF_INTEREST and name not in read["name"]:
                key, kind = number_of(name), name.partition(":")[0]
                keys.append(key)
                self._named.append((at, key, CODE.get(kind, CODE["id"]) if is_token(name) else CODE["domain"]))
                self._names.setdefault(key, name)
        near = zip(read["pattern"], read["near_value"], read["near_kind"], strict=True)
        self._near += [(at, pattern, value, kind) for pattern, value, kind in near if value not in away]
        return keys

    def collected(self) -> Collected:
        """What was added."""
        dtypes = {"script": np.uint32}
        columns = {name: np.array(values, dtypes.get(name, np.int64)) for name, values in self._rows.items()}
        named = np.array(self._named, np.int64).reshape(-1, 3).T
        near = np.array(self._near, np.int64).reshape(-1, 4).T
        if not self._ids:
            columns["script"] = np.empty((0, 1), np.uint32)
        reports = in_order(self._ids, columns, Named(*named), Near(*near), self._names)
        return Collected(reports, self._facts, self._marks)
