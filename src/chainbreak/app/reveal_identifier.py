"""Say what a token stands for, to a named person with a right to it, for a purpose in a case; the log has it first."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Revealed:
    """One value shown: the written token, its value, and when (UTC µs) a page must hide it again."""

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
    from chainbreak.audit.log import Entry, append

    kind, number = _read(token)
    purpose, case, now = purpose.strip(), case.strip(), office.clock.now_us()
    missing = [
        name for name, given in (("--as", actor), ("--purpose", purpose), ("--case", case)) if not given
    ]  # fmt: skip
    allowed = actor is not None and actor.has(*MAY_REVEAL[kind])
    who = actor or Actor("nobody", frozenset())
    refused = bool(missing) or not allowed
    with office.desk.begin() as conn:
        action = "vault.refuse" if refused else "vault.reveal"
        append(conn, Entry.by(who, now, action, token, purpose=purpose, case=case))
    if missing:
        raise RefusedError(
            "CB-ID-030", "a reveal needs a person, a purpose and a case", given=f"no {', '.join(missing)}"
        )
    if not allowed:
        raise RefusedError(
            "CB-ID-030", "this role may not see values of this kind", given="+".join(sorted(who.roles)),
            allowed=", ".join(sorted(MAY_REVEAL[kind])),
        )  # fmt: skip
    return Revealed(token, office.vault.value(kind, number), now + OPEN_US)


def _read(token: str) -> tuple[Identifier, int]:
    try:
        kind, number = read_token(token)
        return Identifier(kind), number
    except ValueError:
        raise UsageError(
            "CB-ID-032", "not a written token", given=token[:40], allowed="a kind, a colon and 16 hex digits"
        ) from None
