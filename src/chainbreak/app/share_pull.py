"""Bring in what a partner reports: read, bounded, identifiers turned into tokens at the door, kept with its source.

What comes in is something to look at. Nothing here, and nothing that reads it, drafts an order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sharing.reported import ACCOUNT, LINE, URL, Reading, Refused, Reported
from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import InputError, RefusedError, SetupError
from chainbreak.identity.domains import host_form
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.act.delivery.point import Setup
    from chainbreak.act.delivery.sharing.sources import Part
    from chainbreak.app.bootstrap import Office

MAY_SHARE = (Role.LIAISON, Role.ANALYST)
CODE = "CB-DL-168"
_TOKENS = {LINE: Identifier.LINE, ACCOUNT: Identifier.ACCOUNT}


def share_pull(office: Office, actor: Actor, partner_id: str, file: Path | None = None) -> dict[str, Any]:
    """Read what `partner_id` reports: its server since the last time, or `file` (STIX, MISP, the folder of a feed).

    Each part is kept as it comes, so an interrupted pull goes on where it stopped, and a repeat changes nothing.
    Counts: new, changed, sightings, refused, ignored; `error`: why the source stopped answering, "" when it did not.

    Raises:
        RefusedError: the role (CB-DL-165).
        UsageError: no such partner (CB-OR-080), or not one to share with (CB-DL-166).
        InputError: the file cannot be read (CB-DL-163), or is too large (CB-DL-164).
        SetupError: the settings do not say where (CB-DL-161, CB-DL-162), or a secret is missing (CB-DL-021).
    """
    from chainbreak.app.change_partners import partner_row

    must_share(actor)
    row = partner_row(office, partner_id)
    counts: dict[str, Any] = dict.fromkeys(("new", "changed", "sightings", "refused", "ignored"), 0) | {"error": ""}
    try:
        for part in _parts(office, row, file):
            for name, more in _keep(office, partner_id, part).items():
                counts[name] += more
    except PointDownError as e:
        counts["error"] = str(e)
    with office.desk.begin() as conn:
        append(conn, Entry.by(actor, office.clock.now_us(), "share.pull", f"partner:{partner_id}", payload=counts))
    return counts


def must_share(actor: Actor) -> None:
    """Let only those pass who exchange with partners or judge.

    Raises:
        RefusedError: the role (CB-DL-165).
    """
    if not actor.has(*MAY_SHARE):
        raise RefusedError("CB-DL-165", "this role does not handle what is shared",
                           given="+".join(sorted(actor.roles)), allowed=", ".join(MAY_SHARE))  # fmt: skip


def setup_of(office: Office, row: dict[str, Any]) -> Setup:
    """What the partner in `row` is spoken to with, for reading and telling; nothing is delivered through it."""
    from chainbreak.act.delivery.point import Setup
    from chainbreak.act.delivery.signing import Signer
    from chainbreak.app.order_ask import rules_to_let_go
    from chainbreak.app.partner_secrets import secret_path

    partner_id, centre = row["partner_id"], office.centre

    def secret(name: str) -> str:
        path = secret_path(office, partner_id, name)
        if not path.is_file():
            raise SetupError("CB-DL-021", "a secret of this partner is not there", given=f"{partner_id} {name}",
                             next_step=f"chainbreak partner secret {partner_id} {name}")  # fmt: skip
        return path.read_text(encoding="utf-8").strip()

    return Setup(
        partner_id, row["format"], row["address"], json.loads(row["settings"]), secret, centre.out / partner_id,
        Signer(centre.keys, centre.out), rules_to_let_go(office).delivery, tuple, tuple, lambda _said: 0, office.clock,
    )  # fmt: skip


def _parts(office: Office, row: dict[str, Any], file: Path | None) -> Iterator[Part]:
    from chainbreak.act.delivery.sharing.sources import Part, read_file, read_source
    from chainbreak.store.desk.indicators import read_marker

    if file is not None:
        yield Part(read_file(file, office.clock.now_us()))
        return
    with office.desk.read() as conn:
        marker = read_marker(conn, row["partner_id"])
    yield from read_source(setup_of(office, row), marker)


def _keep(office: Office, source: str, part: Part) -> dict[str, int]:
    from chainbreak.store.desk import indicators

    now = office.clock.now_us()
    reading = part.reading
    objects, refused = _at_the_door(office, reading.reported)
    refused += reading.refused
    rows = [_row(one, about, now) for one, about in objects]
    sighted = [{"sighting_id": s.sighting_id, "shared_id": s.shared_id, "says": s.says, "count": s.count,
                "at_us": min(s.at_us, now)} for s in reading.sighted]  # fmt: skip
    aside = [{"shared_id": r.shared_id, "code": CODE, "what": r.what, "at_us": now} for r in refused if r.shared_id]
    with office.desk.begin() as conn:
        new, changed = indicators.save_indicators(conn, source, rows)
        for shared_id, (version_us, parts) in _versions(reading).items():
            # A newer version that names fewer things has dropped the others.
            changed += indicators.withdraw(conn, source, shared_id, version_us, parts)
        told = indicators.save_sightings(conn, source, sighted)
        indicators.save_refused(conn, source, aside)
        indicators.save_marker(conn, source, part.marker, now)
    return {"new": new, "changed": changed, "sightings": told, "refused": len(refused), "ignored": reading.ignored}


def _versions(reading: Reading) -> dict[str, tuple[int, list[str]]]:
    """Indicator -> its newest version here, and the parts that this names."""
    found: dict[str, tuple[int, list[str]]] = {
        shared_id: (version_us, []) for shared_id, version_us in reading.withdrawn.items()
    }
    for one in reading.reported:
        base = one.shared_id.partition("#")[0]
        newest, parts = found.get(base, (one.version_us, []))
        if one.version_us >= newest:
            found[base] = (one.version_us, [*(parts if one.version_us == newest else ()), one.shared_id])
    return found


def _row(one: Reported, about: str, now_us: int) -> dict[str, Any]:
    # A time to come would keep an indicator young for ever.
    return {
        "shared_id": one.shared_id, "kind": one.kind, "object": about, "version_us": one.version_us,
        "first_seen_us": min(one.first_seen_us, now_us), "last_seen_us": min(one.last_seen_us, now_us),
        "valid_until_us": one.valid_until_us, "confidence": one.confidence, "revoked": one.revoked,
        "pulled_at_us": now_us,
    }  # fmt: skip


def _at_the_door(
    office: Office, reported: Sequence[Reported]
) -> tuple[list[tuple[Reported, str]], list[Refused]]:  # fmt: skip
    """What each report is about, as a token or in clear, and what is nothing that can be."""
    found: list[tuple[Reported, str]] = []
    refused: list[Refused] = []
    for kind, identifier in _TOKENS.items():
        some = [one for one in reported if one.kind == kind]
        for one, token in zip(some, _tokens(office, identifier, [one.value for one in some]), strict=True):
            if token is None:
                refused.append(Refused(one.shared_id, f"no {kind}"))
            else:
                found.append((one, token))
    for one in reported:
        if one.kind not in _TOKENS:
            try:
                found.append((one, _address(office, one.value) if one.kind == URL else host_form(one.value)))
            except (InputError, ValueError):
                refused.append(Refused(one.shared_id, f"no {one.kind}"))
    return found, refused


def _tokens(office: Office, identifier: Identifier, values: list[str]) -> list[str | None]:
    import pyarrow as pa

    from chainbreak.identity.batch import tokenise
    from chainbreak.identity.numbers import Place

    if not values:
        return []
    settings = office.centre.settings
    place = Place(settings.country, settings.area_code)
    distinct = list(dict.fromkeys(values))
    batch = tokenise(identifier, pa.array(distinct, pa.string()), office.keys, place)
    office.vault.add(identifier, batch)
    of = dict(zip(distinct, batch["token"].to_pylist(), strict=True))
    return [None if of[value] is None else write_token(identifier, of[value]) for value in values]


def _address(office: Office, value: str) -> str:
    """An address without what names a person: query, fragment and sign-in cut off, identifiers in its path masked."""
    from chainbreak.identity.numbers import Place
    from chainbreak.text.masking import mask

    parts = urlsplit(value)
    if parts.scheme not in ("http", "https"):
        raise InputError("CB-ID-010", "not an address", allowed="http, https")
    settings = office.centre.settings
    path, mentions = mask(parts.path, office.keys, Place(settings.country, settings.area_code))
    for kind in {mention.kind for mention in mentions}:
        office.vault.add_values(kind, [mention.value for mention in mentions if mention.kind is kind])
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host_form(parts.hostname or '')}{port}{path}"[:1024]
