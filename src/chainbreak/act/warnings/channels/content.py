"""The words of a message: the approved text of its type of fraud, or the correction."""

from __future__ import annotations

from functools import lru_cache

from chainbreak.act.delivery.sms.templates import Published, fill, template, templates
from chainbreak.act.warnings.channels import Notice
from chainbreak.base.wording import Lang

WARN, CORRECT = "warn", "correct"
GENERAL, CORRECTION = "warn_general", "correct_warning"


def template_of(notice: Notice) -> str:
    """The name of the approved text.

    >>> template_of(Notice("", "", "warn", "low", "police", "zh", 0, 0))
    'warn_police'
    >>> template_of(Notice("", "", "warn", "low", "", "zh", 0, 0))
    'warn_general'
    """
    if notice.purpose == CORRECT:
        return CORRECTION
    named = f"{WARN}_{notice.fraud}"
    return named if named in templates() else GENERAL


def words_of(notice: Notice, published: Published) -> str:
    """The text itself. Nothing in it is about the person.

    Raises:
        InputError: the centre's name or short code cannot stand in a text (CB-DL-205).
    """
    return _filled(template_of(notice), notice.lang, published)


@lru_cache(maxsize=64)
def _filled(name: str, lang: Lang, published: Published) -> str:
    return fill(template(name), lang, published, {})
