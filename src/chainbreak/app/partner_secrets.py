"""Secrets of partners: files under keys/, readable by the owner alone, never in the desk, the log or an answer."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import InputError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

NEW_BYTES = 32
"""256 bits, what hmac-sha256 (TSIG) takes; written in base64, which is good as a token too."""
LARGEST_BYTES = 64 * 1024
"""A chain of certificates with its key fits well."""


def secrets_of(office: Office, partner_id: str, format_: str) -> list[dict[str, Any]]:
    """What the partner's format needs at its address, and whether it is there; rows (`name`, `is_set`, `since_us`).
    Never a value.
    """
    from chainbreak.act.delivery.points import room_of
    from chainbreak.app.change_partners import partner_row

    rows: list[dict[str, Any]] = []
    in_the_open = not partner_row(office, partner_id)["address"].startswith("https:")
    spared: Sequence[str] = getattr(room_of(format_), "NEEDS_OVER_TLS", ()) if in_the_open else ()
    for name in needed(format_):
        if name in spared:
            continue
        path = secret_path(office, partner_id, name)
        since = path.stat().st_mtime_ns // 1_000 // US_PER_S * US_PER_S if path.is_file() else None
        rows.append({"name": name, "is_set": since is not None, "since_us": since})
    return rows


def needed(format_: str) -> Sequence[str]:
    """Names of the secrets that a format reads."""
    from chainbreak.act.delivery.points import room_of

    names: Sequence[str] = room_of(format_).NEEDS
    return names


def known_secret(format_: str, name: str) -> str:
    """The name, if the format reads such a secret.

    Raises:
        UsageError: it does not (CB-DL-221).
    """
    names = needed(format_)
    if name not in names:
        raise UsageError("CB-DL-221", "this format needs no such secret", given=name,
                         allowed=did_you_mean(name, names) if names else "none")  # fmt: skip
    return name


def set_secret(office: Office, actor: Actor, partner_id: str, name: str, value: bytes | None) -> None:
    """Keep a secret of a partner; `value` None: a new random one. The log says who set which and when, not what.

    Raises:
        UsageError: no such partner (CB-OR-080), or its format needs no such secret (CB-DL-221).
        InputError: empty or larger than 64 KiB (CB-DL-222).
        RefusedError: the role (CB-OR-005).
    """
    from chainbreak.app.change_partners import changing, partner_row
    from chainbreak.base.files import write_atomic

    known_secret(partner_row(office, partner_id)["format"], name)
    kept = base64.b64encode(secrets.token_bytes(NEW_BYTES)) if value is None else value.strip()
    if not 0 < len(kept) <= LARGEST_BYTES:
        raise InputError("CB-DL-222", "a secret is neither empty nor larger than 64 KiB", given=f"{len(kept)} bytes")
    path = secret_path(office, partner_id, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with changing(office, actor, "partner.secret", partner_id, {"name": name, "new": value is None}):
        write_atomic(path, kept, mode=0o600)


def secret_path(office: Office, partner_id: str, name: str) -> Path:
    """Where a secret of a partner lies."""
    return office.centre.keys / "partners" / partner_id / name
