"""The call records behind a device finding: those of its SIMs, within its window, as of its own data versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from chainbreak.audit.log import Entry, append
from chainbreak.base.clock import US_PER_S, local_day
from chainbreak.base.errors import RefusedError, SetupError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.store.engine import Engine

MAY_READ = frozenset({Role.ANALYST, Role.FUND_DESK, Role.APPROVER, Role.LIAISON, Role.COMMANDER, Role.AUDITOR})
"""Whose work rests on single records: those who judge, sign, pass on and check."""
DETECTOR = "goip"
MOST_LEGS = 150_000
"""Records that a page reads at most: two weeks of 128 SIMs that make 80 calls a day; of more, the newest."""
_COLUMNS = (
    "record_ref", "at_us", "duration_s", "kind", "imsi", "msisdn", "imei", "imei_tac", "peer", "cell_id",
    "answered", "local_day", "local_hour",
)  # fmt: skip


class Leg(NamedTuple):
    """One record of a SIM of the device. Tokens are written, as `imsi:9f3a…`; times are UTC µs."""

    ref: str
    at_us: int
    end_us: int
    kind: str
    sim: str
    imei: str | None
    tac: str | None
    peer: str | None
    cell: str | None
    answered: bool
    day: date
    hour: int


@dataclass(frozen=True)
class Records:
    """`legs` in order of time; `cells`: the whole register of cells; `lines`: register rows of the SIMs; `hits`: hot
    lists that name a SIM, number or handset of the device. `gone`: the data versions of the finding were purged."""

    legs: list[Leg] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    hits: list[dict[str, Any]] = field(default_factory=list)
    is_cut: bool = False
    gone: bool = False

    @cached_property
    def calls(self) -> list[Leg]:
        """The calls that the device made."""
        return [leg for leg in self.legs if leg.kind == "mo_call"]

    @cached_property
    def days(self) -> list[date]:
        """The local days with a record, in order."""
        return sorted({leg.day for leg in self.legs})


def admit(office: Office, actor: Actor, action: str, finding_id: str, purpose: str, case: str = "") -> None:
    """Note in the log that somebody reads the records behind a finding, or refuse and note that.

    Raises:
        RefusedError: a role whose work does not rest on single records (CB-LD-001).
    """
    may = actor.has(*MAY_READ)
    with office.desk.begin() as conn:
        append(conn, Entry.by(actor, office.clock.now_us(), action if may else "finding.refuse_records",
                              f"finding:{finding_id}", purpose=purpose, case=case))  # fmt: skip
    if not may:
        raise RefusedError("CB-LD-001", "the records behind a finding are not within your rights",
                           given="+".join(sorted(actor.roles)), allowed=", ".join(sorted(MAY_READ)))  # fmt: skip


def must_be_device(found: dict[str, Any]) -> None:
    """Let only findings of devices pass.

    Raises:
        UsageError: a finding of another detector, which has no device and no site (CB-LD-002).
    """
    if found["detector"] != DETECTOR:
        raise UsageError("CB-LD-002", "this finding is about no device", given=found["detector"], allowed=DETECTOR)


@contextmanager
def standing_on(office: Office, found: dict[str, Any]) -> Iterator[Engine]:
    """An engine on the finding's data versions; tables that its detector did not read are as they are today."""
    pinned = {table: int(version) for table, version in found["snapshot"].items()}
    engine = office.engine(snapshot=office.lake.snapshot() | pinned)
    try:
        yield engine
    finally:
        engine.close()


def read_records(office: Office, engine: Engine, found: dict[str, Any]) -> Records:
    """The records of the finding's SIMs from its first evidence until it was found; empty when they are purged."""
    sims, lines, imeis = (_tokens(found, kind) for kind in (Identifier.IMSI, Identifier.LINE, Identifier.IMEI))
    try:
        call, cell = engine.table("call"), engine.table("cell")
    except SetupError:
        return Records(gone=True)
    zone = office.centre.settings.zone
    first, last = (local_day(int(found[at]), zone) for at in ("first_evidence_us", "found_at_us"))
    mine = call.imsi.isin(sims) if sims else call.msisdn.isin(lines)
    within = call.filter(mine, call.local_day >= first, call.local_day <= last, call.at_us <= int(found["found_at_us"]))
    newest = within.order_by([within.at_us.desc(), within.record_ref]).limit(MOST_LEGS + 1)
    rows = engine.run(newest.select(*_COLUMNS)).to_pydict()
    legs = [_leg(row) for row in zip(*rows.values(), strict=True)][:MOST_LEGS]
    register, hot = engine.table("line"), engine.table("hotlist")
    told = register.filter(register.imsi.isin(sims) if sims else register.msisdn.isin(lines))
    hit = hot.filter(hot.imsi.isin(sims) | hot.msisdn.isin(lines) | hot.imei.isin(imeis))
    return Records(
        legs[::-1], engine.run(cell).to_pylist(), engine.run(told).to_pylist(), hits_of(engine, hit),
        is_cut=len(rows["at_us"]) > MOST_LEGS,
    )  # fmt: skip


def hits_of(engine: Engine, hit: Any) -> list[dict[str, Any]]:
    """Rows of hot lists as people read them, oldest first: at_us, list, source, record_ref and the `things` named."""
    rows = engine.run(hit.order_by([hit.at_us, hit.record_ref])).to_pylist()
    kinds = ((Identifier.LINE, "msisdn"), (Identifier.IMSI, "imsi"), (Identifier.IMEI, "imei"))
    return [
        {
            "at_us": row["at_us"], "list": row["list"], "source": row["source"] or "", "record_ref": row["record_ref"],
            "things": [write_token(kind, row[name]) for kind, name in kinds if row[name] is not None],
            "tac": row["tac"] or row["imei_tac"] or "",
        }
        for row in rows
    ]  # fmt: skip


def _tokens(found: dict[str, Any], kind: Identifier) -> list[int]:
    written = {member["token"] for member in found["members"]} | {found["subject"]}
    return sorted(read_token(text)[1] for text in written if text.startswith(f"{kind}:"))


def _leg(row: tuple[Any, ...]) -> Leg:
    ref, at_us, duration_s, kind, imsi, msisdn, imei, tac, peer, cell, answered, day, hour = row
    lasted_s = duration_s or 0
    sim = write_token(Identifier.LINE, msisdn) if imsi is None else write_token(Identifier.IMSI, imsi)
    return Leg(
        ref, at_us, at_us + lasted_s * US_PER_S, kind, sim, _written(Identifier.IMEI, imei), tac,
        _written(Identifier.LINE, peer), cell, lasted_s > 0 if answered is None else answered, day, hour,
    )  # fmt: skip


def _written(kind: Identifier, token: int | None) -> str | None:
    return None if token is None else write_token(kind, token)
