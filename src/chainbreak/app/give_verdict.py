"""Say what a finding is: confirmed, false or unsure; and take a verdict back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.show_finding import finding_named
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import findings

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

JUDGES = (Role.ANALYST, Role.FUND_DESK, Role.COMMANDER)
SHORT = {"c": findings.CONFIRMED, "f": findings.FALSE, "u": findings.UNSURE}


def give_verdict(
    office: Office, actor: Actor, finding_id: str, verdict: str, note: str = "", key: str | None = None
) -> int:
    """Record `verdict` (confirmed, false, unsure, or c, f, u) and return its number; frees the lock.

    Raises:
        UsageError: no such finding (CB-FN-001) or no such verdict (CB-FN-002).
        RefusedError: the actor may not judge (CB-FN-003), or somebody else has the finding open (CB-FN-004).
    """
    from chainbreak.audit.log import Entry, append

    word = SHORT.get(verdict, verdict)
    if word not in findings.VERDICTS:
        raise UsageError("CB-FN-002", "no such verdict", given=verdict, allowed=did_you_mean(word, findings.VERDICTS))
    may_judge(actor)
    now = office.clock.now_us()
    with office.desk.begin(key) as conn:
        finding_named(conn, finding_id)
        holder = findings.holders(conn, [finding_id], now).get(finding_id, actor.name)
        if holder != actor.name:
            raise RefusedError("CB-FN-004", "somebody else has this finding open", given=holder,
                               next_step="take another: chainbreak finding next")  # fmt: skip
        number = findings.add_verdict(conn, finding_id, now, actor.name, word, note)
        append(conn, Entry.by(actor, now, "finding.verdict", f"finding:{finding_id}",
                              payload={"verdict": word, "verdict_id": number, "note": note}))  # fmt: skip
    return number


def undo_verdict(office: Office, actor: Actor) -> str:
    """Take back the actor's own newest verdict and return the finding's id; what was before stands again.

    Raises:
        UsageError: there is none to take back (CB-FN-005).
        RefusedError: the actor may not judge (CB-FN-003).
    """
    from chainbreak.audit.log import Entry, append

    may_judge(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        last = findings.last_verdict_of(conn, actor.name)
        if last is None:
            raise UsageError("CB-FN-005", "there is no verdict of yours to take back", given=actor.name)
        findings.add_verdict(conn, last.finding_id, now, actor.name, findings.UNDO, undoes=last.verdict_id)
        append(conn, Entry.by(actor, now, "finding.undo", f"finding:{last.finding_id}",
                              payload={"undoes": last.verdict_id}))  # fmt: skip
    return str(last.finding_id)


def may_judge(actor: Actor) -> None:
    """Refuse an actor without a role that judges findings."""
    if not actor.has(*JUDGES):
        raise RefusedError("CB-FN-003", "this role does not judge findings", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(JUDGES))  # fmt: skip
