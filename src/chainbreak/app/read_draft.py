"""Read a story while it is being typed: type, identifiers, loss, time, and reports that look like it. Keeps nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chainbreak.app.report_rights import must_act
from chainbreak.app.report_texts import (
    LONGEST,
    OF_INTEREST,
    Named,
    key_of,
    mentions_of,
    named_by_hand,
    named_in,
    typed,
)
from chainbreak.app.show_report import SHOWN_BITS, span_of
from chainbreak.base.errors import InputError, UsageError
from chainbreak.store.desk import reports

if TYPE_CHECKING:
    import numpy as np

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.text.mention import Mention

SURE = 0.8
"""A mention below this confidence is shown as uncertain."""
COMPARED = 1_000
"""Newest reports whose wording is compared with the draft's: what a desk takes in some days."""
ALIKE = 0.35
"""Estimated Jaccard likeness of wording from which a report is shown beside the draft. A choice, not a measurement."""
MOST_NEAR = 5
MOST_KEYS = 16
_LOST = re.compile(r"(?:损失|被骗|骗走|骗取|共计|总计|合计|一共|共转)[^，。；,;\n]{0,8}$")


def read_draft(
    office: Office, actor: Actor, text: str, reported_at_us: int, added: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What the machine reads in a draft; identifiers in clear, as the person typed them a moment ago.

    Keys: `mentions` (spans in `text` with `name` kind:value, `key`, `sure`), `named` (distinct identifiers: name, kind,
    value, role, sure, exclusions; `added` ones too, and `unread` those of them that name nothing), `type` (key,
    probability, abstained, ranked, version), `words` (start, end, bits), `loss_fen`, `occurred_at_us`, `district`.

    Raises:
        RefusedError: a role that takes no reports (CB-RT-002).
        InputError: longer than a story may be (CB-RT-009).
    """
    must_act(actor)
    if len(text) > LONGEST:
        raise InputError("CB-RT-009", "too long", given=f"{len(text)} characters", allowed=f"1..{LONGEST}")
    mentions = mentions_of(office, text, reported_at_us)
    machine = named_in(office, mentions)
    surest = {name: max(m.confidence for m in mentions if f"{m.kind}:{m.value}" == name) for name in machine}
    invalid = {f"{m.kind}:{m.value}" for m in mentions if not m.valid}
    by_hand, unread = _by_hand(office, added)
    named = [
        {
            "name": name, "kind": n.kind, "value": n.value, "role": n.role, "key": n.key, "added": name not in machine,
            "sure": surest.get(name, 1.0) >= SURE and name not in invalid, "valid": name not in invalid,
        }
        for name, n in {**by_hand, **machine}.items()
        if n.kind not in ("amount", "time")
    ]  # fmt: skip
    for row, hits in zip(named, _exclusions(office, named), strict=True):
        row["exclusions"] = hits
    read, version = typed(office, text)
    return {
        "mentions": [span_of(m, key_of(office, m)) | {"name": f"{m.kind}:{m.value}", "sure": m.confidence >= SURE}
                     for m in mentions],
        "named": named, "unread": unread,
        "type": {"key": "" if read.abstained else read.type, "guess": read.type, "probability": read.probability,
                 "abstained": read.abstained, "ranked": list(read.ranked[:3]), "version": version},
        "words": [(w.start, w.end, w.bits) for w in read.words if abs(w.bits) >= SHOWN_BITS],
        "loss_fen": loss_of(text, mentions), "occurred_at_us": _occurred(mentions, reported_at_us),
        "district": _district(office, text),
    }  # fmt: skip


def _by_hand(office: Office, added: tuple[str, ...]) -> tuple[dict[str, Named], list[str]]:
    found: dict[str, Named] = {}
    unread = []
    for raw in added:
        try:
            named = named_by_hand(office, raw)
        except UsageError:
            unread.append(raw)
            continue
        found[named.name] = named
    return found, unread


def _exclusions(office: Office, named: list[dict[str, Any]]) -> list[list[str]]:
    """For each identifier the exclusion entries that it meets, as orders name them."""
    from chainbreak.act.orders.exclusions import LISTED_KINDS, hits

    with office.desk.read() as conn:
        return [
            list(hits(conn, row["kind"], row["value"])) if row["kind"] in LISTED_KINDS and row["valid"] else []
            for row in named
        ]


def loss_of(text: str, mentions: list[Mention]) -> int | None:
    """The loss a story tells of, in fen: the last amount that is called a loss or a sum, else the largest one.

    Vague amounts ("几万") are nobody's loss.
    """
    sums = [m for m in mentions if m.kind == "amount" and m.low is not None and m.low == m.high]
    if not sums:
        return None
    told = [m for m in sums if _LOST.search(text[: m.start])]
    return told[-1].low if told else max(int(m.low or 0) for m in sums)


def _occurred(mentions: list[Mention], reported_at_us: int) -> int | None:
    """When it began: the earliest time told that is before the report."""
    times = [m.low for m in mentions if m.kind == "time" and m.low is not None and m.low <= reported_at_us]
    return min(times, default=None)


def _district(office: Office, text: str) -> str:
    """The one known district that the story names, or ""."""
    with office.desk.read() as conn:
        found = [name for name in reports.districts(conn) if name in text]
    return found[0] if len(found) == 1 else ""


_compared: dict[tuple[str, int], tuple[list[str], np.ndarray]] = {}
_lock = threading.Lock()


def near_reports(office: Office, actor: Actor, text: str, keys: list[tuple[str, str]]) -> dict[str, Any]:
    """Reports like a draft: `same` (share an identifier; with `keys` they share) and `alike` (told in the same words,
    with `likeness`), at most `MOST_NEAR` each, each with report_id, reported_at_us, district, type, loss_fen, series;
    `compared`: among how many newest reports wording was compared. `keys`: (key, role) of the draft.

    Raises:
        RefusedError: a role that takes no reports (CB-RT-002).
    """
    must_act(actor)
    version = office.lake.version("report")
    if version is None:
        return {"same": [], "alike": [], "compared": 0}
    wanted = [key for key, role in keys if key and role in OF_INTEREST][:MOST_KEYS]
    engine = office.engine({"report": version})
    try:
        same = _sharing(engine, wanted)
        rows, signs = _newest(office, engine, version)
    finally:
        engine.close()
    return _shown(office, same, _alike(text, rows, signs)) | {"compared": len(rows)}


def _shown(office: Office, same: list[dict[str, Any]], alike: dict[str, float]) -> dict[str, Any]:
    """Both lists as the desk knows their reports now: versions that were replaced and deleted reports are left out."""
    from chainbreak.app.list_reports import series_of

    told = ("report_id", "reported_at_us", "district", "type", "loss_fen")
    with office.desk.read() as conn:
        known = {
            row["record_ref"]: {name: row[name] for name in told}
            for row in reports.by_refs(conn, [*alike, *(row["record_ref"] for row in same)])
            if row["state"] == reports.OPEN
        }
        linked = series_of(conn, [row["report_id"] for row in known.values()])
    sharing = {row["record_ref"]: row["keys"] for row in same}

    def shown(refs: Iterable[str]) -> list[dict[str, Any]]:
        return [
            known[ref]
            | {"keys": sharing.get(ref, []), "likeness": alike.get(ref)}
            | {"series": linked.get(known[ref]["report_id"], "")}
            for ref in refs
            if ref in known
        ][:MOST_NEAR]

    return {"same": shown(sharing), "alike": shown(ref for ref in alike if ref not in sharing)}


def _sharing(engine: Any, keys: list[str]) -> list[dict[str, Any]]:
    import ibis

    if not keys:
        return []
    table = engine.table("report")
    sharing = ibis.or_(*(_names(table.identifiers, key) for key in keys))
    newest = table.filter(sharing).order_by([table.reported_at_us.desc(), table.report_id]).limit(4 * MOST_NEAR)
    rows = engine.run(newest.select("record_ref", "identifiers")).to_pylist()
    return [
        {
            "record_ref": r["record_ref"],
            "keys": [key for key in keys if any(_is(key, other) for other in r["identifiers"])],
        }
        for r in rows
    ]


def _names(identifiers: Any, key: str) -> Any:
    named = identifiers.contains(key)
    # A host in the lake stands below the registrable domain that is the key.
    return named if ":" in key else named | (identifiers.filter(lambda each: each.endswith(f".{key}")).length() > 0)


def _is(key: str, other: str) -> bool:
    return other == key or (":" not in key and other.endswith(f".{key}"))


def _newest(office: Office, engine: Any, version: int) -> tuple[list[str], np.ndarray]:
    """The newest reports and the signatures of their wording; kept until the lake has a newer version."""
    from chainbreak.text.likeness import signatures

    place = (str(office.centre.root), version)
    with _lock:
        if place not in _compared:
            table = engine.table("report")
            newest = table.order_by([table.reported_at_us.desc(), table.report_id]).limit(COMPARED)
            rows = engine.run(newest.select("record_ref", "narrative")).to_pylist()
            signs = signatures([row["narrative"] or "" for row in rows])
            _compared.clear()
            _compared[place] = ([row["record_ref"] for row in rows], signs)
        return _compared[place]


def _alike(text: str, refs: list[str], signs: np.ndarray) -> dict[str, float]:
    """record_ref -> likeness of those told most alike, the likest first."""
    import numpy as np

    from chainbreak.text.likeness import likeness, signatures

    if not refs:
        return {}
    alike = likeness(signatures([text]), signs)
    best = np.argsort(-alike, kind="stable")[: 4 * MOST_NEAR]
    return {refs[int(i)]: float(alike[i]) for i in best if alike[i] >= ALIKE}
