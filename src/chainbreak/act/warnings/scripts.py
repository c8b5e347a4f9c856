"""What an operator says, by type of fraud: versioned, with author and source, checked by rule before anybody approves.

Those that ship are files (`scripts/TYPE.yaml`); a centre's own versions stand in the desk and take their place once a
second person has approved them. Where several versions stand approved, which one is shown is drawn by the warning's id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chainbreak.base.errors import InputError
from chainbreak.base.wording import LANGS, Lang

GENERAL, REMOTE = "general", "remote_control"
"""Shown when the type is not known; and, whatever the type, to whom somebody looks at the screen of."""
WITHIN = {"zh": 64, "en": 220}
"""Characters of an opening in which it must have said what we never ask for: about ten seconds of calm speech, 5.5
syllables a second in Chinese and 150 words a minute in English; places count as they stand. Our measure."""
NEVER = {
    "zh": ("不会", "验证码", "密码", "卡号", "转账"),
    "en": ("never", "code", "password", "card number", "transfer"),
}
"""What it must have said by then (warnings, section 5)."""
PLACES = frozenset({"centre", "hotline"})
_FIGURES = re.compile(r"\d{3,}")
_KNOWN = re.compile(r"(?<!\d)1(?:10|19|20)(?!\d)")
"""Emergency numbers that everybody knows."""
_LINK = re.compile(r"://|www\.|\w\.(?:com|cn|net|org)\b", re.IGNORECASE)
_Line = Field(min_length=2, max_length=400)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Speech(_Part):
    """What is said in one language; `{centre}` and `{hotline}` are filled in."""

    opening: str = _Line
    """Who we are and what we never ask for, in the first ten seconds; then why we call."""
    questions: list[str] = Field(min_length=3, max_length=3)
    spell: str = _Line
    """The sentence that breaks the spell."""
    now: list[str] = Field(min_length=2, max_length=5)
    """What to do at once."""
    never: list[str] = Field(min_length=1, max_length=4)
    """What the operator does not say."""
    believe: str = _Line
    """The answer to 'I was told the police would ring, and not to believe them'."""

    def parts(self) -> list[str]:
        """Every sentence."""
        return [self.opening, *self.questions, self.spell, *self.now, *self.never, self.believe]

    def filled(self, centre: str, hotline: str) -> Speech:
        """The same with its places filled."""
        given = {"centre": centre, "hotline": hotline}
        return Speech.model_validate(
            {
                name: value.format(**given) if isinstance(value, str) else [one.format(**given) for one in value]
                for name, value in self.model_dump().items()
            }
        )


class Script(_Part):
    """One version of what is said about one type of fraud."""

    version: int = Field(ge=1, le=9999)
    author: str = Field(min_length=2, max_length=80)
    source: str = Field(min_length=2, max_length=300)
    zh: Speech
    en: Speech

    def in_(self, lang: Lang) -> Speech:
        """What is said in one language."""
        return self.zh if lang == "zh" else self.en


@cache
def shipped() -> dict[str, Script]:
    """Type of fraud -> the script that ships."""
    folder = resources.files(__package__).joinpath("scripts")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {file.name.removesuffix(".yaml"): read_script(file.read_text(encoding="utf-8")) for file in files}


def type_of(fraud: str, kinds: Sequence[str]) -> str:
    """Which script a warning is spoken by: `kinds` of its events, `fraud` as far as it is known.

    >>> type_of("police", ["call.fraud_line"]), type_of("police", ["screenshare.reported"]), type_of("", [])
    ('police', 'remote_control', 'general')
    """
    if "screenshare.reported" in kinds:
        return REMOTE
    if fraud in shipped():
        return fraud
    return REMOTE if "app.installed" in kinds else GENERAL


def drawn(versions: Sequence[int], fraud: str, warning_id: str) -> int:
    """The version shown for one warning: always the same one, each equally often over many.

    >>> drawn([2], "police", "W-1"), {drawn([2, 3], "police", f"W-{i}") for i in range(9)} == {2, 3}
    (2, True)
    """
    seed = hashlib.sha256(f"{fraud}\0{warning_id}".encode()).digest()
    return sorted(versions)[int.from_bytes(seed[:8]) % len(versions)]


def read_script(text: str) -> Script:
    """A script from its YAML; `fraud` in it, as a script is shown, says nothing of its own.

    Raises:
        InputError: it is none (CB-WA-150), or says what a script must not, or does not say what it must (CB-WA-151).
    """
    try:
        found = yaml.safe_load(text)
        if isinstance(found, dict):
            found.pop("fraud", None)
        script = Script.model_validate(found)
    except yaml.YAMLError as e:
        raise InputError("CB-WA-150", "not a script", given=" ".join(str(e).split())[:200]) from None
    except ValidationError as e:
        first = e.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError("CB-WA-150", "not a script", given=where, allowed=first["msg"]) from None
    if wrong := faults(script):
        raise InputError("CB-WA-151", "not fit to be spoken", given="; ".join(wrong))
    return script


def faults(script: Script) -> list[str]:
    """What bars a script from use; empty for a good one."""
    found = []
    for lang in LANGS:
        speech = script.in_(lang)
        start = speech.opening[: WITHIN[lang]].lower()
        missing = [term for term in NEVER[lang] if term not in start]
        if missing:
            found.append(f"{lang}.opening: within {WITHIN[lang]} characters it does not say {', '.join(missing)}")
        if "{centre}" not in speech.opening or "{hotline}" not in speech.opening:
            found.append(f"{lang}.opening: it does not name {{centre}} and {{hotline}}")
        for part in speech.parts():
            places = set(re.findall(r"\{(.*?)\}", part)) - PLACES
            if places or part.count("{") != part.count("}"):
                found.append(f"{lang}: no such place in {part[:20]!r}")
            if _FIGURES.search(_KNOWN.sub("", part)) or _LINK.search(part):
                found.append(f"{lang}: a number or an address in {part[:20]!r}")
    return found
