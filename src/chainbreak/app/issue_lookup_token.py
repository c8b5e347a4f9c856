"""Tokens by which a partner asks the look-up; and the centre's own, by which it looks through the partner's eyes."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

TOKEN_BYTES = 32
"""256 random bits: nothing to guess, so that a plain SHA-256 of it may be stored and checked at every request."""


def issue_lookup_token(office: Office, actor: Actor, partner_id: str, *, only: bool = False) -> str:
    """A new token of a look-up partner, shown once; only its digest is kept.

    The token before stays good until the next is issued, so that the partner can change over; `only`: it ends at once,
    because it was lost. The look-up follows within a second.

    Raises:
        UsageError: no such partner (CB-OR-080), or it does not ask by look-up (CB-DL-190).
        RefusedError: the role (CB-OR-005).
    """
    from sqlalchemy import select, update

    from chainbreak.act.delivery.lookup.callers import digest_of
    from chainbreak.act.delivery.lookup.follower import FORMAT
    from chainbreak.app.change_partners import changing, partner_row
    from chainbreak.store.desk.tables_delivery import partner as p

    if partner_row(office, partner_id)["format"] != FORMAT:
        raise UsageError("CB-DL-190", "this partner does not ask by look-up", given=partner_id,
                         allowed=f"a partner of format {FORMAT}", next_step="chainbreak partner list")  # fmt: skip
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with changing(office, actor, "partner.token", partner_id, {"only": only}) as conn:
        same = p.c.partner_id == partner_id
        settings: dict[str, Any] = json.loads(conn.execute(select(p.c.settings).where(same)).scalar_one())
        before = [] if only else settings.get("tokens", [])[:1]
        settings |= {
            "tokens": [digest_of(token.encode()), *before],
            "probe_digest": digest_of(_probe(office, partner_id)),
        }
        conn.execute(update(p).where(same).values(settings=json.dumps(settings, ensure_ascii=False, sort_keys=True)))
    return token


def _probe(office: Office, partner_id: str) -> bytes:
    """The centre's own token for this partner's view; made when first needed."""
    from chainbreak.app.partner_secrets import secret_path
    from chainbreak.base.files import write_atomic

    path = secret_path(office, partner_id, "probe")
    if not path.is_file():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, secrets.token_urlsafe(TOKEN_BYTES).encode(), mode=0o600)
    return path.read_bytes().strip()
