"""What the vault holds, by kind: how many entries, which key epoch, who may reveal it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.reveal_identifier import MAY_REVEAL, MAY_REVEAL_TEXTS
from chainbreak.records import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def vault_status(office: Office) -> list[dict[str, Any]]:
    """One row a kind of identifier, then one for original texts; `rotating_to` names an unfinished rotation's epoch.

    Counts are of stored rows; a merge that was killed leaves some counted twice until the next one.
    """
    counts = office.vault.counts()
    rows: list[dict[str, Any]] = [
        {
            "kind": kind.value, "entries": counts[kind.value], "epoch": office.keys.epochs[kind.value],
            "rotating_to": office.keys.coming.get(kind.value), "may_reveal": sorted(MAY_REVEAL[kind]),
        }
        for kind in Identifier
    ]  # fmt: skip
    texts = {
        "kind": "texts", "entries": counts["texts"], "epoch": None, "rotating_to": None,
        "may_reveal": sorted(MAY_REVEAL_TEXTS),
    }  # fmt: skip
    return [*rows, texts]
