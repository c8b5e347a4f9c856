"""Who may follow money, who may read what was found, and whom the log remembers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.record_read import record_read
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

MAY_TRACE = (Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER, Role.SERVICE)
"""Those who take reports and work on them, and the machine for them."""
MAY_READ = (*MAY_TRACE, Role.APPROVER, Role.LIAISON, Role.AUDITOR)
"""And those who sign, pass on and check what rests on a trace."""


def must_trace(office: Office, actor: Actor, thing: str) -> None:
    """Refuse whoever does not follow money, and note that (CB-TR-022)."""
    _must(office, actor, MAY_TRACE, "trace.refuse", thing)


def admit_trace(
    office: Office, actor: Actor, action: str, thing: str, *, purpose: str = "", case: str = "", often: bool = False
) -> None:  # fmt: skip
    """Note in the log that somebody looks at `thing`, or refuse and note that; `often`: a list (see `record_read`).

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
    """
    _must(office, actor, MAY_READ, "trace.refuse_read", thing)
    record_read(office, actor, action, thing, purpose=purpose.strip(), case=case.strip(), often=often)


def _must(office: Office, actor: Actor, roles: tuple[Role, ...], refusal: str, thing: str) -> None:
    if not actor.has(*roles):
        record_read(office, actor, refusal, thing)
        raise RefusedError("CB-TR-022", "following money is not within your rights",
                           given="+".join(sorted(actor.roles)), allowed=", ".join(roles))  # fmt: skip
