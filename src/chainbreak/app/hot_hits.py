"""What hot lists say of one thing, and what each hit led to: the findings whose device has what the hit names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.app.device_records import DETECTOR, hits_of
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk import findings
from chainbreak.store.desk.findings import Filter

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

COLUMNS = {Identifier.LINE: "msisdn", Identifier.IMSI: "imsi", Identifier.IMEI: "imei"}
"""Which column of a hot list names a thing of which kind; other kinds stand on none."""


def hot_hits(office: Office, subject: str) -> list[dict[str, Any]]:
    """The hits that name `subject` (a written token), oldest first: at_us, list, source, record_ref, things, tac, and
    `findings` (finding_id, subject, state, level) of devices that have one of the things; none for other kinds.
    """
    kind = subject.partition(":")[0]
    if kind not in COLUMNS:
        return []
    try:
        token = read_token(subject)[1]
    except ValueError:
        return []
    engine = office.engine()
    try:
        hot = engine.table("hotlist")
        hits = hits_of(engine, hot.filter(hot[COLUMNS[Identifier(kind)]] == token))
    finally:
        engine.close()
    led_to = _findings_with(office, {thing for hit in hits for thing in hit["things"]})
    return [hit | {"findings": _led_to(led_to, hit["things"])} for hit in hits]


def _led_to(led_to: dict[str, list[dict[str, Any]]], things: list[str]) -> list[dict[str, Any]]:
    found = {row["finding_id"]: row for thing in things for row in led_to.get(thing, [])}
    return list(found.values())


def _findings_with(office: Office, things: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Thing -> findings of the detector that have it as a member, in the order in which they are read."""
    found: dict[str, list[dict[str, Any]]] = {}
    if not things:
        return found
    with office.desk.read() as conn:
        for row in findings.every(conn, Filter(None, detector=DETECTOR)):
            body = json.loads(row.body)
            about = {body["subject"], *(member["token"] for member in body["members"])}
            for thing in about & things:
                found.setdefault(thing, []).append({
                    "finding_id": row.finding_id, "subject": body["subject"], "state": row.state, "level": row.level,
                })  # fmt: skip
    return found
