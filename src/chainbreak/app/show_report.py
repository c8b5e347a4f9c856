"""One report: its masked story with what it mentions, its fields as they stand, its series, and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.current_keys import current_keys, said_now
from chainbreak.app.file_reports import AT_ONCE, file_reports, lake_rows
from chainbreak.app.list_reports import series_of
from chainbreak.app.report_rights import must_read, report_named
from chainbreak.app.report_texts import AWAY, mentions_of, named_in, typed
from chainbreak.base.errors import InputError
from chainbreak.records import Identifier
from chainbreak.records.finding import write_token
from chainbreak.store.desk import reports

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.text.mention import Mention

SHOWN_BITS = 0.5
"""A word that moves the odds by less than this is not marked: half a bit is a factor of 1.4."""


def show_report(
    office: Office, actor: Actor, report_id: str, *, purpose: str = "work on a report", case: str = ""
) -> dict[str, Any]:
    """The report's row on the desk with `narrative` (masked), `spans` and `words` (offsets in that text, see
    `marked`), `identifiers` (key, kind, role, by: machine or person, given: named beside the story), `ranked` types,
    `series`, `events` (see `reports.events_of`), `gone` (its record was purged). The look is in the log.

    Raises:
        UsageError: no such report (CB-RT-001).
        RefusedError: a role whose work does not rest on reports (CB-RT-002).
    """
    from chainbreak.audit.log import Entry, append

    must_read(actor)
    file_reports(office, AT_ONCE)
    with office.desk.begin() as conn:
        row = report_named(conn, report_id)
        events = reports.events_of(conn, report_id)
        linked = series_of(conn, [report_id])
        now = office.clock.now_us()
        append(conn, Entry.by(actor, now, "report.read", f"report:{report_id}", purpose=purpose, case=case))
        if row["unread"]:
            reports.set_read(conn, report_id)
    row["said"] = said_now(row["said"], current_keys(office, row["said"]))
    engine = office.engine()
    try:
        found = lake_rows(engine, [row["record_ref"]])
    finally:
        engine.close()
    told = found[0] if found else {}
    narrative = told.get("narrative") or ""
    read, version = typed(office, narrative)
    spans = marked(office, narrative, row["reported_at_us"])
    # A mark's role is read from the words around it; a hotline is known by its digits, which only the original has.
    roles = _roles(office, row["record_ref"], row["reported_at_us"]) | row["said"]
    for span in spans:
        span["role"] = roles.get(span["key"], span["role"]) or "unknown"
    return row | {
        "narrative": narrative, "spans": spans, "gone": not found, "events": events,
        "words": [(w.start, w.end, w.bits) for w in read.words if abs(w.bits) >= SHOWN_BITS],
        "ranked": list(read.ranked[:3]), "guess": "" if read.abstained else read.type, "guess_p": read.probability,
        "guess_version": version, "series": linked.get(report_id, ""),
        "victim": None if told.get("victim") is None else write_token(Identifier.PERSON, told["victim"]),
        "identifiers": _identifiers(told.get("identifiers") or [], spans, row["said"]),
    }  # fmt: skip


def marked(office: Office, text: str, reported_at_us: int | None) -> list[dict[str, Any]]:
    """What a masked text mentions: start, end, kind, key ("" when none), role, confidence, valid, low, high; in order,
    without overlap. Masked identifiers are their marks; the rest is read as in any text.
    """
    read = mentions_of(office, text, reported_at_us, marks=True)
    return [span_of(m, m.value if "token" in m.normalisation else _clear_key(m)) for m in read]


def _roles(office: Office, record_ref: str, reported_at_us: int) -> dict[str, str]:
    """Key -> whose it is, as the story says it; read from the original, of which nothing else leaves this function."""
    try:
        original = office.vault.text(record_ref)
    except InputError:  # purged, or a record without a story
        return {}
    named = named_in(office, mentions_of(office, original, reported_at_us)).values()
    return {n.key: n.role for n in named if n.key}


def span_of(m: Mention, key: str) -> dict[str, Any]:
    """A mention as a span of the text it stands in."""
    return {
        "start": m.start, "end": m.end, "kind": m.kind, "key": key, "role": m.role, "confidence": m.confidence,
        "valid": m.valid, "low": m.low, "high": m.high, "value": m.value,
    }  # fmt: skip


def _clear_key(m: Mention) -> str:
    from chainbreak.text.mention import domain_of

    return (domain_of(m) or "") if m.kind in ("url", "domain") else ""


def _identifiers(stored: list[str], spans: list[dict[str, Any]], said: dict[str, str]) -> list[dict[str, Any]]:
    """Every identifier of the report once, in order of appearance, those named beside the story after; a role that a
    person gave counts before the machine's.
    """
    roles: dict[str, str] = {}
    for span in spans:
        if span["key"] and roles.get(span["key"], "unknown") == "unknown":
            roles[span["key"]] = span["role"]
    inside = set(roles)
    for key in [*stored, *said]:
        # A host in the store stands for its registrable domain, which the spans name.
        if key not in roles and not any(key.endswith(f".{known}") for known in inside):
            roles[key] = "suspect"
    return [
        {
            "key": key, "kind": key.partition(":")[0] if ":" in key else "domain", "role": said.get(key, role),
            "by": "person" if key in said else "machine", "given": key not in inside,
        }
        for key, role in roles.items()
        if said.get(key) != AWAY
    ]  # fmt: skip
