"""What a warning is made of: contact events, their facts, and the words that outcomes may have.

An event says 'this line is in contact with fraud now': what was observed, since when, what is at stake, how it ends. It
rests on a confirmed indicator or on a recorded report by a citizen, bank or family member (warnings, section 1).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chainbreak.base.clock import US_PER_HOUR

FactValue = int | bool | str

KINDS: dict[str, int] = {
    "call.fraud_line": 24 * US_PER_HOUR,
    "sms.template": 12 * US_PER_HOUR,
    "visit.scam_domain": 12 * US_PER_HOUR,
    "app.installed": 24 * US_PER_HOUR,
    "screenshare.reported": 12 * US_PER_HOUR,
    "transfer.toward_mule": 12 * US_PER_HOUR,
    "cash.or_courier": 12 * US_PER_HOUR,
    "report.third_party": 24 * US_PER_HOUR,
}
"""Kind of event -> µs after which it says nothing any more. `repeat.contact` is no kind of its own: it is read from how
many events stand (`contacts`). The hours are defaults of this project, after the TTLs of the specification."""

FACTS: dict[str, type] = {
    "duration_s": int,  # of the call so far
    "running": bool,  # the call goes on
    "outgoing": bool,  # the recipient called
    "replied": bool,  # to the message, or called back
    "form_sent": bool,
    "downloaded": bool,  # an app package
    "stoppable": bool,  # the payment can still be stopped
    "made": bool,  # the payment has been made
    "during_call": bool,  # a transfer during, or within an hour after, a call with a fraud line
    "new_payee": bool,
    "amount_fen": int,
    "urgency": str,  # of a statement: medium, high, top
}
"""Facts an event may hold. What is not known is left out, never guessed."""

OUTCOMES: dict[str, str] = {
    "1": "dissuaded", "2": "money_sent", "3": "already_knew", "4": "false_alarm", "5": "refused", "6": "no_answer",
    "7": "wrong_person", "8": "needs_visit", "9": "other",
}  # fmt: skip
"""Key -> outcome of a call or a visit (warnings, section 5)."""
REACHED = frozenset({"dissuaded", "money_sent", "already_knew", "false_alarm", "refused", "other"})
"""Outcomes of people who were spoken with; who says `needs_visit` may or may not have been."""
FRAUD = frozenset({"dissuaded", "money_sent", "already_knew"})
"""Outcomes that confirm the contact was fraud; `false_alarm` and `wrong_person` say the contrary, the rest nothing."""
CLOSING = frozenset({"dissuaded", "money_sent", "already_knew", "false_alarm", "wrong_person", "other"})
"""Outcomes after which nobody is called or sent anything about this warning any more."""

OPEN, RESOLVED, LAPSED, RETRACTED = "open", "resolved", "lapsed", "retracted"


@dataclass(frozen=True)
class ContactEvent:
    """One observed contact. `recipient` and `indicator` are written tokens (a domain stands in clear), times UTC µs.

    `ref` is the source's own name of the contact (a record_ref, a bank's number): a later word with the same ref takes
    the place of the earlier, so that a running call may grow. `ground` is what it rests on: `finding:ID`, `order:ID`,
    `report:ID` or `statement:ID`. `campaign` "": the indicator, or for a statement the statement, stands for it.
    `confidence` is that the *indicator* is what it is taken for, 0 to 1.
    """

    kind: str
    recipient: str
    at_us: int
    ground: str
    source: str
    ref: str
    indicator: str = ""
    campaign: str = ""
    confidence: float = 1.0
    ended_at_us: int | None = None
    stake_fen: int | None = None
    fraud: str = ""
    district: str = ""
    place: str = ""
    lang: str = ""
    facts: Mapping[str, FactValue] = field(default_factory=dict)

    @property
    def event_id(self) -> str:
        """32 hex digits over kind, recipient, indicator, source and its reference."""
        named = "\0".join((self.kind, self.recipient, self.indicator, self.source, self.ref))
        return hashlib.sha256(named.encode()).hexdigest()[:32]

    @property
    def of(self) -> str:
        """The campaign it belongs to."""
        return self.campaign or self.indicator or self.ground

    @property
    def expires_at_us(self) -> int:
        """When it says nothing any more."""
        return max(self.at_us, self.ended_at_us or 0) + KINDS[self.kind]

    @property
    def facts_text(self) -> str:
        """Its facts as compact JSON, sorted."""
        return json.dumps(dict(self.facts), sort_keys=True, separators=(",", ":"))


def warning_id_of(event_id: str, again_at_us: int = 0) -> str:
    """The id of the warning that an event opens; `again_at_us`: when it opens another, the first being over.

    >>> warning_id_of("00ff00ff00ff00ff00ff00ff00ff00ff")
    'W-00ff00ff00ff'
    """
    named = hashlib.sha256(f"{event_id} {again_at_us}".encode()).hexdigest() if again_at_us else event_id
    return f"W-{named[:12]}"


def send_id_of(warning_id: str, channel: str, purpose: str) -> str:
    """The key under which a message is sent at most once."""
    return hashlib.sha256(f"{warning_id}\0{channel}\0{purpose}".encode()).hexdigest()[:32]


def facts_of(text: str) -> dict[str, Any]:
    """The inverse of `ContactEvent.facts_text`."""
    return dict(json.loads(text))
