"""Tiers and changes of them in words, Chinese or English."""

from __future__ import annotations

from typing import Any

from chainbreak.act.warnings.measure.differ import Changed
from chainbreak.act.warnings.tiers import Bound, Clause, Policy
from chainbreak.app.list_warnings import tier_words
from chainbreak.app.word_warning import clause_in_words
from chainbreak.base.wording import Lang, word

_UNITS = {"contact_min": "minutes", "visit_min": "minutes", "ttl_h": "hours", "window_h": "hours",
          "visit_every_days": "days", "from": "clock", "to": "clock"}  # fmt: skip


def say(key: str, lang: Lang, **given: object) -> str:
    """A word of this room."""
    return word(f"warnings_measure.{key}", lang, **given)


def change_in_words(change: Changed, old: Policy, new: Policy, lang: Lang) -> dict[str, str]:
    """`place`, `old` and `new` of one difference.

    >>> from chainbreak.act.warnings.tiers import preset
    >>> four = preset("four")
    >>> change_in_words(Changed(("tiers", "high", "contact_min"), 10, 5), four, four, "zh")
    {'place': '高：首次联系期限', 'old': '10分钟', 'new': '5分钟'}
    >>> change_in_words(Changed(("tiers", "low", "when", "kind sms.template"), None, {"kind": "sms.template"}), four,
    ...                 four, "en")
    {'place': 'low: trigger', 'old': 'none', 'new': 'a message of a confirmed fraud template'}
    """
    where = change.where
    colon = "：" if lang == "zh" else ": "
    if where[0] == "tiers":
        name, field = where[1], "when" if where[2] == "when" else ".".join(where[2:])
        policy = new if name in new.ranks else old
        place = tier_words(policy, name)[lang] + colon + say(f"field.{field}", lang)
    else:
        field = ".".join(where)
        place = say(f"field.{field}", lang)
    return {"place": place, "old": value_in_words(field, change.old, lang, old),
            "new": value_in_words(field, change.new, lang, new)}  # fmt: skip


def value_in_words(field: str, value: Any, lang: Lang, policy: Policy) -> str:
    """What stands in one place of `policy`; a clause as a plain mapping."""
    comma = "、" if lang == "zh" else ", "
    leaf = field.rpartition(".")[2]
    if value is None or value == []:
        return say("nothing", lang)
    if field == "when":
        return clause_in_words(_clause(value), lang)
    if field == "visit":
        return say(f"value.visit.{value}", lang)
    if field in ("actions", "if_unreached"):
        return comma.join(say(f"what.{action}", lang) for action in value)
    if field in ("order", "repeat.highest"):
        return comma.join(tier_words(policy, name)[lang] for name in ([value] if isinstance(value, str) else value))
    if isinstance(value, bool):
        return say(f"value.{str(value).lower()}", lang)
    if isinstance(value, list):
        return comma.join(map(str, value))
    if leaf in _UNITS and field != "repeat.from":
        return say(f"value.{_UNITS[leaf]}", lang, n=value)
    return str(value)


def _clause(value: dict[str, Any]) -> Clause:
    return {name: Bound.model_validate(want) if isinstance(want, dict) else want for name, want in value.items()}
