"""Destroy what has had its time, class by class, and certify it; a class under a legal hold is left alone.

The intent is in the log before anything goes (`purge.start`), the outcome after (`purge.done`). Killed between, the
next run finishes: what is gone already counts nothing. The certificate is a signed note under log/certificates/, by a
key of its own (log/purge.vkey), with the log's root before and after.
"""

from __future__ import annotations

import base64
from datetime import date
from typing import TYPE_CHECKING, Any

from chainbreak.app.legal_hold import holds_in_force
from chainbreak.app.retention import Retention, Store, retention_classes
from chainbreak.base.clock import US_PER_DAY, local_day, rfc3339
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

TEXT_KINDS = ("message", "report")
"""Record kinds whose original texts lie in the vault."""


def purge(office: Office, actor: Actor, *, dry_run: bool = False) -> list[dict[str, Any]]:
    """A row for each class: `class`, `keeps_days`, `before` (RFC 3339), `rows`, `held_until`, `certificate`.

    Raises:
        RefusedError: neither administrator nor the service (CB-PU-002).
        SetupError: retention.toml is wrong (CB-PU-001).
    """
    if not actor.has(Role.ADMIN, Role.SERVICE):
        raise RefusedError("CB-PU-002", "only an administrator purges", given=actor.name)
    now = office.clock.now_us()
    with office.desk.read() as conn:
        held = holds_in_force(conn, now)
    rows = []
    for kept in retention_classes(office):
        before_us = now - kept.days * US_PER_DAY
        count = _count(office, kept, before_us)
        row = {"class": kept.name, "keeps_days": kept.days, "before": rfc3339(before_us), "rows": count,
               "held_until": rfc3339(held[kept.name]) if kept.name in held else "", "certificate": ""}  # fmt: skip
        if count and not dry_run and kept.name not in held:
            row |= _destroy(office, actor, kept, before_us)
        rows.append(row)
    return rows


def _destroy(office: Office, actor: Actor, kept: Retention, before_us: int) -> dict[str, Any]:
    from chainbreak.audit.log import Entry, append, size_of
    from chainbreak.audit.tree import root_at

    def leaf(action: str, **details: Any) -> Entry:
        period = {"class": kept.name, "before_us": str(before_us)}
        return Entry.by(actor, office.clock.now_us(), action, f"retention:{kept.name}", purpose="retention",
                        payload=period | details)  # fmt: skip

    with office.desk.begin() as conn:
        before = (size_of(conn), root_at(conn, size_of(conn)))
        append(conn, leaf("purge.start"))
    gone = _remove(office, kept, before_us, leaf("audit.erase"))
    with office.desk.begin() as conn:
        append(conn, leaf("purge.done", rows=gone))
        after = (size_of(conn), root_at(conn, size_of(conn)))
    return {"rows": gone, "certificate": _certify(office, kept, before_us, gone, before, after)}


def _count(office: Office, kept: Retention, before_us: int) -> int:
    """How many rows would go."""
    match kept.store:
        case Store.QUARANTINE:
            return sum(rows for _, rows in _quarantine_segments(office, before_us))
        case Store.TEXTS:
            return office.vault.count_texts(_text_refs(office, before_us))
        case Store.PAYLOADS:
            return len(_reveals(office, before_us))
        case Store.LAKE:
            return office.lake.count_before(kept.name, _first_day(office, before_us))


def _remove(office: Office, kept: Retention, before_us: int, why: Any) -> int:
    from chainbreak.app.readings import forget_readings
    from chainbreak.audit.erase import erase_payloads
    from chainbreak.audit.tables import payloads
    from chainbreak.find.watch.state import forget_all
    from chainbreak.identity import sealed

    match kept.store:
        case Store.QUARANTINE:
            segments = _quarantine_segments(office, before_us)
            for name, _ in segments:
                sealed.remove(office.centre.quarantine, name)
            return sum(rows for _, rows in segments)
        case Store.TEXTS:
            forget_readings(office)
            return office.vault.remove_texts(_text_refs(office, before_us))
        case Store.PAYLOADS:
            found = _reveals(office, before_us)
            with office.desk.begin() as conn:
                erase_payloads(conn, found, why)
            office.desk.sweep(payloads.name)
            return len(found)
        case Store.LAKE:
            forget_all(office.centre.watch)
            forget_readings(office)
            return office.lake.forget(kept.name, _first_day(office, before_us), note={"purge": kept.name})


def _first_day(office: Office, before_us: int) -> date:
    """The first local day that is kept whole: the day in which the period begins."""
    return local_day(before_us, office.centre.settings.zone)


def _quarantine_segments(office: Office, before_us: int) -> list[tuple[str, int]]:
    """Sealed segments all of whose rows are older, and how many rows each holds."""
    from chainbreak.identity import sealed

    folder, found = office.centre.quarantine, []
    for name in sealed.names(folder):
        times = sealed.read_groups(folder, name, office.keys.seal_key, columns=["at_us"])["at_us"].to_pylist()
        if max(times) < before_us:
            found.append((name, len(times)))
    return found


def _text_refs(office: Office, before_us: int) -> list[str]:
    """Under what the vault keeps texts of records of earlier days, and words of earlier statements."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import statement as s

    first_day = _first_day(office, before_us)
    told = select(s.c.note_ref).where(s.c.note_ref != "", s.c.at_us < before_us)
    with office.desk.read() as conn:
        words = list(conn.execute(told).scalars())
    return [ref for kind in TEXT_KINDS for ref in office.lake.refs_before(kind, first_day)] + words


def _reveals(office: Office, before_us: int) -> list[int]:
    from sqlalchemy import select

    from chainbreak.audit.tables import entries, payloads

    query = select(entries.c.seq).join(payloads, payloads.c.seq == entries.c.seq)
    with office.desk.read() as conn:
        old = query.where(entries.c.action == "vault.reveal", entries.c.at_us < before_us)
        return list(conn.execute(old).scalars())


def _certify(
    office: Office, kept: Retention, before_us: int, gone: int, before: tuple[int, bytes], after: tuple[int, bytes]
) -> str:
    """Sign and write the certificate; returns its file's name. The first call makes the key."""
    from chainbreak.audit.note import Note, SigningKey
    from chainbreak.base.files import write_atomic

    key_path, folder = office.centre.keys / "purge.key", office.centre.log / "certificates"
    folder.mkdir(parents=True, exist_ok=True)
    key = SigningKey.load(key_path) if key_path.exists() else SigningKey.create(key_path, "purge")
    write_atomic(office.centre.log / "purge.vkey", f"{key.public}\n".encode())
    now = office.clock.now_us()
    lines = [
        "chainbreak/purge-certificate/v1", f"centre {office.centre.settings.name}", f"class {kept.name}",
        f"destroyed {gone}", f"before_us {before_us}", f"at_us {now}",
        *(f"{word} {size} {base64.b64encode(root).decode()}" for word, (size, root) in
          (("log_before", before), ("log_after", after))),
    ]  # fmt: skip
    path = folder / f"{now:017d}-{kept.name}.note"
    write_atomic(path, str(key.sign(Note("\n".join(lines) + "\n"))).encode())
    return path.name
