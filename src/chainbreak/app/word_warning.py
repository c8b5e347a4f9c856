"""Contacts and triggers of warnings in words, Chinese or English: what was observed, and what a tier asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainbreak.act.warnings.model import FACTS
from chainbreak.act.warnings.tiers import Bound, Clause, Want
from chainbreak.base.units import format_fen
from chainbreak.base.wording import Lang, word

_BOUNDS = (("from_", "from"), ("up_to", "up_to"), ("above", "above"), ("below", "below"))


def say(key: str, lang: Lang, **given: object) -> str:
    """A word of this room."""
    return word(f"warnings_board.{key}", lang, **given)


def contact_in_words(kind: str, facts: Mapping[str, Any], lang: Lang) -> str:
    """What was observed, with the facts that are known and true; nothing is said of what is not known.

    >>> contact_in_words("call.fraud_line", {"duration_s": 845, "running": False, "outgoing": True}, "en")
    'a call with a confirmed fraud line, 14 min long, dialled by the person'
    >>> contact_in_words("transfer.toward_mule", {"amount_fen": 5000000, "stoppable": True}, "zh")
    '向确认的涉诈账户转账，款项尚可拦截，金额¥50,000.00'
    """
    told = [_fact(name, facts[name], lang) for name in FACTS if facts.get(name) not in (None, False)]
    return say("and", lang).join([say(f"kind.{kind}", lang), *told])


def _fact(name: str, value: Any, lang: Lang) -> str:
    return say(f"fact.{name}", lang, value=_measure(name, value, lang)) if value is not True else say(
        f"fact.{name}", lang
    )  # fmt: skip


def clause_in_words(clause: Clause, lang: Lang) -> str:
    """A trigger: what must be observed, and how.

    >>> clause_in_words({"kind": "call.fraud_line", "duration_s": Bound(above=600)}, "zh")
    '与确认的诈骗号码通话，且时长超过10分钟'
    >>> clause_in_words({"kind": ["app.installed", "cash.or_courier"]}, "en")
    'a confirmed fraud app installed, or a large withdrawal or a hand-over of valuables reported'
    """
    kinds = clause.get("kind", [])
    named = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    first = [say("or", lang).join(say(f"kind.{kind}", lang) for kind in named)] if named else []
    rest = [_want(name, want, lang) for name, want in clause.items() if name != "kind"]
    return say("with", lang).join([*first, *rest])


def _want(name: str, want: Want, lang: Lang) -> str:
    if isinstance(want, bool):
        said = say(f"fact.{name}", lang)
        return said if want else say("not", lang, what=said)
    if isinstance(want, Bound):
        limits = [say(f"limit.{key}", lang, value=_measure(name, value, lang))
                  for part, key in _BOUNDS if (value := getattr(want, part)) is not None]  # fmt: skip
        gap = "" if lang == "zh" else " "
        return say(f"limit.{name}", lang) + gap + say("and", lang).join(limits)
    if isinstance(want, list):
        return say("or", lang).join(_fact(name, one, lang) for one in want)
    if name == "confidence":
        return say("limit.confidence", lang) + say("limit.is", lang, value=_measure(name, want, lang))
    return _fact(name, want, lang)


def _measure(name: str, value: Any, lang: Lang) -> str:
    """A value of a fact with its unit.

    >>> _measure("duration_s", 40, "en"), _measure("duration_s", 600, "zh"), _measure("confidence", 0.9, "en")
    ('40 s', '10分钟', '90%')
    """
    match name:
        case "duration_s":
            minutes = int(value) // 60
            return say("minutes", lang, n=minutes) if minutes else say("seconds", lang, n=int(value))
        case "amount_fen":
            return format_fen(int(value))
        case "confidence":
            return f"{value:.0%}"
        case "urgency":
            return say(f"urgency.{value}", lang)
    return str(value)
