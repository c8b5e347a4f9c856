"""What was read in each report for linking: keys, patterns and wording; never a number or a word of the story.

A reading depends on the record and on `reader_of` alone, so each record is read once and kept in Parquet parts under
`Centre.readings`. The folder may be removed at any time: it is read again from the vault.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.app.report_texts import OF_INTEREST, is_token, mentions_of, model_of, named_in, place_of
from chainbreak.base.files import replace_atomic
from chainbreak.base.progress import Advance, silent
from chainbreak.find.linkage.model import CODE, key_of
from chainbreak.identity.tokens import token_of
from chainbreak.records import Identifier
from chainbreak.records.actor import SERVICE
from chainbreak.records.finding import read_token
from chainbreak.text import extract
from chainbreak.text.near import near_values

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from chainbreak.app.bootstrap import Office
    from chainbreak.app.report_texts import Named

READER = "reader@2"
"""Changes whenever this module keeps something else of the same mentions and type."""
AT_ONCE = 5_000
"""Reports a part: what a killed run has to read again."""
PERSONS = frozenset({Identifier.PERSON.value})
"""Kinds that never link: a person's document in a story is nearly always the victim's."""


def readings_of(office: Office, refs: Sequence[str], advance: Advance = silent) -> pa.Table:
    """One row a record of `refs` (record_refs of reports in the lake): record_ref, victim (token, 0 unknown), type,
    script, and in lists of equal length `key`, `kind`, `name`, `role`, and `pattern`, `near_value`, `near_kind`.
    What was not read yet is read now and kept; that stories are opened for it is in the log first.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    folder = _folder(office)
    wanted = pa.array(sorted(set(refs)), pa.string())
    parts = [pq.read_table(path) for path in sorted(folder.glob("*.parquet"))]
    known = pa.concat_tables(parts) if parts else _schema().empty_table()
    missing = wanted.filter(pc.invert(pc.is_in(wanted, known["record_ref"].combine_chunks()))).to_pylist()
    if missing:
        _note(office, len(missing))
    for at in range(0, len(missing), AT_ONCE):
        part = pa.Table.from_pylist(list(_read(office, missing[at : at + AT_ONCE])), _schema())
        _keep(folder, part)
        known = pa.concat_tables([known, part])
        advance(float(part.num_rows))
    return known.filter(pc.is_in(known["record_ref"], wanted)).combine_chunks()


def _note(office: Office, records: int) -> None:
    """Before the vault is opened: that the machine reads so many stories, and for what."""
    from chainbreak.audit.log import Entry, append

    with office.desk.begin() as conn:
        append(conn, Entry.by(SERVICE, office.clock.now_us(), "report.read_by_machine", f"reader:{READER}",
                              purpose="linkage", payload={"records": records}))  # fmt: skip


def forget_readings(office: Office) -> None:
    """Remove every reading: its records are purged, or its tokens replaced."""
    shutil.rmtree(office.centre.readings, ignore_errors=True)


def reader_of(office: Office) -> str:
    """What a reading depends on beside its record: what reads mentions and types, where local numbers belong, the keys.

    With another of these every record is read again; what was read before is never taken for it.
    """
    place, zone = place_of(office), office.centre.settings.zone
    epochs = ",".join(f"{kind}{epoch}" for kind, epoch in sorted(office.keys.epochs.items()))
    return f"{READER} {extract.VERSION} {model_of(office).name} {place.country} {place.area_code} {zone} {epochs}"


def _folder(office: Office) -> Path:
    return office.centre.readings / hashlib.sha256(reader_of(office).encode()).hexdigest()[:12]


