"""What an operator has before them: who, why, how to prove it is us, what to say, what was said before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.model import FRAUD
from chainbreak.app.call_scripts import script_for
from chainbreak.app.list_warnings import warning_row
from chainbreak.app.next_warning import must_call
from chainbreak.app.word_warning import contact_in_words, say
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.base.wording import LANGS, Lang, word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def warning_card(office: Office, actor: Actor, warning_id: str) -> dict[str, Any]:
    """One card. As `warning_row`, and: `masked` (the number as far as it may stand there), `why` (language -> one
    line), `others` (contacts beside that one), `is_mine`, `most_attempts`, `tried` (attempts so far), `script`
    (fraud, version, zh, en), `proof` (see `proof_of`; None unless the card is the actor's), `said` (indicator -> what
    people called about it said), `next_attempt`.

    Raises:
        UsageError: no such warning (CB-WA-141).
        RefusedError: the actor works no calls (CB-WA-140).
    """
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.open_warning import row_named
    from chainbreak.app.reveal_identifier import known_values
    from chainbreak.records.kind import Identifier
    from chainbreak.store.desk import warning_calls as calls
    from chainbreak.store.desk import warnings as desk

    must_call(actor)
    now = office.clock.now_us()
    with office.desk.read() as conn:
        row, policy = row_named(conn, warning_id), current_policy(conn, office)
        events = desk.events_of(conn, [warning_id]).get(warning_id, [])
        is_mine = row["holder"] == actor.name and (row["held_until_us"] or 0) > now
        shown = leading(events)
        card = warning_row(row, events, policy, now) | {
            "is_mine": is_mine, "held_by": row["holder"] if (row["held_until_us"] or 0) > now else None,
            "why": {lang: why_line(shown, now, lang) for lang in LANGS}, "others": max(len(events) - 1, 0),
            "most_attempts": len(policy.caps.call_gaps_min), "next_attempt": row["attempts"] + 1,
            "tried": calls.attempts_of(conn, warning_id),
            "script": script_for(office, conn, row["fraud"], [event["kind"] for event in events], warning_id),
            "proof": proof_of(office, conn, warning_id, now) if is_mine else None,
            "said": calls.words_of_indicators(conn, [event["indicator"] for event in events], FRAUD),
        }  # fmt: skip
    number = known_values(office, [row["recipient"]], [Identifier.LINE]).get(row["recipient"], "")
    return card | {"masked": masked(number)}


def leading(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The event to speak of: what puts most at stake, else the newest."""
    return max(events, key=lambda event: (event["stake_fen"] or 0, event["at_us"]), default=None)


def why_line(event: Mapping[str, Any] | None, now_us: int, lang: Lang) -> str:
    """Why we call, in one line: what was observed, and how long ago it began or ended.

    >>> minutes = 60_000_000
    >>> told = {"kind": "call.fraud_line", "facts": '{"duration_s":840}', "at_us": 0, "ended_at_us": 14 * minutes}
    >>> why_line(told, 17 * minutes, "zh")
    '与确认的诈骗号码通话，时长14分钟，3分钟前结束'
    >>> why_line(told | {"ended_at_us": None}, 17 * minutes, "en")
    'a call with a confirmed fraud line, 14 min long, began 17 min ago'
    """
    if event is None:
        return word("warnings_hotline.no_event", lang)
    facts = json.loads(event["facts"])
    ended = event["ended_at_us"]
    kind = "ended" if ended else "since" if event["kind"] == "call.fraud_line" else "ago"
    ago = word(f"warnings_hotline.when.{kind}", lang, span=_span(now_us - (ended or event["at_us"]), lang))
    return say("and", lang).join([contact_in_words(event["kind"], facts, lang), ago])


def _span(us: int, lang: Lang) -> str:
    """A span in its largest unit."""
    for unit, size in (("day", US_PER_DAY), ("hour", US_PER_HOUR)):
        if us >= 2 * size:
            return word(f"warnings_hotline.span.{unit}", lang, n=us // size)
    return word("warnings_hotline.span.minute", lang, n=max(us, 0) // US_PER_MIN)


def masked(number: str) -> str:
    """A number as a card shows it before it is revealed: its beginning and its last four digits.

    >>> masked("+8613911110001"), masked("")
    ('139 •••• 0001', '••••')
    """
    plain = number.removeprefix("+86")
    return f"{plain[:3]} •••• {plain[-4:]}" if len(plain) >= 8 else "••••"


def proof_of(office: Office, conn: Connection, warning_id: str, now_us: int) -> dict[str, Any] | None:
    """How the citizen can check us now, for the card's holder: `zh`, `en` (the phrase), `code`, `state` (live, shown,
    confirmed, locked, expired), `way`, `tries`, `expires_at_us`, `called_back`.
    """
    from chainbreak.app.phrase_of_card import phrase_in
    from chainbreak.store.desk import warning_calls as calls

    row = calls.phrase_row(conn, warning_id)
    if row is None:
        return None
    phrase = phrase_in(office, row)
    over = row["state"] == calls.LIVE and row["expires_at_us"] <= now_us
    return {
        "zh": phrase.zh, "en": phrase.en, "code": row["code"], "state": "expired" if over else row["state"],
        "way": row["way"], "tries": row["tries"], "expires_at_us": row["expires_at_us"],
        "called_back": row["called_back_at_us"] is not None,
    }  # fmt: skip
