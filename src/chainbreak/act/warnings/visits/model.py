"""What a visit is, which moves it may make, when a further one is made, and what a result must say.

A visit belongs to a warning and ends with it. It says what was done at the door and what came of it by the keys of a
call (`model.OUTCOMES`); of the household nothing is kept but the answers to a checklist (warnings, section 6).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chainbreak.act.warnings.model import OUTCOMES
from chainbreak.act.warnings.visits.checklists import ANSWERS, Checklist
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import InputError

ENTRIES = ("met", "refused", "nobody")
"""What happened at the door: spoken with, not let in or not spoken to, nobody there."""
OF_ENTRY: dict[str, frozenset[str]] = {
    "met": frozenset(OUTCOMES.values()) - {"no_answer"},
    "refused": frozenset({"refused", "wrong_person", "needs_visit", "other"}),
    "nobody": frozenset({"no_answer", "wrong_person", "needs_visit"}),
}
"""Which outcomes each may have: nobody is dissuaded who was not met."""

SPECIALIST = "specialist"
"""The unit that goes to somebody who keeps paying (warnings, section 8)."""
VISITS_TO_SPECIALIST = 2
"""Visits made to one recipient after which the next one is the specialist's."""
COUNTED_US = 30 * US_PER_DAY

WAYS = ("said", "card", "distance", "second")
"""What may prove a visit; docs/how-to/visit-a-person.md says what each proves and what it does not.

`said`: a one-time code that only the resident was given, told to the officer at the door. `card`: a one-time code on
the slip that was left, told to the hotline later. `distance`: how far the officer's phone was from the cell's mast,
measured with their consent. `second`: another member of staff, from their own account."""
CODE_TRIES = 5
"""Wrong tries after which a code is void: one in 200,000 is guessed."""


@dataclass(frozen=True)
class Asking:
    """A warning that asks for a visit: its rank, and its newest contact."""

    warning_id: str
    rank: int
    facts_us: int


@dataclass(frozen=True)
class Earlier:
    """A visit to the same recipient, of whatever warning, that was made or will be."""

    warning_id: str
    rank: int
    facts_us: int
    opened_at_us: int


def why_not(asking: Asking, earlier: list[Earlier], every_days: int, now_us: int) -> str:
    """Why a warning gets no further visit now: "" when it does.

    One in `every_days` days unless a contact is new since the last of them, or the tier is higher (section 3).

    >>> was = Earlier("W-1", rank=1, facts_us=50, opened_at_us=100)
    >>> why_not(Asking("W-1", 1, 50), [was], 7, 200), why_not(Asking("W-1", 0, 50), [was], 7, 200)
    ('visited_lately', '')
    >>> why_not(Asking("W-2", 1, 60), [was], 7, 200), why_not(Asking("W-1", 1, 50), [was], 7, 8 * US_PER_DAY)
    ('', '')
    """
    lately = [one for one in earlier if one.opened_at_us > now_us - every_days * US_PER_DAY]
    if not lately:
        return ""
    is_new = asking.facts_us > max(one.facts_us for one in lately) or asking.rank < min(one.rank for one in lately)
    return "" if is_new else "visited_lately"


@dataclass(frozen=True)
class Result:
    """What an officer says of a visit. Times UTC µs, by the officer's phone: None where nothing was pressed."""

    entry: str
    outcome: str
    answers: Mapping[str, str] = field(default_factory=dict)
    card_left: bool = False
    left_at_us: int | None = None
    arrived_at_us: int | None = None
    ended_at_us: int | None = None

    @classmethod
    def read(cls, body: Mapping[str, Any], checklist: Checklist) -> Result:
        """A result from what was sent; an outcome may be named by its key.

        >>> from chainbreak.act.warnings.visits.checklists import checklist_of
        >>> Result.read({"entry": "met", "outcome": "1"}, checklist_of("")).outcome
        'dissuaded'

        Raises:
            InputError: no such outcome, one that cannot follow from what happened at the door, or an answer to what
                was not asked (CB-WA-167).
        """
        entry, outcome = str(body.get("entry", "")), str(body.get("outcome", ""))
        outcome = OUTCOMES.get(outcome, outcome)
        if entry not in ENTRIES:
            raise _wrong("entry", entry, ENTRIES)
        if outcome not in OF_ENTRY[entry]:
            raise _wrong("outcome", f"{entry}, {outcome}", sorted(OF_ENTRY[entry]))
        answers = {str(item): str(said) for item, said in dict(body.get("answers") or {}).items()}
        if unknown := sorted(set(answers) - {item.name for item in checklist.items}):
            raise _wrong("answers", unknown[0][:40], [item.name for item in checklist.items])
        if odd := sorted(set(answers.values()) - set(ANSWERS)):
            raise _wrong("answers", odd[0][:40], ANSWERS)
        times = {name: _time(body, name) for name in ("left_at_us", "arrived_at_us", "ended_at_us")}
        return cls(entry, outcome, answers, bool(body.get("card_left")) and entry != "met", **times)


def in_order(result: Result, accepted_us: int, now_us: int) -> tuple[int | None, int | None, int]:
    """Left, arrived and ended as they are kept: a phone's clock may be wrong, so each lies between the one before it
    and now.

    >>> in_order(Result("met", "dissuaded", left_at_us=5, arrived_at_us=40, ended_at_us=99), 10, 50)
    (10, 40, 50)
    """
    floor = accepted_us
    kept: list[int | None] = []
    for at in (result.left_at_us, result.arrived_at_us):
        floor = floor if at is None else min(max(at, floor), now_us)
        kept.append(None if at is None else floor)
    ended = min(max(result.ended_at_us or now_us, floor), now_us)
    return kept[0], kept[1], ended


def visit_id_of(warning_id: str, n: int) -> str:
    """The id of a warning's n-th visit.

    >>> visit_id_of("W-00ff00ff00ff", 1)
    'V-fdd0717e4aba'
    """
    return f"V-{hashlib.sha256(f'{warning_id}/{n}'.encode()).hexdigest()[:12]}"


def address_ref_of(visit_id: str, n: int) -> str:
    """Under which name (32 hex digits) the vault keeps the n-th address that was entered for a visit."""
    return hashlib.sha256(f"visit:{visit_id}/{n}".encode()).hexdigest()[:32]


def code_digest(key: bytes, visit_id: str, way: str, code: str) -> str:
    """What is kept of a one-time code: without the centre's key its six digits cannot be tried out."""
    return hmac.new(key, f"visit-code\0{visit_id}\0{way}\0{code}".encode(), hashlib.sha256).hexdigest()


def _time(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _wrong(name, str(value)[:40], ["UTC microseconds"]) from None


def _wrong(what: str, given: str, allowed: Any) -> InputError:
    return InputError("CB-WA-167", f"the result of a visit: {what}", given=given, allowed=", ".join(allowed))