def _keep(folder: Path, part: pa.Table) -> None:
    """One part, named by what it holds, so that two runs at once write the same file."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256("".join(part["record_ref"].to_pylist()).encode()).hexdigest()[:16]
    replace_atomic(folder / f"{name}.parquet", lambda path: pq.write_table(part, path, compression="zstd"))


def _schema() -> pa.Schema:
    import pyarrow as pa

    many = {"key": pa.int64(), "kind": pa.int8(), "name": pa.string(), "role": pa.string(),
            "pattern": pa.int64(), "near_value": pa.int64(), "near_kind": pa.int8()}  # fmt: skip
    one = {"record_ref": pa.string(), "victim": pa.int64(), "type": pa.string(), "script": pa.list_(pa.uint32())}
    return pa.schema([*one.items(), *((name, pa.list_(of)) for name, of in many.items())])


def _read(office: Office, refs: list[str]) -> Iterator[dict[str, Any]]:
    """The readings of records, by their originals in the vault; a purged original leaves what the lake says."""
    from chainbreak.app.file_reports import lake_rows
    from chainbreak.text.likeness import signatures

    engine = office.engine()
    try:
        columns = ("record_ref", "reported_at_us", "victim", "identifiers", "narrative")
        rows = {row["record_ref"]: row for row in lake_rows(engine, refs, columns)}
    finally:
        engine.close()
    texts, model = office.vault.texts(list(rows)), model_of(office)
    stories = [texts.get(ref) or row["narrative"] or "" for ref, row in rows.items()]
    for (ref, row), story, script in zip(rows.items(), stories, signatures(stories), strict=True):
        typed = model.read(story)
        yield {"record_ref": ref, "victim": row["victim"] or 0, "type": "" if typed.abstained else typed.type,
               "script": script.tolist(), **_named(office, row, story)}  # fmt: skip


def _named(office: Office, row: dict[str, Any], story: str) -> dict[str, list[Any]]:
    """What a report names, in its story and in its form."""
    told: dict[str, list[Any]] = {
        name: [] for name in ("key", "kind", "name", "role", "pattern", "near_value", "near_kind")
    }
    seen: set[str] = set()
    found = named_in(office, mentions_of(office, story, row["reported_at_us"]))
    for one in [*found.values(), *_by_form(office, row["identifiers"] or (), found)]:
        name = one.key or (f"app:{one.value}" if one.kind == "app" else "")
        if one.kind in PERSONS or name in seen:
            continue
        if name:
            seen.add(name)
            kind = "domain" if one.kind == "url" else one.kind
            _add(told, key=number_of(name), kind=CODE.get(kind, CODE["id"]), name=name, role=one.role)
        if one.role in OF_INTEREST:
            _add_near(office, told, one, name)
    return told


def _by_form(office: Office, written: Sequence[str], found: dict[str, Named]) -> Iterator[Named]:
    """What the form names and the story does not; its values come from the vault."""
    from chainbreak.app.report_texts import Named

    told = {one.key for one in found.values()}
    for name in written:
        kind, colon, _ = name.partition(":")
        if name in told:
            continue
        if is_token(name):
            token = read_token(name)[1]
            value = office.vault.values(Identifier(kind), [token]).get(token, "")
            yield Named(kind, value, "suspect", name)
        elif kind == "app" and colon:
            yield Named(kind, name.partition(":")[2], "suspect", "")
        else:
            yield Named("domain", name, "suspect", _registrable(name))


def _registrable(host: str) -> str:
    from chainbreak.text.mention import Mention, domain_of

    return domain_of(Mention("domain", host, "", 0, 0)) or host


def _add(told: dict[str, list[Any]], **row: Any) -> None:
    for name, value in row.items():
        told[name].append(value)


def _add_near(office: Office, told: dict[str, list[Any]], one: Named, name: str) -> None:
    """The patterns of a number, under the centre's key: they can no more be turned back than a token."""
    if one.kind not in ("line", "account"):
        return
    key = office.keys.token_key(Identifier(one.kind))
    for pattern in near_values(one.kind, one.value):
        token = token_of(key, f"~{pattern}")
        _add(told, pattern=token, near_value=number_of(name) if name else token, near_kind=CODE[one.kind])


def number_of(name: str) -> int:
    """What stands for a key in linkage: the number of a written token, or one made of a name that is none."""
    return read_token(name)[1] if is_token(name) else key_of(name)
