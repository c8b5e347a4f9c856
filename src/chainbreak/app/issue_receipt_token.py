"""Tokens with which partners answer over the API: one a partner, shown once, kept as a digest alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from chainbreak.base.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

FILE = "receipts.sha256"
"""Under `keys/partners/PARTNER/`: SHA-256 of the token in hex; 256 random bits cannot be searched."""


def issue_receipt_token(office: Office, actor: Actor, partner_id: str) -> str:
    """A new token of a partner; an earlier one no longer opens anything.

    Raises:
        UsageError: no such partner (CB-OR-080).
        RefusedError: the role (CB-OR-005).
    """
    from chainbreak.app.change_partners import changing, partner_row
    from chainbreak.base.files import write_atomic

    partner_row(office, partner_id)
    token = f"{partner_id}.{secrets.token_urlsafe(32)}"
    path = _path(office, partner_id)
    with changing(office, actor, "partner.token", partner_id, {}):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, _digest(token).encode(), mode=0o600)
    return token


def partner_of_token(office: Office, token: str) -> str:
    """The partner whose token this is.

    Raises:
        RefusedError: nobody's (CB-DL-149).
    """
    from chainbreak.app.change_partners import NAME

    partner_id = token.partition(".")[0]
    try:
        kept = _path(office, partner_id).read_text("ascii") if NAME.fullmatch(partner_id) else ""
    except FileNotFoundError:
        kept = ""
    if not hmac.compare_digest(kept, _digest(token)):
        raise RefusedError("CB-DL-149", "not a token of a partner", next_step="chainbreak partner token PARTNER")
    return partner_id


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _path(office: Office, partner_id: str) -> Path:
    return office.centre.keys / "partners" / partner_id / FILE
