"""Write findings to a file as JSON Lines; with their identifiers in clear only for a purpose, in a case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.app.reveal_identifier import MAY_REVEAL
from chainbreak.base.errors import RefusedError
from chainbreak.base.files import replace_atomic
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk import findings
from chainbreak.store.desk.findings import Filter

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

BULK_KINDS = tuple(kind for kind in Identifier if kind is not Identifier.PERSON)
"""Persons are never revealed in bulk."""


def export_findings(
    office: Office, actor: Actor, out: Path, wanted: Filter | None = None, *, reveal: bool = False, purpose: str = "",
    case: str = "",
) -> int:  # fmt: skip
    """Write every finding of the filter to `out`, most urgent first, and return how many.

    With `reveal`, each line has `values`: written token -> identifier in clear, of the kinds the actor may see and the
    vault knows.

    Raises:
        RefusedError: a reveal without purpose, case or the role for it (CB-FN-006).
    """
    from chainbreak.audit.log import Entry, append

    kinds = [kind for kind in BULK_KINDS if actor.has(*MAY_REVEAL[kind])]
    if reveal and not (purpose.strip() and case.strip() and kinds):
        raise RefusedError("CB-FN-006", "a reveal needs a purpose, a case and a role that may", given=actor.name)
    with office.desk.begin() as conn:
        action = "finding.export_revealed" if reveal else "finding.export"
        filtered = wanted or Filter()
        append(conn, Entry.by(actor, office.clock.now_us(), action, "findings", purpose=purpose, case=case,
                              payload={"filter": vars(filtered)}))  # fmt: skip
    count = 0
    with office.desk.read() as conn:

        def write(path: Path) -> None:
            nonlocal count
            with path.open("w", encoding="utf-8") as file:
                for row in findings.every(conn, filtered):
                    body = json.loads(row.body) | {"state": row.state}
                    if reveal:
                        body["values"] = _values(office, body, kinds)
                    file.write(json.dumps(body, ensure_ascii=False) + "\n")
                    count += 1

        replace_atomic(out, write, mode=0o600 if reveal else 0o640)
    return count


def _values(office: Office, body: dict[str, Any], kinds: Sequence[Identifier]) -> dict[str, str]:
    known: dict[str, str] = {}
    written = {body["subject"], *(m["token"] for m in body["members"])}
    for kind in kinds:
        tokens = {read_token(text)[1]: text for text in written if text.startswith(f"{kind}:")}
        if tokens:
            known |= {tokens[token]: value for token, value in office.vault.values(kind, tokens).items()}
    return known
