"""Say what a token stands for, to a named person with a right to it, for a purpose in a case; the log has it first."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import read_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

OPEN_US = 10 * US_PER_MIN
"""How long a page may show a revealed value before it closes by itself; each further look is a reveal of its own."""

MAY_REVEAL: dict[Identifier, frozenset[Role]] = {
    Identifier.LINE: frozenset({Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.APPROVER, Role.LIAISON}),
    Identifier.IMSI: frozenset({Role.ANALYST, Role.APPROVER, Role.LIAISON}),
    Identifier.IMEI: frozenset({Role.ANALYST, Role.APPROVER, Role.LIAISON}),
    Identifier.ACCOUNT: frozenset({Role.ANALYST, Role.FUND_DESK, Role.APPROVER, Role.LIAISON}),
    Identifier.PERSON: frozenset({Role.FUND_DESK, Role.HOTLINE, Role.APPROVER}),
    Identifier.CHAT: frozenset({Role.ANALYST, Role.APPROVER, Role.LIAISON}),
    Identifier.DEVICE: frozenset({Role.ANALYST, Role.APPROVER}),
    Identifier.IP: frozenset({Role.ANALYST, Role.APPROVER, Role.LIAISON}),
}
"""Who may see values of a kind: those whose work touches the thing itself. Nobody else, administrators included."""

MAY_REVEAL_TEXTS = frozenset({Role.ANALYST, Role.HOTLINE})
"""Who may read a victim's own words: those who judge them and those who speak with the victim."""


@dataclass(frozen=True)
class Revealed:
    """One value or text shown: its written token or record_ref, and when (UTC µs) a page must hide it again."""

    token: str
    value: str
    until_us: int


def reveal_identifier(office: Office, actor: Actor | None, token: str, *, purpose: str, case: str) -> Revealed:
    """The value behind a written token (`line:9f3a…`), also of one that a key rotation has replaced.

    A leaf `vault.reveal` is committed before the vault is opened; a refusal leaves `vault.refuse`. No leaf ever holds
    the value.

    Raises:
        UsageError: not a written token (CB-ID-032).
        RefusedError: no person, purpose or case, or a role without the right (CB-ID-030).
        InputError: not in the vault (CB-ID-021).
    """
    kind, number = _read(token)
    until_us = _admit(office, actor, token, MAY_REVEAL[kind], purpose.strip(), case.strip())
    return Revealed(token, office.vault.value(kind, number), until_us)


def known_values(office: Office, written: Collection[str], kinds: Collection[Identifier]) -> dict[str, str]:
    """Written token -> value, of `kinds`, as far as the vault knows; for verbs that have logged their look already."""
    known: dict[str, str] = {}
    for kind in kinds:
        tokens = {read_token(text)[1]: text for text in written if text.startswith(f"{kind}:")}
        if tokens:
            known |= {tokens[token]: value for token, value in office.vault.values(kind, tokens).items()}
    return known


def reveal_text(office: Office, actor: Actor | None, record_ref: str, *, purpose: str, case: str) -> Revealed:
    """The original text of a record, whose copy in the lake has its identifiers masked; logged as a reveal.

    Raises:
        UsageError: not a record_ref (CB-ID-032).
        RefusedError, InputError: as `reveal_identifier`.
    """
    if not re.fullmatch(r"[0-9a-f]{32}", record_ref):
        raise UsageError("CB-ID-032", "not a record reference", given=record_ref[:40], allowed="32 hex digits")
    until_us = _admit(office, actor, f"text:{record_ref}", MAY_REVEAL_TEXTS, purpose.strip(), case.strip())
    return Revealed(record_ref, office.vault.text(record_ref), until_us)


def _admit(office: Office, actor: Actor | None, thing: str, roles: frozenset[Role], purpose: str, case: str) -> int:
    """Log the look, or its refusal and refuse; returns when it must be closed again."""
    from chainbreak.audit.log import Entry, append

    now, who = office.clock.now_us(), actor or Actor("nobody", frozenset())
    missing = [name for name, given in (("--as", actor), ("--purpose", purpose), ("--case", case)) if not given]
    action = "vault.reveal" if not missing and who.has(*roles) else "vault.refuse"
    with office.desk.begin() as conn:
        append(conn, Entry.by(who, now, action, thing, purpose=purpose, case=case))
    if missing:
        raise RefusedError(
            "CB-ID-030", "a reveal needs a person, a purpose and a case", given=f"no {', '.join(missing)}"
        )  # fmt: skip
    if action == "vault.refuse":
        raise RefusedError(
            "CB-ID-030", "this role may not see this", given="+".join(sorted(who.roles)),
            allowed=", ".join(sorted(roles)),
        )  # fmt: skip
    return now + OPEN_US


def _read(token: str) -> tuple[Identifier, int]:
    try:
        kind, number = read_token(token)
        return Identifier(kind), number
    except ValueError:
        raise UsageError(
            "CB-ID-032", "not a written token", given=token[:40], allowed="a kind, a colon and 16 hex digits"
        ) from None
