"""What detectors there are, and the card of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def list_detectors() -> list[dict[str, Any]]:
    """Rows (detector, subject, tables, action) of every registered version."""
    from chainbreak.find.contract.detector import ident
    from chainbreak.find.registry import detectors

    return [
        {"detector": ident(d), "subject": d.subject_kind, "action": ", ".join(dict.fromkeys(map(str, d.ladder))),
         "tables": ", ".join(n.table if n.required else f"{n.table}?" for n in d.needs)}
        for d in detectors()
    ]  # fmt: skip


def write_cards(folder: Path) -> list[Path]:
    """Write each detector's card (Markdown) into `folder`; returns the files, in order of the registry."""
    from chainbreak.find.contract.cards import card_name, card_of
    from chainbreak.find.registry import detectors

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for detector in detectors():
        path = folder / card_name(detector)
        path.write_text(card_of(detector), encoding="utf-8")
        written.append(path)
    return written
