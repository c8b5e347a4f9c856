"""Somebody posed as the hotline: the number they called from stands for review at once. It warns nobody by itself."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from chainbreak.app.take_statement import LONGEST, MAY_TAKE
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import Role
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.identity.normalise import Normal
    from chainbreak.records.actor import Actor

MAY_REPORT = (*MAY_TAKE, Role.ANALYST)
DETECTOR, RULE = "imitation", "posed_as_hotline"
ONE_WORD, ONE_WORD_BITS = 0.5, 1.0
"""A person's word that nobody has judged yet: it doubles the odds, to even ones, so that no rule acts on it. A default
of this project, to be replaced once there are verdicts to measure it by."""


def read_number(office: Office, number: str) -> Normal:
    """A number as it is read: E.164 and its class, for a form that shows what was understood.

    Raises:
        InputError: not a telephone number (CB-WA-204).
    """
    from chainbreak.app.report_texts import place_of
    from chainbreak.identity.normalise import normalise

    try:
        return normalise(Identifier.LINE, number, place_of(office))
    except InputError as e:
        raise InputError("CB-WA-204", "not a telephone number", given=e.given, allowed=e.allowed) from None


def report_imitation(office: Office, actor: Actor, number: str, words: str = "") -> dict[str, Any]:
    """Put the number that posed as the hotline before those who judge: {finding_id, subject, reports}.

    A further report of the same number is a finding of its own, with all of them counted; the earlier one closes.

    Raises:
        RefusedError: the role (CB-WA-202).
        UsageError: it is our own number, which callers forge (CB-WA-203); too long a text (CB-WA-102).
        InputError: not a telephone number (CB-WA-204).
    """
    import pyarrow as pa

    from chainbreak.app.report_texts import place_of
    from chainbreak.audit.log import Entry, append
    from chainbreak.identity.batch import tokenise
    from chainbreak.records.finding import write_token
    from chainbreak.store.desk.findings import newest_findings, save_findings

    if not actor.has(*MAY_REPORT):
        raise RefusedError("CB-WA-202", "this role takes no such reports", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(MAY_REPORT))  # fmt: skip
    if len(words) > LONGEST:
        raise UsageError("CB-WA-102", "too long a text", allowed=f"{LONGEST} characters")
    value = read_number(office, number).value
    if value.endswith(office.centre.settings.hotline):
        raise UsageError("CB-WA-203", "our own published number, as a forged caller shows it", given=value)
    with office.keys.in_use():
        batch = tokenise(Identifier.LINE, pa.array([number]), office.keys, place_of(office))
        office.vault.add(Identifier.LINE, batch)
    subject = write_token(Identifier.LINE, batch["token"][0].as_py())
    now = office.clock.now_us()
    said = f"imitation\0{actor.name}\0{subject}\0{now}\0{words.strip()}"
    note_ref = hmac.digest(office.keys.ref_key, said.encode(), hashlib.sha256).hex()[:32]
    office.vault.add_texts([note_ref], [words.strip()])
    with office.desk.begin() as conn:
        found = _finding(subject, newest_findings(conn, DETECTOR, [subject]).get(subject), note_ref, now)
        save_findings(conn, [found])
        append(conn, Entry.by(actor, now, "statement.imitation", f"finding:{found.finding_id}", purpose="warn",
                              payload={"subject": subject}))  # fmt: skip
    return {"finding_id": found.finding_id, "subject": subject, "reports": int(found.evidence[0].value)}


def _finding(subject: str, before: Any, note_ref: str, now: int) -> Any:
    from chainbreak.records.finding import Action, Evidence, Finding, Level, Member

    told = (*(before.evidence[0].records if before else ()), note_ref)
    why = Evidence(RULE, float(len(told)), 1.0, "report", "report", ONE_WORD_BITS, told)
    return Finding(
        DETECTOR, "1", "line", subject, (Member("line", subject, 1.0),), ONE_WORD, Level.URGENT,
        before.first_evidence_us if before else now, now, (why,), (), Action.VERIFY, "0" * 32, {},
        {"reports": len(told)},
    )  # fmt: skip
