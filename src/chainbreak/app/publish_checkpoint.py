"""Sign and publish the log's state: hourly and per 1,000 entries at least, or when asked; and change the key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.audit.checkpoint import Checkpoint


def publish_checkpoint(office: Office, *, only_if_due: bool = False) -> Checkpoint | None:
    """The checkpoint just published; None when `only_if_due` and none is due. The first call makes the signing key.

    Raises:
        RefusedError: the log no longer begins with what was published (CB-AU-009).
        SetupError: the signing key is gone or replaced (CB-AU-007).
    """
    from chainbreak.audit import checkpoint

    key = checkpoint.open_key(office.centre.log, office.keys.checkpoint_key_path, _origin(office))
    act = checkpoint.checkpoint_if_due if only_if_due else checkpoint.publish
    with office.desk.read() as conn:
        return act(conn, office.centre.log, key, office.clock.now_us())


def rotate_checkpoint_key(office: Office, actor: Actor) -> str:
    """Replace the signing key by one that the old key vouches for; returns the new public key.

    Raises:
        RefusedError: the actor is no administrator (CB-AU-016).
    """
    from chainbreak.audit import checkpoint
    from chainbreak.audit.log import Entry, append

    if not actor.has(Role.ADMIN):
        raise RefusedError("CB-AU-016", "only an administrator changes the log's key", given=actor.name)
    publish_checkpoint(office)
    with office.desk.read() as conn:
        new = checkpoint.rotate_key(conn, office.centre.log, office.keys.checkpoint_key_path, office.clock.now_us())
    with office.desk.begin() as conn:
        append(conn, Entry.by(actor, office.clock.now_us(), "audit.rotate_key", f"key:{new.public.hash.hex()}"))
    return str(new.public)


def _origin(office: Office) -> str:
    """The log's name: the centre's, without what a signer's name may not hold (spaces, plus)."""
    return "chainbreak/" + re.sub(r"[\s+]+", "-", office.centre.settings.name.strip() or "centre")
