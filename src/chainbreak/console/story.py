"""A device finding in one sentence: who, where, what, with what effect; a clause without its facts is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainbreak.console.show import number

CLAUSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("console_device.story.cable", ("cable",)),
    ("console_device.story.ports", ("sims", "ports")),
    ("console_device.story.sims", ("sims",)),
    ("console_device.story.gateways", ("gateways", "district")),
    ("console_device.story.sites", ("sites", "district")),
    ("console_device.story.place", ("main_cell", "district")),
    ("console_device.story.cell", ("main_cell",)),
    ("console_device.story.hours", ("hours",)),
    ("console_device.story.calls", ("callees", "calls")),
    ("console_device.story.stayed", ("stayed",)),
    ("console_device.story.alert", ("calls_before_alert",)),
)
"""Word keys with the facts each needs; of clauses about one subject the first that can be said stands for the rest."""
_SUBJECT = dict.fromkeys(("cable", "ports", "sims"), "who") | dict.fromkeys(
    ("gateways", "sites", "place", "cell"), "where"
)


def story(facts: dict[str, Any], t: Callable[..., str]) -> str:
    """One sentence, or "" when nothing is known.

    >>> story({"sims": 17, "ports": 2, "calls": 2503, "callees": 2412}, lambda key, **v: f"{key[21:]}{v or ''}")
    "Ports{'sims': '17', 'ports': '2'}commacalls{'callees': '2,412', 'calls': '2,503'}stop"
    """
    known = {name: number(value) for name, value in facts.items() if value not in ("", None)}
    if int(facts.get("sites", 1)) < 2:
        known.pop("sites", None)
    if int(facts.get("sims", 0)) <= int(facts.get("ports", 0)):
        known.pop("ports", None)  # nothing takes turns
    level = facts.get("level_guess")
    known["cable"] = known.get("sims", "") if level == "L6" else ""
    known["gateways"] = known.get("sites", "") if level == "L4" else ""
    spans = facts.get("hours") or facts.get("active_hours")
    if isinstance(spans, str):  # "09-12 14-19"; a number only says how many hours
        known["hours"] = t("console_device.story.and").join(spans.replace("-", "–").split())
    known["stayed"] = known.get("victims_over_60_s") or known.get("stayed_over_60_s", "")
    said: dict[str, str] = {}
    for key, needs in CLAUSES:
        name = key.rpartition(".")[2]
        about = _SUBJECT.get(name, name)
        if about not in said and all(known.get(need) for need in needs):
            said[about] = t(key, **{need: known[need] for need in needs})
    if not said:
        return ""
    text = t("console_device.story.comma").join(said.values()) + t("console_device.story.stop")
    return text[0].upper() + text[1:] if text[0].isascii() and text[0].isalpha() else text
