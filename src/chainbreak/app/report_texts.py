"""Reading the story of a report: what it mentions, what type of fraud it tells of, which keys its mentions have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import InputError, UsageError
from chainbreak.base.units import yuan_to_fen
from chainbreak.records import Identifier
from chainbreak.records.finding import write_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.identity.numbers import Place
    from chainbreak.text.fraud import Model, Typed
    from chainbreak.text.mention import Mention

LONGEST = 20_000
"""Characters of a story; the longest public statements are a tenth of this."""
LONGEST_DISTRICT = 64
ROLES = ("suspect", "victim", "bank", "police", "unknown")
OF_INTEREST = ("suspect", "unknown")
"""Roles under which an identifier may link reports; the victim's own and official ones never do."""
AWAY = ""
"""What a person says of a mention that is none."""
_NAMED = frozenset(kind.value for kind in Identifier)
_TOKEN = re.compile(f"(?:{'|'.join(Identifier)}):[0-9a-f]{{16}}")


@dataclass(frozen=True)
class Named:
    """One thing a story names: `kind` and `value` in clear, `role`, and `key` as it is written everywhere else (token
    or registrable domain; "" for a masked number, an amount, a time, an app: these have none).
    """

    kind: str
    value: str
    role: str
    key: str

    @property
    def name(self) -> str:
        """Kind and value, as a form names it."""
        return f"{self.kind}:{self.value}"


def story_of(narrative: str) -> str:
    """The story trimmed.

    Raises:
        InputError: none, or too long a one (CB-RT-009).
    """
    story = narrative.strip()
    if not 0 < len(story) <= LONGEST:
        given = f"{len(story)} characters"
        raise InputError("CB-RT-009", "a report needs a story", given=given, allowed=f"1..{LONGEST}")
    return story


def district_of(text: str) -> str:
    """The name of a district.

    Raises:
        UsageError: longer than any is (CB-RT-005).
    """
    if len(text) > LONGEST_DISTRICT:
        raise UsageError("CB-RT-005", "no district is called that", given=text[:40],
                         allowed=f"at most {LONGEST_DISTRICT} characters")  # fmt: skip
    return text


def moment_in(office: Office, text: str) -> int | None:
    """The time in a field, in the centre's zone; None when it is empty.

    Raises:
        UsageError: not a time (CB-RT-005).
    """
    if not text.strip():
        return None
    try:
        return parse_moment(text, office.centre.settings.zone)
    except ValueError:
        raise UsageError("CB-RT-005", "not a time", given=text[:40], allowed="2026-11-20 08:30") from None


def loss_in(office: Office, text: str) -> int | None:
    """The amount in a field, in fen: yuan in digits, or as people say it (3万5); None when it is empty.

    Raises:
        UsageError: not an amount (CB-RT-005).
    """
    if not text.strip():
        return None
    try:
        return yuan_to_fen(text)
    except ValueError:
        told = [m for m in mentions_of(office, text, None) if m.kind == "amount" and m.low == m.high]
        if len(told) == 1 and told[0].low is not None:
            return told[0].low
        raise UsageError("CB-RT-005", "not an amount", given=text[:40], allowed="35000, 3万5") from None


def place_of(office: Office) -> Place:
    """Where local numbers belong."""
    from chainbreak.identity.numbers import Place

    return Place(office.centre.settings.country, office.centre.settings.area_code)


def model_of(office: Office) -> Model:
    """What reads types at this centre: what it trained, else the cue words with its own types."""
    from chainbreak.text import fraud

    return fraud.model_of(office.centre.root)


def type_names(office: Office) -> dict[str, dict[str, str]]:
    """Every type of fraud by key with its names, in the order of the scheme: {key: {zh, en}}."""
    from chainbreak.text.fraud.types import types_of

    return {key: {"zh": kind.zh, "en": kind.en} for key, kind in types_of(office.centre.root).items()}


def mentions_of(office: Office, text: str, reported_at_us: int | None, *, marks: bool = False) -> list[Mention]:
    """What a text mentions, in order; with `marks`, the marks of a masked text as well (see `extract`)."""
    from chainbreak.text.extract import extract

    return extract(text, place_of(office), reported_at_us, office.centre.settings.zone, marks)


def typed(office: Office, text: str) -> tuple[Typed, str]:
    """The type of fraud a text tells of, and the name of what read it."""
    from chainbreak.text.fraud import classify

    model = model_of(office)
    return classify(text, model), model.name


def key_of(office: Office, mention: Mention) -> str:
    """The key of a mention: written token, registrable domain, or ""."""
    from chainbreak.identity.tokens import token_of
    from chainbreak.text.mention import domain_of

    if mention.kind in ("url", "domain"):
        return domain_of(mention) or ""
    if mention.kind not in _NAMED or mention.masked:
        return ""
    kind = Identifier(mention.kind)
    return write_token(kind, token_of(office.keys.token_key(kind), mention.value))


def is_token(key: str) -> bool:
    """Whether a key is a written token; others are hosts, or apps by their name.

    >>> is_token("line:00ff00ff00ff00ff"), is_token("line:13800138000"), is_token("a.example")
    (True, False, False)
    """
    return _TOKEN.fullmatch(key) is not None


def named_in(office: Office, mentions: list[Mention]) -> dict[str, Named]:
    """Distinct mentions by `kind:value`, in order of appearance; of several roles the first that is known counts."""
    found: dict[str, Named] = {}
    for m in mentions:
        name = f"{m.kind}:{m.value}"
        if name not in found or found[name].role == "unknown":
            found[name] = Named(m.kind, m.value, m.role, key_of(office, m))
    return found


def named_by_hand(office: Office, raw: str, role: str = "suspect") -> Named:
    """What a person typed as one identifier: `kind:value`, or any form that the reader of texts knows.

    Raises:
        UsageError: it names nothing (CB-RT-005).
    """
    from chainbreak.identity.normalise import normalise
    from chainbreak.text.mention import Mention

    kind, colon, rest = raw.strip().partition(":")
    try:
        if colon and kind in _NAMED:
            value = normalise(Identifier(kind), rest.strip(), place_of(office)).value
            mention = Mention(kind, value, rest, 0, 0)
            return Named(kind, value, role, key_of(office, mention))
    except InputError:
        raise _unreadable(raw) from None
    read = mentions_of(office, raw.strip(), None)
    if not read:
        raise _unreadable(raw)
    return Named(read[0].kind, read[0].value, role, key_of(office, read[0]))


def _unreadable(raw: str) -> UsageError:
    return UsageError(
        "CB-RT-005", "this names nothing that can be looked for", given=raw[:60],
        allowed="a number, an account, an address; or line:…, account:…, chat:…",
    )  # fmt: skip
